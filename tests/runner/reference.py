"""A server in memory that does what the runner may rely on, and nothing more; with switches for trouble."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torc.errors import Conflict, ServerUnreachable

ENDED = ("completed", "failed", "canceled", "terminated")


@dataclass
class Job:
    id: int
    command: str
    after: list[int] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    status: str = "ready"
    node: int | None = None
    attempt: int = 1
    result: dict[str, Any] | None = None

    def claimed(self, run_id: int) -> dict[str, Any]:
        base = {
            "id": self.id,
            "workflow_id": 1,
            "name": f"job{self.id}",
            "command": self.command,
            "attempt_id": self.attempt,
            "run_id": run_id,
            "num_cpus": 1,
            "memory_bytes": 2**20,
            "num_gpus": 0,
            "num_nodes": 1,
            "runtime_seconds": 60.0,
            "output_files": [],
            "env": {},
            "supports_termination": False,
            "min_unmet": None,
        }
        return base | self.fields


class Reference:
    """One workflow with id 1."""

    def __init__(self, **workflow: Any) -> None:
        self.workflow = {
            "id": 1,
            "run_id": 1,
            "compute_node_wait_for_new_jobs_seconds": 90,
            "compute_node_expiration_buffer_seconds": 0,
            "compute_node_min_time_for_new_jobs_seconds": 0,
        } | workflow
        self.jobs: dict[int, Job] = {}
        self.nodes: dict[int, dict[str, Any]] = {}
        self.actions: dict[int, dict[str, Any]] = {}
        self.action_reports: list[tuple[int, bool]] = []
        self.files: dict[int, dict[str, Any]] = {}
        self.canceled = False
        self.calls: Counter[str] = Counter()
        self.exchanges: list[dict[str, Any]] = []
        self.started: list[int] = []
        self.changed = threading.Condition()
        self.before: Callable[[str, dict[str, Any] | None], None] = lambda name, body: None
        self.after: Callable[[str, dict[str, Any] | None], None] = lambda name, body: None
        self._claims: dict[str, list[int]] = {}
        self._newest: Counter[int] = Counter()

    def add(self, command: str, after: list[Job] | None = None, **fields: Any) -> Job:
        """Add a job; it is ready when those it comes after have ended."""
        job = Job(len(self.jobs) + 1, command, [other.id for other in after or []], fields)
        job.status = "blocked" if job.after else "ready"
        self.jobs[job.id] = job
        return job

    def action(self, trigger: str, *commands: str, persistent: bool = False, due: bool = True) -> dict[str, Any]:
        """Add an action."""
        record = {
            "id": len(self.actions) + 1,
            "trigger_type": trigger,
            "action_type": "run_commands",
            "action_config": {"commands": list(commands)},
            "persistent": persistent,
            "due": due,
            "claimed_by": set(),
        }
        self.actions[record["id"]] = record
        return record

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait until something is true of this server."""
        with self.changed:
            assert self.changed.wait_for(condition, seconds), "it did not happen"

    def call(self, name: str, /, *path_args: Any, body: Any = None, **arguments: Any) -> Any:
        """Perform one operation, with the trouble that the test asks for."""
        self.before(name, body)
        with self.changed:
            self.calls[name] += 1
            reply = getattr(self, name)(body=body, **arguments)
            self.changed.notify_all()
        self.after(name, body)
        return reply

    def get_workflow(self, id: int, body: Any) -> dict[str, Any]:
        return dict(self.workflow)

    def get_workflow_status(self, id: int, body: Any) -> dict[str, Any]:
        return {"jobs_by_status": dict(Counter(job.status for job in self.jobs.values()))}

    def create_token(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"token": f"torc_for_workflow_{body['workflow_id']}_node_{body['compute_node_id']}"}

    def create_compute_node(self, body: Any) -> dict[str, Any]:
        self.nodes[len(self.nodes) + 1] = {"is_active": True} | body
        return {"id": len(self.nodes)} | body

    def update_compute_node(self, id: int, body: Any) -> dict[str, Any]:
        self.nodes[id] |= body
        return self.nodes[id]

    def get_file(self, id: int, body: Any) -> dict[str, Any]:
        return self.files[id]

    def get_job(self, id: int, body: Any) -> dict[str, Any]:
        job = self.jobs[id]
        return {"id": id, "output_file_ids": [file["id"] for file in job.fields.get("output_files", [])]}

    def get_pending_actions(self, id: int, body: Any, compute_node_id: int) -> list[dict[str, Any]]:
        return [
            action
            for action in self.actions.values()
            if action["due"]
            and (compute_node_id not in action["claimed_by"] if action["persistent"] else not action["claimed_by"])
        ]

    def claim_action(self, id: int, action_id: int, body: Any) -> dict[str, Any]:
        action = self.actions[action_id]
        if body["compute_node_id"] in action["claimed_by"] or (action["claimed_by"] and not action["persistent"]):
            raise Conflict("claimed already")
        action["claimed_by"].add(body["compute_node_id"])
        return {"action_id": action_id, "success": True, "claimed": True}

    def report_action(self, id: int, action_id: int, body: Any) -> dict[str, Any]:
        self.action_reports.append((action_id, body["success"]))
        return {}

    def exchange(self, id: int, body: dict[str, Any]) -> dict[str, Any]:
        node = body["compute_node_id"]
        self._check_active(node)
        self.exchanges.append(body)
        self._newest[node] += 1
        number = self._newest[node]
        self.changed.notify_all()
        self._note_starts(body)
        completed, errors = self._note_ends(body)
        for job_id in body.get("released", []):
            job = self.jobs[job_id]
            if job.status == "pending" and job.node == node:
                job.status, job.node = "ready", None
        deadline = time.monotonic() + body.get("wait_seconds", 0)
        while True:
            self._check_active(node)
            reply = self._reply(body, completed, errors)
            left = deadline - time.monotonic()
            if self._says_something(reply) or left <= 0 or self._newest[node] != number:
                return reply
            self.changed.wait(left)

    def _check_active(self, node: int) -> None:
        if not self.nodes[node]["is_active"]:
            raise Conflict(f"compute node {node} is not active")

    @staticmethod
    def _says_something(reply: dict[str, Any]) -> bool:
        names = ("jobs", "completed", "errors", "cancel_job_ids", "is_complete", "is_canceled", "due_actions", "unfit")
        return any(reply[name] for name in names)

    def _note_starts(self, body: dict[str, Any]) -> None:
        for start in body.get("starts", []):
            job = self.jobs[start["job_id"]]
            if job.status == "pending" and job.attempt == start["attempt_id"]:
                job.status = "running"
                self.started.append(job.id)

    def _note_ends(self, body: dict[str, Any]) -> tuple[list[int], list[dict[str, Any]]]:
        completed, errors = [], []
        for entry in body.get("completions", []):
            job, result = self.jobs[entry["job_id"]], entry["result"]
            if result["attempt_id"] != job.attempt or (job.status not in ("pending", "running") and job.result is None):
                errors.append({"job_id": job.id, "message": "superseded", "code": 409})
                continue
            if job.result is not None and job.result != result:
                errors.append({"job_id": job.id, "message": "another result is stored", "code": 422})
                continue
            job.status, job.result, job.node = entry["status"], result, None
            completed.append(job.id)
            for state in entry.get("files", []):
                self.files.setdefault(state["file_id"], {"id": state["file_id"]})["st_mtime"] = state["st_mtime"]
        for job in self.jobs.values():
            if job.status == "blocked" and all(self.jobs[other].status in ENDED for other in job.after):
                job.status = "ready"
        return completed, errors

    def _claim(self, claim: dict[str, Any] | None, node: int) -> list[dict[str, Any]]:
        if claim is None:
            return []
        known = self._claims.get(claim["request_id"])
        if known is None:
            known = self._pack(claim)
            if known:
                self._claims[claim["request_id"]] = known
            for job_id in known:
                self.jobs[job_id].status, self.jobs[job_id].node = "pending", node
        return [self.jobs[job_id].claimed(self.workflow["run_id"]) for job_id in known]

    def _pack(self, claim: dict[str, Any]) -> list[int]:
        room, total = claim.get("resources"), claim.get("total")
        free = dict(room) if room else None
        chosen: list[int] = []
        ahead: list[int] = []
        for job in self.jobs.values():
            if job.status != "ready":
                continue
            need = job.claimed(1)
            if len(chosen) < claim["limit"] and (free is None or _fits(need, free)):
                chosen.append(job.id)
                if free is not None:
                    for mine, theirs in (("num_cpus", "num_cpus"), ("num_gpus", "num_gpus")):
                        free[theirs] -= need[mine]
                    free["memory_gb"] -= need["memory_bytes"] / 2**30
            elif len(ahead) < claim["ahead"] and (total is None or _fits(need, total)):
                ahead.append(job.id)
        return chosen + ahead

    def _reply(self, body: dict[str, Any], completed: list[int], errors: list[dict[str, Any]]) -> dict[str, Any]:
        node, claim = body["compute_node_id"], body.get("claim")
        jobs = [] if self.canceled else self._claim(claim, node)
        open_jobs = [job for job in self.jobs.values() if job.status not in ENDED]
        ready = [job for job in open_jobs if job.status == "ready"]
        unfit = None
        if claim and claim.get("total") and ready and not any(_fits(j.claimed(1), claim["total"]) for j in ready):
            unfit = {"job_id": ready[0].id, "job_name": f"job{ready[0].id}", "lacks": "needs more than there is"}
        due = [a for a in self.actions.values() if a["due"] and not a["claimed_by"] and not a["persistent"]]
        return {
            "jobs": jobs,
            "completed": completed,
            "errors": errors,
            "cancel_job_ids": [job_id for job_id in body.get("held", []) if self.jobs[job_id].node != node],
            "is_complete": not open_jobs,
            "is_canceled": self.canceled,
            "active_jobs": sum(job.status in ("pending", "running") for job in open_jobs),
            "due_actions": len([a for a in due if "worker" not in a["trigger_type"]]),
            "unfit": unfit,
        }


def _fits(need: dict[str, Any], room: dict[str, Any]) -> bool:
    return (
        need["num_cpus"] <= room["num_cpus"]
        and need["num_gpus"] <= room["num_gpus"]
        and need["memory_bytes"] <= room["memory_gb"] * 2**30 + 1
        and need["num_nodes"] <= room["num_nodes"]
    )


def unreachable(*_: Any) -> None:
    """Behave like a server that cannot be reached."""
    raise ServerUnreachable("no reply")
