"""Who may ask: the bearer token of servers that torc starts by itself."""

from __future__ import annotations

import hmac

from torc.errors import Unauthorized


class TokenAuth:
    """Lets in whoever knows the token; without one, everybody who can reach the port."""

    def __init__(self, token: str | None = None) -> None:
        self._token = token.encode() if token else None

    def check(self, header: str | None) -> None:
        """Check an ``Authorization`` header.

        Raises
        ------
        Unauthorized
        """
        if self._token is None:
            return
        scheme, _, given = (header or "").partition(" ")
        good = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token)
        if scheme.lower() != "bearer" or not good:
            raise Unauthorized(
                "this server needs its token",
                field="Authorization",
                hint="set TORC_API_TOKEN to the token in the file beside its database",
            )
