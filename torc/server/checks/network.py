"""Whether others reach the server."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from torc import discovery
from torc.server.checks.finding import Finding, fail, ok, warn

_SECONDS = 5.0
_ENOUGH_FILES = 4096


def port(host: str, number: int, database: Path) -> Iterator[Finding]:
    """Whether the port is free, or held by the server of this database."""
    running = running_url(database)
    if running and urlsplit(running).port == number:
        yield ok("port", f"{number} is held by the server of this database")
        return
    try:
        with _listening(host, number):
            pass
    except OSError as error:
        text = f"cannot listen on {host}:{number}: {error.strerror or error}"
        yield fail("port", text, "stop who holds it, or give another --port or --host")
        return
    yield ok("port", f"{host}:{number} is free")


def reach(host: str, number: int, database: Path, *, is_local: bool) -> Iterator[Finding]:
    """Whether a compute node would find this machine by its name, as runners are told it."""
    if is_local:
        mend = "give --host 0.0.0.0 with --auth-file and --require-auth if other machines are to run jobs"
        yield warn("reach", f"{host} is this machine alone: compute nodes cannot reach it", mend)
        return
    name = socket.gethostname() if host in ("0.0.0.0", "::") else host
    addresses = _addresses(name)
    if not addresses:
        mend = f"let {name} resolve (DNS or /etc/hosts of all machines), or give --host with an address"
        yield fail("name", f"{name} does not resolve", mend)
        return
    if all(ipaddress.ip_address(address).is_loopback for address in addresses):
        mend = f"take {name} out of the loopback lines of /etc/hosts, or give --host with an address"
        yield fail("name", f"{name} is {', '.join(addresses)}, which other machines take for themselves", mend)
    else:
        yield ok("name", f"{name} is {', '.join(addresses)}")
    yield _connection(host, name, number, database)


def _connection(host: str, name: str, number: int, database: Path) -> Finding:
    running = running_url(database)
    try:
        if running:
            with socket.create_connection((name, urlsplit(running).port or number), _SECONDS):
                return ok("connection", f"the server answers at {running}")
        with _listening(host, 0) as listener, socket.create_connection(
            (name, listener.getsockname()[1]), _SECONDS
        ):  # fmt: skip
            return ok("connection", f"{name} can be reached from here by that name")
    except OSError as error:
        text = f"this machine does not reach itself as {name}: {error.strerror or error}"
        return fail("connection", text, "see whether the name is that of another machine, and whether a firewall is")


def open_files() -> Iterator[Finding]:
    """Whether there may be as many connections as a large workflow has runners."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most >= _ENOUGH_FILES or most == resource.RLIM_INFINITY:
        yield ok("open files", "any number" if most == resource.RLIM_INFINITY else f"up to {most}")
    else:
        text = f"up to {most}: each runner and each event stream takes one"
        yield warn("open files", text, "raise the limit of the account (ulimit -H -n, or LimitNOFILE of its service)")


def running_url(database: Path) -> str | None:
    """Return where the server of a database says that it is, if it accepts connections there."""
    try:
        url = str(json.loads(discovery.discovery_file(database).read_text(encoding="utf-8"))["url"])
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), _SECONDS):
            return url
    except (OSError, ValueError, KeyError):
        return None


def _addresses(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(item[4][0]).partition("%")[0] for item in found))


@contextlib.contextmanager
def _listening(host: str, number: int) -> Iterator[socket.socket]:
    family = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0][0]
    with socket.create_server((host, number), family=family) as listener:
        yield listener
