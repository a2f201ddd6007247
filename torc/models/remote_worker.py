"""Machines that a workflow may use over SSH."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, RootModel

from torc.models.base import Record

#: A name that begins with a hyphen would be an option of ssh, and one with shell characters a command.
_WORKER = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?"
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


def _worker(text: str) -> str:
    match = _WORKER.fullmatch(text)
    if not match or not 1 <= int(match["port"] or 22) <= 65_535:
        raise ValueError(f"{text!r} is not a worker; write host, user@host or user@host:port")
    return text


Worker = Annotated[str, Field(max_length=320), AfterValidator(_worker)]


class RemoteWorkers(RootModel[list[Worker]]):
    """Workers to add, as ``[user@]host[:port]``; those that are known already stay as they are."""


class RemoteWorkerModel(Record):
    """A machine of a workflow."""

    worker: str
    workflow_id: int
