"""The server that workflows are on: found or started when it is first needed."""

from __future__ import annotations

import os
import threading
from typing import Any

from torc.client import background
from torc.client.background import ServerStatus
from torc.client.client import Client
from torc.client.connect import Choice
from torc.workflow.records import WorkflowList

_lock = threading.Lock()
_current: Connection | None = None


class Connection:
    """A server; ``client`` has every operation of its REST interface as a method."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.client = Client(background.find_or_start(choice), choice.reply_seconds)

    @property
    def url(self) -> str:
        """Address of the server."""
        transport: Any = self.client.transport
        return str(transport.url)

    @property
    def workflows(self) -> WorkflowList:
        """The workflows that the server has."""
        return WorkflowList(self)

    def environment(self) -> dict[str, str]:
        """Return what programs need in their environment to use the same server."""
        choice, given = self.choice, {}
        if choice.url:
            given["TORC_API_URL"] = choice.url
        elif choice.database:
            given["TORC_DATABASE"] = str(choice.database.absolute())
        if choice.url:
            named = {
                "TORC_API_TOKEN": choice.token,
                "TORC_USERNAME": choice.username,
                "TORC_PASSWORD": choice.password,
                "TORC_CA_FILE": choice.ca_file,
            }
            given |= {name: value for name, value in named.items() if value}
        return given

    def close(self) -> None:
        """Let go of the connection; the server and its work go on."""
        self.client.close()

    def __repr__(self) -> str:
        return f"<Connection to {self.url}>"


def connect(
    url: str | None = None,
    database: str | os.PathLike[str] | None = None,
    username: str | None = None,
    password: str | None = None,
) -> Connection:
    """Connect to a server, which from now on is the one that workflows are created on.

    Without arguments that is the server of ``TORC_API_URL`` or the configuration, else the one that serves your own
    database, else one that is started in the background on a free port of this machine.

    Raises
    ------
    ServerUnreachable, Unauthorized
        When the server does not answer, or does not let you in.
    """
    global _current
    connection = Connection(Choice.make(url, database, username, password))
    connection.client.get_version()
    with _lock:
        _current = connection
    return connection


def current() -> Connection:
    """Return the present connection, made when there is none."""
    return _current or connect()


def known() -> Connection | None:
    """Return the present connection, null when there is none yet."""
    return _current


def server_status(database: str | os.PathLike[str] | None = None) -> ServerStatus:
    """Return which server is used; nothing is started."""
    return background.status(Choice.make(database=database))


def start_server(database: str | os.PathLike[str] | None = None) -> ServerStatus:
    """Start a server in the background for your database, unless there is one."""
    return background.start(Choice.make(database=database))


def stop_server(database: str | os.PathLike[str] | None = None) -> bool:
    """Stop the server in the background, and say whether there was one; running jobs are not touched."""
    return background.stop(Choice.make(database=database))
