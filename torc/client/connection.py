"""Where a server is, and how a connection to it is opened: TLS, proxies, keep-alive. No retries here."""

from __future__ import annotations

import base64
import os
import select
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import SplitResult, unquote, urlsplit

from torc.contract import PREFIX
from torc.errors import InvalidInput
from torc.redaction import redacted

CONNECT_TIMEOUT = 10.0
_LOOPBACK = ("localhost", "::1")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Address of a server and what it takes to be let in."""

    url: str
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls, url: str, token: str | None = None, username: str | None = None, password: str | None = None
    ) -> Endpoint:
        """Return the endpoint at an address that may have user name and password in it."""
        url = normalize_url(url)
        parts = urlsplit(url)
        if "@" not in parts.netloc:
            return cls(url, token, username, password)
        userinfo, _, place = parts.netloc.rpartition("@")
        name, _, secret = userinfo.partition(":")
        # What was said apart from the address counts more.
        if username is None:
            username, password = unquote(name), unquote(secret)
        return cls(parts._replace(netloc=place).geturl(), token, username, password)

    @property
    def is_exposed(self) -> bool:
        """Whether a password would cross a network for everybody to read."""
        parts = urlsplit(self.url)
        sent = self.password is not None and self.token is None
        return sent and parts.scheme == "http" and not is_loopback(parts.hostname or "")

    @property
    def authorization(self) -> str | None:
        """Value of the ``Authorization`` header."""
        if self.token:
            return f"Bearer {self.token}"
        if self.username is None:
            return None
        pair = f"{self.username}:{self.password or ''}".encode()
        return "Basic " + base64.b64encode(pair).decode()


def normalize_url(text: str) -> str:
    """Return the address with scheme and path: ``host:8080`` stands for ``http://host:8080/torc-service/v1``.

    Raises
    ------
    InvalidInput
        When the text is no HTTP address.
    """
    url = text.strip()
    if "://" not in url:
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = None
    if not usable or any(character <= " " for character in url):
        raise InvalidInput(
            f"'{redacted(text)}' is not a server address",
            field="url",
            value=redacted(text),
            hint=f"write http://HOST:PORT{PREFIX}",
        )
    return url.rstrip("/") + ("" if parts.path.strip("/") else PREFIX)


def is_loopback(host: str) -> bool:
    """Tell whether a host name means this machine."""
    return host in _LOOPBACK or host.startswith("127.")


def open_connection(url: str, *, ca_file: str | None = None) -> HTTPConnection:
    """Return a connection to the server, connected, or raise OSError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    proxy = None if is_loopback(host) else _proxy_for(parts.scheme, host)
    near = (proxy.hostname or "", proxy.port or 80) if proxy else (host, port)
    if secure:
        import ssl

        try:
            context = ssl.create_default_context(cafile=ca_file)
        except ssl.SSLError as error:
            raise InvalidInput(
                f"{ca_file} holds no certificates that can be read: {error.reason or error}",
                field="ca_file",
                value=ca_file,
                hint="give a PEM file with --ca-file",
            ) from None
        connection: HTTPConnection = HTTPSConnection(*near, timeout=CONNECT_TIMEOUT, context=context)
    else:
        connection = HTTPConnection(*near, timeout=CONNECT_TIMEOUT)
    if proxy:
        connection.set_tunnel(host, port)
    connection.connect()
    return connection


def is_stale(connection: HTTPConnection) -> bool:
    """Tell whether the server has closed an idle connection, which shows as something to read."""
    if connection.sock is None:
        return True
    try:
        poller = select.poll()
        poller.register(connection.sock, select.POLLIN)
        return bool(poller.poll(0))
    except (OSError, ValueError):
        return True


def _proxy_for(scheme: str, host: str) -> SplitResult | None:
    name = f"{scheme}_proxy"
    if not (os.environ.get(name) or os.environ.get(name.upper())):
        return None
    from urllib.request import getproxies_environment, proxy_bypass

    address = getproxies_environment().get(scheme)
    if not address or proxy_bypass(host):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")
