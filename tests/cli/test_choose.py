"""Questions to the person at the terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Torc

PROGRAM = [sys.executable, "-c", "from torc.cli.main import main; main()"]


def at_a_terminal(answer: str, *arguments: str) -> tuple[int, str]:
    """Run a command whose input and messages are a terminal, with something typed in."""
    master, slave = pty.openpty()
    os.write(master, answer.encode())
    ended = subprocess.run(
        [*PROGRAM, *arguments], stdin=slave, stderr=slave, stdout=subprocess.PIPE, text=True, timeout=240
    )
    os.close(slave)
    os.close(master)
    return ended.returncode, ended.stdout


def test_workflow_is_chosen_from_a_list(torc: Torc) -> None:
    torc("workflows", "new", "--name", "first")
    torc("workflows", "new", "--name", "second")
    code, out = at_a_terminal("1\n", "workflows", "get")
    assert code == 0
    assert "Name: first" in out


def test_newest_workflow_is_the_default(torc: Torc) -> None:
    torc("workflows", "new", "--name", "first")
    torc("workflows", "new", "--name", "second")
    assert "Name: second" in at_a_terminal("\n", "workflows", "get")[1]


@pytest.mark.parametrize("answer", ["abc\n", "-1\n", "²\n", "1 2\n", "9" * 3000 + "\n"])
def test_answer_that_is_no_workflow_id_is_refused(torc: Torc, answer: str) -> None:
    torc("workflows", "new", "--name", "first")
    assert at_a_terminal(answer, "workflows", "get") == (2, "")


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\x04", 130)])
def test_deletion_is_confirmed(torc: Torc, answer: str, code: int) -> None:
    torc("workflows", "new", "--name", "a")
    assert at_a_terminal(answer, "workflows", "delete", "1")[0] == code
    assert (torc("workflows", "get", 1).code == 0) is (code != 0)


def test_initialize_over_existing_outputs_is_confirmed(torc: Torc, workflow_id: int) -> None:
    Path("clean.txt").write_text("from before")
    assert at_a_terminal("n\n", "workflows", "initialize", str(workflow_id))[0] == 1
    assert torc("workflows", "status", workflow_id, "-f", "json").json["status"] == "uninitialized"
    assert at_a_terminal("y\n", "workflows", "initialize", str(workflow_id))[0] == 0


def test_without_workflows_there_is_nothing_to_choose(torc: Torc) -> None:
    assert at_a_terminal("1\n", "workflows", "get")[0] == 2


def test_archived_workflows_are_offered_to_take_back_alone(torc: Torc) -> None:
    for name in ("active", "shelved", "forgotten"):
        torc("workflows", "new", "--name", name)
    torc("workflows", "archive", "true", 2, 3)
    assert at_a_terminal("\n", "workflows", "status")[1].startswith("Workflow ID: 1\n")
    assert at_a_terminal("2 3\n", "workflows", "archive", "false")[1].splitlines() == [
        "Successfully unarchived workflow 2",
        "Successfully unarchived workflow 3",
    ]
    assert at_a_terminal("1,3\n", "workflows", "archive", "true")[0] == 0
    listed = torc("workflows", "list", "--archived-only", "-f", "json").json["workflows"]
    assert [workflow["id"] for workflow in listed] == [1, 3]


@pytest.mark.parametrize("answer", ["x\n", "1 2\n"])
def test_answer_that_is_no_single_id_is_refused(torc: Torc, answer: str) -> None:
    torc("workflows", "new", "--name", "a")
    assert at_a_terminal(answer, "workflows", "get")[0] == 2
