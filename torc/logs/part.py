"""One piece of a job's log, for views that show its end and read on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO, Literal

from torc.client.client import Client
from torc.errors import InvalidInput, NotFound
from torc.logs.choice import Choice
from torc.logs.files import attempt_of
from torc.logs.reading import open_log

Kind = Literal["stdout", "stderr", "runner"]
KINDS: tuple[Kind, ...] = ("stdout", "stderr", "runner")
#: Bytes that one piece has at most.
MAX_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class LogPart:
    """Bytes ``start`` to ``end`` of a log that has ``size`` bytes now; no character is cut."""

    content: bytes
    start: int
    end: int
    size: int

    @property
    def text(self) -> str:
        """The piece as text; what is no UTF-8 is replaced."""
        return self.content.decode("utf-8", "replace")


def read_part(
    client: Client,
    workflow_id: int,
    job_id: int,
    kind: Kind = "stdout",
    *,
    offset: int = 0,
    limit: int = MAX_BYTES,
    tail: int | None = None,
) -> LogPart:
    """Read a piece of what the latest attempt of a job wrote on this machine.

    Parameters
    ----------
    offset, limit
        Where the piece begins, and how many bytes it has at most.
    tail
        Instead of these: so many bytes from the end, from the beginning of a line on.

    Raises
    ------
    NotFound
        When the workflow has no such job, the job has not run, or its log is not here as a regular file below the
        output directory that its compute node recorded.
    """
    job = client.get_job(job_id)
    if job["workflow_id"] != workflow_id:
        raise NotFound(f"no job with id {job_id} in workflow {workflow_id}", field="job_id", value=job_id)
    attempt = attempt_of(client, job, None, None)
    asked = Choice(job, attempt, stdout=kind == "stdout", stderr=kind == "stderr", runner=kind == "runner")
    (path,) = asked.files.values()
    try:
        with open_log(path, asked.directory) as file:
            return _tail_of(file, min(tail, MAX_BYTES)) if tail is not None else _range_of(file, offset, limit)
    except NotFound:
        raise asked.nothing_there() from None
    except InvalidInput as error:
        # Links and devices are told apart from what is not there only to their owner, in the command line.
        raise asked.nothing_there() from error


def _tail_of(file: BinaryIO, count: int) -> LogPart:
    size = os.fstat(file.fileno()).st_size
    start = max(0, size - count)
    file.seek(start)
    content = file.read(size - start)
    if start:
        cut = content.find(b"\n") + 1
        content, start = content[cut:], start + cut
    return _whole(content, start, size)


def _range_of(file: BinaryIO, offset: int, limit: int) -> LogPart:
    size = os.fstat(file.fileno()).st_size
    file.seek(min(offset, size))
    return _whole(file.read(max(0, min(limit, MAX_BYTES))), min(offset, size), size)


def _whole(content: bytes, start: int, size: int) -> LogPart:
    """Leave a character whose end is not there yet to the next piece."""
    for back in range(1, min(4, len(content)) + 1):
        byte = content[-back]
        if byte & 0xC0 != 0x80:
            wanted = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            if wanted > back and len(content) > back:
                content = content[:-back]
            break
    return LogPart(content, start, start + len(content), size)
