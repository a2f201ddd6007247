"""Specifications that forms send while they are written."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from torc.contract import OPERATIONS
from torc.errors import Forbidden, InvalidInput, NotFound
from torc.server.auth.caller import Caller
from torc.server.embedded import host
from torc.server.operations import checked_call, operation
from torc.server.services import specifications
from torc.server.services.specifications import LIMITS

from .inside import Torc
from .outside import DEADLINE, Http

DIAMOND: dict[str, Any] = {
    "name": "diamond",
    "jobs": [
        {"name": "split", "command": "tee ${files.output.left} > ${files.output.right}"},
        {"name": "one", "command": "wc ${files.input.left}", "num_cpus": 2},
        {"name": "two", "command": "wc ${files.input.right}"},
        {"name": "join", "command": "echo done", "depends_on": ["one", "two"]},
    ],
    "files": [{"name": "left", "path": "left.txt"}, {"name": "right", "path": "right.txt"}],
}


def changed(**jobs: Any) -> dict[str, Any]:
    """The diamond with other values in the jobs of these names."""
    return {**DIAMOND, "jobs": [{**job, **jobs.get(job["name"], {})} for job in DIAMOND["jobs"]]}


def check(torc: Torc, specification: Any = None, **more: Any) -> dict[str, Any]:
    given = {} if specification is None else {"specification": specification}
    return torc("check_specification", body={**given, **more})


def test_a_specification_is_shown_as_what_it_becomes(torc: Torc) -> None:
    reply = check(torc, DIAMOND)
    assert (reply["errors"], reply["warnings"], reply["specification"]) == ([], [], DIAMOND)
    preview = reply["preview"]
    assert preview["summary"]["job_count"] == preview["dag"]["total_jobs"] == 4
    assert [(stage["begins"], stage["groups"]) for stage in preview["stages"]] == [
        ("Workflow Start", ["split"]),
        ("When job 'split' completes", ["one", "two"]),
        ("When jobs 'one', 'two' complete", ["join"]),
    ]
    assert [(node["label"], node["job_ids"], node["layer"]) for node in preview["dag"]["nodes"]][3] == ("join", [3], 2)
    assert preview["jobs"][1] == {"name": "one", "command": "wc left.txt", "entry": 1}
    assert preview["demand"] == ""
    assert torc.sql("SELECT count(*) FROM workflow") == [(0,)]


def test_a_preview_tells_what_is_asked_for(torc: Torc) -> None:
    need = {"name": "r", "num_cpus": 4, "memory": "1g", "runtime": "PT30M"}
    jobs = [{"name": "a", "command": "b", "resource_requirements": "r"}]
    preview = check(torc, {"name": "w", "jobs": jobs, "resource_requirements": [need]})["preview"]
    assert preview["demand"] == "1 job with resources: 2 CPU hours at most; longest chain 30m 00s"


def test_of_many_jobs_a_preview_has_the_first_and_says_which_entry_they_are_from(torc: Torc) -> None:
    sweep = {"name": "train_{i}", "command": "echo {i}", "parameters": {"i": "1:5000"}}
    preview = check(torc, {"name": "w", "jobs": [{"name": "a", "command": "b"}, sweep]})["preview"]
    assert (preview["summary"]["job_count"], len(preview["jobs"]), preview["jobs"][-1]["entry"]) == (5001, 100, 1)
    assert preview["stages"][0]["groups"] == ["a", "train_{1..5000}"]
    assert len(preview["dag"]["nodes"]) <= 60


@pytest.mark.parametrize(
    ("specification", "path", "message"),
    [
        ({**DIAMOND, "name": ""}, ["name"], "'name' is empty"),
        (changed(one={"name": ""}), ["jobs", 1, "name"], "'name' is empty"),
        (changed(one={"name": "a\nb"}), ["jobs", 1, "name"], "control character"),
        (changed(one={"command": ""}), ["jobs", 1, "command"], "'command' is empty"),
        (changed(one={"name": "two"}), ["jobs", 2, "name"], "duplicate"),
        (changed(split={"depends_on": ["join"]}), ["jobs", 0], "circular dependency: split -> "),
        (changed(two={"depends_on": ["oen"]}), ["jobs", 2, "depends_on", 0], "no job 'oen'"),
        (changed(two={"num_cpus": "many"}), ["jobs", 2, "num_cpus"], "a whole number is expected"),
        (changed(two={"memory": "2 gallons"}), ["jobs", 2, "memory"], "is not a memory size"),
        (changed(two={"env": {"1X": "a"}}), ["jobs", 2, "env", "1X"], "is not the name of an environment variable"),
        (changed(two={"comand": "x"}), ["jobs", 2, "comand"], "unknown key"),
        ({"name": "w", "jobs": []}, ["jobs"], "the workflow has no jobs"),
        ({"name": "w", "jobs": {"a": 1}}, ["jobs"], "is a list"),
        ({}, [], "the specification is empty"),
    ],
)
def test_a_problem_is_told_at_its_field(torc: Torc, specification: Any, path: list[Any], message: str) -> None:
    reply = check(torc, specification)
    found = [problem for problem in reply["errors"] if message in problem["message"]]
    assert [problem["path"] for problem in found] == [path], reply["errors"]
    assert found[0]["line"] is None
    assert "preview" not in reply


def test_problems_of_a_text_have_lines_and_what_it_says_comes_back(torc: Torc) -> None:
    reply = check(torc, text="name: w\njobs:\n  - name: a\n    comand: b\n")
    places = {tuple(problem["path"]): problem["line"] for problem in reply["errors"]}
    assert places == {("jobs", 0): 3, ("jobs", 0, "comand"): 4}
    assert reply["specification"]["jobs"] == [{"name": "a", "comand": "b"}]
    older = check(torc, text="name: w\njobs:\n  - name: a\n    command: b\n    blocked_by: x\n")
    assert older["errors"][0]["path"] == ["jobs", 0, "depends_on", 0]
    assert older["specification"]["jobs"] == [{"name": "a", "command": "b", "depends_on": ["x"]}]
    broken = check(torc, text="name: [", format="yaml")
    assert (broken["errors"][0]["line"], "specification" in broken) == (2, False)


def test_what_is_half_written_is_written_in_every_form(torc: Torc) -> None:
    half = {"name": "w", "jobs": [{"name": "a", "command": "echo", "depends_on": ["not yet"]}]}
    texts = torc("write_specification", body={"specification": half})["texts"]
    assert sorted(texts) == ["json", "kdl", "magic", "python", "yaml"]
    assert texts["magic"] == "%%torc\n" + texts["yaml"]
    assert 'wf.job("a", "echo", needs=["not yet"])' in texts["python"]
    assert torc("write_specification", body={"specification": {"name": "just begun"}})["texts"]["yaml"]


def test_one_entry_is_written_although_others_are_wrong(torc: Torc) -> None:
    wrong = {**changed(one={"num_cpus": "x"}), "name": "", "slurm_schedulers": [{"name": "s", "account": "me"}]}

    def written(noun: str, index: int) -> dict[str, str]:
        return torc("write_specification", body={"specification": wrong, "noun": noun, "index": index})["texts"]

    assert written("jobs", 3)["magic"] == "%%torc job join --bash --needs one --needs two\necho done\n"
    assert written("jobs", 2)["python"] == 'wf.job("two", "wc ${files.input.right}")\n'
    assert written("slurm_schedulers", 0)["magic"] == "%torc scheduler s --account me\n"
    assert "magic" not in written("files", 0)
    assert written("files", 1)["yaml"] == "files:\n  - name: right\n    path: right.txt\n"
    with pytest.raises(InvalidInput, match=r"jobs\[1\].num_cpus: a whole number") as caught:
        written("jobs", 1)
    assert caught.value.field == "jobs[1].num_cpus"
    with pytest.raises(NotFound, match="no jobs"):
        written("jobs", 9)


def test_the_workflow_is_created_once_for_one_request_and_belongs_to_the_directory(torc: Torc) -> None:
    body = {"specification": DIAMOND, "submission_directory": "/home/ada", "user": "ada", "request_id": "r"}
    created = torc("create_workflow_from_specification", body=body)
    assert (created["num_jobs"], created["user"]) == (4, "ada")
    assert torc("create_workflow_from_specification", body=body)["id"] == created["id"]
    assert torc("get_workflow", created["id"])["submission_directory"] == "/home/ada"
    assert [job["name"] for job in torc("list_jobs", workflow_id=created["id"])["jobs"]] == [
        "split", "one", "two", "join",
    ]  # fmt: skip


def test_nothing_is_created_of_what_is_wrong(torc: Torc) -> None:
    for body in (
        {"specification": changed(split={"depends_on": ["join"]})},
        {"text": "name: w\njobs:\n  - name: a\n"},
        {"specification": changed(one={"name": "x" * 5000})},
    ):
        with pytest.raises(InvalidInput) as caught:
            torc("create_workflow_from_specification", body=body)
        assert str(caught.value.field).startswith("jobs")
    assert torc.sql("SELECT count(*) FROM workflow") == [(0,)]


@pytest.mark.parametrize("body", [{}, {"specification": {}, "text": ""}, {"specification": []}, {"text": 5}])
def test_a_request_has_either_data_or_text(torc: Torc, body: Any) -> None:
    for name in ("check_specification", "write_specification", "create_workflow_from_specification"):
        with pytest.raises(InvalidInput):
            torc(name, body=body)


def test_what_one_request_asks_for_is_bounded(torc: Torc) -> None:
    many = {"name": "j_{i}", "command": "c", "parameters": {"i": f"1:{LIMITS.jobs + 1}"}}
    assert "100,000" in check(torc, {"name": "w", "jobs": [many]})["errors"][0]["message"]
    deep: Any = 1
    for _ in range(LIMITS.depth + 1):
        deep = [deep]
    assert check(torc, {"name": "w", "metadata": {"a": deep}})["errors"]
    aliases = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{here}: &{here} [{', '.join([f'*{before}'] * 10)}]\n" for before, here in zip("abcdef", "bcdefg", strict=True)
    )
    assert check(torc, text=aliases, format="yaml")["errors"]
    long = {"name": "j_{i}", "command": "{i}" + "x" * 10_000, "parameters": {"i": "1:10000"}}
    assert "more text than" in check(torc, {"name": "w", "jobs": [long]})["errors"][0]["message"]
    repeated = f"x: &x '{'x' * 100_000}'\nl: [{', '.join(['*x'] * 200)}]\n"
    assert "aliases repeat" in check(torc, text=repeated, format="yaml")["errors"][0]["message"]
    begun = time.process_time()
    slow = {"name": "w", "jobs": [{"name": "a" * 200, "command": "c", "depends_on_regexes": ["(a+)+$x"]}]}
    assert check(torc, slow)["errors"]
    assert time.process_time() - begun < 5


def test_reads_go_on_while_more_specifications_are_looked_at_than_there_are_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, begun = threading.Event(), threading.Semaphore(0)
    real = specifications.parse_spec

    def wait(*args: Any, **options: Any) -> Any:
        begun.release()
        assert gate.wait(DEADLINE)
        return real(*args, **options)

    monkeypatch.setattr(specifications, "parse_spec", wait)
    replies: list[Any] = []

    def ask(url: str, token: str, name: str) -> None:
        replies.append(Http(url, token)(name, body={"specification": DIAMOND, "user": "u"}))

    names = ["check_specification", "create_workflow_from_specification"] * 4
    with host(tmp_path / "t.db") as (url, token):
        asking = [threading.Thread(target=ask, args=(url, token, name)) for name in names]
        for thread in asking:
            thread.start()
        try:
            assert all(begun.acquire(timeout=DEADLINE) for _ in range(2))
            assert Http(url, token)("list_workflows")["items"] == []
        finally:
            gate.set()
        for thread in asking:
            thread.join(DEADLINE)
        assert len(replies) == 8
        assert len(Http(url, token)("list_workflows")["items"]) == 4


def test_a_token_of_one_workflow_creates_none(torc: Torc) -> None:
    found = operation(OPERATIONS["create_workflow_from_specification"])
    scoped = Caller("ada", workflow_id=1)
    call = checked_call(found, {}, {}, {"specification": DIAMOND}, scoped)
    with pytest.raises(Forbidden):
        asyncio.run(found.function(torc.live, call))
