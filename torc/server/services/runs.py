"""Runs: initialize from the start, or reinitialize what has changed. Each is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from torc.errors import Conflict, InvalidInput
from torc.graph import find_cycle
from torc.models.workflow import RunRequest
from torc.server.services import spawning, tasks
from torc.server.services.call import Call
from torc.server.store import actions, completions, dependencies, events, nodes, records, runs, workflows
from torc.server.store.nouns import WORKFLOW
from torc.server.store.transaction import Tx
from torc.server.store.workflows import Head
from torc.server.wire import Accepted, Json
from torc.states import ACTIVE, ENDED, JobStatus

S = JobStatus

#: What reinitialize does again without being asked.
_INTERRUPTED = frozenset({S.uninitialized, S.blocked, S.ready, S.pending, S.running, S.canceled, S.terminated})
_NOT_DISABLED = frozenset(S) - {S.disabled}
_FAILED = frozenset({S.failed, S.canceled, S.terminated, S.pending_failed})
#: Names that a message or reply lists at most.
_SHOWN = 1000
#: Files that are reasons of their own.
_NAMED = 50
_OPEN = frozenset({S.uninitialized, S.blocked, S.ready, S.pending, S.running})
_ENDED_BADLY = {S.failed: "it failed", S.pending_failed: "it failed"}


@dataclass(slots=True)
class Check:
    """What stands in the way of a run, or is worth a warning."""

    missing_files: list[str] = field(default_factory=list)
    missing_user_data: list[str] = field(default_factory=list)
    existing_outputs: list[str] = field(default_factory=list)


def initialize_workflow(tx: Tx, call: Call) -> dict[str, Any]:
    """Begin a run from the start: every job is to be done."""
    return _rehearsed_if_dry(tx, call, _initialize)


def _initialize(tx: Tx, head: Head, body: RunRequest) -> dict[str, Any]:
    check = _check(tx, head.id, _seen(body))
    _refuse_missing(check, body)
    spawning.forget(tx, head.id)
    todo = runs.jobs_in(tx, head.id, _NOT_DISABLED)
    return _begin(tx, head, body, todo, check, "workflow_initialized")


def reinitialize_workflow(tx: Tx, call: Call) -> dict[str, Any]:
    """Begin a run with what was interrupted or has changed, and everything behind it."""
    return _rehearsed_if_dry(tx, call, _reinitialize)


def _reinitialize(tx: Tx, head: Head, body: RunRequest) -> dict[str, Any]:
    seen = _seen(body)
    check = _check(tx, head.id, seen)
    check.existing_outputs = []
    _refuse_missing(check, body)
    dependencies.rebuild_derived(tx, head.id)
    reasons = _changed(tx, head.id, seen, retry_failed=body.retry_failed)
    return _begin(tx, head, body, sorted(reasons), check, "workflow_reinitialized", reasons)


def _rehearsed_if_dry(tx: Tx, call: Call, begin: Callable[[Tx, Head, RunRequest], dict[str, Any]]) -> dict[str, Any]:
    head, body = workflows.head(tx, call.id), call.body
    _may_begin(tx, head, body.force)
    with tx.rehearsal() if body.dry_run else nullcontext():
        return begin(tx, head, body)


def initialize_jobs(tx: Tx, call: Call) -> dict[str, Any] | Accepted:
    """Make uninitialized jobs ready or blocked, without a look at files; for clients that do the rest themselves.

    With ``async`` the reply is a task that goes on behind it.
    """
    head, query, body = workflows.head(tx, call.id), call.query, call.body
    parameters = {
        "only_uninitialized": query.only_uninitialized or bool(getattr(body, "reinitialize", None)),
        "clear_ephemeral_user_data": query.clear_ephemeral_user_data,
    }
    if query.run_async:
        _may_begin(tx, head, force=False)
        return Accepted(tasks.queue(tx, head.id, "initialize_jobs", parameters))
    return carry_out_initialize_jobs(tx, head.id, parameters)


def carry_out_initialize_jobs(tx: Tx, workflow_id: int, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Do what ``initialize_jobs`` was asked for."""
    head = workflows.head(tx, workflow_id)
    _may_begin(tx, head, force=False)
    if head.run_id == 0:
        workflows.set_state(tx, head.id, run_id=1)
    if not parameters["only_uninitialized"]:
        completions.reset(tx, runs.jobs_in(tx, head.id, _INTERRUPTED - {S.canceled}))
        if parameters["clear_ephemeral_user_data"]:
            runs.clear_ephemeral(tx, head.id)
    else:
        dependencies.rebuild_derived(tx, head.id)
        behind = dependencies.downstream(tx, runs.jobs_in(tx, head.id, frozenset({S.uninitialized})))
        completions.reset(tx, runs.among(tx, behind, ENDED | {S.pending_failed}))
    settled = _settle(tx, head.id, "workflow_initialized", [])
    return _reply(max(1, head.run_id), [], settled, Check(), dry_run=False)


def reset_workflow_status(tx: Tx, call: Call) -> Json:
    """Begin a new run of a workflow as far as the workflow itself is concerned; jobs stay as they are."""
    head = workflows.head(tx, call.id)
    if head.is_archived:
        message = f"cannot reset the status of archived workflow {head.id}"
        raise InvalidInput(message, field="id", value=head.id, hint="unarchive the workflow first")
    if not call.query.force:
        _refuse_reset(tx, head.id)
    workflows.set_state(tx, head.id, run_id=head.run_id + 1, is_canceled=0, is_archived=0)
    events.append(tx, head.id, "workflow_status_reset", {"run_id": head.run_id + 1})
    return records.get(tx, WORKFLOW, head.id)


def reset_job_status(tx: Tx, call: Call) -> dict[str, Any]:
    """Make jobs uninitialized: all, or those that did not succeed together with everything behind them."""
    if call.query.with_workflow:
        reset_workflow_status(tx, call)
    head = workflows.head(tx, call.id)
    failed_only = call.query.failed_only
    if failed_only:
        failed = runs.jobs_in(tx, head.id, _FAILED)
        todo = runs.among(tx, dependencies.downstream(tx, failed), _NOT_DISABLED - ACTIVE)
    else:
        todo = runs.jobs_in(tx, head.id, _NOT_DISABLED)
    completions.reset(tx, todo)
    dependencies.recount(tx, head.id)
    kind = "failed_only" if failed_only else "all"
    events.append(tx, head.id, "jobs_reset", {"count": len(todo), "reset_type": kind})
    return {"workflow_id": head.id, "updated_count": len(todo), "status": "uninitialized", "reset_type": kind}


def process_changed_job_inputs(tx: Tx, call: Call) -> dict[str, list[str]]:
    """Make the jobs uninitialized whose commands, relations or input data are not what they were."""
    head = workflows.head(tx, call.id)
    changed = runs.jobs_with_changed_inputs(tx, head.id)
    names = workflows.names(tx, changed)
    if changed and not call.query.dry_run:
        completions.reset(tx, changed)
        dependencies.recount(tx, head.id)
        events.append(tx, head.id, "jobs_reset", {"job_ids": changed, "reason": "inputs changed"})
    return {"reinitialized_jobs": names}


def list_required_existing_files(tx: Tx, call: Call) -> dict[str, list[int]]:
    """List the files that must exist before the workflow begins."""
    workflows.head(tx, call.id)
    return {"files": runs.required_files(tx, call.id)}


def list_missing_user_data(tx: Tx, call: Call) -> dict[str, list[int]]:
    """List the user data that jobs read, that is empty, and that no job makes."""
    workflows.head(tx, call.id)
    return {"user_data": runs.missing_user_data(tx, call.id)}


def _may_begin(tx: Tx, head: Head, force: bool) -> None:
    if head.is_archived:
        raise InvalidInput(f"workflow {head.id} is archived", field="id", value=head.id, hint="unarchive it first")
    if not force and workflows.active_jobs(tx, head.id):
        raise _active(tx, head.id)


def _refuse_reset(tx: Tx, workflow_id: int) -> None:
    active = workflows.active_jobs(tx, workflow_id)
    scheduled = workflows.scheduled_nodes(tx, workflow_id)
    nodes_left = sum(scheduled.get(status, 0) for status in ("pending", "active"))
    if active or nodes_left:
        held = f"{active} pending or running jobs" if active else f"{nodes_left} pending or active scheduled nodes"
        raise InvalidInput(
            f"workflow {workflow_id} has {held}", field="id", value=workflow_id,
            hint="wait for them, cancel them, or use force",
        )  # fmt: skip


def _active(tx: Tx, workflow_id: int) -> Conflict:
    count = workflows.active_jobs(tx, workflow_id)
    held = nodes.active_ids(tx, workflow_id)
    where = f" on compute nodes {', '.join(map(str, held))}" if held else ""
    return Conflict(
        f"workflow {workflow_id} has {count} pending or running jobs{where}",
        hint="wait for them, cancel the workflow, or use force",
    )


def _seen(body: RunRequest) -> dict[int, float | None]:
    return {state.file_id: state.st_mtime for state in body.files}


def _check(tx: Tx, workflow_id: int, seen: dict[int, float | None]) -> Check:
    missing = [file_id for file_id in runs.required_files(tx, workflow_id) if seen.get(file_id, 0.0) is None]
    existing = [file_id for file_id in runs.output_files(tx, workflow_id) if seen.get(file_id) is not None]
    return Check(
        runs.paths(tx, missing)[:_SHOWN],
        runs.user_data_names(tx, runs.missing_user_data(tx, workflow_id))[:_SHOWN],
        runs.paths(tx, existing)[:_SHOWN],
    )


def _refuse_missing(check: Check, body: RunRequest) -> None:
    if body.force or body.dry_run:
        return
    if check.missing_files:
        raise InvalidInput(
            f"required input files are missing: {_some(check.missing_files)}",
            field="files",
            value=check.missing_files[:10],
            hint="create them, or use --force",
        )
    if check.missing_user_data:
        raise InvalidInput(
            f"required user data are missing: {_some(check.missing_user_data)}",
            field="user_data",
            value=check.missing_user_data[:10],
            hint="give them values with 'torc user-data update', or use --force",
        )


def _some(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _changed(tx: Tx, workflow_id: int, seen: dict[int, float | None], *, retry_failed: bool = False) -> dict[int, str]:
    """Return the jobs to do again, each with the reason.

    They are those that were interrupted, whose inputs changed or whose outputs are gone, and all behind them.
    """
    reasons: dict[int, str] = {}
    for status in sorted(_INTERRUPTED | (_FAILED if retry_failed else frozenset())):
        word = f"it is {status.name}" if status in _OPEN else f"it was {status.name}"
        _note(reasons, runs.jobs_in(tx, workflow_id, frozenset({status})), _ENDED_BADLY.get(status, word))
    for file_id, path in _some_paths(tx, runs.changed_files(tx, workflow_id, seen)):
        _note(reasons, runs.among(tx, runs.readers(tx, file_id), ENDED), f"its input {path} has changed")
    gone = [file_id for file_id in runs.output_files(tx, workflow_id) if seen.get(file_id, 0.0) is None]
    for file_id, path in _some_paths(tx, gone):
        _note(reasons, runs.among(tx, runs.makers(tx, file_id), frozenset({S.completed})), f"its output {path} is gone")
    _note(reasons, runs.jobs_with_changed_inputs(tx, workflow_id), "its command, inputs or input data have changed")
    _note(reasons, dependencies.downstream(tx, sorted(reasons)), "it follows a job that runs again")
    return {job_id: reasons[job_id] for job_id in runs.among(tx, sorted(reasons), _NOT_DISABLED)}


def _note(reasons: dict[int, str], job_ids: Iterable[int], reason: str) -> None:
    for job_id in job_ids:
        reasons.setdefault(job_id, reason)


def _some_paths(tx: Tx, file_ids: list[int]) -> Iterator[tuple[list[int], str]]:
    """Yield files one by one with their paths, beyond a number that somebody reads all others together."""
    named = sorted(file_ids)[:_NAMED]
    for file_id, path in zip(named, runs.paths(tx, named), strict=True):
        yield [file_id], path
    if len(file_ids) > _NAMED:
        yield sorted(file_ids)[_NAMED:], "file"


def _begin(
    tx: Tx,
    head: Head,
    body: RunRequest,
    todo: list[int],
    check: Check,
    event: str,
    reasons: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    runs.record_files(tx, head.id, _seen(body).items())
    # A reset has numbered the run that begins now.
    run_id = head.run_id if runs.is_only_reset(tx, head.id) else head.run_id + 1
    workflows.set_state(tx, head.id, run_id=run_id, is_canceled=0)
    names = workflows.names(tx, todo)
    told = {name: reasons[job_id] for name, job_id in zip(names[:_SHOWN], todo, strict=False)} if reasons else {}
    completions.reset(tx, todo, new_run=True)
    if event == "workflow_initialized":
        runs.clear_ephemeral(tx, head.id)
    settled = _settle(tx, head.id, event, names)
    return {**_reply(run_id, names, settled, check, dry_run=body.dry_run), "reasons": told}


def _settle(tx: Tx, workflow_id: int, event: str, names: list[str]) -> dependencies.Settled:
    """Derive the dependencies, make every uninitialized job ready or blocked, and set the triggers."""
    dependencies.rebuild_derived(tx, workflow_id)
    _refuse_cycle(tx, workflow_id)
    settled = dependencies.settle(tx, workflow_id)
    runs.store_hashes(tx, runs.without_hash(tx, workflow_id))
    actions.reset(tx, workflow_id)
    actions.fire(tx, workflow_id, ["on_workflow_start", "on_worker_start", "on_worker_complete"])
    data = {"reset_jobs": len(names), "ready": len(settled.ready), "blocked": settled.blocked}
    events.append(tx, workflow_id, event, data)
    if settled.canceled:
        reason = "a job that they wait for did not succeed"
        events.append(tx, workflow_id, "jobs_canceled", {"job_ids": settled.canceled, "reason": reason}, "warning")
    if settled.ready:
        events.append(tx, workflow_id, "jobs_ready", {"job_ids": settled.ready}, "debug")
        tx.effects.ready[workflow_id] += len(settled.ready)
    tx.effects.wake_all.add(workflow_id)
    return settled


def _refuse_cycle(tx: Tx, workflow_id: int) -> None:
    graph = dependencies.structure(tx, workflow_id)
    cycle = find_cycle(len(graph.job_ids), graph.sets, graph.waits)
    if cycle:
        ids = [graph.job_ids[position] for position in cycle]
        by_id = dict(zip(sorted(ids), workflows.names(tx, ids), strict=True))
        path = " -> ".join(f"'{by_id[job_id]}'" for job_id in [*ids, ids[0]])
        raise InvalidInput(f"the jobs wait for each other in a cycle: {path}", field="depends_on")


def _reply(
    run_id: int, names: list[str], settled: dependencies.Settled, check: Check, *, dry_run: bool
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "reset_jobs": names[:_SHOWN],
        "ready": len(settled.ready),
        "blocked": settled.blocked,
        "missing_files": check.missing_files,
        "missing_user_data": check.missing_user_data,
        "existing_outputs": check.existing_outputs,
        "dry_run": dry_run,
    }
