"""The server as a service: what is written for systemd and launchd, and what happens where there is neither."""

from __future__ import annotations

import os
import plistlib
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.errors import InvalidInput
from torc.server import units

from .test_daemon import torc_server

SYSTEMCTL = """#!/bin/sh
echo "$@" >> {log}
if [ "$1" = --user ]; then shift; fi
if [ "$1" = status ]; then echo "active (running)"; exit 3; fi
"""


class Home:
    """A user's home, with a systemctl that writes down how it is called."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.calls_file = directory / "calls"
        (directory / "bin").mkdir()
        systemctl = directory / "bin" / "systemctl"
        systemctl.write_text(SYSTEMCTL.format(log=self.calls_file))
        systemctl.chmod(0o755)

    def service(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.directory / 'bin'}{os.pathsep}{os.environ['PATH']}"
        usual = {"HOME": str(self.directory), "PATH": path, "XDG_CONFIG_HOME": ""}
        return torc_server("service", *arguments, **(usual | environment))

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    @property
    def unit(self) -> Path:
        return self.directory / ".config/systemd/user/torc-server.service"

    @property
    def secrets(self) -> Path:
        return self.directory / ".config/torc/server.env"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def settings(unit: str) -> dict[str, list[str]]:
    """The settings of a unit by name."""
    found: dict[str, list[str]] = {}
    for line in unit.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found.setdefault(name, []).append(value)
    return found


def verify(unit: str, directory: Path, *, for_user: bool = False) -> subprocess.CompletedProcess[str]:
    """Let systemd itself judge a unit."""
    path = directory / "torc-server.service"
    path.write_text(unit)
    scope = ["--user"] if for_user else []
    environment = os.environ | {"XDG_RUNTIME_DIR": str(directory), "XDG_CONFIG_HOME": str(directory)}
    command = ["systemd-analyze", *scope, "verify", "--man=no", str(path)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def printed(text: str) -> dict[str, str]:
    """The files that ``--print`` shows, by path."""
    files: dict[str, str] = {}
    for part in text.split("# /")[1:]:
        name, _, content = part.partition("\n")
        files[f"/{name}"] = content
    return files


def test_a_service_of_the_user_is_written_enabled_and_told(home: Home) -> None:
    done = home.service("install", "--user", "--port", "9000")
    assert done.returncode == 0, done.stderr
    (command,) = settings(home.unit.read_text())["ExecStart"]
    assert shlex.split(command)[1:] == [
        "run", "--host", "127.0.0.1", "--port", "9000", "--database", f"{home.directory}/.torc/torc.db",
        "--threads", "4", "--log-dir", f"{home.directory}/.torc/logs",
    ]  # fmt: skip
    assert (home.directory / ".torc").stat().st_mode & 0o777 == 0o700
    assert (home.directory / ".torc/logs").is_dir()
    assert home.calls == [
        "--user show --property=Version", "--user daemon-reload", "--user enable torc-server",
    ]  # fmt: skip
    assert "Nobody has to log in, so only this machine reaches it" in done.stdout
    assert "torc-server service start --user" in done.stdout
    assert not home.secrets.exists()


def test_systemd_finds_nothing_wrong_with_the_units(home: Home, tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" $c %d'
    odd.mkdir()
    options = ["--database", odd / "t.db", "--admin-user", "o'neill", "--admin-user", "b\\c", "--allow-open"]
    for scope in ([], ["--user"]):
        shown = home.service("install", "--print", "--run-as", "daemon", *scope, *options)
        assert shown.returncode == 0, shown.stderr
        (unit,) = printed(shown.stdout).values()
        judged = verify(unit, tmp_path, for_user=bool(scope))
        assert (judged.returncode, judged.stderr) == (0, "")
    assert verify(unit.replace("ExecStart=", "ExecStart=nothing"), tmp_path).returncode != 0
    assert not (home.directory / ".config").exists()
    assert home.calls == []


def test_a_service_of_the_machine_may_write_its_own_places_alone(home: Home) -> None:
    shown = home.service("install", "--print", "--log-dir", "/data/logs")
    ((path, unit),) = printed(shown.stdout).items()
    found = settings(unit)
    assert path == "/etc/systemd/system/torc-server.service"
    assert found["User"] == ["torc"]
    assert found["ReadWritePaths"] == ["/var/lib/torc", "/data/logs"]
    for name in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables"):
        assert found[name] == ["yes"]
    assert found["ProtectSystem"] == ["strict"]
    assert found["Restart"] == ["on-failure"]
    assert found["UMask"] == ["0077"]


def test_it_listens_on_all_addresses_only_when_everybody_must_log_in(home: Home) -> None:
    accounts = home.directory / "htpasswd"
    for options, host in (
        ([], "127.0.0.1"),
        (["--auth-file", accounts], "127.0.0.1"),
        (["--auth-file", accounts, "--require-auth"], "0.0.0.0"),
        (["--token", "x" * 20], "0.0.0.0"),
        (["--token", "x" * 20, "--host", "10.0.0.1"], "10.0.0.1"),
        (["--allow-open"], "0.0.0.0"),
    ):
        shown = home.service("install", "--print", "--user", *options)
        assert f"--host {host} " in shown.stdout, shown.stderr
    refused = home.service("install", "--print", "--user", "--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "lets everybody who reaches it run commands as you" in refused.stderr


def test_secrets_are_in_a_private_file_and_nowhere_else(home: Home) -> None:
    token = 'a"b$c\\d`e' + "x" * 16
    shown = home.service("install", "--print", "--user", "--token", token)
    assert token not in shown.stdout
    assert 'TORC_SERVER_TOKEN="..."' in shown.stdout
    done = home.service("install", "--user", TORC_SERVER_TOKEN=token)
    assert done.returncode == 0, done.stderr
    assert home.secrets.stat().st_mode & 0o777 == 0o600
    unit = home.unit.read_text()
    assert "xxxx" not in unit
    assert settings(unit)["EnvironmentFile"] == [str(home.secrets)]
    # The shell reads quotes as systemd does here.
    read = subprocess.run(["sh", "-c", f'. {home.secrets}; printf %s "$TORC_SERVER_TOKEN"'], capture_output=True)
    assert read.stdout.decode() == token
    assert "xxxx" not in done.stdout + done.stderr
    with pytest.raises(InvalidInput):
        units.environment_file({"TORC_SERVER_TOKEN": "two\nlines"})


def test_what_was_said_by_variables_or_the_users_files_goes_into_the_unit(home: Home) -> None:
    config = home.directory / "config.toml"
    config.write_text('[server]\nport = 9123\nadmin_users = ["alice", "bob"]\n')
    shown = home.service(
        "install", "--print", "--user", TORC_CONFIG=str(config), TORC_LOG_DIR=str(home.directory / "elsewhere")
    )
    assert "--port 9123 " in shown.stdout, shown.stderr
    assert "--admin-user alice --admin-user bob" in shown.stdout
    assert f"--log-dir {home.directory}/elsewhere" in shown.stdout


def test_uninstall_removes_what_install_wrote_and_keeps_the_data(home: Home) -> None:
    home.service("install", "--user", "--token", "x" * 20)
    done = home.service("uninstall", "--user")
    assert done.returncode == 0, done.stderr
    assert not home.unit.exists()
    assert not home.secrets.exists()
    assert (home.directory / ".torc").is_dir()
    assert home.calls[-2:] == ["--user disable --now torc-server", "--user daemon-reload"]
    again = home.service("uninstall", "--user")
    assert again.returncode == 2
    assert "there is no service" in again.stderr


def test_verbs_are_passed_on_with_the_managers_output_and_exit_code(home: Home) -> None:
    for verb in ("start", "stop", "restart"):
        assert home.service(verb, "--user").returncode == 0
        assert home.calls[-1] == f"--user {verb} torc-server"
    status = home.service("status")
    assert (status.returncode, status.stdout) == (3, "active (running)\n")
    assert home.calls[-1] == "status --no-pager torc-server"


@pytest.mark.parametrize("command", [["install", "--user"], ["start"], ["status", "--user"], ["uninstall", "--user"]])
@pytest.mark.parametrize("systemctl", ["missing", "without systemd"])
def test_without_systemd_nothing_is_written_and_the_other_way_is_told(
    home: Home, command: list[str], systemctl: str
) -> None:
    program = home.directory / "bin" / "systemctl"
    program.write_text("#!/bin/sh\necho 'System has not been booted with systemd' >&2\nexit 1\n")
    path = os.environ["PATH"] if systemctl != "missing" else str(home.directory)
    failed = home.service(*command, PATH=f"{home.directory / 'bin'}:{path}" if systemctl != "missing" else path)
    assert failed.returncode == 1
    assert "systemd does not run services here" in failed.stderr
    assert "torc-server run --daemon" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (home.directory / ".config").exists()
    assert not (home.directory / ".torc").exists()


@given(st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", codec="utf-8"), min_size=1))
def test_arguments_are_quoted_so_that_systemd_reads_them_back(text: str) -> None:
    # systemd's rules as systemd.service(5) states them: quotes and backslashes, then $$ and %%.
    written = units.quoted(text)
    inner = written[1:-1] if written.startswith('"') else written
    assert written.startswith('"') or not any(character in written for character in " \"'\\;")
    unescaped = inner.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\")
    assert unescaped.replace("$$", "$").replace("%%", "%") == text


def test_control_characters_cannot_stand_in_a_unit() -> None:
    for bad in ("a\nExecStartPre=/bin/evil", "\x00", "\t"):
        with pytest.raises(InvalidInput):
            units.quoted(bad)


def test_the_list_for_launchd_says_the_same(tmp_path: Path) -> None:
    service = units.Service(["--port", "9000"], True, "torc", [tmp_path], {"TORC_SERVER_TOKEN": "secret"})
    content = plistlib.loads(units.launchd_list(service, tmp_path).encode())
    assert content["ProgramArguments"][-3:] == ["run", "--port", "9000"]
    assert content["KeepAlive"] == {"SuccessfulExit": False}
    assert content["EnvironmentVariables"] == {"TORC_SERVER_TOKEN": "secret"}
    assert "UserName" not in content


def test_the_server_tells_systemd_when_it_listens_and_when_it_stops(tmp_path: Path) -> None:
    import socket

    from .outside import Server

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, pytest.MonkeyPatch.context() as patch:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(30)
        patch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        server = Server(tmp_path / "t.db")
        assert channel.recv(100) == b"READY=1"
        assert server.stop() == 0
        assert channel.recv(100) == b"STOPPING=1"
