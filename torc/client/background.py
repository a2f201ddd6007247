"""A server in the background for the user's database: found, or started so that it outlives this program.

Programs that need one at the same moment start one between them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torc.client.connect import Choice, find_database_server, published
from torc.client.connection import Endpoint
from torc.client.transport import HttpTransport
from torc.errors import Conflict, DatabaseUnusable, InvalidInput, TorcError

#: A run that hosts the database itself holds it for a moment before it says where it is.
_SETTLE_SECONDS = 2.0
_STOP_SECONDS = 20.0
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What serves the user's database, or the server that is configured; ``url`` is null when there is none."""

    url: str | None
    database: Path | None
    pid: int | None = None
    version: str | None = None
    #: Started in the background by a program like this one.
    is_background: bool = False

    def __str__(self) -> str:
        if self.url is None:
            return f"No server runs for {self.database}; notebooks and Python programs start one when they need it."
        where = f"process {self.pid}, database {self.database}" if self.pid else "configured"
        return f"{self.url} ({where})"


def find_or_start(choice: Choice) -> HttpTransport:
    """Return a transport to the configured server, to the one that serves the database, or to a new one.

    Raises
    ------
    TorcError
        When none can be started.
    """
    if choice.url:
        return HttpTransport(choice.url, choice.token, choice.username, choice.password, ca_file=choice.ca_file)
    transport = find_database_server(choice) or _start(choice)
    transport.relocate = lambda: _relocated(choice)
    return transport


def status(choice: Choice) -> ServerStatus:
    """Return what serves the chosen database now; nothing is started."""
    if choice.url:
        return ServerStatus(choice.url, None)
    assert choice.database is not None
    transport, found = find_database_server(choice), published(choice.database)
    if transport is None or found is None:
        return ServerStatus(None, choice.database)
    transport.close()
    pid = int(found["pid"])
    return ServerStatus(
        found["url"], choice.database, pid, found.get("version"), pid == _background_pid(choice.database)
    )


def start(choice: Choice) -> ServerStatus:
    """Start a server for the chosen database unless there is one.

    Raises
    ------
    InvalidInput
        When a server elsewhere is configured.
    """
    if choice.url:
        raise InvalidInput(
            f"the server {choice.url} is configured, so none is started here", field="url", value=choice.url,
            hint="unset TORC_API_URL and client.api_url to use your own database",
        )  # fmt: skip
    find_or_start(choice).close()
    return status(choice)


def stop(choice: Choice) -> bool:
    """Stop the server in the background, and say whether there was one.

    Raises
    ------
    Conflict
        When the server is not one that was started in the background, or does not end.
    """
    found = status(choice)
    if found.url is None:
        return False
    if not found.is_background or found.pid is None or found.database is None:
        raise Conflict(f"{found} was not started in the background by torc", hint="stop it where it was started")
    os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    # The file goes when everything is written; a process that nobody has waited for may stay in the table.
    while _background_pid(found.database) == found.pid:
        if time.monotonic() > deadline:
            raise Conflict(f"the server, process {found.pid}, did not end in {_STOP_SECONDS:.0f} seconds")
        time.sleep(_PAUSE)
    return True


def _start(choice: Choice) -> HttpTransport:
    assert choice.database is not None
    database = choice.database.absolute()
    with _alone(database):
        found = find_database_server(choice)
        if found:
            return found
        problem = _launch(database)
        deadline = time.monotonic() + _SETTLE_SECONDS
        while True:
            found = find_database_server(choice)
            if found:
                return found
            if problem is not None and time.monotonic() > deadline:
                raise problem
            time.sleep(_PAUSE)


def _launch(database: Path) -> TorcError | None:
    """Start the process and wait until it serves; return what it has to say when it does not."""
    command = [sys.executable, "-P", "-m", "torc.server.detached", str(database)]
    # A session of its own: the interrupt that is meant for a cell must not end it while it starts.
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, check=False
    )
    if ended.returncode == 0:
        return None
    try:
        told = json.loads(ended.stdout)
    except ValueError:
        lines = ended.stderr.strip().splitlines()
        told = {"error": f"the server did not start: {lines[-1] if lines else 'it said nothing'}"}
    return DatabaseUnusable(told["error"], field="database", value=str(database), hint=told.get("hint"))


@contextlib.contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Hold off other programs that are about to start a server for the same database."""
    path = database.with_name(database.name + ".starting")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DatabaseUnusable(
            f"{path}: {error.strerror or error}", field="database", value=str(database),
            hint="make its directory writable, or name another database with TORC_DATABASE",
        ) from error  # fmt: skip
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _relocated(choice: Choice) -> Endpoint | None:
    with contextlib.suppress(TorcError):
        transport = find_database_server(choice) or _start(choice)
        transport.close()
        return transport.endpoint
    return None


def _background_pid(database: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int(database.with_name(database.name + ".pid").read_text(encoding="ascii"))
    return None
