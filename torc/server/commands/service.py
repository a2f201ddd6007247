"""``torc-server service``: the server under systemd, or launchd on macOS."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from torc.config import load
from torc.errors import InvalidInput, TorcError
from torc.server import units
from torc.server.commands.options import ServerOptions, server_options
from torc.server.logs import FILE_NAME

_ACCOUNT = "torc"
_ANYWHERE = "0.0.0.0"
#: Not for the command line, which everybody sees.
_SECRET = {"token": "TORC_SERVER_TOKEN"}
#: Options that the command line of a service always has.
_STATED = ("host", "port", "database", "threads", "log_dir")

user_option = click.option("--user", "for_user", is_flag=True, help="A service of yours, not of the machine.")


@click.group()
def service() -> None:
    """Install the server as a service, start it and stop it.

    \b
    Examples:
      torc-server service install --user
      torc-server service start --user
      sudo torc-server service install --auth-file /etc/torc/htpasswd --require-auth
      torc-server service install --print
    """


@service.command()
@server_options
@user_option
@click.option("--run-as", default=_ACCOUNT, show_default=True, help="Account of a service of the machine.")
@click.option("--print", "only_print", is_flag=True, help="Show the files instead of writing them.")
@click.pass_context
def install(context: click.Context, /, for_user: bool, run_as: str, only_print: bool, **values: Any) -> None:
    """Install a service that starts with the machine and after a failure.

    The options are those of 'torc-server run', with other defaults: logs and database are below ~/.torc with --user,
    else in /var/log/torc and /var/lib/torc. It listens on all addresses when everybody must log in, else on
    this machine only. A token is kept in a file that only the service manager reads.
    """
    options = ServerOptions.of(context, _with_defaults(context, values, for_user))
    options.require_sense()
    made = units.Service(_arguments(context, options), for_user, run_as, _writable(options), _secrets(options))
    if only_print:
        hidden = replace(made, secrets=dict.fromkeys(made.secrets, "..."))
        for path, text in _files(hidden, options).items():
            click.echo(f"# {path}\n{text}")
        return
    manager = _Manager(for_user, shlex.join(["torc-server", "run", "--daemon", *made.arguments]))
    manager.require()
    if not for_user:
        _make_account(run_as)
    for path, text in _files(made, options).items():
        _write_private(path, text)
        click.echo(f"wrote {path}")
    _make_directories(options, None if for_user else run_as)
    manager.enable()
    _tell(options, for_user)


@service.command()
@user_option
def uninstall(for_user: bool) -> None:
    """Stop the service and remove its files; database and logs stay."""
    manager = _Manager(for_user)
    manager.require()
    if not manager.file.exists():
        raise InvalidInput(f"there is no service {manager.file}", hint="with --user if it is yours")
    manager.disable()
    for path in (manager.file, units.secrets_file(for_user)):
        if path.exists():
            path.unlink()
            click.echo(f"removed {path}")
    manager.reload()


def _add(verb: str, text: str) -> None:
    @service.command(verb, help=text)
    @user_option
    def command(for_user: bool) -> None:
        sys.exit(_Manager(for_user).call(verb))


for _verb, _text in {
    "start": "Start the service; returns when it listens.",
    "stop": "Stop the service; open requests are finished.",
    "restart": "Stop the service and start it again.",
    "status": "Show whether the service runs; the exit code is 0 when it does.",
}.items():
    _add(_verb, _text)


class _Manager:
    """systemd or launchd, of the user or of the machine."""

    def __init__(self, for_user: bool, instead: str = "torc-server run --daemon --log-dir DIRECTORY") -> None:
        self.for_user = for_user
        self._is_mac = sys.platform == "darwin"
        self._instead = instead
        self.file = units.launchd_file(for_user) if self._is_mac else units.systemd_file(for_user)

    def require(self) -> None:
        """Refuse before anything is written where there is no service manager."""
        if not self._is_mac:
            self._systemctl("show", "--property=Version", quiet=True)
        elif shutil.which("launchctl") is None:
            raise self._missing("launchctl was not found")

    def enable(self) -> None:
        """Let the service start with the machine, or with the user's first login."""
        if not self._is_mac:
            self._systemctl("daemon-reload")
            self._systemctl("enable", units.NAME)

    def disable(self) -> None:
        """Stop the service and never start it again."""
        if self._is_mac:
            self.call("stop")
        else:
            self._systemctl("disable", "--now", units.NAME)

    def reload(self) -> None:
        """Let the manager see that files have gone."""
        if not self._is_mac:
            self._systemctl("daemon-reload")

    def call(self, verb: str) -> int:
        """Pass a verb on, with what the manager prints and returns."""
        if self._is_mac:
            return self._launchctl(verb)
        self.require()
        command = ["systemctl", *self._scope, verb, *(["--no-pager"] if verb == "status" else []), units.NAME]
        return subprocess.run(command, check=False).returncode

    @property
    def _scope(self) -> list[str]:
        return ["--user"] if self.for_user else []

    def _systemctl(self, *words: str, quiet: bool = False) -> None:
        try:
            done = subprocess.run(["systemctl", *self._scope, *words], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise self._missing("systemctl was not found") from None
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["systemctl failed"])[0]
            raise self._missing(reason) if quiet else TorcError(f"systemctl {' '.join(words)}: {reason}")

    def _launchctl(self, verb: str) -> int:
        domain = f"gui/{os.getuid()}" if self.for_user else "system"
        target = f"{domain}/{units.LABEL}"
        commands = {
            "start": ["bootstrap", domain, str(self.file)],
            "stop": ["bootout", target],
            "restart": ["kickstart", "-k", target],
            "status": ["print", target],
        }
        if shutil.which("launchctl") is None:
            raise self._missing("launchctl was not found")
        return subprocess.run(["launchctl", *commands[verb]], check=False).returncode

    def _missing(self, reason: str) -> TorcError:
        name = "launchd" if self._is_mac else "systemd"
        return TorcError(f"{name} does not run services here: {reason}", hint=f"without it: {self._instead}")


def _with_defaults(context: click.Context, values: dict[str, Any], for_user: bool) -> dict[str, Any]:
    """Return the options with the defaults of a service where neither the user nor a file has said something."""
    home = Path.home() / ".torc"
    usual = {
        "database": home / "torc.db" if for_user else Path("/var/lib/torc/torc.db"),
        "log_dir": home / "logs" if for_user else Path("/var/log/torc"),
        "threads": 4,
    }
    if ServerOptions.of(context, values).asks_everybody or values["allow_open"]:
        usual["host"] = _ANYWHERE
    unsaid = [name for name in usual if context.get_parameter_source(name) is click.core.ParameterSource.DEFAULT]
    return values | {name: usual[name] for name in unsaid}


def _arguments(context: click.Context, options: ServerOptions) -> list[str]:
    """Return the arguments of ``run`` that mean these options, wherever and by whomever it is called."""
    words: list[str] = []
    for parameter in context.command.params:
        if not isinstance(parameter, click.Option) or parameter.name not in ServerOptions.__slots__:
            continue
        if parameter.name in _SECRET or not (parameter.name in _STATED or _is_passing(context, parameter.name)):
            continue
        value = getattr(options, parameter.name)
        flag = max(parameter.opts, key=len)
        if parameter.is_flag:
            words += [flag] if value else []
        else:
            words += [word for item in (value if parameter.multiple else [value]) for word in (flag, str(item))]
    return words


def _is_passing(context: click.Context, name: str) -> bool:
    """Whether a value was said in a place that the service will not see: here, in this directory or environment."""
    source = context.get_parameter_source(name)
    if source is not click.core.ParameterSource.DEFAULT_MAP:
        return source is not click.core.ParameterSource.DEFAULT
    said = next(setting for setting in load().given.values() if _is_default_of(setting.name, setting.key, name))
    return said.source in ("environment", "local", "user")


def _is_default_of(setting: str, key: Any, option: str) -> bool:
    return setting.startswith("server.") and key.parameter == option


def _writable(options: ServerOptions) -> list[Path]:
    places = [options.database.parent, *([options.log_dir] if options.log_dir else [])]
    return list(dict.fromkeys(places))


def _secrets(options: ServerOptions) -> dict[str, str]:
    return {variable: getattr(options, name) for name, variable in _SECRET.items() if getattr(options, name)}


def _files(made: units.Service, options: ServerOptions) -> dict[Path, str]:
    if sys.platform == "darwin":
        logs = options.log_dir or options.database.parent
        return {units.launchd_file(made.for_user): units.launchd_list(made, logs)}
    files = {units.systemd_file(made.for_user): units.systemd_unit(made)}
    if made.secrets:
        files[units.secrets_file(made.for_user)] = units.environment_file(made.secrets)
    return files


def _make_account(name: str) -> None:
    import pwd

    try:
        pwd.getpwnam(name)
        return
    except KeyError:
        pass
    command = ["useradd", "--system", "--home-dir", "/var/lib/torc", "--shell", "/usr/sbin/nologin", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise InvalidInput(f"there is no user '{name}'", hint="make it, or give --run-as USER") from None
    if done.returncode != 0:
        raise InvalidInput(f"there is no user '{name}': {done.stderr.strip()}", hint="give --run-as USER")
    click.echo(f"made the system account '{name}'")


def _write_private(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        if path.suffix == ".service":  # systemctl cat is for everybody
            temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        hint = "with --user, or as root" if isinstance(error, PermissionError) else None
        raise InvalidInput(f"cannot write {path}: {error.strerror}", hint=hint) from None


def _make_directories(options: ServerOptions, account: str | None) -> None:
    for path in _writable(options):
        if not path.exists():
            path.mkdir(parents=True, mode=0o700)
            if account:
                shutil.chown(path, account)


def _tell(options: ServerOptions, for_user: bool) -> None:
    scope = " --user" if for_user else ""
    click.echo(f"It will listen on {options.host}:{options.port} with {options.database}")
    if options.log_dir:
        click.echo(f"and log to {options.log_dir / FILE_NAME}.")
    if options.is_local:
        click.echo("Nobody has to log in, so only this machine reaches it: --auth-file and --require-auth open it.")
    if for_user and sys.platform != "darwin":
        click.echo("It stops when you log out, unless you allow it to linger: loginctl enable-linger")
    click.echo(f"Start it with: torc-server service start{scope}")
