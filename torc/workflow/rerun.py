"""What runs again, and why."""

from __future__ import annotations

from typing import Any

from torc.views.display import Displayed
from torc.views.rerun import rerun_html, rerun_text
from torc.views.words import counted
from torc.workflow.frames import frame


class Rerun(Displayed):
    """The jobs that run again after a change or a failure; ``data`` is the server's whole reply."""

    def __init__(self, workflow_id: int, data: dict[str, Any]) -> None:
        self.workflow_id = workflow_id
        self.data = data

    @property
    def jobs(self) -> list[str]:
        """Names of the jobs that run again, the first thousand of them."""
        return list(self.data["reset_jobs"])

    @property
    def reasons(self) -> dict[str, str]:
        """Why each of them does."""
        return dict(self.data["reasons"])

    @property
    def is_rehearsal(self) -> bool:
        """Whether nothing was changed."""
        return bool(self.data["dry_run"])

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each job."""
        return frame(({"job": name, "reason": self.reasons.get(name)} for name in self.jobs), "job", ("job", "reason"))

    def __len__(self) -> int:
        return len(self.jobs)

    def __repr__(self) -> str:
        begun = "would run" if self.is_rehearsal else "run"
        return f"<Rerun of workflow {self.workflow_id}: {counted(len(self), 'job')} {begun} again>"

    def __str__(self) -> str:
        return rerun_text(self.workflow_id, self.data)

    def _text(self) -> str:
        return str(self)

    def _html(self) -> str:
        return rerun_html(self.workflow_id, self.data)
