"""What a web page of somebody else could make a browser send here, and how it is told apart.

A browser adds the user's network position to a request: a page may reach a server on the loopback interface
that its author cannot. Three marks give such requests away: the name in ``Host`` (a foreign name that was
pointed at this address), ``Origin`` or ``Sec-Fetch-Site`` (the page it comes from), and a body in one of the types
that need no leave. There is no cross-origin leave here (CORS), so replies stay unreadable to other sites.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from functools import lru_cache

from torc.errors import Forbidden, InvalidInput

_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")
_ANY_ADDRESS = ("", "0.0.0.0", "::")
#: What browsers send without asking; JSON in them comes from a page, or from a client that forgot a header.
_UNASKED_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")


class WrongContentType(InvalidInput):
    """A body that does not say that it is JSON."""

    http_status = 415


class Hosts:
    """The names under which this server may be addressed.

    Numeric addresses are always right: only a name can be pointed at another machine.
    """

    def __init__(self, bound: str, trusted: Iterable[str] = ()) -> None:
        names = {*_LOOPBACK_NAMES, *(name.lower().rstrip(".") for name in trusted)}
        self._any = "*" in names
        here = socket.gethostname().lower()
        names.add(here)
        if bound.lower() not in (*_LOOPBACK_NAMES, *_ANY_ADDRESS) and not _is_address(bound):
            names.add(bound.lower())
        if not _is_loopback(bound):
            # May ask the name service, which is slow at worst: once, before anybody waits.
            names.add(socket.getfqdn().lower())
        self._names = names

    def check(self, host: str) -> None:
        """Check the value of a ``Host`` header.

        Raises
        ------
        Forbidden
        """
        name = _without_port(host).lower().rstrip(".")
        if self._any or name in self._names or _is_address(name):
            return
        # Remembering what was refused would let strangers fill the memory.
        raise Forbidden(
            f"this server is not called '{name[:100]}'",
            field="Host",
            hint=f"if it is, start it with --trusted-host {name[:100]}",
        )


def check_site(headers: Mapping[str, str], host: str) -> None:
    """Refuse a change that a page of another site has set off.

    Raises
    ------
    Forbidden
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise _cross_site("Sec-Fetch-Site", site)
    origin = headers.get("Origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        raise _cross_site("Origin", origin)


def check_content_type(headers: Mapping[str, str]) -> None:
    """Refuse a body of a type that a page may send anywhere without asking.

    Raises
    ------
    WrongContentType
    """
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in _UNASKED_TYPES:
        raise WrongContentType(
            f"the body is said to be {kind}, not JSON",
            field="Content-Type",
            value=kind,
            hint="send the header 'Content-Type: application/json'",
        )


def _cross_site(field: str, value: str) -> Forbidden:
    return Forbidden(
        "this request comes from a page of another site", field=field, value=value[:200], hint="there is no CORS here"
    )


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, _, port = host.partition(":")
    return host if port.strip("0123456789") else name


@lru_cache(maxsize=64)
def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(bound: str) -> bool:
    if bound.lower() in _LOOPBACK_NAMES:
        return True
    return _is_address(bound) and ipaddress.ip_address(bound).is_loopback
