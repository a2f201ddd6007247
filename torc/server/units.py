"""The files with which systemd or launchd keep a server running."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from torc.errors import InvalidInput

NAME = "torc-server"
LABEL = "org.torc.server"
#: Stopping takes up to five seconds for open requests, and as long as the disk needs for the last writes.
STOP_SECONDS = 30
OPEN_FILES = 65536

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


@dataclass(frozen=True, slots=True)
class Service:
    """A server as the service manager is to run it.

    Parameters
    ----------
    arguments
        Of ``torc-server run``; no secrets.
    for_user
        A service of the calling user, not of the machine.
    account
        The user that a service of the machine runs as.
    writable
        Directories that the server writes.
    secrets
        Environment variables that nobody else may see.
    """

    arguments: list[str]
    for_user: bool
    account: str
    writable: list[Path]
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def command(self) -> list[str]:
        """The whole command line."""
        return [*program(), "run", *self.arguments]


def program() -> list[str]:
    """Return how to call ``torc-server`` from anywhere: the script beside this interpreter, or the module."""
    script = Path(sys.executable).with_name(NAME)
    if script.exists():
        return [str(script)]
    found = shutil.which(NAME)
    return [found] if found else [sys.executable, "-m", "torc.server.main"]


def systemd_file(for_user: bool) -> Path:
    """Return where the unit goes."""
    return (_config_home() / "systemd/user" if for_user else Path("/etc/systemd/system")) / f"{NAME}.service"


def secrets_file(for_user: bool) -> Path:
    """Return the file with the variables that only the service manager reads."""
    return (_config_home() / "torc" if for_user else Path("/etc/torc")) / "server.env"


def launchd_file(for_user: bool) -> Path:
    """Return where the property list goes."""
    return (Path.home() if for_user else Path("/")) / "Library" / _kind(for_user) / f"{LABEL}.plist"


def _kind(for_user: bool) -> str:
    return "LaunchAgents" if for_user else "LaunchDaemons"


def _config_home() -> Path:
    given = os.environ.get("XDG_CONFIG_HOME", "")
    return Path(given) if given.startswith("/") else Path.home() / ".config"


def systemd_unit(service: Service) -> str:
    """Return the text of the systemd unit."""
    lines = [
        "[Unit]",
        "Description=Torc workflow server",
        *([] if service.for_user else ["Wants=network-online.target", "After=network-online.target"]),
        "",
        "[Service]",
        "Type=notify",
        f"ExecStart={' '.join(map(quoted, service.command))}",
        "ExecReload=/bin/kill -HUP $MAINPID",
        *([f"EnvironmentFile={_path(secrets_file(service.for_user))}"] if service.secrets else []),
        "Restart=on-failure",
        "RestartSec=5",
        f"TimeoutStopSec={STOP_SECONDS}",
        f"LimitNOFILE={OPEN_FILES}",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "LockPersonality=yes",
        "RestrictSUIDSGID=yes",
        *([] if service.for_user else _confinement(service)),
        "",
        "[Install]",
        f"WantedBy={'default' if service.for_user else 'multi-user'}.target",
    ]
    return "\n".join(lines) + "\n"


def _confinement(service: Service) -> list[str]:
    """What a service of the machine must not touch; for services of a user systemd cannot enforce it everywhere."""
    in_tmp = any(path.is_relative_to(place) for path in service.writable for place in ("/tmp", "/var/tmp"))
    return [
        f"User={service.account}",
        "StateDirectory=torc",
        "StateDirectoryMode=0700",
        "LogsDirectory=torc",
        "LogsDirectoryMode=0700",
        *(f"ReadWritePaths={_path(path)}" for path in service.writable),
        "ProtectSystem=strict",
        "ProtectHome=read-only",
        *([] if in_tmp else ["PrivateTmp=yes"]),
        "PrivateDevices=yes",
        "ProtectKernelTunables=yes",
        "ProtectKernelModules=yes",
        "ProtectControlGroups=yes",
        "RestrictNamespaces=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "CapabilityBoundingSet=",
    ]


def quoted(argument: str) -> str:
    """Return an argument as it stands in ``ExecStart``."""
    if any(ord(character) < 32 or ord(character) == 127 for character in argument):
        raise InvalidInput(f"{argument!r} holds a control character, which cannot stand in a unit", value=argument)
    text = argument.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(argument):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _path(path: Path) -> str:
    """Return a path as it stands in a setting of its own."""
    return quoted(str(path)).replace("$$", "$")


def environment_file(secrets: dict[str, str]) -> str:
    """Return the text of an ``EnvironmentFile``."""
    lines = []
    for name, value in secrets.items():
        if "\n" in value or "\0" in value:
            raise InvalidInput(f"{name} must be one line of text", field=name)
        escaped = re.sub(r'([\\"`$])', r"\\\1", value)
        lines.append(f'{name}="{escaped}"\n')
    return "".join(lines)


def launchd_list(service: Service, logs: Path) -> str:
    """Return the text of the property list for launchd, which has no file for secrets but itself."""
    content = {
        "Label": LABEL,
        "ProgramArguments": service.command,
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "Umask": 0o077,
        "SoftResourceLimits": {"NumberOfFiles": OPEN_FILES},
        "StandardErrorPath": str(logs / f"{NAME}.err"),
        **({} if service.for_user else {"UserName": service.account}),
        **({"EnvironmentVariables": service.secrets} if service.secrets else {}),
    }
    return plistlib.dumps(content).decode()
