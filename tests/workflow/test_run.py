"""Workflows on a real server, with real runners in the background."""

from __future__ import annotations

import asyncio
import builtins
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest
from server.outside import until

import torc
from torc import Workflow
from torc.errors import Conflict, InvalidInput, NotFound, SpecError, TorcError
from torc.workflow.failures import grouped
from torc.workflow.watching import wait_in_thread

SECONDS = 60.0
NODE: dict[str, Any] = {"cpus": 2, "memory": "2g", "gpus": 0}


def gated(name: str, gate: Path, jobs: int = 1) -> Workflow:
    """A workflow whose jobs wait until the gate is a file."""
    wf = Workflow(name)
    wf.job("wait_{i}", f"echo begun; while [ ! -e {gate} ]; do sleep 0.02; done; echo ended", params={"i": range(jobs)})
    return wf


@pytest.fixture(scope="module")
def ran(home: Path) -> Workflow:
    """A workflow of which half has failed."""
    previous = Path.cwd()
    os.chdir(home)
    wf = Workflow("mixed")
    wf.job("good", "printf 'one\\ntwo\\n'; echo trouble >&2")
    wf.job("bad_{i}", "echo 'cannot read part {i} of 9' >&2; exit 3", needs="good", params={"i": range(1, 4)})
    wf.job("odd", "echo only this; exit 4")
    wf.job("last", "true", needs="odd")
    try:
        wf.run(wait=True, **NODE)
    finally:
        os.chdir(previous)
    return wf


def test_run_returns_while_the_work_goes_on(place: Path) -> None:
    wf = gated("gated", place / "gate").run(**NODE)
    assert not wf.status.is_complete
    assert wf.status.runners == 1
    with pytest.raises(TimeoutError, match=r"is not complete after 0\.2 seconds"):
        wf.wait(0.2)
    (place / "gate").touch()
    status = wf.wait(SECONDS)
    assert status.is_successful
    assert (status.done, status.left, status.counts["completed"]) == (1, 0, 1)
    assert "complete, 1 of 1 done" in repr(wf)


def test_work_outlives_the_interpreter_that_began_it(
    place: Path, python: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    ended = python(
        "import torc\n"
        "wf = torc.Workflow('outlives')\n"
        f"wf.job('j', 'while [ ! -e {place}/gate ]; do sleep 0.02; done; echo done')\n"
        "print(wf.run(cpus=1).id)\n"
    )
    assert ended.returncode == 0, ended.stderr
    wf = torc.attach(int(ended.stdout))
    assert wf.name == "outlives"
    assert not wf.status.is_complete
    (place / "gate").touch()
    assert wf.wait(SECONDS).is_successful
    assert wf.job("j").stdout() == "done\n"


def test_work_goes_on_when_the_server_is_stopped_and_started(place: Path) -> None:
    wf = gated("restart", place / "gate").run(**NODE)
    before = torc.server_status()
    assert torc.stop_server()
    (place / "gate").touch()
    assert wf.wait(SECONDS).is_successful
    assert torc.server_status().pid != before.pid


def test_interrupt_ends_the_waiting_and_not_the_work(place: Path) -> None:
    program = (
        "import torc\n"
        "from torc.workflow.progress import Waiting\n"
        "Waiting.look = lambda self, status: print('waits', flush=True)\n"
        "wf = torc.Workflow('interrupted')\n"
        f"wf.job('j', 'while [ ! -e {place}/gate ]; do sleep 0.02; done')\n"
        "wf.run(cpus=1)\n"
        "try:\n"
        "    print(wf.id, flush=True)\n"
        "    wf.wait()\n"
        "except KeyboardInterrupt as told:\n"
        "    print(wf.status.is_complete, told)\n"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        wf = torc.attach(int(process.stdout.readline()))
        assert process.stdout.readline() == "waits\n"
        # As Jupyter does it: the signal goes to the kernel and to everything that it has started in its session.
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate(timeout=SECONDS)[0].replace("waits\n", "")
        assert told == f"False stopped waiting; the work goes on, torc.attach({wf.id}) leads back to it\n"
    assert not wf.status.is_complete
    (place / "gate").touch()
    assert wf.wait(SECONDS).is_successful


def test_wait_for_a_retried_job_that_nobody_runs_says_what_to_do() -> None:
    wf = Workflow("retried")
    job = wf.job("j", "exit 3")
    wf.run(wait=True, **NODE)
    until(lambda: not wf.status.runners)
    job.retry()
    with pytest.raises(InvalidInput, match=r"nobody runs workflow .*: 1 of 1 jobs are left.*wf\.run\(\) starts one"):
        wf.wait(SECONDS)


def test_interrupt_while_a_runner_starts_ends_the_waiting_for_it(place: Path) -> None:
    python, began, gate = place / "python", place / "began", place / "gate"
    python.write_text(
        f'#!/bin/sh\ntouch {began}\nwhile [ ! -e {gate} ]; do sleep 0.02; done\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    program = (
        "import sys, torc\n"
        "wf = torc.Workflow('slow start')\n"
        "wf.job('j', 'true')\n"
        f"sys.executable = '{python}'\n"
        "try:\n"
        "    wf.run(cpus=1)\n"
        "except KeyboardInterrupt as told:\n"
        "    print(wf.id, told)\n"
    )
    torc.start_server()
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        until(began.exists)
        os.killpg(process.pid, signal.SIGINT)
        number, _, told = process.communicate(timeout=SECONDS)[0].partition(" ")
    assert told == f"stopped waiting; the work goes on, torc.attach({number}) leads back to it\n"
    gate.touch()
    wf = torc.attach(int(number))
    until(lambda: wf.status.is_complete)
    assert wf.status.is_successful


def test_interrupt_while_a_workflow_is_created_leaves_no_half_of_a_run(
    python: Callable[[str], subprocess.CompletedProcess[str]],
) -> None:
    ended = python(
        "import signal, torc\n"
        "client = torc.connect().client\n"
        "create = client.create_workflow_from_plan\n"
        "def interrupted(plan):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    return create(plan)\n"
        "client.create_workflow_from_plan = interrupted\n"
        "wf = torc.Workflow('interrupted early')\n"
        "wf.job('j', 'true')\n"
        "try:\n"
        "    wf.run(cpus=1)\n"
        "except KeyboardInterrupt as told:\n"
        "    print(wf.id, told)\n"
    )
    assert ended.returncode == 0, ended.stderr
    number, _, told = ended.stdout.partition(" ")
    assert told.startswith("stopped waiting; the work goes on")
    wf = torc.attach(int(number))
    until(lambda: wf.status.is_complete)
    assert wf.status.is_successful


def test_waiting_on_a_terminal_shows_a_bar_unless_it_is_quiet(place: Path) -> None:
    program = (
        "import sys, torc\n"
        "wf = torc.Workflow('barred')\n"
        f"wf.job('j', 'while [ ! -e {place}/gate ]; do sleep 0.02; done')\n"
        "wf.run(cpus=1)\n"
        "try:\n"
        "    wf.wait(2.5, quiet=True)\n"
        "except TimeoutError:\n"
        "    print('quiet so far', file=sys.stderr, flush=True)\n"
        "wf.wait()\n"
    )
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with subprocess.Popen([sys.executable, "-c", program], stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        said = b""
        while b"0/1" not in said:
            said += os.read(ours, 4096)
        (place / "gate").touch()
        while b"1/1" not in said:
            said += os.read(ours, 4096)
        assert process.wait(SECONDS) == 0
    os.close(ours)
    assert said.startswith(b"quiet so far")
    assert b"barred: 100%" in said
    assert b"1/1" in said


def test_workflow_can_be_awaited(place: Path) -> None:
    wf = gated("awaited", place / "gate").run(**NODE)

    async def both() -> Any:
        waiting = asyncio.ensure_future(asyncio.wait_for(wf, SECONDS))
        await asyncio.sleep(0)
        (place / "gate").touch()
        return await waiting

    async def cancel() -> None:
        waiting = asyncio.ensure_future(wait_in_thread(wf))
        await asyncio.sleep(0)
        waiting.cancel()
        # What an interrupt of a kernel does to a cell that awaits.
        with pytest.raises(asyncio.CancelledError) as caught:
            await waiting
        assert f"torc.attach({wf.id})" in "".join(caught.value._render_traceback_())

    asyncio.run(cancel())
    assert asyncio.run(both()).is_successful


def test_nobody_waits_for_ever_without_a_runner() -> None:
    wf = Workflow("lonely")
    wf.job("j", "true")
    wf.create()
    with pytest.raises(InvalidInput, match="no runner is active"):
        wf.wait()


def test_runner_that_has_nothing_to_offer_is_told() -> None:
    wf = Workflow("large")
    wf.job("j", "true", cpus=64)
    with pytest.raises(TorcError, match=r"64|CPUs|fit"):
        wf.run(wait=True, cpus=1)


@pytest.mark.parametrize(
    "options, field",
    [
        ({"cpus": 0}, "cpus"),
        ({"cpus": "2"}, "cpus"),
        ({"memory": "big"}, "memory"),
        ({"time_limit": "soon"}, "time_limit"),
    ],
)
def test_bad_options_of_a_run_are_refused_before_anything_begins(options: dict[str, Any], field: str) -> None:
    wf = Workflow("options")
    wf.job("j", "true")
    with pytest.raises(InvalidInput) as caught:
        wf.run(**options)
    assert caught.value.field == field
    assert wf.id is None


def test_output_directory_that_cannot_be_written_is_told(place: Path) -> None:
    (place / "file").touch()
    wf = Workflow("output")
    wf.job("j", "true")
    with pytest.raises(InvalidInput, match="cannot write to the output directory"):
        wf.run(output_dir=place / "file" / "below")
    assert wf.id is None


def test_nothing_is_created_of_a_workflow_that_is_wrong() -> None:
    wf = Workflow("wrong")
    wf.job("j", "true", needs="nobody")
    before = len(torc.connect().workflows)
    with pytest.raises(SpecError):
        wf.run()
    assert (wf.id, len(torc.connect().workflows)) == (None, before)


def test_created_workflow_is_not_changed_or_created_again() -> None:
    wf = Workflow("once")
    wf.job("j", "true")
    wf.create()
    with pytest.raises(InvalidInput, match="was created already"):
        wf.create()
    with pytest.raises(InvalidInput, match="nothing can be added"):
        wf.file("f", "f")
    number = wf.id
    wf.delete()
    assert wf.id is None
    with pytest.raises(NotFound):
        torc.attach(number)


def test_jobs_run_where_the_workflow_was_created(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("MINE", "kept")
    (place / "torc.py").write_text("raise SystemExit('shadowed')")
    wf = Workflow("where")
    wf.job("j", "pwd; echo $MPLBACKEND $MINE")
    wf.create()
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    wf.run(wait=True, **NODE)
    assert wf.job("j").stdout().splitlines() == [str(place), "kept"]
    assert (place / "elsewhere/output/job_stdio").is_dir()


def test_lists_are_read_as_far_as_they_are_used(ran: Workflow) -> None:
    jobs = ran.jobs
    assert len(jobs) == 6
    assert [job.name for job in jobs] == ["good", "bad_1", "bad_2", "bad_3", "odd", "last"]
    assert (jobs[0].name, jobs[-1].name, [job.name for job in jobs[1:3]]) == ("good", "last", ["bad_1", "bad_2"])
    assert [job.name for job in jobs[::-2]] == ["last", "bad_3", "bad_1"]
    assert jobs["odd"].status == "failed"
    assert len(jobs.filter(status="failed", name="bad")) == 3
    assert {job.status for job in jobs.filter(status="canceled")} == {"canceled"}
    assert len(ran.results) == 5
    assert ran.results.filter(return_code=4)[0]["job_name"] == "odd"
    with pytest.raises(IndexError):
        jobs[6]
    with pytest.raises(InvalidInput, match=r"cannot be filtered by 'state'.*status"):
        jobs.filter(state="failed")
    with pytest.raises(NotFound, match="did you mean 'good'"):
        ran.job("goood")


def test_lists_become_data_frames(ran: Workflow) -> None:
    jobs, results = ran.jobs.to_frame(), ran.results.to_frame()
    assert list(jobs.index) == [job.id for job in ran.jobs]
    assert jobs["status"].value_counts()["failed"] == 4
    assert jobs["status"].cat.ordered
    assert results["exec_time"].dtype.kind == "m"
    assert isinstance(results["completion_time"].dtype, pandas.DatetimeTZDtype)
    assert list(ran.failures.to_frame()["return_code"]) == [3, 3, 3, 4]


def test_data_frames_of_nothing_have_the_columns_that_others_have(ran: Workflow) -> None:
    nothing = {"jobs": {"status": "disabled"}, "results": {"status": "disabled"}, "events": {"category": "none"}}
    for every in (ran.jobs, ran.results, ran.events()):
        full, empty = every.to_frame(), every.filter(**nothing[every.noun]).to_frame()
        assert len(full) > len(empty) == 0
        assert set(empty.columns) == set(full.columns)
        converted = [name for name in ("status", "exec_time", "completion_time") if name in full]
        assert [empty[name].dtype.kind for name in converted] == [full[name].dtype.kind for name in converted]
    fresh = Workflow("fresh")
    fresh.job("only", "true")
    assert list(fresh.create().failures.to_frame().columns) == list(ran.failures.to_frame().columns)
    assert list(ran.rerun(dry_run=True, failed=False).to_frame().columns) == ["reason"]


def test_without_pandas_only_frames_are_missing(ran: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TorcError, match=r"pip install 'torc\[frames\]'"):
        ran.jobs.to_frame()


def test_job_tells_what_it_wrote_and_why_it_is_where_it_is(ran: Workflow) -> None:
    good, odd, last = (ran.job(name) for name in ("good", "odd", "last"))
    assert (good.stdout(), good.stdout(lines=1), good.stderr()) == ("one\ntwo\n", "two\n", "trouble\n")
    assert "".join(good.follow()) == "one\ntwo\ntrouble\n"
    assert good.result is not None and good.result["return_code"] == 0
    assert last.result is None
    assert "odd" in last.why()
    assert "4" in odd.why()
    with pytest.raises(NotFound, match="has not run yet"):
        last.stdout()


def test_output_is_followed_while_the_job_runs(place: Path) -> None:
    wf = gated("followed", place / "gate").run(**NODE)
    pieces = wf.job("wait_0").follow()
    assert next(pieces) == "begun\n"
    (place / "gate").touch()
    assert "".join(pieces) == "ended\n"


def test_failures_that_look_alike_stand_together(ran: Workflow) -> None:
    failures = ran.failures
    assert len(failures) == 4
    assert [(group["return_code"], group["jobs"]) for group in failures.groups] == [
        (3, ["bad_1", "bad_2", "bad_3"]),
        (4, ["odd"]),
    ]
    assert failures[0]["last_lines"] == ["cannot read part 1 of 9"]
    assert "3 jobs failed, return code 3: bad_1, bad_2, bad_3" in str(failures)
    assert "only this" in str(failures)


def test_failures_differ_by_words_and_not_by_figures() -> None:
    def failure(name: str, line: str) -> dict[str, Any]:
        known = {"job_id": 1, "job_name": name, "status": "failed", "return_code": 1, "reason": None}
        return {**known, "last_lines": [line]}

    lines = ["a: no file '/x/1' at 0x1f", "b: no file '/y/2' at 0xee", "c: no room"]
    found = [failure(line[0], line) for line in lines]
    assert [group["jobs"] for group in grouped(found)] == [["a", "b"], ["c"]]


def test_rerun_tells_what_runs_again_and_why(place: Path) -> None:
    wf = Workflow("again")
    raw, copy = wf.file("raw", "raw.txt"), wf.file("copy", "copy.txt")
    (place / "raw.txt").write_text("a")
    wf.job("copy", f"cp {raw.input} {copy.output}")
    wf.job("use", f"cat {copy.input}; test -e fixed")
    wf.job("apart", "true")
    wf.job("after", "true", needs="use")
    assert wf.run(wait=True, **NODE).status.counts["failed"] == 1
    assert wf.rerun(dry_run=True).reasons == {"use": "it failed", "after": "it was canceled"}
    os.utime(place / "raw.txt", (1, 1))
    rehearsed = wf.rerun(dry_run=True, failed=False)
    assert rehearsed.reasons["copy"] == "its input raw.txt has changed"
    assert rehearsed.reasons["use"] == "it follows a job that runs again"
    (place / "fixed").touch()
    rerun = wf.rerun(**NODE)
    assert sorted(rerun.jobs) == ["after", "copy", "use"]
    assert repr(rerun) == f"<Rerun of workflow {wf.id}: 3 jobs run again>"
    status = wf.wait(SECONDS)
    assert status.is_successful
    assert status.run_id == 2
    assert len(wf.rerun()) == 0


def test_everything_runs_again_when_asked_for(place: Path) -> None:
    wf = Workflow("anew")
    first = wf.job("first", "echo x >> lines.txt")
    wf.job("second", "true", needs=first)
    wf.run(wait=True, **NODE)
    assert wf.rerun(dry_run=True).jobs == []
    rehearsed = wf.rerun(all=True, dry_run=True)
    assert rehearsed.reasons == {"first": "everything runs again", "second": "everything runs again"}
    assert (rehearsed.is_rehearsal, wf.status.run_id, wf.status.is_complete) == (True, 1, True)
    assert len(wf.rerun(all=True, **NODE)) == 2
    assert wf.wait(SECONDS).run_id == 2
    assert (place / "lines.txt").read_text() == "x\nx\n"


def test_workflow_that_was_reset_goes_on_with_the_next_run() -> None:
    wf = Workflow("reset")
    wf.job("j", "true")
    wf.run(wait=True, **NODE)
    client = wf.connection.client
    client.reset_workflow_status(wf.id)
    client.reset_job_status(wf.id)
    assert wf.run(wait=True, **NODE).status.run_id == 2


def test_created_workflow_is_written_as_it_is_on_the_server() -> None:
    wf = Workflow("written", params={"p": [1, 2]})
    wf.resources("small", memory="1m")
    wf.job("j_{p}", "echo {p}", params=["p"], resources="small")
    described = wf.to_yaml()
    wf.run(wait=True, **NODE)
    assert wf.to_yaml() == described
    (needs,) = (
        item
        for item in wf.connection.client.pages("list_resource_requirements", workflow_id=wf.id)
        if item["name"] == "small"
    )
    wf.connection.client.update_resource_requirements(needs["id"], body={"memory": "20m"})
    for text in (wf.to_yaml(), wf.to_json(), wf.to_kdl(), wf.to_code()):
        assert "20m" in text
        assert "1m" not in text.replace("P0DT1M", "")
        assert "j_2" in text


def test_failed_job_is_retried(place: Path) -> None:
    wf = Workflow("retried")
    job = wf.job("j", "test -e fixed")
    wf.run(wait=True, **NODE)
    assert job.status == "failed"
    (place / "fixed").touch()
    assert job.retry().status == "ready"
    wf.run(wait=True, **NODE)
    assert (job.status, job.record["attempt_id"]) == ("completed", 2)
    with pytest.raises(TorcError):
        job.retry()


def test_job_and_workflow_are_canceled(place: Path) -> None:
    wf = gated("canceled", place / "gate", jobs=2).run(**NODE)
    wf.job("wait_0").cancel()
    assert wf.job("wait_0").status == "canceled"
    assert not wf.status.is_complete
    wf.cancel()
    status = wf.wait(SECONDS)
    assert (status.state, status.is_successful) == ("canceled", False)


def test_running_workflow_is_not_run_again_by_mistake(place: Path) -> None:
    wf = gated("busy", place / "gate").run(**NODE)
    next(wf.job("wait_0").follow())
    with pytest.raises(Conflict, match="pending or running"):
        wf.rerun()
    (place / "gate").touch()
    wf.wait(SECONDS)


def test_events_are_listed_and_followed(ran: Workflow) -> None:
    kinds = [event["event_type"] for event in ran.events()]
    assert kinds[0] == "workflow_created"
    assert "workflow_completed" in kinds
    assert len(ran.events().filter(category="job_failed")) == 4
    assert list(ran.events().follow(seconds=0.1)) == []


def test_workflows_of_the_server_are_listed(ran: Workflow) -> None:
    found = torc.connect().workflows.filter(name="mixed")
    assert [workflow.id for workflow in found] == [ran.id]
    assert found[0].job("good").stdout() == "one\ntwo\n"


def test_looks_stay_when_the_server_is_away(ran: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = torc.attach(ran.id)
    assert "mixed" in seen._repr_html_()
    transport = seen.connection.client.transport
    monkeypatch.setattr(transport, "relocate", None)
    monkeypatch.setattr(transport, "patience", 0.0)
    monkeypatch.setattr(transport, "endpoint", type(transport.endpoint)("http://127.0.0.1:9/torc-service/v1"))
    page = seen._repr_html_()
    assert "no reply from the server" in page
    assert "4 failed" in page
    assert repr(seen).startswith(f"<Workflow {ran.id} 'mixed': complete")
    assert "no reply from the server" in seen.jobs._repr_html_()


def test_import_is_light() -> None:
    program = (
        "import sys, torc; heavy = {'pydantic', 'yaml', 'asyncio', 'torc.spec', 'torc.workflow', 'pandas'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.stdout == "[]\n"
