"""``torc logs``: real runs, and files that must not be read."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from server.outside import until

from torc.cli import output
from torc.cli.main import execute
from torc.client.connect import connect
from torc.errors import InvalidInput, NotFound
from torc.logs.reading import open_log, seek_last_lines

from .conftest import Torc

PROGRAM = [sys.executable, "-c", "from torc.cli.main import main; main()"]
NODE = ("--num-cpus", "2", "--memory-gb", "2", "--num-gpus", "0")


def specification(jobs: dict[str, str]) -> str:
    lines = [f"  - {{name: {name}, command: {json.dumps(command)}}}" for name, command in jobs.items()]
    Path("w.yaml").write_text("name: w\njobs:\n" + "\n".join(lines) + "\n")
    return "w.yaml"


def run(target: str) -> None:
    subprocess.run([*PROGRAM, "run", target, *NODE], capture_output=True, timeout=240, check=False)


@pytest.fixture
def ran(torc: Torc) -> None:
    """Workflow 1: job 1 wrote to both outputs, job 2 waits for ever."""
    run(specification({"both": "printf 'one\\ntwo\\nthree\\n'; echo trouble >&2; exit 3", "other": "echo fine"}))


def test_both_outputs_are_shown_and_named_apart(torc: Torc, ran: None) -> None:
    ended = torc("logs", "show", 1)
    assert ended.code == 0
    assert ended.out == "one\ntwo\nthree\ntrouble\n"
    assert ended.err.splitlines() == [
        "==> output/job_stdio/job_wf1_j1_r1_a1.o <==",
        "==> output/job_stdio/job_wf1_j1_r1_a1.e <==",
    ]


def test_choice_of_logs(torc: Torc, ran: None) -> None:
    for options, shown in (
        (("--stderr",), "trouble\n"),
        (("--stdout", "-n", "2"), "two\nthree\n"),
        (("--stdout", "-n", "99"), "one\ntwo\nthree\n"),
        (("--run", "1", "--attempt", "1", "--stderr"), "trouble\n"),
    ):
        ended = torc("logs", "show", "--workflow", 1, "--job", "both", *options)
        assert (ended.out, ended.err) == (shown, "")


def test_runner_log_is_shown(torc: Torc, ran: None) -> None:
    assert "job failed" in torc("logs", "show", 1, "--runner").out


def test_logs_are_json_on_request(torc: Torc, ran: None) -> None:
    shown = torc("logs", "show", 1, "--stderr", "-f", "json").json
    assert (shown["job_name"], shown["run_id"], shown["attempt_id"]) == ("both", 1, 1)
    assert shown["logs"] == [
        {"kind": "job_stderr", "path": "output/job_stdio/job_wf1_j1_r1_a1.e", "size": 8, "content": "trouble\n"}
    ]


def test_job_that_is_not_there_is_an_error(torc: Torc, ran: None) -> None:
    for arguments, said in (
        ((99,), "no job with id 99"),
        ((), "no job given"),
        ((1, "-j", "both"), "a job's id excludes --workflow and --job (for a name in workflow 1: --workflow 1"),
        ((1, "-w", 1), "a job's id excludes --workflow and --job"),
        (("-w", 1, "-j", "x"), "workflow 1 has no job named 'x'"),
        ((1, "--run", 4), "job 1 (both) has no run 4 (there is run 1 attempt 1)"),
    ):
        refused = torc("logs", "show", *arguments)
        assert refused.code == 2
        assert said in refused.err


def test_job_that_did_not_run_is_an_error_that_says_where_to_look(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    refused = torc("logs", "show", 2)
    assert refused.code == 2
    assert "job 2 (second) has not run yet: it is blocked" in refused.err
    assert "torc workflows diagnose 1 --job 2" in refused.err


def test_logs_of_another_host_are_said_to_be_there(torc: Torc, workflow_id: int) -> None:
    with connect() as client:
        node = {"workflow_id": 1, "hostname": "node01", "num_cpus": 1, "memory_gb": 1, "output_dir": "/far/away"}
        client.create_compute_node(body=node)
        client.create_result(body={"job_id": 1, "run_id": 1, "compute_node_id": 1, "return_code": 0})
    refused = torc("logs", "show", 1)
    assert refused.code == 2
    assert "it ran on host node01, with output directory /far/away" in refused.err
    assert "host node01" in torc("logs", "list", 1).err


def test_log_that_a_link_stands_for_is_not_read(torc: Torc, ran: None, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    log = Path("output/job_stdio/job_wf1_j1_r1_a1.o")
    log.unlink()
    log.symlink_to(secret)
    refused = torc("logs", "show", 1, "--stdout")
    assert refused.code == 2
    assert "not a regular file" in refused.err
    assert "key" not in refused.out


@pytest.mark.parametrize("kind", ["fifo", "directory", "link", "device"])
def test_only_regular_files_are_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "/etc/passwd")
    with pytest.raises(InvalidInput, match="not a regular file"):
        open_log(str(path), str(tmp_path))


def test_nothing_outside_the_directory_is_opened(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "secret").write_text("key")
    (tmp_path / "out" / "link").symlink_to(tmp_path)
    for name in ("../secret", "./../secret", "link/secret", "//secret"):
        with pytest.raises((NotFound, InvalidInput)):
            open_log(f"{tmp_path}/out/{name}", f"{tmp_path}/out")


@pytest.mark.parametrize("text", [b"", b"\n", b"a", b"a\n", b"a\nb", b"\n\n\n", b"x" * 200_000 + b"\nlast\n"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_last_lines_are_those_that_a_list_of_lines_ends_with(tmp_path: Path, text: bytes, count: int) -> None:
    (tmp_path / "f").write_bytes(text)
    with open(tmp_path / "f", "rb") as file:
        seek_last_lines(file, count)
        assert file.read() == b"".join(text.splitlines(keepends=True)[-count:])


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_terminal_escapes_reach_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.BytesIO()
    chunks = [b"\x1b]0;title\x07a\x1b[2", b"Jb\r\nc 10%\rc 20%\n\xff\xe2\x82", b"\xac\n"]
    monkeypatch.setattr("sys.stdout", _Terminal(kept, "utf-8"))
    output.show(output.Content(iter(chunks)), as_json=False)
    shown = kept.getvalue().decode()
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert shown.endswith("b\nc 10%\nc 20%\n\N{REPLACEMENT CHARACTER}€\n")


def test_pipe_gets_logs_byte_for_byte(torc: Torc) -> None:
    run(specification({"colours": "printf '\\033[31mred\\377\\r\\n'"}))
    ended = subprocess.run([*PROGRAM, "logs", "show", "1", "--stdout"], capture_output=True, timeout=240, check=True)
    assert ended.stdout == b"\x1b[31mred\xff\r\n"


@pytest.fixture
def long_run() -> Iterator[subprocess.Popen[bytes]]:
    """Workflow 1 while its job waits for the file ``go``."""
    command = "echo begun; while ! test -e go; do sleep 0.05; done; echo ended; exit 5"
    process = subprocess.Popen(
        [*PROGRAM, "run", specification({"slow": command}), *NODE],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield process
    Path("go").touch()
    process.wait(60)


def test_running_job_is_followed_until_it_ends(torc: Torc, long_run: subprocess.Popen[bytes]) -> None:
    log = Path("output/job_stdio/job_wf1_j1_r1_a1.o")
    until(lambda: log.exists() and log.read_text())
    follower = subprocess.Popen(
        [*PROGRAM, "logs", "follow", "1", "--stdout"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    assert follower.stdout.readline() == "begun\n"
    assert torc("logs", "show", 1, "--stdout").out == "begun\n"
    Path("go").touch()
    out, err = follower.communicate(timeout=240)
    assert (follower.returncode, out) == (0, "ended\n")
    assert "job 1 (slow) is failed" in err


def test_ended_job_is_followed_to_its_end_at_once(torc: Torc, ran: None) -> None:
    assert torc("logs", "follow", 1, "--stdout", "-n", 1).out == "three\n"


def test_job_that_nothing_will_run_is_not_followed(torc: Torc, workflow_id: int) -> None:
    refused = torc("logs", "follow", 1)
    assert refused.code == 2
    assert "torc workflows initialize 1" in refused.err


def test_existing_logs_are_listed_with_sizes(torc: Torc, ran: None) -> None:
    logs = torc("logs", "list", 1, "-f", "json").json["logs"]
    sizes = {(log["job_name"], log["kind"]): log["size"] for log in logs}
    assert sizes[("both", "job_stdout")] == 14
    assert sizes[("both", "job_stderr")] == 8
    assert (None, "job_runner_log") in sizes
    assert all(Path(log["path"]).stat().st_size == log["size"] for log in logs if log["job_id"])
    assert [log["job_id"] for log in torc("logs", "list", 1, "-j", 2, "-f", "json").json["logs"]] == [2, 2]
    assert "│ 1      │ both     │ 1      │ 1       │ job_stdout" in torc("logs", "list", 1).out


def test_bundle_holds_all_logs_and_says_what_it_left_out(torc: Torc, ran: None) -> None:
    (Path("output/job_stdio") / "job_wf1_j2_r1_a1.e").unlink()
    os.mkfifo("output/job_stdio/job_wf1_j2_r1_a1.e")
    Path("output/unrelated.txt").touch()
    ended = torc("logs", "bundle", 1, "-o", "all.tgz")
    assert ended.code == 0, ended.err
    assert "left out: output/job_stdio/job_wf1_j2_r1_a1.e is not a regular file" in ended.err
    assert Path("all.tgz").stat().st_mode & 0o077 == 0
    assert list(Path().glob(".*.part")) == []
    with tarfile.open("all.tgz") as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile("torc_logs_wf1/manifest.json"))  # type: ignore[arg-type]
        content = archive.extractfile("torc_logs_wf1/job_stdio/job_wf1_j1_r1_a1.e")
        assert content is not None
        assert content.read() == b"trouble\n"
    assert len(names) == 5
    assert not any("unrelated" in name for name in names)
    assert sorted(result["return_code"] for result in manifest["results"]) == [0, 3]
    assert manifest["versions"]["server"]
    assert manifest["left_out"][0]["path"].endswith("job_wf1_j2_r1_a1.e")


def test_bundle_keeps_the_environment_to_itself(torc: Torc) -> None:
    Path("w.yaml").write_text("name: w\nenv: {API_KEY: hush}\njobs:\n  - {name: a, command: 'true'}\n")
    run("w.yaml")
    torc("logs", "bundle", 1)
    with tarfile.open("torc_logs_wf1.tar.gz") as archive:
        manifest = archive.extractfile("torc_logs_wf1/manifest.json")
        assert manifest is not None
        assert b"hush" not in manifest.read()


def test_bundle_that_cannot_be_written_leaves_nothing(torc: Torc, ran: None) -> None:
    refused = torc("logs", "bundle", 1, "-o", "nowhere/all.tgz")
    assert refused.code == 2
    assert "cannot write nowhere/all.tgz" in refused.err


def test_bundle_goes_to_a_pipe_and_to_no_terminal(
    torc: Torc, ran: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    piped = subprocess.run([*PROGRAM, "logs", "bundle", "1", "-o", "-"], capture_output=True, timeout=240, check=True)
    assert not Path("-").exists()
    with tarfile.open(fileobj=io.BytesIO(piped.stdout)) as archive:
        assert "torc_logs_wf1/manifest.json" in archive.getnames()
    monkeypatch.setattr("sys.stdout", _Terminal(io.BytesIO(), "utf-8"))
    assert execute(["logs", "bundle", "1", "-o", "-"]) == 2
    assert "nothing for a terminal" in capsys.readouterr().err
