"""Plots of what a workflow's jobs used, drawn by Bokeh in the notebook."""

from __future__ import annotations

from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from torc.errors import InvalidInput, TorcError
from torc.plots.data import Attempt, JobInfo, Metrics, Samples
from torc.plots.kinds import Kind, ThemeName
from torc.plots.plain import from_plain
from torc.plots.script import require_bokeh
from torc.views.display import Displayed
from torc.views.usage import Used, usage_html
from torc.views.words import counted
from torc.workflow.live import with_live_plots

if TYPE_CHECKING:
    from torc.workflow.stored import StoredWorkflow


def plot_of(workflow: StoredWorkflow, kind: Kind, job: str | int | None, theme: ThemeName) -> Plot:
    """Return a plot of what is known now.

    Raises
    ------
    InvalidInput
        When there is no such plot, or it needs a job.
    NotInstalled
        When Bokeh is missing.
    """
    _check("kind", kind, get_args(Kind))
    _check("theme", theme, get_args(ThemeName))
    if job is not None:
        kind = "job"
    elif kind == "job":
        raise InvalidInput("the plot 'job' needs a job", field="job", hint="wf.plot(job='train_1')")
    require_bokeh()
    job_id = workflow.job(job).id if isinstance(job, str) else job
    reply = workflow.connection.client.get_metrics(workflow.number, job_id=job_id)
    return Plot(from_plain(reply), kind, job_id, theme)


def _check(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidInput(f"'{value}' is not a {field}", field=field, value=value, hint="one of " + ", ".join(known))


class Plot(Displayed):
    """A plot at one moment: interactive in JupyterLab, a picture where nothing draws."""

    def __init__(self, metrics: Metrics, kind: Kind, job_id: int | None, theme: ThemeName) -> None:
        self.metrics = metrics
        self.kind = kind
        self._job_id = job_id
        self._theme = theme

    @cached_property
    def _made(self) -> tuple[str, str]:
        """Title, and what BokehJS draws, as JSON."""
        from torc.plots.choose import plot
        from torc.plots.page import item

        title, figure = plot(self.metrics, self.kind, self._job_id)
        return title, item(figure, self._theme)

    @property
    def title(self) -> str:
        """What the plot shows."""
        return self._made[0]

    def save(self, path: str | PathLike[str]) -> Path:
        """Write a page that needs nothing else, or, for a name that ends with ``.json``, what BokehJS embeds.

        Raises
        ------
        TorcError
            When the file cannot be written.
        """
        from torc.plots.choose import plot
        from torc.plots.page import page

        target = Path(path)
        if target.suffix == ".json":
            text = self._made[1]
        else:
            title, figure = plot(self.metrics, self.kind, self._job_id)
            text = page(figure, f"{title} - torc", self._theme)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise TorcError(f"cannot write {target}: {error.strerror}", field="path", value=str(target)) from None
        return target

    def __repr__(self) -> str:
        return f"<Plot {self.title!r}: {counted(len(self.metrics.jobs), 'job')}>"

    def _html(self) -> str:
        from torc.plots.drawing import image
        from torc.plots.picture import TITLED, picture

        drawn = picture(self.metrics, self.kind, self._job_id)
        shown = image(drawn, self.title) if drawn else ""
        title = "" if drawn and self.kind in TITLED else self.title
        return usage_html(title, _used(self.metrics), shown, self.metrics.hint)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return with_live_plots(super()._repr_mimebundle_(include, exclude), [self._made[1]])


def _used(metrics: Metrics) -> list[Used]:
    attempts = {attempt.job_id: attempt for attempt in metrics.attempts}
    return [_used_by(metrics, job, attempts.get(job.id)) for job in metrics.jobs.values()]


def _used_by(metrics: Metrics, job: JobInfo, attempt: Attempt | None) -> Used:
    samples = metrics.samples.get(job.id, Samples())
    cpu: float | None = max(samples.cpu_percent, default=None)
    memory: float | None = max(samples.memory_bytes, default=None)
    status, took = "", None
    if attempt is not None:
        status, took = attempt.status, None if attempt.end is None else attempt.end - attempt.start
        cpu, memory = _greater(cpu, attempt.peak_cpu_percent), _greater(memory, attempt.peak_memory_bytes)
    return Used(job.label, status, took, cpu, memory, job.num_cpus, job.requested_memory)


def _greater(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)
