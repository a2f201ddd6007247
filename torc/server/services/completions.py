"""Starts and ends of jobs: what runners report, and what follows from it in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from torc.errors import Conflict, InvalidInput, NotFound, TorcError
from torc.models.job import JobCompletionEntry, JobStart
from torc.models.result import ResultModel
from torc.server.services.call import Call
from torc.server.store import actions, completions, dependencies, events, records, runs, workflows
from torc.server.store.completions import Held
from torc.server.store.nouns import JOB
from torc.server.store.transaction import Tx, timestamp
from torc.server.wire import Json
from torc.states import (
    ACTIVE,
    REPORT_EVENTS,
    SATISFIED,
    UNSUCCESSFUL,
    JobEvent,
    JobStatus,
    apply,
    parse_status,
)

#: Return code of a job whose runner was lost, and of one that ended without a code of its own.
LOST = -128

_EVENT_TYPES = {
    JobStatus.completed: ("job_completed", "info"),
    JobStatus.failed: ("job_failed", "error"),
    JobStatus.canceled: ("job_canceled", "warning"),
    JobStatus.terminated: ("job_terminated", "warning"),
    JobStatus.pending_failed: ("job_pending_failed", "error"),
}


def batch_complete_jobs(tx: Tx, call: Call) -> dict[str, Any]:
    """Apply many completions; each refused one is told in ``errors``."""
    workflows.head(tx, call.id)
    accepted, errors = complete(tx, call.id, call.body.completions)
    return {"completed": accepted, "errors": errors}


def complete_job(tx: Tx, call: Call) -> Json:
    """Apply one completion; repeating it changes nothing."""
    job = held_job(tx, call.id)
    body: ResultModel = call.body
    _same(body.job_id, job.id, "job_id")
    _same(body.workflow_id, job.workflow_id, "workflow_id")
    run_id = call.path.get("run_id", body.run_id if body.run_id is not None else job.run_id)
    _same(body.run_id, run_id, "run_id")
    if run_id < 0:
        raise InvalidInput(f"run_id is {run_id}, expected {job.run_id}", field="run_id", value=run_id)
    status = parse_status(call.path["status"]).name if "status" in call.path else _status_of(body)
    if body.status is not None:
        _same(body.status, status, "status")
    entry = JobCompletionEntry(job_id=job.id, run_id=run_id, status=status, result=body)
    _, errors = complete(tx, job.workflow_id, [entry])
    if errors:
        raise (Conflict if errors[0]["code"] == 409 else InvalidInput)(errors[0]["message"], field="status")
    return records.get(tx, JOB, job.id)


def start_job(tx: Tx, call: Call) -> Json:
    """Mark a claimed job as running."""
    job = held_job(tx, call.id)
    if "run_id" in call.path:
        _same(call.path["run_id"], job.run_id, "run_id")
    node_id = call.path.get("compute_node_id", getattr(call.body, "compute_node_id", None))
    if job.compute_node_id is not None and node_id is not None and node_id != job.compute_node_id:
        raise Conflict(f"job {job.id} is held by compute node {job.compute_node_id}", field="compute_node_id")
    if node_id is not None and not workflows.exists(tx, "compute_node", job.workflow_id, node_id):
        raise InvalidInput(f"no compute node with id {node_id}", field="compute_node_id", value=node_id)
    if job.status is not JobStatus.running:
        apply(job.status, JobEvent.start, job=f"job {job.id}")
        start(tx, job.workflow_id, [(job, timestamp())], node_id)
    return records.get(tx, JOB, job.id)


def manage_status_change(tx: Tx, call: Call) -> Json:
    """Change a status in a way that is no completion."""
    job = held_job(tx, call.id)
    wanted = call.path.get("status") or getattr(call.body, "target_status", None)
    if not wanted:
        raise InvalidInput("no status given", field="target_status")
    if "run_id" in call.path:
        _same(call.path["run_id"], job.run_id, "run_id")
    target = parse_status(wanted)
    if target in REPORT_EVENTS and target is not JobStatus.canceled:
        raise InvalidInput(
            f"a job cannot be made {target.name} like this", field="status", value=target.name, hint="use complete_job"
        )
    _change(tx, job, target)
    return records.get(tx, JOB, job.id)


def retry_job(tx: Tx, call: Call) -> Json:
    """Begin a job's next attempt."""
    job = held_job(tx, call.id)
    _same(call.path["run_id"], job.run_id, "run_id")
    apply(job.status, JobEvent.retry, job=f"job {job.id}")
    if job.attempt_id >= call.query.max_retries:
        raise InvalidInput(
            f"job {job.id} has had {job.attempt_id} attempts, max_retries is {call.query.max_retries}",
            field="max_retries",
            value=call.query.max_retries,
        )
    completions.retry(tx, job.id)
    waiting_again = dependencies.hold_again(tx, job.id) if job.status in SATISFIED else []
    actions.recount_for(tx, [job.id, *waiting_again])
    data = {"job_id": job.id, "job_name": job.name, "attempt_id": job.attempt_id + 1}
    events.append(tx, job.workflow_id, "job_retried", data, "warning")
    tx.effects.ready[job.workflow_id] += 1
    return records.get(tx, JOB, job.id)


def start(tx: Tx, workflow_id: int, starts: Sequence[tuple[Held, str]], node_id: int | None) -> None:
    """Mark pending jobs as running, given with their start times."""
    completions.start(tx, ((when, node_id, job.id) for job, when in starts))
    events.append_many(tx, workflow_id, (_start_event(job, node_id) for job, _ in starts))


def _start_event(job: Held, node_id: int | None) -> tuple[str, dict[str, Any], str]:
    data = {
        "job_id": job.id,
        "job_name": job.name,
        "attempt_id": job.attempt_id,
        "compute_node_id": node_id or job.compute_node_id,
    }
    return "job_started", data, "info"


def apply_starts(tx: Tx, workflow_id: int, starts: Sequence[JobStart], node_id: int) -> None:
    """Apply a runner's starts; those that are known already or came too late change nothing."""
    if not starts:
        return
    jobs = completions.held_jobs(tx, (item.job_id for item in starts))
    good = []
    for item in starts:
        job = jobs.get(item.job_id)
        if (
            job
            and job.status is JobStatus.pending
            and job.attempt_id == item.attempt_id
            and job.workflow_id == workflow_id
            and job.compute_node_id in (None, node_id)
        ):
            good.append((job, item.start_time))
    if good:
        start(tx, workflow_id, good, node_id)


def complete(tx: Tx, workflow_id: int, entries: Sequence[JobCompletionEntry]) -> tuple[list[int], list[dict[str, Any]]]:
    """Store results and outputs, end their jobs, and free or cancel those that wait for them.

    Returns the ids accepted (now, or by an equal report before) and the refused ones with reasons.
    """
    if not entries:
        return [], []
    jobs = completions.held_jobs(tx, {entry.job_id for entry in entries})
    accepted: list[int] = []
    errors: list[dict[str, Any]] = []
    ended: dict[int, JobStatus] = {}
    rows: list[dict[str, Any]] = []
    outputs: list[tuple[int, float | None]] = []
    values: list[tuple[int, int, Any]] = []
    unseen: list[Held] = []
    for entry in entries:
        try:
            row = _accept(tx, workflow_id, entry, jobs.get(entry.job_id), rows)
        except TorcError as error:
            errors.append({"job_id": entry.job_id, "message": error.message, "code": error.http_status})
            continue
        accepted.append(entry.job_id)
        if row is not None:
            job = jobs[entry.job_id]
            if job.status is JobStatus.pending:
                unseen.append(job)
            job.status = ended[job.id] = JobStatus(row["status"])
            rows.append(row)
            outputs += ((state.file_id, state.st_mtime) for state in entry.files)
            values += ((item.id, job.id, item.data) for item in entry.user_data)
    if rows:
        # A job so short that its start was not worth a message of its own has started all the same.
        events.append_many(tx, workflow_id, (_start_event(job, None) for job in unseen))
        completions.add_results(tx, rows)
        runs.record_files(tx, workflow_id, outputs)
        completions.store_values(tx, values)
        end_jobs(tx, workflow_id, ended, [(jobs[row["job_id"]], row) for row in rows])
    return accepted, errors


def _accept(
    tx: Tx, workflow_id: int, entry: JobCompletionEntry, job: Held | None, rows: Sequence[dict[str, Any]]
) -> dict[str, Any] | None:
    """Return the result row of a new completion, None for a known one; raise for one to be refused.

    ``rows`` are those that the same request has brought before.
    """
    if job is None or job.workflow_id != workflow_id:
        raise NotFound(f"no job with id {entry.job_id} in workflow {workflow_id}")
    status = parse_status(entry.status)
    if status not in REPORT_EVENTS:
        raise InvalidInput(f"job {job.id} cannot end as {status.name}", field="status", value=status.name)
    if entry.run_id != job.run_id:
        raise Conflict(f"job {job.id}: run {entry.run_id} is superseded, the present run is {job.run_id}")
    attempt_id = entry.result.attempt_id if entry.result.attempt_id is not None else job.attempt_id
    if attempt_id != job.attempt_id:
        raise Conflict(f"job {job.id}: attempt {attempt_id} is superseded, the present attempt is {job.attempt_id}")
    if job.status not in ACTIVE:
        _require_known(tx, job, status, entry.result.return_code, rows)
        return None
    node_id = entry.result.compute_node_id
    if node_id is not None and job.compute_node_id is not None and node_id != job.compute_node_id:
        raise Conflict(f"job {job.id} is held by compute node {job.compute_node_id}, not by {node_id}")
    if (
        node_id is not None
        and job.compute_node_id is None
        and not workflows.exists(tx, "compute_node", job.workflow_id, node_id)
    ):
        raise InvalidInput(f"no compute node with id {node_id}", field="compute_node_id", value=node_id)
    apply(job.status, REPORT_EVENTS[status], job=f"job {job.id}")
    return result_row(job, entry.result, status)


def _require_known(tx: Tx, job: Held, status: JobStatus, return_code: int, rows: Sequence[dict[str, Any]]) -> None:
    """A report about a job that no runner holds: fine when it says what is stored."""
    stored = completions.stored_results(tx, [(job.id, job.run_id, job.attempt_id)])
    just_now = ((row["return_code"], JobStatus(row["status"])) for row in rows if row["job_id"] == job.id)
    found = next(just_now, stored.get((job.id, job.run_id, job.attempt_id)))
    if found == (return_code, status):
        return
    if found is None:
        # A job that is not active and has no result was never claimed, was canceled, or went back to ready.
        raise Conflict(f"job {job.id} is {job.status.name}: nobody runs it")
    if found[0] == LOST:
        raise Conflict(f"job {job.id}: attempt {job.attempt_id} was given up when its runner's lease lapsed")
    raise InvalidInput(
        f"job {job.id} is already complete with status={found[1].name} and return code {found[0]}; "
        f"the report says {status.name} and {return_code}"
    )


def result_row(job: Held, result: ResultModel, status: JobStatus | None = None) -> dict[str, Any]:
    """Return the columns of a result, with what the report leaves out taken from the job."""
    row = result.model_dump(exclude={"id", "job_name", "exit_code"})
    row.update(workflow_id=job.workflow_id, job_id=job.id, run_id=job.run_id)
    row["attempt_id"] = job.attempt_id if result.attempt_id is None else result.attempt_id
    row["status"] = int(status if status is not None else parse_status(_status_of(result)))
    row["compute_node_id"] = result.compute_node_id or job.compute_node_id
    row["completion_time"] = result.completion_time or timestamp()
    return row


def _status_of(result: ResultModel) -> str:
    return result.status or ("completed" if result.return_code == 0 else "failed")


def end_jobs(
    tx: Tx,
    workflow_id: int,
    ended: dict[int, JobStatus],
    reports: Iterable[tuple[Held, dict[str, Any]]],
) -> None:
    """Give jobs their final status, tell of it, and settle those that wait for them."""
    completions.end(tx, ended)
    events.append_many(tx, workflow_id, (_end_event(job, row) for job, row in reports))
    settle_after(tx, workflow_id, ended)


def settle_after(tx: Tx, workflow_id: int, ended: dict[int, JobStatus]) -> None:
    """Cancel or free the jobs that wait for jobs which have just ended, count triggers, notice the workflow's end."""
    unsuccessful = [job_id for job_id, status in ended.items() if status in UNSUCCESSFUL]
    canceled = dependencies.cancel_waiting(tx, unsuccessful, JobStatus.blocked)
    if canceled:
        names = workflows.names(tx, canceled)
        data = {"job_ids": canceled, "job_names": names, "reason": "a job that they wait for did not succeed"}
        events.append(tx, workflow_id, "jobs_canceled", data, "warning")
    counted = [job_id for job_id, status in ended.items() if status is not JobStatus.pending_failed] + canceled
    made_ready = dependencies.release(tx, counted)
    actions.count(tx, workflow_id, "on_jobs_complete", counted)
    announce_ready(tx, workflow_id, made_ready)
    if not made_ready and not workflows.has_open_jobs(tx, workflow_id):
        _announce_end(tx, workflow_id)


def announce_ready(tx: Tx, workflow_id: int, job_ids: list[int]) -> None:
    """Tell those who wait that jobs became ready."""
    if not job_ids:
        return
    events.append(tx, workflow_id, "jobs_ready", {"job_ids": job_ids}, "debug")
    actions.count(tx, workflow_id, "on_jobs_ready", job_ids)
    tx.effects.ready[workflow_id] += len(job_ids)


def _announce_end(tx: Tx, workflow_id: int) -> None:
    counts = {name: count for name, count in workflows.counts(tx, workflow_id).items() if count}
    events.append(tx, workflow_id, "workflow_completed", {"jobs_by_status": counts})
    actions.fire(tx, workflow_id, ["on_workflow_complete"])
    tx.effects.wake_all.add(workflow_id)


def _end_event(job: Held, row: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    event_type, severity = _EVENT_TYPES[JobStatus(row["status"])]
    data = {
        "job_id": job.id,
        "job_name": job.name,
        "run_id": row["run_id"],
        "attempt_id": row["attempt_id"],
        "return_code": row["return_code"],
        "compute_node_id": row["compute_node_id"],
        "exec_time_minutes": row["exec_time_minutes"],
    }
    for name in ("peak_memory_bytes", "peak_cpu_percent"):
        if row.get(name) is not None:
            data[name] = row[name]
    if row.get("reason"):
        data["reason"] = row["reason"]
    return event_type, data, severity


def give_up_node(tx: Tx, workflow_id: int, node_id: int, reason: str) -> None:
    """End what a runner that is gone still holds: running jobs fail, pending ones become ready under a new attempt."""
    held = completions.jobs_of_node(tx, node_id)
    running = [job_id for job_id, status in held if status is JobStatus.running]
    pending = [job_id for job_id, status in held if status is JobStatus.pending]
    if pending:
        completions.bump_attempts(tx, pending)
        events.append(tx, workflow_id, "jobs_ready", {"job_ids": pending, "reason": reason}, "warning")
        tx.effects.ready[workflow_id] += len(pending)
    if running:
        jobs = completions.held_jobs(tx, running)
        result = ResultModel(return_code=LOST, status="failed", compute_node_id=node_id, reason=reason)
        rows = [(job, result_row(job, result)) for job in jobs.values()]
        completions.add_results(tx, [row for _, row in rows])
        end_jobs(tx, workflow_id, dict.fromkeys(running, apply(JobStatus.running, JobEvent.lose)), rows)


def _change(tx: Tx, job: Held, target: JobStatus) -> None:
    """Apply a change of status that the caller asks for by name."""
    label = f"job {job.id}"
    if target is job.status:
        return
    if target is JobStatus.running:
        apply(job.status, JobEvent.start, job=label)
        start(tx, job.workflow_id, [(job, timestamp())], job.compute_node_id)
    elif target is JobStatus.uninitialized:
        apply(job.status, JobEvent.reset, job=label)
        reset_with_downstream(tx, job)
    elif target is JobStatus.canceled:
        apply(job.status, JobEvent.cancel, job=label)
        if job.compute_node_id is not None:
            tx.effects.nodes.add(job.compute_node_id)
        completions.end(tx, {job.id: target})
        events.append(tx, job.workflow_id, "job_canceled", {"job_id": job.id, "job_name": job.name}, "warning")
        settle_after(tx, job.workflow_id, {job.id: target})
    elif target is JobStatus.disabled:
        disable(tx, job)
    elif job.status is JobStatus.pending and target is JobStatus.ready:
        apply(job.status, JobEvent.hand_back, job=label)
        completions.bump_attempts(tx, [job.id])
        tx.effects.ready[job.workflow_id] += 1
    else:
        event = {JobStatus.ready: JobEvent.make_ready, JobStatus.blocked: JobEvent.block,
                 JobStatus.pending: JobEvent.claim}[target]  # fmt: skip
        apply(job.status, event, job=label)
        completions.set_status(tx, job.id, target)
        if target is JobStatus.ready:
            announce_ready(tx, job.workflow_id, [job.id])


def disable(tx: Tx, job: Held) -> None:
    """Leave a job out; nobody waits for it any more."""
    apply(job.status, JobEvent.disable, job=f"job {job.id}")
    completions.set_status(tx, job.id, JobStatus.disabled)
    if job.status not in SATISFIED:
        settle_after(tx, job.workflow_id, {job.id: JobStatus.disabled})


def settle_deletion(tx: Tx, job: Held) -> None:
    """Free those that wait for a job which is about to be deleted."""
    if job.status not in SATISFIED:
        announce_ready(tx, job.workflow_id, dependencies.release(tx, [job.id]))


def reset_with_downstream(tx: Tx, job: Held) -> None:
    """Reset a job and all ended or waiting jobs behind it."""
    behind = dependencies.downstream(tx, [job.id])
    resettable = frozenset(JobStatus) - ACTIVE - {JobStatus.disabled}
    ids = sorted({job.id, *runs.among(tx, behind, resettable)})
    if job.compute_node_id is not None:
        tx.effects.nodes.add(job.compute_node_id)
    completions.reset(tx, ids)
    dependencies.recount(tx, job.workflow_id)
    events.append(tx, job.workflow_id, "jobs_reset", {"job_ids": ids})


def held_job(tx: Tx, job_id: int) -> Held:
    """Return a job.

    Raises
    ------
    NotFound
    """
    job = completions.held_jobs(tx, [job_id]).get(job_id)
    if job is None:
        raise records.missing(JOB, job_id)
    return job


def _same(given: Any, expected: Any, field: str) -> None:
    if given is not None and given != expected:
        raise InvalidInput(f"{field} is {given}, expected {expected}", field=field, value=given)
