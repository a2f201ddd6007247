"""Jobs that decide, each time they run, which jobs come next.

::

    import sys
    from torc import Orchestrator, SpawnJobModel

    orchestrator = Orchestrator.from_env(lineage_fallback="search")
    if orchestrator.generation == 3:
        orchestrator.converge(state={"best": 0.1})
    else:
        orchestrator.spawn(
            [
                SpawnJobModel(name=f"try_{orchestrator.generation}", command="./try"),
                SpawnJobModel(
                    name=f"decide_{orchestrator.generation}",
                    command=f"{sys.executable} decide.py",
                    depends_on=[f"try_{orchestrator.generation}"],
                ),
            ]
        )
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Self

from torc.api.requests import iter_documents, make_api
from torc.openapi_client import SpawnJobsRequest
from torc.openapi_client.api import DefaultApi

#: Names of the records that the server keeps of each generation begin so.
LINEAGE_RECORD_PREFIX = "__torc_lineage__"


class Orchestrator:
    """The job that this process is, as a member of a lineage of jobs that add jobs.

    Parameters
    ----------
    api
        Connection to the server.
    workflow_id, job_id
        The calling job; new jobs wait until it has completed.
    lineage
        Name that all generations share.
    """

    def __init__(self, api: DefaultApi, workflow_id: int, job_id: int, lineage: str) -> None:
        self.api = api
        self.workflow_id = workflow_id
        self.job_id = job_id
        self.lineage = lineage
        self._generation: int | None = None

    @classmethod
    def from_env(cls, *, lineage_fallback: str | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the orchestrator that the environment of this job describes.

        Parameters
        ----------
        lineage_fallback
            The lineage's name for the first job of it, which no other has spawned.

        Raises
        ------
        RuntimeError
            Outside of a job, or when no lineage is known.
        """
        lineage = environ.get("TORC_ORCHESTRATOR_LINEAGE_ID") or lineage_fallback
        if not lineage:
            raise RuntimeError(
                "TORC_ORCHESTRATOR_LINEAGE_ID is not set, as in every first job of a lineage: give lineage_fallback"
            )
        workflow_id, job_id = _number("TORC_WORKFLOW_ID", environ), _number("TORC_JOB_ID", environ)
        return cls(make_api(_required("TORC_API_URL", environ)), workflow_id, job_id, lineage)

    @property
    def generation(self) -> int:
        """How often this lineage has spawned jobs: 0 in its first job."""
        if self._generation is None:
            self._generation = self._newest_generation()
        return self._generation

    def spawn(self, jobs: list[Any], *, state: Any = None) -> Any:
        """Add jobs that begin when this one has completed, and return their ids and the new generation.

        Parameters
        ----------
        jobs
            :class:`~torc.openapi_client.SpawnJobModel`; ``depends_on`` names jobs of this list or of the workflow.
        state
            Anything that can be written as JSON, kept with the generation.
        """
        request = SpawnJobsRequest(jobs=list(jobs), lineage=self.lineage, state=state)
        self._generation = None
        return self.api.spawn_jobs(self.job_id, request)

    def converge(self, *, state: Any = None) -> Any:
        """Keep ``state`` as the final one of this lineage, and add no jobs."""
        return self.spawn([], state=state)

    def _newest_generation(self) -> int:
        pattern = re.compile(re.escape(f"{LINEAGE_RECORD_PREFIX}{self.lineage}__g") + r"(\d+)")
        newest_first = iter_documents(self.api.list_user_data, self.workflow_id, sort_by="id", reverse_sort=True)
        found = (pattern.fullmatch(record.name) for record in newest_first)
        return next((int(match[1]) for match in found if match), 0)


def _required(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name)
    if not value:
        raise RuntimeError(f"{name} is not set; an orchestrator runs as a job of a workflow")
    return value


def _number(name: str, environ: Mapping[str, str]) -> int:
    text = _required(name, environ)
    try:
        return int(text)
    except ValueError:
        raise RuntimeError(f"{name} is '{text}', which is not an id") from None
