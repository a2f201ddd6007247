"""``torc logs bundle``."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

import click

from torc import __version__
from torc.cli import output
from torc.cli.choose import workflow_of
from torc.cli.logs.files import tell_elsewhere
from torc.cli.logs.listing import directories
from torc.cli.logs.options import DIRECTORY
from torc.cli.options import fetch, with_session, workflow_argument
from torc.cli.output import Content, Message, View, counted
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.cli.writing import replacing
from torc.errors import InvalidInput, TorcError
from torc.logs.files import nodes_of
from torc.logs.reading import open_log, size_of
from torc.runner import paths
from torc.units import format_bytes

_TELL_SECONDS = 1.0
_CHUNK = 2**16


@click.command(cls=TorcCommand)
@workflow_argument
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False), metavar="FILE", help="File to write.")
@DIRECTORY
@with_session
def bundle(session: Session, workflow_id: int | None, target: str | None, output_dir: str | None) -> View:
    """Pack all logs of a workflow into one file.

    The archive (by default torc_logs_wfID.tar.gz in this directory; - is standard output) holds the logs of
    all runs that are on this machine, and manifest.json with the workflow, its results, the compute nodes
    and versions. The variables in env are left out of it.

    \b
    Example:
      torc logs bundle 5
    """
    number = workflow_of(session, workflow_id)
    manifest = _manifest(session, number)
    nodes = nodes_of(session.client, number)
    manifest["not_here"] = [] if output_dir else tell_elsewhere(nodes)
    manifest["compute_nodes"] = list(nodes.values())
    places = directories(nodes, output_dir)
    if target == "-":
        return Content(_streamed(number, manifest, places))
    file = Path(target or f"torc_logs_wf{number}.tar.gz")
    with replacing(file, field="--output") as stream:
        _pack(stream, number, manifest, places)
    found = manifest["files"]
    size = file.stat().st_size
    lines = [f"Wrote {file}: {counted(len(found), 'logs')} of workflow {number}, {format_bytes(size)}"]
    document = {"workflow_id": number, "path": str(file), "size": size}
    return Message(lines, {**document, **{name: manifest[name] for name in ("files", "left_out", "not_here")}})


def _streamed(number: int, manifest: dict[str, Any], places: list[str]) -> Iterator[bytes]:
    if sys.stdout.isatty():
        raise InvalidInput(
            "an archive is nothing for a terminal", field="--output", value="-", hint="name a file, or a pipe takes it"
        )
    with tempfile.TemporaryFile() as stream:
        _pack(stream, number, manifest, places)
        stream.seek(0)
        yield from iter(lambda: stream.read(_CHUNK), b"")


def _pack(stream: IO[bytes], number: int, manifest: dict[str, Any], places: list[str]) -> None:
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as archive:
        _Packer(archive, number, manifest).pack(places)
    for item in manifest["left_out"]:
        output.note(f"Warning: left out: {item['reason']}")


def _manifest(session: Session, number: int) -> dict[str, Any]:
    client = session.client
    # Environments hold passwords and keys, and a bundle is made to be sent to somebody.
    workflow = {name: value for name, value in client.get_workflow(number).items() if name != "env"}
    return {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "versions": {
            "torc": __version__,
            "server": client.get_version(),
            "python": sys.version.split()[0],
            "system": " ".join(os.uname()[index] for index in (0, 2, 4)),
        },
        "workflow": workflow,
        "status": client.get_workflow_status(number),
        "results": fetch(session, "list_results", workflow_id=number, all_runs=True),
        "files": [],
        "left_out": [],
    }


class _Packer:
    """Puts logs and the manifest into an archive."""

    def __init__(self, archive: tarfile.TarFile, workflow_id: int, manifest: dict[str, Any]) -> None:
        self.archive = archive
        self.workflow_id = workflow_id
        self.manifest = manifest
        self.root = f"torc_logs_wf{workflow_id}"
        self._told = time.monotonic()

    def pack(self, places: list[str]) -> None:
        """Add everything; the manifest comes last, because it tells what was left out."""
        for number, directory in enumerate(places):
            # Directories of several runs may hold files of one name.
            prefix = "" if len(places) == 1 else f"output_{number + 1}/"
            for log in paths.logs_of_workflow(directory, self.workflow_id):
                try:
                    with open_log(f"{directory}/{log.name}", directory) as file:
                        self._add(f"{prefix}{log.name}", f"{directory}/{log.name}", file)
                except TorcError as error:
                    self.manifest["left_out"].append({"path": f"{directory}/{log.name}", "reason": error.message})
        text = json.dumps(self.manifest, indent=2).encode()
        self.archive.addfile(self._info("manifest.json", len(text), time.time()), io.BytesIO(text))

    def _add(self, name: str, path: str, file: BinaryIO) -> None:
        size, modified = size_of(file), os.fstat(file.fileno()).st_mtime
        self.archive.addfile(self._info(name, size, modified), _Padded(file))
        self.manifest["files"].append({"name": name, "path": path, "size": size})
        now = time.monotonic()
        if now - self._told >= _TELL_SECONDS:
            self._told = now
            output.note(f"{counted(len(self.manifest['files']), 'logs')} packed")

    def _info(self, name: str, size: int, modified: float) -> tarfile.TarInfo:
        info = tarfile.TarInfo(f"{self.root}/{name}")
        info.size, info.mtime, info.mode = size, int(modified), 0o600
        return info


class _Padded(io.RawIOBase):
    """Reads a file; behind its end come zeros, so that a log that a retry cuts short keeps its place in the archive."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def read(self, size: int = -1) -> bytes:
        """Return ``size`` bytes."""
        return self.file.read(size).ljust(max(size, 0), b"\0")
