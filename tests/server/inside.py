"""The services on a real database in this process, and a workflow handled by the names of its jobs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from torc.contract import OPERATIONS
from torc.graph import shared_sets
from torc.server.bus import Bus
from torc.server.leases import Leases
from torc.server.operations import checked_call, operation
from torc.server.samples import Samples
from torc.server.store.engine import Database
from torc.server.wire import encode

GIB = 2**30


class _Immediate:
    """What claims need of a running server; nothing is ever held."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.bus = Bus()
        self.leases = Leases(lambda lost: None)
        self.samples = Samples(self.bus.release_node)

    def peek(self, function: Any, *args: Any) -> Any:
        return self.database.read_here(function, *args)

    async def read(self, function: Any, *args: Any) -> Any:
        return self.database.read_here(function, *args)

    compute = read

    async def write(self, name: str, function: Any, *args: Any) -> Any:
        return self.database.write(name, function, *args).result()


class Torc:
    """Calls operations by name; errors are raised as the services raise them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path)
        self.live = _Immediate(self.database)

    def __call__(self, name: str, /, *path: Any, body: Any = None, **query: Any) -> Any:
        found = operation(OPERATIONS[name])
        names = [parameter for parameter, _ in found.route.path_parameters]
        texts = {key: [_text(item) for item in _listed(value)] for key, value in query.items()}
        call = checked_call(found, dict(zip(names, map(str, path), strict=True)), texts, body, None)
        if found.route.access == "live":
            reply = asyncio.run(found.function(self.live, call))
        elif found.route.access == "write":
            reply = self.database.write(name, found.function, call).result()
        else:
            reply = self.database.read_here(found.function, call)
        return json.loads(encode(reply))

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.database.read_here(lambda tx: [tuple(row) for row in tx.run(statement, parameters)])

    def close(self) -> None:
        self.database.close()


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def plan_of(jobs: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A plan from ``name: [names that it waits for]`` or ``name: {"after": [...], field: value}``."""
    position = {name: number for number, name in enumerate(jobs)}
    given = {name: value if isinstance(value, dict) else {"after": value} for name, value in jobs.items()}
    sets, waits = shared_sets([[position[other] for other in value.get("after", ())] for value in given.values()])
    planned = [
        {"name": name, "command": f"echo {name}", "dependency_sets": needed}
        | {key: item for key, item in value.items() if key != "after"}
        for (name, value), needed in zip(given.items(), waits, strict=True)
    ]
    workflow = {"name": "w", "user": "u"} | parts.pop("workflow", {})
    return {"workflow": workflow, "jobs": planned, "dependency_sets": sets, **parts}


class Workflow:
    """A workflow whose jobs are spoken of by name."""

    def __init__(self, torc: Any, jobs: dict[str, Any], **parts: Any) -> None:
        self.torc = torc
        self.id: int = torc("create_workflow_from_plan", body=plan_of(jobs, **parts))["id"]
        self.ids: dict[str, int] = {item["name"]: item["id"] for item in self.jobs()}
        self.names = {job_id: name for name, job_id in self.ids.items()}

    def jobs(self) -> list[dict[str, Any]]:
        return self.torc("list_jobs", workflow_id=self.id)["jobs"]

    def initialize(self, **body: Any) -> dict[str, Any]:
        return self.torc("initialize_workflow", self.id, body=body)

    def reinitialize(self, **body: Any) -> dict[str, Any]:
        return self.torc("reinitialize_workflow", self.id, body=body)

    @property
    def run_id(self) -> int:
        return self.torc("get_workflow", self.id)["run_id"]

    def job(self, name: str) -> dict[str, Any]:
        return self.torc("get_job", self.ids[name])

    def status(self, name: str) -> str:
        return self.job(name)["status"]

    def statuses(self) -> dict[str, str]:
        return {item["name"]: item["status"] for item in self.jobs()}

    def claim(self, limit: int = 1000, **query: Any) -> list[str]:
        """Claim whatever is ready; returns names."""
        return [item["name"] for item in self.torc("claim_next_jobs", self.id, limit=limit, **query)["jobs"]]

    def fit(self, limit: int = 1000, *, cpus: int = 64, memory: float = 256, options: Any = None, **more: Any) -> Any:
        """Claim what fits; returns names."""
        body = {"num_cpus": cpus, "memory_gb": memory, **more}
        reply = self.torc("claim_jobs_based_on_resources", self.id, limit, body=body, **(options or {}))
        self.reason = reply["reason"]
        return [item["name"] for item in reply["jobs"]]

    def finish(self, name: str, code: int = 0, status: str | None = None, **result: Any) -> dict[str, Any]:
        """Report the end of a held job."""
        status = status or ("completed" if code == 0 else "failed")
        body = {"return_code": code, **result}
        return self.torc("complete_job", self.ids[name], status, self.run_id, body=body)

    def entry(self, name: str, code: int = 0, status: str | None = None, **result: Any) -> dict[str, Any]:
        """One completion of a batch."""
        status = status or ("completed" if code == 0 else "failed")
        run_id = result.pop("run_id", self.run_id)
        return {"job_id": self.ids[name], "run_id": run_id, "status": status, "result": {"return_code": code, **result}}

    def batch(self, *entries: dict[str, Any]) -> dict[str, Any]:
        return self.torc("batch_complete_jobs", self.id, body={"completions": list(entries)})

    def run_all(self, failing: tuple[str, ...] = ()) -> list[str]:
        """Claim and finish until nothing is ready; returns the order."""
        order: list[str] = []
        while names := self.claim():
            order += names
            self.batch(*(self.entry(name, 1 if name in failing else 0) for name in names))
        return order

    def node(self, **fields: Any) -> int:
        body = {"workflow_id": self.id, "hostname": "h", "num_cpus": 4, "memory_gb": 8, **fields}
        return self.torc("create_compute_node", body=body)["id"]

    def exchange(self, node: int, **body: Any) -> dict[str, Any]:
        return self.torc("exchange", self.id, body={"compute_node_id": node, "run_id": self.run_id, **body})

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        found = self.torc("list_events", workflow_id=self.id)["events"]
        return [item for item in found if kind is None or item["event_type"] == kind]

    def action(self, trigger: str, jobs: list[str] | None = None, **fields: Any) -> int:
        body = {"trigger_type": trigger, "action_type": "run_commands", "action_config": {"commands": ["true"]}}
        if jobs is not None:
            body["job_ids"] = [self.ids[name] for name in jobs]
        return self.torc("create_workflow_action", self.id, body={**body, **fields})["id"]

    def due(self, **query: Any) -> list[int]:
        return [item["id"] for item in self.torc("get_pending_actions", self.id, **query)]


def check_counters(torc: Torc) -> None:
    """Compare the stored counters with what the statuses say, and the file with its own constraints."""
    wrong = torc.sql(
        "SELECT s.id, s.unmet FROM dependency_set s WHERE s.unmet != (SELECT count(*) FROM dependency_set_member m "
        "JOIN job j ON j.id = m.job_id WHERE m.set_id = s.id AND j.status NOT IN (5, 6, 7, 8, 9))"
    )
    assert wrong == []
    wrong = torc.sql(
        "SELECT j.name, j.unmet_sets FROM job j WHERE j.unmet_sets != (SELECT count(*) FROM job_dependency_set w "
        "JOIN dependency_set s ON s.id = w.set_id WHERE w.job_id = j.id AND s.unmet > 0)"
    )
    assert wrong == []
    assert torc.sql("PRAGMA foreign_key_check") == []
