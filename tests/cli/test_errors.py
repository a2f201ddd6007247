"""What goes wrong: exit codes, one line for people, one JSON object for programs."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Ended, Torc


def problem(ended: Ended) -> Any:
    assert ended.out == ""
    document = json.loads(ended.err)
    assert set(document) == {"error"}
    return document["error"]


UNKNOWN_IDS = [
    ("workflows get 99", "no workflow with id 99"),
    ("workflows status 99", "no workflow with id 99"),
    ("workflows initialize 99", "no workflow with id 99"),
    ("workflows reinitialize 99", "no workflow with id 99"),
    ("workflows cancel 99", "no workflow with id 99"),
    ("workflows reset-status 99 -y", "no workflow with id 99"),
    ("workflows update 99 -n a", "no workflow with id 99"),
    ("workflows delete 99 -y", "no workflow with id 99"),
    ("workflows archive true 99", "no workflow with id 99"),
    ("workflows execution-plan 99", "no workflow with id 99"),
    ("workflows run 99", "no workflow with id 99"),
    ("run 99", "no workflow with id 99"),
    ("jobs list 99", "no workflow with id 99"),
    ("jobs list-by-status 99", "no workflow with id 99"),
    ("jobs list-resource-requirements 99", "no workflow with id 99"),
    ("jobs delete-all 99", "no workflow with id 99"),
    ("jobs create 99 -n a -c true", "no workflow with id 99"),
    ("jobs create-from-file 99 commands.txt", "no workflow with id 99"),
    ("jobs get 99", "no job with id 99"),
    ("jobs update 99 -n a", "no job with id 99"),
    ("jobs delete 1 99", "no job with id 99"),
    ("files list 99", "no workflow with id 99"),
    ("files list-required-existing 99", "no workflow with id 99"),
    ("files get 99", "no file with id 99"),
    ("files update 99 -n a", "no file with id 99"),
    ("files delete 99", "no file with id 99"),
    ("user-data list 99", "no workflow with id 99"),
    ("user-data list-missing 99", "no workflow with id 99"),
    ("user-data delete-all 99", "no workflow with id 99"),
    ("user-data get 99", "with id 99"),
    ("user-data update 99 -d 1", "with id 99"),
    ("user-data delete 99", "with id 99"),
    ("resource-requirements list 99", "no workflow with id 99"),
    ("resource-requirements get 99", "with id 99"),
    ("resource-requirements update 99 -n a", "with id 99"),
    ("resource-requirements delete 99", "with id 99"),
    ("results list 99", "no workflow with id 99"),
    ("results get 99", "no result with id 99"),
    ("results delete 99", "no result with id 99"),
    ("events list 99", "no workflow with id 99"),
    ("events monitor 99", "no workflow with id 99"),
    ("events create 99 -d 1", "no workflow with id 99"),
    ("events get 99", "no event with id 99"),
    ("events delete 99", "no event with id 99"),
    ("compute-nodes list 99", "no workflow with id 99"),
    ("compute-nodes get 99", "no compute node with id 99"),
    ("job-dependencies job-job 99", "no workflow with id 99"),
    ("job-dependencies job-file 99", "no workflow with id 99"),
    ("job-dependencies job-user-data 99", "no workflow with id 99"),
    ("failure-handlers list 99", "no workflow with id 99"),
    ("failure-handlers create 99 -n a --rules-file rules.json", "no workflow with id 99"),
    ("failure-handlers get 99", "no failure handler with id 99"),
    ("failure-handlers delete 99", "no failure handler with id 99"),
]


@pytest.mark.parametrize(("line", "message"), UNKNOWN_IDS, ids=[line for line, _ in UNKNOWN_IDS])
def test_unknown_id_is_exit_code_2_in_both_forms(torc: Torc, workflow_id: int, line: str, message: str) -> None:
    Path("commands.txt").write_text("true\n")
    Path("rules.json").write_text('[{"exit_codes": [1]}]')
    ended = torc(*line.split())
    assert (ended.code, ended.out) == (2, "")
    notes, error = ended.err.splitlines()[:-1], ended.err.splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert all(note.startswith("No server found: serving ") for note in notes)
    asked_by_program = torc(*line.split(), "-f", "json")
    assert asked_by_program.code == 2
    assert message in problem(asked_by_program)["message"]


def test_of_several_ids_none_is_touched_when_one_is_unknown(torc: Torc, workflow_id: int) -> None:
    for line in ("workflows delete 1 99 -y", "workflows archive true 1 99", "jobs delete 1 99"):
        assert torc(*line.split()).code == 2
    assert torc("workflows", "get", 1, "-f", "json").json["is_archived"] is False
    assert len(torc("jobs", "list", 1, "-f", "json").json["jobs"]) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("jobs list 1 --limit 0", "invalid value for '-l' / '--limit': 0 is not in the range x>=1"),
        ("jobs list 1 --limit many", "'many' is not a valid number"),
        ("jobs list 1 --offset -1", "-1 is not in the range x>=0"),
        ("jobs list 1 --status sleeping", "sleeping"),
        ("jobs list 1 --sort-by color", "color"),
        ("jobs get 1.5", "'1.5' is not a valid number"),
        ("workflows delete 1_0 -y", "'1_0' is not a valid number"),
        ("jobs get ٣", "'٣' is not a valid number"),
        ("run demo.yaml --scheduler-config-id 9223372036854775808", "9223372036854775808 is too large"),
        ("run demo.yaml --max-parallel-jobs 9223372036854775808", "9223372036854775808 is too large"),
        ("run demo.yaml --memory-gb nan", "'nan' is not a valid number"),
        ("run demo.yaml --memory-gb inf", "inf is too large"),
        ("run demo.yaml --poll-interval 1e300", "1e+300 is too large"),
        ("events monitor 1 --duration nan", "'nan' is not a valid number"),
        ("workflows list --username ada --password-file .", "'.' is a directory"),
        ("workflows list --username ada --password-file binary.txt", "binary.txt is not text in utf-8"),
        ("workflows list --username ada --password-file nothing", "the first line of nothing is empty"),
        (f"run {'9' * 5000}", "is neither a file nor a workflow id"),
        (f"workflows execution-plan {'9' * 5000}", "is neither a file nor a workflow id"),
        (f"workflows diagnose 1 --job {'9' * 5000}", "has no job named '999"),
        (f"jobs create 1 -n a -c true -b {'9' * 5000}", "give ids, separated by commas"),
        ("jobs create 1 -n a -c true -b ²", "give ids, separated by commas"),
        ("jobs create 1 -n a", "missing option '-c' / '--command'"),
        ("jobs create 1 -n a -c true -b x", "give ids, separated by commas or by repeating the option"),
        ("jobs create 1 -n a -c true -r 77", "no resource requirements with id 77 in workflow 1"),
        ("jobs create 1 -n first -c true", "first"),
        ("jobs create-from-file 1 absent.txt", "'absent.txt': no such file or directory"),
        ("jobs create-from-file 1 empty.txt", "empty.txt holds no command (write one command on each line)"),
        ("jobs create-from-file 1 binary.txt", "binary.txt is not text in utf-8"),
        ("jobs create-from-file 1 one.txt --memory-per-job much", "much"),
        ("jobs create-from-file 1 one.txt --runtime-per-job long", "long"),
        ("workflows archive maybe 1", "'maybe' is not a valid boolean"),
        ("workflows create", "missing argument 'FILE'"),
        ("workflows update 1", "nothing to change: give at least one option"),
        ("resource-requirements create 1 -n a --memory much", "much"),
        ("resource-requirements create 1 -n a --runtime long", "long"),
        ("user-data create 1 -n a -d {", "--data is not json"),
        ("user-data create 1 -n a -d NaN", "--data is not json: nan is not a number"),
        ("user-data create 1 -n a -d 1e999", "--data is not json: 1e999 is not a number"),
        (f"user-data create 1 -n a -d {'[' * 100_000}", "--data is not json: nested too deeply"),
        ("events create 1 -d {", "--data is not json"),
        ("failure-handlers create 1 -n a", "give either --rules or --rules-file"),
        ("failure-handlers create 1 -n a --rules {", "--rules is not json"),
        ("failure-handlers create 1 -n a --rules [{}]", "rules"),
        ("failure-handlers create 1 -n a --rules-file absent", "'absent' does not exist"),
        ("access-groups add-user 1 ada --role king", "'king' is not one of 'member', 'admin'"),
        ("tokens create --name a --expires soon", "'soon' is not a duration"),
        ("run demo.yaml logs --output-dir other", "the output directory is given twice"),
        ("results list 1 --return-code zero", "'zero' is not a valid integer"),
        ("--format xml workflows list", "'xml' is not one of 'table', 'json'"),
        ("--log-level loud workflows list", "'loud' is not one of"),
        ("workflows delete 1", "(nobody to ask here: give --no-prompts)"),
        ("workflows reset-status 1", "(nobody to ask here: give --no-prompts)"),
        ("workflows delete", "no workflow id given"),
    ],
)
def test_bad_value_is_one_line_and_exit_code_2(torc: Torc, workflow_id: int, line: str, message: str) -> None:
    Path("empty.txt").write_text("# nothing\n\n")
    Path("binary.txt").write_bytes(b"\xff\xfe\n")
    Path("one.txt").write_text("true\n")
    Path("nothing").touch()
    ended = torc(*line.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")
    assert message in ended.err or message in ended.err.lower()
    assert ended.err.count("\n") == 1
    listed = torc("resource-requirements", "list", 1, "-f", "json").json["resource_requirements"]
    assert [needs["name"] for needs in listed] == ["default"]


@pytest.mark.parametrize("json_option", [("-f", "json"), ("--format=json",), ("-fjson",), ("--format", "json")])
def test_bad_usage_is_json_wherever_the_option_stands(torc: Torc, json_option: tuple[str, ...]) -> None:
    for arguments in (("jobs", "list", "--frob", *json_option), (*json_option, "jobs", "list", "--frob")):
        ended = torc(*arguments)
        assert ended.code == 2
        error = problem(ended)
        assert error["type"] == "InvalidInput"
        assert "--frob" in error["message"]
        assert error["hint"] == "see torc jobs list --help"


@pytest.mark.parametrize("command", [("run",), ("workflows", "create"), ("workflows", "execution-plan")])
def test_problems_of_a_specification_are_json_with_their_places(torc: Torc, command: tuple[str, ...]) -> None:
    Path("w.yaml").write_text(
        "name: w\njobs:\n  - name: a\n    comand: x\n  - {name: b, command: c, depends_on: [z]}\n"
    )
    ended = torc(*command, "w.yaml", "-f", "json")
    assert ended.code == 2
    problems = problem(ended)["problems"]
    assert {one["line"] for one in problems} >= {4, 5}
    assert torc("workflows", "list", "-f", "json").json == {"workflows": []}


WARNED = """
name: w
slurm_schedulers: [{name: small, account: a, mem: 10g}, {name: large, account: a, mem: 100g}]
jobs: [{name: j, command: "true"}]
"""


def test_warnings_of_a_specification_are_part_of_the_json(torc: Torc) -> None:
    Path("w.yaml").write_text(WARNED)
    assert "warning: " in torc("workflows", "create", "w.yaml").err
    for options in ((), ("--dry-run",)):
        ended = torc("workflows", "create", "w.yaml", *options, "-f", "json")
        assert (ended.code, ended.err) == (0, "")
        assert "2 schedulers with different memory" in ended.json["warnings"][0]["message"]


def test_server_out_of_reach_is_json_too(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torc.client.transport.FIRST_DELAY", 100.0)
    ended = torc("--url", "http://127.0.0.1:9", "workflows", "list", "-f", "json")
    assert ended.code == 4
    assert problem(ended)["type"] == "ServerUnreachable"


def test_interruption_and_defects_are_json_too(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    for raised, code, message in ((KeyboardInterrupt(), 130, "interrupted"), (ZeroDivisionError("x"), 1, "x")):

        def fail(*_: object, error: BaseException = raised, **__: object) -> None:
            raise error

        monkeypatch.setattr("torc.client.client.Client.call", fail)
        ended = torc("workflows", "list", "-f", "json")
        assert ended.code == code
        assert message in problem(ended)["message"]


READING = ["workflows list", "workflows get 1", "jobs list 1", "workflows delete 1 -y", "run 1", "events monitor 1"]


@pytest.mark.parametrize("line", READING)
def test_mistyped_database_is_named_and_not_created(torc: Torc, line: str) -> None:
    ended = torc(*line.split(), "--database", "typo.db")
    assert ended.code == 2
    assert "there is no database at typo.db (check the path" in ended.err
    assert not list(Path().glob("typo*"))


def test_mistyped_database_of_the_environment_is_named_and_not_created(
    torc: Torc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TORC_API_URL", raising=False)
    monkeypatch.setenv("TORC_DATABASE", "typo/torc.db")
    ended = torc("workflows", "list")
    assert (ended.code, "there is no database at typo/torc.db" in ended.err) == (2, True)
    assert not Path("typo").exists()


def test_more_devices_than_a_machine_can_have_are_refused(torc: Torc, spec: Path) -> None:
    ended = torc("run", str(spec), "--num-gpus", "99999999999", "--database", "t.db")
    assert (ended.code, "--num-gpus" in ended.err) == (2, True)
    assert not Path("t.db").exists()


def test_new_workflow_makes_its_database(torc: Torc, spec: Path) -> None:
    for number, line in enumerate(
        ("workflows new --name a", "workflows create demo.yaml", "run demo.yaml --num-cpus 1")
    ):
        ended = torc(*line.split(), "--database", f"new{number}.db")
        assert ended.code == 0, ended.err
        assert Path(f"new{number}.db").exists()


def test_specification_that_is_wrong_makes_no_database(torc: Torc) -> None:
    Path("w.yaml").write_text("name: w\n")
    assert torc("workflows", "create", "w.yaml", "--database", "new.db").code == 2
    assert not Path("new.db").exists()


@pytest.mark.parametrize("kind", ["closed", "circle"])
def test_a_home_that_cannot_be_entered_is_named_with_the_way_out(
    torc: Torc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    assert torc("workflows", "list").code == 0  # all modules are loaded before rights are given up
    home = tmp_path / "home"
    home.mkdir(mode=0) if kind == "closed" else home.symlink_to(home)
    monkeypatch.delenv("TORC_DATABASE")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(home))
    with _without_rights_of_root():
        ended = torc("workflows", "list")
    assert ended.code == 2
    assert f"error: {home}/.local/share/torc/torc.db" in ended.err
    assert "--database" in ended.err


@contextlib.contextmanager
def _without_rights_of_root() -> Iterator[None]:
    """Root enters every directory: be somebody else for a while."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(own)
