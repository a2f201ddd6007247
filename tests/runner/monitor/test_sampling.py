"""Jobs as real processes, watched while they run."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from server.outside import until

from torc.runner import paths
from torc.runner.monitor.processes import ProcessTable, read_process
from torc.runner.monitor.shared import SharedMemory, Sharing

from ..conftest import alive, background, make_runner, pid_in, run  # noqa: F401  (fixtures)
from ..reference import Reference

FAMILY = Path(__file__).with_name("family.py")
MB = 2**20
OFTEN = {"enabled": True, "sample_interval_seconds": 0.1, "flush_interval_seconds": 0.1}
SERIES = OFTEN | {"granularity": "time_series"}


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Reference:
    return Reference(resource_monitor_config=getattr(request, "param", SERIES))


def metrics_file(directory: Path) -> Path:
    return Path(paths.metrics_path(str(directory / "output"), 1, 1))


def rows(file: Path, query: str) -> list[tuple]:
    if not file.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # the file is there before its tables
            return []


def test_child_and_grandchild_are_measured_wherever_they_went(server, background, tmp_path):  # noqa: F811
    os.mkfifo(tmp_path / "stop")
    job = server.add(f"exec {sys.executable} -I -S {FAMILY} {tmp_path} 50 0.3", num_cpus=2, memory_bytes=300 * MB)
    going = background()
    file = metrics_file(tmp_path)
    until(lambda: (tmp_path / "burnt_child").exists() and (tmp_path / "burnt_grandchild").exists())
    seen = len(rows(file, "SELECT 1 FROM job_resource_samples"))
    until(lambda: len(rows(file, "SELECT 1 FROM job_resource_samples")) > seen + 2)
    memory, processes = rows(file, "SELECT memory_bytes, num_processes FROM job_resource_samples ORDER BY id")[-1]
    assert processes == 3
    assert 100 * MB <= memory <= 130 * MB
    with (tmp_path / "stop").open("r+b", buffering=0):
        going.finish()
    assert job.result["status"] == "completed"
    assert 100 * MB <= job.result["peak_memory_bytes"] <= 130 * MB
    assert job.result["avg_memory_bytes"] <= job.result["peak_memory_bytes"]
    assert 0.6 <= job.result["cpu_time_seconds"] <= 1.2
    assert job.result["peak_cpu_percent"] >= job.result["avg_cpu_percent"] > 0


def test_the_file_has_every_sample_and_what_the_jobs_asked_for(server, background, tmp_path):  # noqa: F811
    job = server.add(f"while [ ! -e {tmp_path}/stop ]; do sleep 0.01; done", num_cpus=2, memory_bytes=64 * MB)
    server.add("exit 3")
    going = background(num_cpus=3)
    file = metrics_file(tmp_path)
    until(lambda: len(rows(file, "SELECT 1 FROM job_resource_samples WHERE job_id = 1")) >= 3)
    assert rows(file, "SELECT status, end_time FROM job_attempts WHERE job_id = 1") == [("running", None)]
    (tmp_path / "stop").touch()
    going.finish()
    samples = rows(file, "SELECT timestamp, cpu_percent, memory_bytes, num_processes FROM job_resource_samples")
    # The first one may show a shell that has hardly begun.
    assert all(memory > 0 and processes >= 1 and cpu >= 0 for _, cpu, memory, processes in samples)
    assert samples[-1][2] > MB
    assert [sample[0] for sample in samples] == sorted(sample[0] for sample in samples)
    assert rows(file, "SELECT job_id, job_name, num_cpus, memory_bytes FROM job_metadata ORDER BY job_id") == [
        (1, "job1", 2, 64 * MB),
        (2, "job2", 1, MB),
    ]
    attempts = rows(
        file, "SELECT job_id, status, return_code, end_time >= start_time FROM job_attempts ORDER BY job_id"
    )
    assert attempts == [(1, "completed", 0, 1), (2, "failed", 3, 1)]
    assert rows(file, "SELECT workflow_id, run_id, hostname, num_cpus FROM run_metadata") == [
        (1, 1, paths.host_name(), 3)
    ]
    node = rows(file, "SELECT cpu_percent, memory_bytes, total_memory_bytes FROM system_resource_samples")
    assert node
    assert all(0 <= cpu <= 100 and 0 < used < total for cpu, used, total in node)
    begin, end = samples[0][0], samples[-1][0]
    assert job.result["peak_memory_bytes"] >= max(memory for _, _, memory, _ in samples) > 0
    assert begin < end


@pytest.mark.parametrize("server", [OFTEN], indirect=True)
def test_a_summary_writes_no_file_and_the_nodes_record_has_its_figures(server, background, tmp_path):  # noqa: F811
    job = server.add(f"while [ ! -e {tmp_path}/stop ]; do sleep 0.01; done")
    going = background()
    until(lambda: going.runner.monitor is not None and going.runner.monitor.samples >= 4)
    (tmp_path / "stop").touch()
    going.finish()
    assert not (tmp_path / "output" / paths.RESOURCES).exists()
    assert job.result["avg_memory_bytes"] > MB
    node = server.nodes[1]
    assert node["sample_count"] >= 3
    assert 0 < node["avg_cpu_percent"] <= node["peak_cpu_percent"] <= 100
    assert 0 < node["avg_memory_bytes"] <= node["peak_memory_bytes"]


@pytest.mark.parametrize("server", [OFTEN | {"sample_interval_seconds": 60}], indirect=True)
def test_a_job_shorter_than_the_interval_still_has_figures(server, run):  # noqa: F811
    job = server.add(f"exec {sys.executable} -I -S -c 'x = bytearray(50 * 2**20); x[::4096] = b\"x\" * len(x[::4096])'")
    run()
    assert 50 * MB <= job.result["peak_memory_bytes"] <= 80 * MB
    assert job.result["cpu_time_seconds"] > 0
    assert job.result["peak_cpu_percent"] == job.result["avg_cpu_percent"] > 0


@pytest.mark.parametrize("server", [{"enabled": False}], indirect=True)
def test_without_monitoring_there_is_no_thread(server, background, tmp_path):  # noqa: F811
    job = server.add(f"while [ ! -e {tmp_path}/stop ]; do sleep 0.01; done")
    going = background()
    server.wait_for(lambda: job.status == "running")
    assert going.runner.monitor is None
    assert "torc-monitor" not in {thread.name for thread in threading.enumerate()}
    (tmp_path / "stop").touch()
    going.finish()
    assert "sample_count" not in server.nodes[1]
    assert "peak_cpu_percent" not in job.result


def test_a_file_that_cannot_be_written_costs_samples_and_no_job(server, run, tmp_path):  # noqa: F811
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / paths.RESOURCES).write_text("in the way")
    job = server.add("true")
    outcome = run()
    assert (outcome.exit_code, job.status) == (0, "completed")
    log = Path(outcome.log_path).read_text()
    assert log.count("samples are kept in memory") == 1
    assert str(metrics_file(tmp_path)) in log


RUNNER = """
    import sys

    sys.path.insert(0, "{tests}")
    from runner.reference import Reference

    from torc.runner.main import run_workflow
    from torc.runner.options import RunnerOptions

    server = Reference(resource_monitor_config={config})
    server.add("echo $$ > {directory}/pid; exec sleep 300")
    options = RunnerOptions(num_cpus=1, memory_gb=1, num_gpus=0, output_dir="{directory}/output")
    run_workflow(server, 1, options)
"""


def test_what_was_written_survives_the_death_of_the_runner(tmp_path):
    script = textwrap.dedent(RUNNER).format(config=SERIES, directory=tmp_path, tests=Path(__file__).parents[2])
    runner = subprocess.Popen([sys.executable, "-c", script])
    try:
        job = pid_in(tmp_path / "pid")
        file = metrics_file(tmp_path)
        until(lambda: len(rows(file, "SELECT 1 FROM job_resource_samples")) >= 3)
    finally:
        runner.kill()
        runner.wait()
    until(lambda: not alive(job))
    assert rows(file, "PRAGMA integrity_check") == [("ok",)]
    assert len(rows(file, "SELECT 1 FROM job_resource_samples")) >= 3
    assert rows(file, "SELECT job_name FROM job_metadata") == [("job1",)]


@pytest.fixture
def gates(tmp_path):
    """FIFOs at which ``ENDING`` waits until somebody writes."""
    for name in ("end", "stop"):
        os.mkfifo(tmp_path / name)
    return tmp_path


@pytest.fixture
def script(tmp_path: Path):
    """Run a Python script in a session of its own; it is told a directory."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(text: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", "-c", textwrap.dedent(text), str(tmp_path)]
        begun.append(subprocess.Popen(command, start_new_session=True))
        return begun[-1]

    yield begin
    for process in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


SHARING = """
    import os, pathlib, signal, sys
    held = bytearray(80 * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    for number in range(3):
        if os.fork() == 0:
            pathlib.Path(sys.argv[1], f"forked_{number}").touch()
            signal.pause()
    signal.pause()
"""


def test_memory_that_forked_processes_share_is_counted_once(script, tmp_path):
    first = script(SHARING).pid
    until(lambda: len(list(tmp_path.glob("forked_*"))) == 3)
    found = ProcessTable(os.getpid(), 1).find({first: 1})[first]
    processes = [process for pid in found if (process := read_process(pid))]
    assert len(processes) == 4
    assert sum(process.memory for process in processes) > 250 * MB
    memory, sharing = SharedMemory(), Sharing()
    assert 80 * MB <= memory.occupied(processes, sharing, 1000.0) <= 120 * MB
    # The factor is kept: asking again at once would cost too much.
    assert 80 * MB <= memory.occupied(processes, sharing, 1000.0) <= 120 * MB


def test_processes_of_others_are_nobodys(script, tmp_path):
    ours, theirs = (script("import signal; signal.pause()").pid for _ in range(2))
    table = ProcessTable(os.getpid(), 1)
    assert table.find({ours: 1}) == {ours: [ours]}
    # Once more, now with what it remembers.
    assert table.find({ours: 1}) == {ours: [ours]}
    assert table.find({theirs: 2}) == {theirs: [theirs]}


def test_a_process_with_a_strange_name_is_read(script):
    pid = script("open('/proc/self/comm', 'w').write(') R 1 (x'); import signal; signal.pause()").pid
    until(lambda: b") R 1" in Path(f"/proc/{pid}/stat").read_bytes())
    process = read_process(pid)
    assert process is not None
    assert (process.pid, process.parent) == (pid, os.getpid())


def test_a_process_that_has_gone_is_none(script):
    process = script("")
    process.wait()
    assert read_process(process.pid) is None


#: For the kernel the process ends when its first thread does, though it goes on: no memory can be told any more.
ENDING = """
    import ctypes, pathlib, sys, threading
    held = b"x" * (40 * 2**20)
    place = pathlib.Path(sys.argv[1])
    threading.Thread(target=(place / "stop").read_bytes).start()
    (place / "end").read_bytes()
    ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_process_that_is_ending_has_spent_its_time_but_has_no_memory(script, gates):
    ending = script(ENDING)
    running = read_process(ending.pid)
    assert running is not None
    assert not running.is_ending
    (gates / "end").write_bytes(b"")
    until(lambda: (process := read_process(ending.pid)) is not None and process.is_ending)
    found = read_process(ending.pid)
    assert found is not None
    assert found.memory == 0
    assert found.cpu > running.cpu


def test_no_sample_tells_of_zero_memory_while_a_job_is_ending(server, background, gates, tmp_path):  # noqa: F811
    (tmp_path / "ending.py").write_text(textwrap.dedent(ENDING))
    job = server.add(f"exec {sys.executable} -I -S {tmp_path}/ending.py {tmp_path}", memory_bytes=64 * MB)
    going = background()
    file = metrics_file(tmp_path)
    until(lambda: len(rows(file, "SELECT 1 FROM job_resource_samples WHERE memory_bytes > 40000000")) >= 2)
    (gates / "end").write_bytes(b"")
    process = going.runner.monitor._watched
    until(lambda: all((seen := read_process(one.pid)) is None or seen.is_ending for one in process.copy().values()))
    machine = len(rows(file, "SELECT 1 FROM system_resource_samples"))
    until(lambda: len(rows(file, "SELECT 1 FROM system_resource_samples")) > machine + 2)
    (gates / "stop").write_bytes(b"")
    going.finish()
    assert rows(file, "SELECT count(*) FROM job_resource_samples WHERE memory_bytes < 1000000") == [(0,)]
    assert job.result["avg_memory_bytes"] > MB


@pytest.mark.parametrize("server", [OFTEN], indirect=True)
def test_a_job_of_one_thread_spends_no_more_time_than_passes(server, run):  # noqa: F811
    jobs = [server.add("for ((n = 0; n < 500; n++)); do :; done") for _ in range(40)]
    run(num_cpus=2)
    for job in jobs:
        assert 0 < job.result["cpu_time_seconds"] <= job.result["exec_time_minutes"] * 60
        assert 0 < job.result["peak_cpu_percent"] <= 100
