"""Where the server is and who asks."""

from __future__ import annotations

import base64
import copy
from typing import Any, ClassVar

from torc.contract import PREFIX


class Configuration:
    """Settings of an :class:`~torc.openapi_client.ApiClient`.

    Parameters
    ----------
    host
        Address of the server, as ``http://localhost:8080/torc-service/v1``.
    username, password
        Credentials of a person. Without them, and without a token, those of the environment are used.
    access_token
        A bearer token; goes before a user name.
    ssl_ca_cert
        File with the certificates to trust for ``https``.
    The other parameters are taken for the sake of older scripts and have no effect.
    """

    _default: ClassVar[Configuration | None] = None

    def __init__(
        self,
        host: str | None = None,
        api_key: dict[str, str] | None = None,
        api_key_prefix: dict[str, str] | None = None,
        username: str | None = None,
        password: str | None = None,
        access_token: str | None = None,
        server_index: int | None = None,
        server_variables: dict[str, str] | None = None,
        server_operation_index: dict[int, int] | None = None,
        server_operation_variables: dict[int, dict[str, str]] | None = None,
        ignore_operation_servers: bool = False,
        ssl_ca_cert: str | None = None,
        retries: int | None = None,
        ca_cert_data: str | bytes | None = None,
        *,
        debug: bool | None = None,
    ) -> None:
        self.host = host or f"http://localhost:8080{PREFIX}"
        self.username = username
        self.password = password
        self.access_token = access_token
        self.ssl_ca_cert = ssl_ca_cert
        self.debug = bool(debug)
        self.api_key = api_key or {}
        self.api_key_prefix = api_key_prefix or {}
        self.retries = retries

    @classmethod
    def set_default(cls, default: Configuration | None) -> None:
        """Make a copy of ``default`` what clients without a configuration use."""
        cls._default = copy.copy(default)

    @classmethod
    def get_default(cls) -> Configuration:
        """Return what clients without a configuration use."""
        if cls._default is None:
            cls._default = cls()
        return cls._default

    @classmethod
    def get_default_copy(cls) -> Configuration:
        """Return a copy of the default configuration."""
        return copy.copy(cls.get_default())

    def get_basic_auth_token(self) -> str | None:
        """Return the ``Authorization`` header of user name and password."""
        if self.username is None:
            return None
        pair = f"{self.username}:{self.password or ''}".encode()
        return "Basic " + base64.b64encode(pair).decode()

    def auth_settings(self) -> dict[str, Any]:
        """Return no settings: the header is made from user name, password and token."""
        return {}

    def get_host_settings(self) -> list[dict[str, str]]:
        """Return the one address."""
        return [{"url": self.host, "description": "the configured server"}]
