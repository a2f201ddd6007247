"""Completions on disk, for as long as the server has not accepted them."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torc.errors import TorcError
from torc.runner import outputs, paths, results
from torc.runner.server import Server, is_temporary

Say = Callable[..., None]


class Outbox:
    """This runner's file of completions that could not be delivered yet."""

    def __init__(self, path: str, identity: dict[str, Any]) -> None:
        self.path = path
        self.identity = identity
        self._fd = -1
        self._kept: set[int] = set()

    def keep(self, entries: list[tuple[int, dict[str, Any]]]) -> list[int]:
        """Append the completions that are not in the file yet, and return their keys."""
        new = [(key, entry) for key, entry in entries if key not in self._kept]
        if not new:
            return []
        if self._fd < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._fd = os.open(self.path, flags, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        text = "".join(json.dumps({**self.identity, "completion": entry}) + "\n" for _, entry in new)
        os.write(self._fd, text.encode())
        os.fsync(self._fd)
        keys = [key for key, _ in new]
        self._kept.update(keys)
        return keys

    def close(self) -> None:
        """Leave the file to the next runner."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def clear(self) -> None:
        """Everything has been delivered."""
        if self._fd >= 0:
            Path(self.path).unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1
            self._kept.clear()


def deliver_left_behind(server: Server, output_dir: str, workflow_id: int, say: Say) -> bool:
    """Report what earlier runners of this host left in files; return whether some file is still being written.

    Raises
    ------
    TorcError
        When the server cannot be reached: the files stay.
    """
    pending = False
    for path in paths.left_behind(output_dir, workflow_id, paths.host_name()):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        with open(fd, "rb") as file:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pending = True
                continue
            _deliver(server, workflow_id, file.read(), say)
            Path(path).unlink(missing_ok=True)
    return pending


def _deliver(server: Server, workflow_id: int, content: bytes, say: Say) -> None:
    by_node: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for line in content.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # the last line of a writer that was cut off
        entry = record.get("completion") or _from_exit(server, record)
        by_node.setdefault((record["compute_node_id"], record["run_id"]), []).append(entry)
    for (node_id, run_id), entries in by_node.items():
        body = {"compute_node_id": node_id, "run_id": run_id, "completions": entries}
        try:
            reply = server.call("exchange", id=workflow_id, body=body)
            server.call("update_compute_node", id=node_id, body={"is_active": False})
        except TorcError as error:
            if is_temporary(error):
                raise
            say("warning", f"late reports of compute node {node_id} were refused: {error}")
            continue
        say("info", f"delivered {len(reply['completed'])} late reports", compute_node_id=node_id)
        for refused in reply["errors"]:
            say("warning", f"late report refused: {refused['message']}", job_id=refused["job_id"])


def _from_exit(server: Server, record: dict[str, Any]) -> dict[str, Any]:
    job = {"id": record["job_id"], "run_id": record["run_id"], "attempt_id": record["attempt_id"]}
    entry = results.completion(job, tuple(record["exit"]), compute_node_id=record["compute_node_id"])
    if entry["status"] == "completed":
        _outputs(server, record["job_id"], record.get("cwd", ".")).add_to(entry)
    return entry


def _outputs(server: Server, job_id: int, cwd: str) -> outputs.Found:
    job = server.call("get_job", id=job_id)
    files = [server.call("get_file", id=file_id) for file_id in job.get("output_file_ids") or ()]
    return outputs.look([(file["id"], str(Path(cwd, file["path"]))) for file in files])
