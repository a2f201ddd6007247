"""The program as a whole: options anywhere, errors in one line, exit codes, light start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from torc.cli.main import cli
from torc.cli.tree import TorcGroup
from torc.errors import TorcError

from .conftest import Torc

PROGRAM = [sys.executable, "-c", "from torc.cli.main import main; main()"]


def commands(group: TorcGroup, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, TorcGroup):
            yield from commands(command, *names, name)
        else:
            yield (*names, name), command


def groups(group: TorcGroup) -> Iterator[TorcGroup]:
    yield group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, TorcGroup):
            yield from groups(command)


def test_short_help_of_lazy_commands_is_their_first_line() -> None:
    for group in groups(cli):
        for name in group.list_commands(click.Context(group)):
            _, short = group.lazy.get(name, ("", None))
            command = group.get_command(click.Context(group), name)
            assert command is not None
            assert short is None or (command.help or "").strip().splitlines()[0] == short


def test_every_command_shows_an_example() -> None:
    for names, command in commands(cli):
        assert "torc " + " ".join(names[-1:]) in (command.help or "") or "Example" in (command.help or ""), names
        assert f"torc {' '.join(names)}" in (command.help or ""), names


def test_aliases_lead_to_commands() -> None:
    for group in groups(cli):
        assert set(group.aliases.values()) <= set(group.list_commands(click.Context(group)))


@pytest.mark.parametrize(
    "arguments",
    [
        ("-f", "json", "workflows", "list"),
        ("workflows", "-f", "json", "list"),
        ("workflows", "list", "-f", "json"),
        ("workflows", "list", "--format=json"),
        ("-f", "table", "workflows", "list", "-f", "json"),
    ],
)
def test_global_options_stand_before_and_after_the_command(torc: Torc, arguments: tuple[str, ...]) -> None:
    assert torc(*arguments).json == {"workflows": []}


def test_database_option_names_the_database(torc: Torc, tmp_path: Path) -> None:
    torc("--database", tmp_path / "other.db", "workflows", "new", "--name", "a")
    assert torc("workflows", "list", "-f", "json").json["workflows"] == []
    assert len(torc("workflows", "list", "--database", tmp_path / "other.db", "-f", "json").json["workflows"]) == 1


def test_password_on_the_command_line_earns_a_warning(torc: Torc) -> None:
    ended = torc("workflows", "list", "--username", "ada", "--password", "secret")
    assert "TORC_PASSWORD" in ended.err
    assert "secret" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("wrokflows",), "no such command 'wrokflows' (did you mean 'workflows'?)"),
        (("jobs", "lst"), "no such command 'lst' (did you mean 'list'?)"),
        (("jobs", "get"), "missing argument 'ID' (see torc jobs get --help)"),
        (("jobs", "get", "zero"), "invalid value for 'ID'"),
        (("jobs", "get", "0"), "invalid value for 'ID'"),
        (("jobs", "list", "--frob"), "no such option"),
        (("jobs", "list"), "no workflow id given (name one; torc workflows list shows them)"),
        (("workflows", "get", "99"), "no workflow with id 99"),
        (("run", "absent.yaml"), "'absent.yaml' is neither a file nor a workflow id"),
        (("--url", "http://h", "--database", "x", "workflows", "list"), "exclude each other"),
        (("--url", "nowhere at all", "workflows", "list"), "is not a server address"),
        (("run", "1", "--time-limit", "soon"), "'soon' is not a duration"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(torc: Torc, arguments: tuple[str, ...], message: str) -> None:
    ended = torc(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert message.lower() in ended.err.lower()
    assert ended.err.count("\n") == 1


def test_no_command_shows_help(torc: Torc) -> None:
    ended = torc()
    assert ended.code == 2
    assert "Commands:" in ended.err


def test_server_out_of_reach_is_exit_code_4(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torc.client.transport.FIRST_DELAY", 100.0)
    ended = torc("--url", "http://127.0.0.1:9", "workflows", "list")
    assert ended.code == 4
    assert "http://127.0.0.1:9" in ended.err
    assert ended.err.count("\n") == 1


def test_interruption_is_exit_code_130(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("torc.client.client.Client.call", interrupt)
    assert torc("workflows", "list").code == 130


def test_defect_is_one_line_unless_debugging(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("one by nothing")

    monkeypatch.setattr("torc.client.client.Client.call", fail)
    ended = torc("workflows", "get", "1")
    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "--log-level debug" in ended.err
    assert "Traceback" in torc("workflows", "get", "1", "--log-level", "debug").err


def test_message_of_the_server_cannot_move_the_cursor(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TorcError("bad \x1b[2Jname")

    monkeypatch.setattr("torc.client.client.Client.call", fail)
    assert torc("workflows", "get", "1").err == "error: bad name\n"


def test_closed_pipe_is_quiet(torc: Torc) -> None:
    torc("workflows", "new", "--name", "a")
    shell = f"{sys.executable} -c 'from torc.cli.main import main; main()' workflows get 1 -f json"
    piped = subprocess.run(
        ["bash", "-c", f"{shell} | :; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, timeout=240
    )
    assert piped.stderr == ""
    assert piped.stdout == "141\n"


def test_text_that_the_output_cannot_encode_is_escaped(torc: Torc) -> None:
    torc("workflows", "new", "--name", "\N{SNOWMAN}")
    ended = subprocess.run(
        [sys.executable, "-c", "from torc.cli.main import main; main()", "workflows", "get", "1"],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Name: \\u2603" in ended.stdout


def test_closed_standard_output_is_no_defect(torc: Torc) -> None:
    torc("workflows", "new", "--name", "a")
    shell = f"{sys.executable} -c 'from torc.cli.main import main; main()' workflows get 1 >&-"
    ended = subprocess.run(["bash", "-c", shell], stderr=subprocess.PIPE, text=True, timeout=240)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["workflows", "get", "1"],
        ["workflows", "list"],
        ["jobs", "list", "1", "-f", "json"],
        ["results", "list", "1"],
        ["user-data", "get", "1"],
        ["workflows", "status", "1"],
        ["workflows", "initialize", "1"],
        ["workflows", "diagnose", "1"],
        ["workflows", "export", "1"],
        ["reports", "results", "1"],
        ["reports", "check-resource-utilization", "1"],
        ["logs", "list", "1"],
    ],
)
def test_one_request_commands_start_light(
    torc: Torc, workflow_id: int, tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from torc.server.embedded import host

    program = (
        "import sys\n"
        "from torc.cli.main import execute\n"
        "code = execute(sys.argv[1:])\n"
        "heavy = ('pydantic', 'sqlalchemy', 'tornado', 'torc.models', 'torc.server', 'torc.spec', 'rich', 'asyncio')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    with host(tmp_path / "torc.db"):
        ended = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=240)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.strip() == "[]"
