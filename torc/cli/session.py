"""What the global options say, and the connection that follows from them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torc.cli import output

if TYPE_CHECKING:
    from torc.client.client import Client
    from torc.client.connect import Choice

LOG_LEVELS = ("error", "warn", "info", "debug", "trace")


@dataclass
class Session:
    """One call of the command line."""

    format: str = "table"
    url: str | None = None
    database: str | None = None
    username: str | None = None
    password: str | None = None
    log_level: str | None = None
    _client: Client | None = field(default=None, repr=False)

    @property
    def as_json(self) -> bool:
        """Whether results are to be JSON."""
        return self.format == "json"

    @property
    def interactive(self) -> bool:
        """Whether somebody can be asked."""
        return not self.as_json and sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def client(self) -> Client:
        """The client of the server (or database) that the options lead to."""
        if self._client is None:
            from torc.client.connect import connect

            self._ask_password()
            self._client = connect(self.url, self.database, self.username, self.password)
        return self._client

    def choice(self) -> Choice:
        """Return what was said about where the server is."""
        from torc.client.connect import Choice

        self._ask_password()
        return Choice.make(self.url, self.database, self.username, self.password)

    def use(self, client: Client) -> None:
        """Send all further requests through ``client``."""
        self._client = client

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask_password(self) -> None:
        if self.username and self.password is None and not os.environ.get("TORC_PASSWORD") and self.interactive:
            import click

            self.password = click.prompt("Password", hide_input=True, err=True)

    def warn_about_password(self) -> None:
        """Say that other users can see a password on the command line."""
        output.note("warning: a password on the command line can be seen by other users (set TORC_PASSWORD instead)")


def current_user() -> str:
    """Return the user whose workflows are meant when nobody is named."""
    name = os.environ.get("USER") or os.environ.get("LOGNAME")
    if name:
        return name
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return "unknown"
