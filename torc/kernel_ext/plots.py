"""``%torc plot-resources``: the same files as on the command line, and the plots below the cell."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
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
from torc.plots.script import read_script
from torc.views import html

#: Plots of single jobs below a cell; the files have all.
MOST_JOBS = 10
# The element is there when the front end has put the output into the page, which may be after the script has run.
_DRAW = """<script>
(() => {
  const items = %(items)s;
  const draw = ([id, item]) => document.getElementById(id)
    ? window.Bokeh.embed.embed_item(item, id)
    : setTimeout(draw, 20, [id, item]);
  if (window.Bokeh?.version !== %(version)s) {
    %(script)s
  }
  items.forEach(draw);
})();
</script>"""


class Plots(CommandResult):
    """Plots that were written to files, and are shown below the cell."""

    def __init__(self, view: Message, paths: Sequence[Path], wanted: Sequence[int], theme: Any) -> None:
        super().__init__(view)
        self._paths = paths
        self._wanted = wanted
        self._theme = theme

    def _html(self) -> str:
        drawn = {f"torc-plot-{uuid.uuid4().hex}": item for item in self._items()}
        places = "".join(f'<div id="{name}"></div>' for name in drawn)
        return html.document(html.details("Files", html.preformatted(self._text()))) + places + _script(drawn)

    def _items(self) -> Iterator[str]:
        from torc.plots.choose import plot
        from torc.plots.page import item

        metrics: Metrics = read_metrics(self._paths)
        if self._wanted:
            metrics = metrics.only(self._wanted)
        kinds: list[tuple[Kind, int | None]] = [("cpu", None), ("memory", None), ("summary", None), ("gantt", None)]
        kinds += [("job", job_id) for job_id in sorted(self._wanted)[:MOST_JOBS]]
        kinds += [("nodes", None)] if metrics.nodes else []
        for kind, job_id in kinds:
            yield item(plot(metrics, kind, job_id)[1], self._theme)


def _script(drawn: dict[str, str]) -> str:
    from torc.plots.page import version

    items = ",".join(f"[{json.dumps(name)},{item}]" for name, item in drawn.items()).replace("</", "<\\/")
    return _DRAW % {"items": f"[{items}]", "version": json.dumps(version()), "script": read_script().decode()}


def _shown(session: MagicSession, view: Any, given: dict[str, Any]) -> Any:
    if given["file_format"] == "json":
        return view
    return Plots(view, given["db_paths"], job_numbers(given["job_ids"]), given["theme"])


plot_resources = altered(cli_plot_resources, _shown)
