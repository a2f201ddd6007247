"""Carries the operations of the contract to a server, and turns refusals into exceptions."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, ClassVar, Self

from torc.client.client import Client
from torc.client.connect import Choice, connect, find_server
from torc.client.transport import HttpTransport
from torc.contract import Route
from torc.errors import ServerUnreachable, TorcError
from torc.openapi_client.configuration import Configuration
from torc.openapi_client.exceptions import ApiTypeError, exception_from

Timeout = float | tuple[float, float] | None


class ApiClient:
    """A connection to one server, shared by the classes that have the operations as methods.

    Parameters
    ----------
    configuration
        Where the server is; without one, the default configuration.
    header_name, header_value
        A header to send with every request.
    """

    _default: ClassVar[ApiClient | None] = None

    def __init__(
        self,
        configuration: Configuration | None = None,
        header_name: str | None = None,
        header_value: str | None = None,
        cookie: str | None = None,
    ) -> None:
        self.configuration = configuration or Configuration.get_default()
        self.default_headers: dict[str, str] = {}
        self._client: Client | None = None
        if header_name:
            self.set_default_header(header_name, header_value)
        if cookie:
            self.set_default_header("Cookie", cookie)

    @classmethod
    def get_default(cls) -> ApiClient:
        """Return the client that is used where none is given."""
        if cls._default is None:
            cls._default = cls()
        return cls._default

    @classmethod
    def set_default(cls, default: ApiClient | None) -> None:
        """Make ``default`` the client that is used where none is given."""
        cls._default = default

    @classmethod
    def found(cls) -> ApiClient:
        """Return a client of the server, or the database, that environment and configuration files lead to."""
        client = connect()
        made = cls(Configuration(getattr(client.transport, "url", None)))
        made._client = client
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def client(self) -> Client:
        """The same operations in plain dictionaries and lists."""
        if self._client is None:
            self._client = _connect(self.configuration)
        if isinstance(self._client.transport, HttpTransport):
            self._client.transport.headers = self.default_headers
        return self._client

    @property
    def user_agent(self) -> str:
        """The ``User-Agent`` header."""
        return self.default_headers.get("User-Agent", "")

    @user_agent.setter
    def user_agent(self, value: str) -> None:
        self.default_headers["User-Agent"] = value

    def set_default_header(self, header_name: str, header_value: str | None) -> None:
        """Send a header with every request, as ``Authorization``; null takes it back."""
        if header_value is None:
            self.default_headers.pop(header_name, None)
        else:
            self.default_headers[header_name] = header_value

    def close(self) -> None:
        """Let go of the connection; the next request opens another."""
        if self._client is not None:
            self._client.close()

    def perform(
        self,
        route: Route,
        path: dict[str, Any],
        query: dict[str, Any],
        body: Any,
        *,
        timeout: Timeout = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Carry out one operation and return the reply's JSON.

        Raises
        ------
        ApiException
            When the server refuses; the subclass goes by the status.
        ServerUnreachable
            When it does not answer.
        """
        try:
            return self._send(route, path, query, body, timeout, headers)
        except ServerUnreachable:
            raise
        except TorcError as error:
            raise exception_from(error) from error
        except (TypeError, ValueError) as error:
            raise ApiTypeError(f"{route.name}: the request cannot be written as JSON: {error}") from error

    def _send(
        self,
        route: Route,
        path: dict[str, Any],
        query: dict[str, Any],
        body: Any,
        timeout: Timeout,
        headers: dict[str, str] | None,
    ) -> Any:
        if timeout is None and not headers:
            return self.client.call(route.name, body=body, **path, **query)
        transport = self.client.transport
        if headers and isinstance(transport, HttpTransport):
            # The copy shares the connection.
            transport = copy.copy(transport)
            transport.headers = {**self.default_headers, **headers}
        seconds = sum(timeout) if isinstance(timeout, tuple) else timeout
        return transport.send(route, path, query, body, timeout=seconds)


def _connect(configuration: Configuration) -> Client:
    choice = Choice.make(configuration.host, username=configuration.username, password=configuration.password)
    if configuration.access_token or configuration.username:
        choice = replace(choice, token=configuration.access_token)
    if configuration.ssl_ca_cert:
        choice = replace(choice, ca_file=configuration.ssl_ca_cert)
    transport = find_server(choice)
    assert transport is not None, "an address was given"
    return Client(transport)
