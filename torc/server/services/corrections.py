"""Resource requirements corrected by what jobs have used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from torc.amounts import enough_cpus, enough_memory, enough_runtime, is_beyond_cpus
from torc.models.correction import Amount, Correction, CorrectionRequest
from torc.server.services.call import Call
from torc.server.services.resource_requirements import parsed
from torc.server.store import events, peaks, records, workflows
from torc.server.store.nouns import RESOURCE_REQUIREMENTS
from torc.server.store.peaks import Peaks
from torc.server.store.transaction import Tx
from torc.units import parse_duration, parse_memory


def correct_resources(tx: Tx, call: Call) -> dict[str, Any]:
    """Change the requirements of jobs that used more or less than they asked for.

    More is asked for when one job used too much, however it ended. Less is asked for only when all jobs with these
    requirements have completed and their use is known; of jobs on several nodes only one was looked at.
    """
    head, body = workflows.head(tx, call.id), call.body
    known = peaks.by_requirements(tx, head.id)
    found = [correction for use in known for correction in _corrections(use, body)]
    if not body.dry_run:
        for use in known:
            _apply(tx, use.id, [one for one in found if one.resource_requirements_id == use.id])
        if found:
            data = {"corrections": [one.model_dump() for one in found]}
            events.append(tx, head.id, "resource_requirements_corrected", data)
    return {
        "workflow_id": head.id,
        "dry_run": body.dry_run,
        "num_results": sum(use.num_results for use in known),
        "corrections": [one.model_dump() for one in found],
    }


def _apply(tx: Tx, requirements_id: int, found: list[Correction]) -> None:
    values: dict[str, Any] = {one.amount: one.after for one in found}
    if "num_cpus" in values:
        values["num_cpus"] = int(values["num_cpus"])
    if values:
        records.update(tx, RESOURCE_REQUIREMENTS, requirements_id, values, parsed(values))


def _corrections(use: Peaks, body: CorrectionRequest) -> list[Correction]:
    may_shrink = body.downsize and use.num_completed == use.num_jobs and use.num_nodes == 1
    return [
        Correction(
            resource_requirements_id=use.id, name=use.name, num_jobs=use.num_jobs, amount=change.amount,
            before=str(change.before), after=str(change.after), peak=change.peak,
        )
        for change in _changes(use, body)
        if change.is_more or (change.is_less and may_shrink)
    ]  # fmt: skip


class _Change(NamedTuple):
    amount: Amount
    before: int | str
    after: int | str
    peak: float
    is_more: bool
    is_less: bool


def _changes(use: Peaks, body: CorrectionRequest) -> Iterator[_Change]:
    if use.peak_cpu is not None:
        cpus, is_more = enough_cpus(use.peak_cpu), is_beyond_cpus(use.peak_cpu, use.num_cpus)
        is_less = cpus < use.num_cpus and not use.num_unknown_cpu
        yield _Change("num_cpus", use.num_cpus, cpus, use.peak_cpu, is_more, is_less)
    if use.peak_memory is not None:
        memory, is_more = enough_memory(use.peak_memory, body.memory_reserve), use.peak_memory > use.memory_bytes
        is_less = parse_memory(memory) < use.memory_bytes and use.num_memory == use.num_jobs
        yield _Change("memory", use.memory, memory, use.peak_memory, is_more, is_less)
    runtime, is_more = enough_runtime(use.peak_seconds, body.runtime_reserve), use.peak_seconds > use.runtime_seconds
    is_less = parse_duration(runtime) < use.runtime_seconds
    yield _Change("runtime", use.runtime, runtime, use.peak_seconds, is_more, is_less)
