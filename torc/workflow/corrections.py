"""What was changed in the resource requirements of a workflow."""

from __future__ import annotations

from typing import Any

from torc.views.corrections import correction_rows, corrections_html, corrections_line
from torc.views.display import Displayed
from torc.views.words import counted
from torc.workflow.frames import frame

_FIELDS = ("resource_requirements_id", "name", "num_jobs", "amount", "before", "after", "peak")


class Corrections(Displayed):
    """Amounts that jobs ask for, changed to what they have used; ``data`` is the server's whole reply."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each amount; peaks in bytes, seconds or percent of one CPU."""
        return frame(self.data["corrections"], None, _FIELDS)

    def __len__(self) -> int:
        return len(self.data["corrections"])

    def __repr__(self) -> str:
        done = "would be corrected" if self.data["dry_run"] else "corrected"
        return f"<Corrections of workflow {self.data['workflow_id']}: {counted(len(self), 'amount')} {done}>"

    def __str__(self) -> str:
        rows = correction_rows(self.data)
        lines = (f"  {row[1]}: {row[3]} {row[5]} -> {row[6]} ({row[4]} used)" for row in rows)
        return "\n".join([corrections_line(self.data), *lines])

    def _text(self) -> str:
        return str(self)

    def _html(self) -> str:
        return corrections_html(self.data)
