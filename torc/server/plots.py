"""Plots for pages: Bokeh documents made from what the server knows.

Bokeh is loaded with the first plot, in a thread; servers whose users look at no plots never load it.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, get_args

from torc.errors import InvalidInput
from torc.plots.data import Metrics
from torc.plots.kinds import Kind
from torc.plots.script import require_bokeh
from torc.server.services.samples import collect
from torc.server.wire import Json

if TYPE_CHECKING:
    from torc.server.service import Service
    from torc.server.services.call import Call

#: Bokeh keeps a document for a whole process while it builds one.
_BUILDING = threading.Lock()


async def get_plot(service: Service, call: Call) -> dict[str, Any]:
    """Return a plot of what the jobs of the present run used, as a Bokeh document."""
    kind, job_id, theme = call.path["kind"], call.query.job_id, call.query.theme
    if kind not in get_args(Kind):
        hint = "one of " + ", ".join(get_args(Kind))
        raise InvalidInput(f"'{kind}' is not a plot", field="kind", value=kind, hint=hint)
    if kind == "job" and job_id is None:
        raise InvalidInput("the plot 'job' needs a job", field="job_id", hint="add ?job_id=")
    require_bokeh()
    metrics, last = await collect(service, call.id, job_id)
    title, item, version = await asyncio.to_thread(_build, metrics, kind, job_id, theme)
    return {"last": last, "bokeh": version, "title": title, "item": Json(item)}


def _build(metrics: Metrics, kind: Kind, job_id: int | None, theme: Any) -> tuple[str, str, str]:
    with _BUILDING:
        from torc.plots.choose import plot
        from torc.plots.page import item, version

        title, figure = plot(metrics, kind, job_id)
        return title, item(figure, theme), version()
