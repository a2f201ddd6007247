"""``torc reports results``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from torc.cli import output
from torc.cli.choose import workflow_of
from torc.cli.logs.files import tell_elsewhere
from torc.cli.options import fetch, with_session, workflow_argument
from torc.cli.output import Document, View
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.errors import InvalidInput
from torc.logs.files import Attempt, elsewhere, log_files, nodes_of

#: Missing files that are named one by one.
_SHOWN = 100
_WORDS = {
    "job_stdout": "job stdout log",
    "job_stderr": "job stderr log",
    "job_runner_log": "job runner log",
    "slurm_stdout": "slurm stdout log",
    "slurm_stderr": "slurm stderr log",
    "slurm_env_log": "slurm environment log",
    "dmesg_log": "dmesg log",
}


@click.command(cls=TorcCommand)
@workflow_argument
@click.option(
    "-o",
    "--output-dir",
    type=click.Path(file_okay=False),
    help="Directory of the logs, as given to torc run (default: where the runners wrote them).",
)
@click.option("--all-runs", is_flag=True, help="Also results of earlier runs and attempts.")
@with_session
def results(session: Session, workflow_id: int | None, output_dir: str | None, all_runs: bool) -> View:
    """Print how jobs ended, with all their log files, as JSON.

    Warns on standard error about log files that are not there.

    \b
    Examples:
      torc reports results 5 > report.json
      torc reports results 5 | jq -r '.results[] | select(.return_code != 0) | .job_stderr'
    """
    number = workflow_of(session, workflow_id)
    if output_dir is not None and not Path(output_dir).is_dir():
        raise InvalidInput(
            f"Output directory does not exist: {output_dir}",
            field="--output-dir",
            value=output_dir,
            hint="without the option, the directories that the runners recorded are used",
        )
    workflow = session.client.get_workflow(number)
    nodes = nodes_of(session.client, number)
    found = fetch(session, "list_results", workflow_id=number, all_runs=all_runs)
    entries = [_entry(number, result, nodes, output_dir) for result in found]
    used = {entry["compute_node_id"]: nodes.get(entry["compute_node_id"], {}) for entry in entries}
    if output_dir is None:
        tell_elsewhere(used)
        away = {node_id for node_id, node in used.items() if elsewhere(node)}
        _warn(entry for entry in entries if entry["compute_node_id"] not in away)
    else:
        _warn(iter(entries))
    return Document(
        {
            "workflow_id": number,
            "workflow_name": workflow["name"],
            "workflow_user": workflow["user"],
            "all_runs": all_runs,
            "total_results": len(entries),
            "results": entries,
        }
    )


def _entry(
    workflow_id: int, result: dict[str, Any], nodes: dict[int, dict[str, Any]], output_dir: str | None
) -> dict[str, Any]:
    attempt = Attempt.of_result(result, nodes)
    entry = {
        "job_id": result["job_id"],
        "job_name": result.get("job_name"),
        "status": result["status"],
        "run_id": result["run_id"],
        "attempt_id": attempt.attempt_id,
        "return_code": result["return_code"],
        "completion_time": result["completion_time"],
        "exec_time_minutes": result["exec_time_minutes"],
        "compute_node_id": result.get("compute_node_id"),
        "compute_node_type": attempt.node.get("compute_node_type", "local"),
        **log_files(workflow_id, attempt, output_dir),
    }
    return entry | ({"reason": result["reason"]} if result.get("reason") else {})


def _warn(entries: Iterator[dict[str, Any]]) -> None:
    """Name the log files that do not exist, each once."""
    present = _Present()
    missing: dict[str, str] = {}
    for entry in entries:
        for kind, words in _WORDS.items():
            path = entry.get(kind)
            if path and path not in missing and not present.has(path):
                missing[path] = f"{words} file does not exist for job {entry['job_id']}: {path}"
    for text in list(missing.values())[:_SHOWN]:
        output.note(f"Warning: {text}")
    if len(missing) > _SHOWN:
        output.note(f"Warning: and {len(missing) - _SHOWN} more log files do not exist")


class _Present:
    """Which files exist, by one listing of each directory: asking for 100,000 files takes long on a shared disk."""

    def __init__(self) -> None:
        self._names: dict[str, frozenset[str]] = {}

    def has(self, path: str) -> bool:
        """Tell whether there is something of this name."""
        directory, _, name = path.rpartition("/")
        if directory not in self._names:
            try:
                self._names[directory] = frozenset(os.listdir(directory or "."))  # noqa: PTH208
            except OSError:
                self._names[directory] = frozenset()
        return name in self._names[directory]
