"""Carries out tasks, one at a time for each workflow, behind requests that have been answered."""

from __future__ import annotations

import logging

from torc.errors import TorcError
from torc.server.services import runs, tasks
from torc.server.store import tasks as stored
from torc.server.store.engine import Database

logger = logging.getLogger(__name__)

WORK: dict[str, tasks.Work] = {"initialize_jobs": runs.carry_out_initialize_jobs}


def give_up_unfinished(database: Database) -> None:
    """End the tasks that were under way when the database was closed last."""
    if database.read_here(stored.unfinished):
        database.write("give_up_tasks", tasks.give_up_unfinished).result()


def carry_out(database: Database, task_id: int) -> None:
    """Carry out one task to its end, on the calling thread; how it ended stands in its row."""
    begun = database.write("start_task", tasks.start, task_id).result()
    if begun is None:
        return
    workflow_id, operation, parameters = begun
    try:
        database.write(
            "carry_out_task", tasks.carry_out, task_id, workflow_id, operation, parameters, WORK[operation]
        ).result()
    except Exception as error:  # nobody waits for it: whoever asks for the task must find the reason
        if not isinstance(error, TorcError):
            logger.exception("task=%s operation=%s", task_id, operation)
        reason = str(error) if isinstance(error, TorcError) else "internal error, the server's log says more"
        database.write("fail_task", tasks.fail, task_id, workflow_id, operation, reason).result()
