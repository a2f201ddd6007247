"""Finding the server: a given address, the user's own database, or the default address.

Order: ``--url``, ``TORC_API_URL`` or a configuration file's ``client.api_url``; the 0600 file that a
self-started server leaves beside its database; a server at the default address; else the database
itself, opened in this process.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from torc.client.client import REPLY_SECONDS, Client
from torc.client.connection import Endpoint, is_loopback, normalize_url
from torc.client.transport import HttpTransport, Transport
from torc.config import Config, load
from torc.contract import OPERATIONS, PREFIX
from torc.discovery import discovery_file
from torc.errors import DatabaseUnusable, InvalidInput, TorcError

DEFAULT_URL = f"http://localhost:8080{PREFIX}"
PROBE_SECONDS = 1.0
#: Commands that use the database without a server wait for each other for so long.
LOCK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user said about where the server is; environment and configuration files fill the gaps."""

    url: str | None = None
    database: Path | None = None
    username: str | None = None
    password: str | None = None
    token: str | None = None
    ca_file: str | None = None
    reply_seconds: float = REPLY_SECONDS
    #: The database was named, so a server of another database must not take its place.
    only_database: bool = False

    @classmethod
    def make(
        cls,
        url: str | None = None,
        database: str | os.PathLike[str] | None = None,
        username: str | None = None,
        password: str | None = None,
        environ: Mapping[str, str] = os.environ,
        config: Config | None = None,
    ) -> Choice:
        """Return the choice from options, environment and configuration files; options win.

        Raises
        ------
        InvalidInput
            When both an address and a database are given as options, or the configuration cannot be used.
        """
        if url and database:
            raise InvalidInput(
                "--url and --database exclude each other", field="database", hint="a server owns its database"
            )
        config = config or load(environ).require("client")
        url = url or (None if database else _configured_url(config))
        named = database or config["client.database"]
        password = password or config["client.password"]
        name = config.setting("client.username")
        if not username and (password or name.source == "environment"):
            username = name.value
        return cls(
            url=normalize_url(url) if url else None,
            database=Path(named).expanduser() if named else default_database(environ),
            username=username,
            password=password,
            token=config["client.token"],
            ca_file=config["client.tls.ca_cert"],
            reply_seconds=config["client.timeout_secs"],
            only_database=bool(named),
        )


def _configured_url(config: Config) -> str | None:
    """Return the address that environment or files name, unless a database is named in a more important place.

    Credentials for the user's own server do not go to another one because a project's file says so.
    """
    address, database = config.given.get("client.api_url"), config.given.get("client.database")
    if address is None or (database and database.rank > address.rank):
        return None
    secrets = [config.given[name].origin for name in ("client.token", "client.password") if name in config.given]
    if secrets and address.source == "local" and address.over and address.over.value != address.value:
        raise InvalidInput(
            f"{address.origin} names the server {address.value}, but {secrets[0]} may be meant for that of "
            f"{address.over.origin}",
            field="client.api_url",
            value=address.value,
            hint="say which server you mean with --url or TORC_API_URL",
        )
    return str(address.value)


def default_database(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the user's own database."""
    data_home = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data_home) / "torc" / "torc.db"


def read_discovery(database: Path) -> Endpoint | None:
    """Return where the database's server says it is, when the file can be trusted and its process lives."""
    found = published(database)
    return None if found is None else Endpoint(found["url"], found.get("token"))


def published(database: Path) -> dict[str, Any] | None:
    """Return what the database's server says of itself: url, token, pid, host, version.

    Nothing is taken from a file that another user owns or could have written, and no token is sent
    to a loopback address that belongs to another machine.
    """
    path = discovery_file(database)
    try:
        with path.open(encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
                return None
            content: dict[str, Any] = json.load(file)
        url = normalize_url(content["url"])
        here = content.get("host") in (None, socket.gethostname())
        if here and not is_alive(int(content["pid"])):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidInput):
        return None
    if not here and is_loopback(urlsplit(url).hostname or ""):
        return None
    return {**content, "url": url}


def find_server(choice: Choice) -> HttpTransport | None:
    """Return a transport to the server to use, or null when there is none to be found."""
    if choice.url:
        return _transport(Endpoint(choice.url, choice.token, choice.username, choice.password), choice)
    found = find_database_server(choice)
    if found or choice.only_database:
        return found
    default = Endpoint(DEFAULT_URL, choice.token, choice.username, choice.password)
    return answering(_transport(default, choice))


def find_database_server(choice: Choice) -> HttpTransport | None:
    """Return a transport to the server that holds the chosen database now."""
    database = choice.database
    endpoint = read_discovery(database) if database else None
    found = answering(_transport(endpoint, choice)) if endpoint else None
    if found and database:
        # A server that is started anew has another address, which the same file tells.
        found.relocate = lambda: read_discovery(database)
    return found


def connect(
    url: str | None = None,
    database: str | os.PathLike[str] | None = None,
    username: str | None = None,
    password: str | None = None,
    *,
    config: Config | None = None,
) -> Client:
    """Return a client of the server that these options, the environment and configuration files lead to.

    Without any server the database is opened in this process.
    """
    choice = Choice.make(url, database, username, password, config=config)
    return Client(find_server(choice) or _open_database(choice), choice.reply_seconds)


def _open_database(choice: Choice) -> Transport:
    """Open the database here, or find the server that another program begins on it meanwhile."""
    from torc.client.inprocess import InProcessTransport

    assert choice.database is not None
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return InProcessTransport(choice.database)
        except DatabaseUnusable as error:
            # Another command holds the lock for a moment, a run for longer: the latter answers.
            if not hasattr(error, "holder") or time.monotonic() > deadline:
                raise
        time.sleep(0.05)
        transport = find_database_server(choice)
        if transport:
            return transport


def _transport(endpoint: Endpoint, choice: Choice) -> HttpTransport:
    return HttpTransport(endpoint.url, endpoint.token, endpoint.username, endpoint.password, ca_file=choice.ca_file)


def answering(transport: HttpTransport) -> HttpTransport | None:
    """Return the transport when torc answers at its address."""
    patience, transport.patience = transport.patience, 0.0
    try:
        reply = transport.send(OPERATIONS["ping"], {}, {}, timeout=PROBE_SECONDS)
    except TorcError:
        transport.close()
        return None
    transport.patience = patience
    return transport if isinstance(reply, dict) and "status" in reply else None


def is_alive(pid: int) -> bool:
    """Say whether a process of this host runs; one that has ended and that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except PermissionError:
        return True
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
