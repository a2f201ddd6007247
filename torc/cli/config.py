"""``torc config``: what is set, where from, and new configuration files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from torc.cli import output
from torc.cli.options import with_session
from torc.cli.output import Document, Ended, Message, View, counted
from torc.cli.session import Session
from torc.cli.tree import TorcCommand, TorcGroup
from torc.config import Config, files, load, toml
from torc.errors import InvalidInput

if TYPE_CHECKING:
    from torc.config.load import Flaw

_KEY_SETTINGS = ("client.api_url", "client.format", "server.port", "dash.port")


class _ConfigCommand(TorcCommand):
    """A command that works whatever is wrong with the configuration."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, configured=False, **settings)


@click.group(cls=TorcGroup)
def group() -> None:
    """Show, create and check configuration files.

    \b
    Examples:
      torc config paths
      torc config init --user
      torc config show
    """


group.command_class = _ConfigCommand


@group.command()
@click.option("-f", "--format", "form", type=click.Choice(["toml", "table", "json"]), help="Form (default: toml).")
@with_session
def show(session: Session, form: str | None) -> View:
    """Show every setting, and where its value comes from.

    \b
    Examples:
      torc config show
      torc config show --format json
    """
    config = load()
    for flaw in config.flaws:
        output.note(f"warning: {flaw}")
    sources = {setting.name: setting.origin for setting in config.settings()}
    whole = {**toml.document(config), "sources": sources}
    if form == "json" or (form is None and session.as_json):
        return Document(whole)
    return Message(list(toml.effective(config))[:-1], whole)


@group.command()
@with_session
def paths(session: Session) -> Message:
    """Show where configuration files are looked for.

    \b
    Example:
      torc config paths
    """
    found = files.search_path(os.environ)
    lines = ["Configuration file paths (in priority order):", ""]
    for location in found:
        state = "" if _exists(location.path) else " (not found)"
        lines.append(f"  {location.place.capitalize() + ':':8} {location.path}{state}")
    lines += [
        "",
        "Environment variables (highest priority):",
        "  Use double underscore (__) to separate nested keys:",
        "    TORC_CLIENT__API_URL, TORC_CLIENT__FORMAT, TORC_SERVER__PORT, etc.",
    ]
    if not any(_exists(location.path) for location in found):
        lines += ["", "No configuration files found. Run 'torc config init --user' to create one."]
    records = {
        location.place: {"path": str(location.path.absolute()), "exists": _exists(location.path)} for location in found
    }
    return Message(lines, {"paths": records})


@group.command()
@click.option("--user", "place", flag_value="user", default=True, help="Your own file (the default).")
@click.option("--local", "place", flag_value="local", help="torc.toml in this directory, for one project.")
@click.option("--system", "place", flag_value="system", help="The file for everybody on this machine.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@with_session
def init(session: Session, place: files.Place, force: bool) -> Message:
    """Create a configuration file in which every setting is explained.

    \b
    Examples:
      torc config init --user
      torc config init --local
    """
    path = next(location.path for location in files.search_path(os.environ) if location.place == place)
    if _exists(path) and not force:
        raise InvalidInput(f"{path} is there already", field="path", value=str(path), hint="--force replaces it")
    try:
        _write(path.resolve(), "\n".join([*toml.template(place), ""]), 0o600 if place == "user" else 0o644)
    except OSError as error:
        hint = "as root: sudo torc config init --system" if place == "system" else None
        raise InvalidInput(f"cannot write {path}: {error.strerror or error}", field="path", hint=hint) from error
    return Message([f"Created {path}"], {"path": str(path.absolute())})


@group.command()
@with_session
def validate(session: Session) -> Message | Ended:
    """Check all configuration files and variables, and name everything that is wrong.

    \b
    Example:
      torc config validate
    """
    from torc.config.merge import single_underscores

    config = load()
    flaws = [*config.flaws, *single_underscores(os.environ), *_contradictions(config)]
    lines = ["Validating configuration...", "", *_sources(config)]
    whole = {
        "valid": not flaws,
        "files": [str(location.path.absolute()) for location in config.files],
        "problems": [_document(flaw) for flaw in flaws],
    }
    if flaws:
        lines += ["", *(f"error: {flaw}" for flaw in flaws), "", counted(len(flaws), "problems")]
        return Ended(Message(lines, whole), InvalidInput.exit_code)
    settings = (config.setting(name) for name in _KEY_SETTINGS)
    lines += ["", "Configuration is valid.", "", "Key settings:"]
    lines += [f"  {setting.name} = {toml.shown_value(setting)}" for setting in settings]
    return Message(lines, whole)


def _sources(config: Config) -> list[str]:
    if not config.files:
        return ["No configuration files found."]
    return ["Loading configuration from:", *(f"  - {location.path.absolute()}" for location in config.files)]


def _contradictions(config: Config) -> list[Flaw]:
    """Return what is wrong with settings that are right one by one."""
    from torc.config.load import Flaw

    found = []
    if config["server.require_auth"] and not (config["server.auth_file"] or config["server.token"]):
        found.append(Flaw("server.require_auth", "server.require_auth is true, but nobody has a password",
                          "set server.auth_file"))  # fmt: skip
    if config["server.https"] and not (config["server.tls_cert"] and config["server.tls_key"]):
        found.append(Flaw("server.https", "server.https is true, but there is no certificate",
                          "set server.tls_cert and server.tls_key"))  # fmt: skip
    return found


def _document(flaw: Flaw) -> dict[str, Any]:
    return {"name": flaw.name or None, "message": flaw.message, "hint": flaw.hint, "value": flaw.value}


def _exists(path: Path) -> bool:
    """Tell whether a path is there, as far as this user may see."""
    return os.path.exists(path)  # noqa: PTH110 - which raises below a directory that is closed


def _write(path: Path, text: str, mode: int) -> None:
    """Put a whole file in place, or leave what was there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode == 0o600 else 0o755)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
