"""Plots of what a workflow's jobs used, drawn by Bokeh in the notebook."""

from __future__ import annotations

import json
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from uuid import uuid4

from torc.errors import InvalidInput, TorcError
from torc.plots.data import Attempt, JobInfo, Metrics, Samples
from torc.plots.kinds import Kind, ThemeName
from torc.plots.plain import from_plain
from torc.plots.script import read_script, require_bokeh
from torc.views.display import Displayed
from torc.views.usage import Used, usage_html
from torc.views.words import counted

if TYPE_CHECKING:
    from torc.workflow.stored import StoredWorkflow

#: Draws in the place of the snapshot when BokehJS is there, which an earlier output may have brought.
_SCRIPT = """
(() => {
  const version = @version@, place = document.getElementById(@place@), item = @item@;
  const draw = (tries) => {
    const ours = window.Bokeh?.version === version ? window.Bokeh : window.Bokeh?.[version];
    if (!ours) return void (tries && setTimeout(draw, 100, tries - 1));
    place.replaceChildren();
    ours.embed.embed_item(item, place);
  };
  draw(100);
})();
"""
_brought_script = False


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
    """A plot at one moment: interactive in a notebook, a table where nothing draws."""

    def __init__(self, metrics: Metrics, kind: Kind, job_id: int | None, theme: ThemeName) -> None:
        self.metrics = metrics
        self.kind = kind
        self._job_id = job_id
        self._theme = theme

    @cached_property
    def _made(self) -> tuple[str, str, str]:
        """Title, version of BokehJS and the item, as JSON."""
        from torc.plots.choose import plot
        from torc.plots.page import item, version

        title, figure = plot(self.metrics, self.kind, self._job_id)
        return title, version(), item(figure, self._theme)

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
            text = self._made[2]
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
        global _brought_script
        title, version, item = self._made
        place = f"torc-plot-{uuid4().hex}"
        script = _SCRIPT
        for name, value in (("version", json.dumps(version)), ("place", json.dumps(place)), ("item", item)):
            script = script.replace(f"@{name}@", value.replace("<", "\\u003c"))
        bokeh = "" if _brought_script else f"<script>{_bokeh_in_page()}</script>"
        _brought_script = True
        snapshot = usage_html(title, _used(self.metrics))
        return f'{bokeh}<div id="{place}">{snapshot}</div><script>{script}</script>'


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


def _bokeh_in_page() -> str:
    # Only inside of texts can this stand in a script.
    return read_script().decode().replace("</script", "<\\/script")
