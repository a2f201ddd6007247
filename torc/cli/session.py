"""What the global options say, and the connection that follows from them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torc.cli import output
from torc.config import Config, load
from torc.config.keys import LOG_LEVELS as LOG_LEVELS
from torc.errors import DatabaseUnusable

if TYPE_CHECKING:
    from torc.client.client import Client
    from torc.client.connect import Choice


@dataclass
class Session:
    """One call of the command line."""

    format: str | None = None
    url: str | None = None
    database: str | None = None
    username: str | None = None
    password: str | None = None
    log_level: str | None = None
    #: Set by commands that begin something: a database that is named and not there is created for them alone.
    may_create_database: bool = False
    _config: Config | None = field(default=None, repr=False)
    _client: Client | None = field(default=None, repr=False)

    @property
    def config(self) -> Config:
        """What configuration files and the environment say."""
        if self._config is None:
            self._config = load().require("client", lambda text: output.note(f"warning: {text}"))
        return self._config

    def configure(self) -> None:
        """Take from the configuration what the global options leave open."""
        self.format = self.format or self.config["client.format"]
        if self.log_level is None and "client.log_level" in self.config.given:
            self.log_level = self.config["client.log_level"]
            start_logging(self.log_level)

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

            self._require_database()
            self._ask_password()
            self._client = connect(self.url, self.database, self.username, self.password, config=self.config)
        return self._client

    def choice(self) -> Choice:
        """Return what was said about where the server is."""
        from torc.client.connect import Choice

        self._require_database()
        self._ask_password()
        return Choice.make(self.url, self.database, self.username, self.password, config=self.config)

    def present(self, view: output.View | output.Ended) -> Any:
        """Show what a command returned; what this returns is the value of the call."""
        output.show(view, as_json=self.as_json)

    def use(self, client: Client) -> None:
        """Send all further requests through ``client``."""
        self._client = client

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _require_database(self) -> None:
        """Refuse a mistyped name: what a command asks for cannot be in a database that is not there.

        A setting is where databases are to be, like the default: there it is enough that the folder exists.
        """
        if self.url or self.may_create_database:
            return
        setting = None if "client.api_url" in self.config.given else self.config["client.database"]
        if self.database:
            self._refuse_missing(Path(self.database), "--database", self.database)
        elif setting:
            self._refuse_missing(Path(setting).expanduser().parent, "TORC_DATABASE", str(setting))

    @staticmethod
    def _refuse_missing(needed: Path, field: str, path: str) -> None:
        if not needed.expanduser().exists():
            raise DatabaseUnusable(
                f"there is no database at {path}",
                field=field,
                value=path,
                hint="check the path; torc workflows create and torc run make a new one",
            )

    def _ask_password(self) -> None:
        given = self.config.given
        name = self.username or self.config["client.username"]
        known = self.password or "client.password" in given or "client.token" in given
        if name and not known and self._names_server() and self.interactive:
            import click

            self.password = click.prompt(f"Password of {name}", hide_input=True, err=True)

    def _names_server(self) -> bool:
        # A user name in a file is no reason to ask for a password when no server is named.
        name = self.config.setting("client.username")
        return bool(self.username or self.url or "client.api_url" in self.config.given or name.source == "environment")

    def warn_about_password(self) -> None:
        """Say that other users can see a password on the command line."""
        output.note("warning: a password on the command line can be seen by other users (set TORC_PASSWORD instead)")


def start_logging(level: str) -> None:
    """Send log lines of this level and above to standard error."""
    import logging

    names = {"warn": "WARNING", "trace": "DEBUG"}
    from torc.redaction import Redaction

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(Redaction())
    logging.getLogger("torc").setLevel(names.get(level, level.upper()))


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
