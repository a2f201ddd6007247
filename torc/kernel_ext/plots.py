"""``%torc plot-resources``: the same files as on the command line, and the plots below the cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from torc.cli.output import Message
from torc.cli.plot_resources import job_numbers
from torc.cli.plot_resources import plot_resources as cli_plot_resources
from torc.kernel_ext.altered import altered
from torc.kernel_ext.notebook import MagicSession
from torc.kernel_ext.result import CommandResult
from torc.plots.data import Metrics, read_metrics
from torc.plots.kinds import Kind
from torc.views import html
from torc.workflow.live import with_live_plots

#: Plots of single jobs below a cell; the files have all.
MOST_JOBS = 10


class Plots(CommandResult):
    """Plots that were written to files, and are shown below the cell."""

    def __init__(self, view: Message, paths: Sequence[Path], wanted: Sequence[int], theme: Any) -> None:
        super().__init__(view)
        self._paths = paths
        self._wanted = wanted
        self._theme = theme

    @cached_property
    def _metrics(self) -> Metrics:
        metrics = read_metrics(self._paths)
        return metrics.only(self._wanted) if self._wanted else metrics

    def _kinds(self) -> list[tuple[Kind, int | None]]:
        kinds: list[tuple[Kind, int | None]] = [("cpu", None), ("memory", None), ("summary", None), ("gantt", None)]
        kinds += [("job", job_id) for job_id in sorted(self._wanted)[:MOST_JOBS]]
        return kinds + ([("nodes", None)] if self._metrics.nodes else [])

    def _html(self) -> str:
        return html.document(html.details("Files", html.preformatted(self._text())), *self._pictures())

    def _pictures(self) -> Iterator[str]:
        from torc.plots.drawing import image
        from torc.plots.picture import picture

        for kind, job_id in self._kinds():
            if drawn := picture(self._metrics, kind, job_id):
                name = self._metrics.jobs[job_id].label if job_id is not None else ""
                yield (html.title(name) if name else "") + image(drawn, name or kind)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from torc.plots.choose import plot
        from torc.plots.page import item

        items = [item(plot(self._metrics, *chosen)[1], self._theme) for chosen in self._kinds()]
        return with_live_plots(super()._repr_mimebundle_(include, exclude), items)


def _shown(session: MagicSession, view: Any, given: dict[str, Any]) -> Any:
    if given["file_format"] == "json":
        return view
    return Plots(view, given["db_paths"], job_numbers(given["job_ids"]), given["theme"])


plot_resources = altered(cli_plot_resources, _shown)
