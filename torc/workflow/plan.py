"""An execution plan as an object."""

from __future__ import annotations

from typing import Any

from torc.spec import CheckedSpec, execution_plan, render_execution_plan
from torc.spec.demand import Demand, demand_of
from torc.spec.resolve import Waits
from torc.views.display import Displayed
from torc.views.picture import picture_svg
from torc.views.plan import demand_line, plan_html, plan_line
from torc.workflow.frames import frame
from torc.workflow.graph import picture_of


class Plan(Displayed):
    """The stages in which jobs become ready; ``data`` is all of it as plain data."""

    def __init__(self, data: dict[str, Any], waits: Waits) -> None:
        self.data = data
        self._waits = waits

    @classmethod
    def of(cls, checked: CheckedSpec) -> Plan:
        """Return the plan of a checked specification."""
        return cls({**execution_plan(checked), "demand": demand_of(checked)._asdict()}, checked.waits)

    @property
    def stages(self) -> list[dict[str, Any]]:
        """The stages in their order."""
        stages: list[dict[str, Any]] = self.data["stages"]
        return stages

    @property
    def demand(self) -> Demand:
        """What the workflow asks for: CPU, GPU and node hours, and the seconds of its longest chain of jobs."""
        return Demand(**self.data["demand"])

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each job."""
        rows = [{"job": name, "stage": stage["stage"]} for stage in self.stages for name in stage["jobs"]]
        return frame(rows, "job", ("job", "stage"))

    def __str__(self) -> str:
        return "\n".join([render_execution_plan(self.data), *filter(None, [demand_line(self.data["demand"])])])

    def __repr__(self) -> str:
        return plan_line(self.data)

    def _text(self) -> str:
        return str(self)

    def _html(self) -> str:
        picture = picture_of(self._waits)
        return plan_html(self.data, picture_svg(picture["nodes"], picture["edges"]))
