"""``torc workflows export``: a workflow as one JSON file that another server can import.

The document is written record by record, so that its size does not matter. Record ids are those of this
server; import gives new ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from torc import __version__
from torc.cli import output
from torc.cli.choose import workflow_of
from torc.cli.options import with_session, workflow_argument
from torc.cli.output import Content, Message, View, counted
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.cli.writing import replacing
from torc.client.client import Client

EXPORT_VERSION = "1.0"
#: Up to so many dependencies stand with the jobs; more are written as the sets that jobs share.
_MOST_EDGES = 1_000_000
#: Sections in the order of the file, with the operations that list them.
_SECTIONS = (
    ("files", "list_files"),
    ("user_data", "list_user_data"),
    ("resource_requirements", "list_resource_requirements"),
    ("slurm_schedulers", "list_slurm_schedulers"),
    ("local_schedulers", "list_local_schedulers"),
)
_RUNTIME_FIELDS = frozenset({"start_time", "compute_node_id", "attempt_id", "workflow_id"})
Chunk = tuple[str, int]


@click.command("export", cls=TorcCommand)
@workflow_argument
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False), metavar="FILE", help="File to write.")
@click.option("--include-results", is_flag=True, help="Add the results of all runs, for reading.")
@click.option("--include-events", is_flag=True, help="Add the events, for reading.")
@with_session
def export(
    session: Session, workflow_id: int | None, target: str | None, include_results: bool, include_events: bool
) -> View:
    """Write a workflow as JSON, to a file or to standard output.

    The file holds everything that torc workflows import needs to create the workflow anew. Variables in env
    are part of it: look at them before the file is given to somebody else.

    \b
    Examples:
      torc workflows export 5 -o sweep.json
      torc workflows export 5 --include-results | jq .results
    """
    number = workflow_of(session, workflow_id)
    extra = [("results", include_results, {"all_runs": True}), ("events", include_events, {})]
    wanted = {name: arguments for name, asked, arguments in extra if asked}
    # Before a file is begun: the workflow may not exist.
    workflow = session.client.get_workflow(number)
    parts = document_parts(session.client, workflow, wanted)
    if target is None or target == "-":
        return Content(text.encode() for text, _ in parts)
    with replacing(Path(target), field="--output") as stream:
        jobs = _write(parts, stream)
    line = f"Exported workflow {number} ({workflow['name']}) with {counted(jobs, 'jobs')} to {target}"
    return Message([line], {"workflow_id": number, "path": target, "num_jobs": jobs})


def _write(parts: Iterable[Chunk], stream: IO[bytes]) -> int:
    told = jobs = 0
    for text, count in parts:
        stream.write(text.encode())
        jobs += count
        if jobs - told >= 100_000:
            told = jobs
            output.note(f"{counted(jobs, 'jobs')} written")
    return jobs


def document_parts(client: Client, workflow: dict[str, Any], extra: dict[str, dict[str, Any]]) -> Iterator[Chunk]:
    """Yield the document in pieces, each with the number of jobs in it; ``extra`` are further lists to add."""
    number = workflow["id"]
    head = {
        "export_version": EXPORT_VERSION,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "torc_version": __version__,
        "workflow": _given(workflow),
    }
    yield json.dumps(head, indent=1, ensure_ascii=False)[:-2], 0
    for name, operation in _SECTIONS:
        yield from _section(name, map(_given, client.pages(operation, workflow_id=number)))
    yield from _section("failure_handlers", map(_given, client.pages("list_failure_handlers", number)))
    sets = [
        item for item in client.pages("list_dependency_sets", number) if item["job_ids"] and item["depends_on_job_ids"]
    ]
    compact = sum(len(item["job_ids"]) * len(item["depends_on_job_ids"]) for item in sets) > _MOST_EDGES
    yield from _section("jobs", _jobs(client, number, {} if compact else _by_job(sets)), jobs=True)
    if compact:
        yield from _section("dependency_sets", sets)
    yield from _section("workflow_actions", map(_given, client.get_workflow_actions(number)))
    for name, arguments in extra.items():
        yield from _section(name, map(_given, client.pages(f"list_{name}", workflow_id=number, **arguments)))
    yield "\n}\n", 0


def _section(name: str, records: Iterable[dict[str, Any]], *, jobs: bool = False) -> Iterator[Chunk]:
    yield f',\n "{name}": [', 0
    comma = ""
    for record in records:
        yield f"{comma}\n  {json.dumps(record, ensure_ascii=False)}", int(jobs)
        comma = ","
    yield "\n ]" if comma else "]", 0


def _jobs(client: Client, number: int, depends_on: dict[int, list[int]]) -> Iterator[dict[str, Any]]:
    jobs = client.pages("list_jobs", workflow_id=number, include_relationships=True, include_dependencies=False)
    for job in jobs:
        members = {"depends_on_job_ids": depends_on[job["id"]]} if job["id"] in depends_on else {}
        yield {name: value for name, value in _given(job).items() if name not in _RUNTIME_FIELDS} | members


def _by_job(sets: Iterable[dict[str, Any]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for item in sets:
        for job_id in item["job_ids"]:
            found.setdefault(job_id, []).extend(item["depends_on_job_ids"])
    return {job_id: sorted(set(members)) for job_id, members in found.items()}


def _given(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}
