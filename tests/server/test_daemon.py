"""``torc-server run`` as administrators start it: in the background, with pid file and logs, and how it is ended."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from torc.contract import PREFIX
from torc.errors import InvalidInput
from torc.server.pidfile import PidFile, default_path

from .inside import Workflow
from .outside import DEADLINE, Http, Server, until


def torc_server(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TORC_", "RUST_LOG"))}
    command = [sys.executable, "-m", "torc.server.main", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE, env=clean | environment, check=False
    )


def is_running(pid: int) -> bool:
    """Whether the process lives; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Daemon:
    """A server in the background, with all its files in one directory."""

    def __init__(self, directory: Path) -> None:
        self.database, self.logs, self.pid_file = directory / "t.db", directory / "logs", directory / "t.pid"

    def start(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return torc_server(
            "run", "--daemon", "--port", 0, "--database", self.database, "--log-dir", self.logs,
            "--pid-file", self.pid_file, *arguments, **environment,
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text())

    @property
    def log(self) -> str:
        return (self.logs / "torc-server.log").read_text()

    def stop(self, number: int = signal.SIGTERM) -> None:
        pid = self.pid
        os.kill(pid, number)
        until(lambda: not is_running(pid))


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(tmp_path)
    yield made
    if made.pid_file.exists() and is_running(made.pid):
        made.stop(signal.SIGKILL)


def test_a_daemon_serves_when_the_command_returns_and_cleans_up_when_it_ends(daemon: Daemon) -> None:
    started = daemon.start()
    assert started.returncode == 0
    assert started.stdout.startswith("TORC_SERVER_PORT=")
    assert f"process {daemon.pid}" in started.stderr
    http = Http(f"http://127.0.0.1:{int(started.stdout.partition('=')[2])}")
    assert http("ping") == {"status": "ok"}
    assert os.getsid(daemon.pid) != os.getsid(0)
    assert daemon.pid_file.stat().st_mode & 0o777 == 0o600
    assert (daemon.logs.stat().st_mode & 0o777, daemon.database.stat().st_mode & 0o777) == (0o700, 0o600)
    daemon.stop()
    assert not daemon.pid_file.exists()
    assert "stopped" in daemon.log.splitlines()[-1]


def test_a_second_daemon_is_refused_with_the_process_that_runs(daemon: Daemon) -> None:
    assert daemon.start().returncode == 0
    again = daemon.start("--database", daemon.database.with_name("other.db"))
    assert (again.returncode, again.stdout) == (2, "")
    assert f"a server runs already, process {daemon.pid}" in again.stderr
    assert is_running(daemon.pid)
    same = daemon.start("--pid-file", daemon.pid_file.with_name("other.pid"))
    assert same.returncode == 2
    assert f"in use by a torc server, process {daemon.pid}" in same.stderr
    assert not daemon.pid_file.with_name("other.pid").exists()


def test_a_pid_file_that_a_dead_server_left_is_taken_over(daemon: Daemon) -> None:
    assert daemon.start().returncode == 0
    dead = daemon.pid
    daemon.stop(signal.SIGKILL)
    assert daemon.pid == dead
    assert daemon.start().returncode == 0
    assert daemon.pid != dead


def test_a_pid_that_belongs_to_somebody_else_by_now_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "t.pid"
    path.write_text(f"{os.getppid()}\n")
    file = PidFile(path)
    assert path.read_text() == f"{os.getpid()}\n"
    file.remove()
    assert not path.exists()


def test_a_file_that_is_no_pid_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "thesis.txt"
    path.write_text("chapter one")
    with pytest.raises(InvalidInput, match="is not a pid file"):
        PidFile(path)
    assert path.read_text() == "chapter one"
    link = tmp_path / "link.pid"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match="cannot write"):
        PidFile(link)
    assert not (tmp_path / "elsewhere").exists()


def test_many_at_once_and_only_one_gets_the_pid_file(tmp_path: Path) -> None:
    path, barrier, outcomes = tmp_path / "t.pid", threading.Barrier(8), []

    def acquire() -> None:
        barrier.wait()
        try:
            outcomes.append(PidFile(path))
        except InvalidInput as error:
            outcomes.append(error)

    threads = [threading.Thread(target=acquire) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(item, PidFile) for item in outcomes) == 1


def test_without_a_place_for_the_system_the_pid_file_goes_to_one_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torc.server.pidfile.SYSTEM_DIRECTORY", tmp_path / "missing")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert default_path(Path("/data/t.db")) == tmp_path / "torc-server.pid"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert default_path(Path("/data/t.db")) == Path("/data/t.db.pid")


def test_what_keeps_a_daemon_from_starting_is_told_by_the_command(daemon: Daemon) -> None:
    daemon.database.write_text("this is no database")
    failed = daemon.start()
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "cannot be read as a SQLite database" in failed.stderr
    assert "cannot be read as a SQLite database" in daemon.log
    assert not daemon.pid_file.exists()
    assert daemon.database.read_text() == "this is no database"


def test_a_daemon_on_a_port_that_is_taken_says_so(daemon: Daemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        failed = daemon.start("--port", taken.getsockname()[1])
    assert failed.returncode == 2
    assert "cannot listen on 127.0.0.1" in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--daemon"], "--daemon needs --log-dir DIRECTORY"),
        (["--json-logs"], "--json-logs needs --log-dir DIRECTORY"),
        (["--https"], "give --tls-cert FILE and --tls-key FILE"),
        (["--tls-cert", "c.pem"], "give --tls-key FILE, too"),
        (["--require-auth"], "give --auth-file FILE"),
        (["--host", "0.0.0.0"], "give --auth-file FILE --require-auth, or --token, or --allow-open"),
        (["--url", "http://0.0.0.0:9000"], "listening on 0.0.0.0 without a token"),
        (["--host", "a b"], "is not a host name or address"),
        (["--port", "65536"], "is not in the range"),
        (["--threads", "0"], "is not in the range"),
        (["--log-level", "loud"], "'loud' is not a log level"),
        (["--log-dir", "/proc/torc"], "cannot write logs below /proc/torc"),
        (["--database", "/proc/torc/t.db"], "/proc/torc"),
        (["--auth-file", "/nowhere/htpasswd", "--require-auth"], "there is no such file"),
    ],
)
def test_options_that_cannot_be_followed_are_refused_with_what_to_give(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    database = tmp_path / "t.db"
    failed = torc_server("run", "--port", 0, "--database", database, *arguments)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert told in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (tmp_path / "t.db.server").exists()


def test_logs_are_lines_of_json_when_asked_for_and_are_opened_anew(daemon: Daemon) -> None:
    started = daemon.start("--json-logs", "--log-level", "debug", TORC_TIMING_ENABLED="true")
    http = Http(f"http://127.0.0.1:{int(started.stdout.partition('=')[2])}")
    Workflow(http, {"a": []})
    moved = daemon.logs / "moved.log"
    (daemon.logs / "torc-server.log").rename(moved)
    os.kill(daemon.pid, signal.SIGUSR1)
    until((daemon.logs / "torc-server.log").exists)
    http("ping")
    lines = [json.loads(line) for line in moved.read_text().splitlines()]
    assert any(line["fields"].get("path", "").endswith("/workflow_plans") for line in lines)
    assert any("committed_ms" in line["fields"] for line in lines)
    daemon.stop()
    assert "stopped" in daemon.log


def test_variables_and_files_give_defaults(tmp_path: Path, daemon: Daemon) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[server]\ndatabase = "{daemon.database}"\n[server.logging]\nlog_dir = "{daemon.logs}"\n')
    started = torc_server(
        "run", "--daemon", "--port", 0, "--pid-file", daemon.pid_file, TORC_CONFIG=str(config), RUST_LOG="debug"
    )
    assert started.returncode == 0, started.stderr
    assert daemon.database.exists()
    http = Http(f"http://127.0.0.1:{int(started.stdout.partition('=')[2])}")
    http("ping")
    until(lambda: f"path={PREFIX}/ping" in daemon.log)


def test_a_path_that_counts_from_a_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = ["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", sys.executable, "-m", "torc.server.main"]
    refused = subprocess.run(
        [*line, "run", "--port", "0", "--database", "t.db"],
        cwd=gone, capture_output=True, text=True, timeout=DEADLINE, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: t.db is relative to a working directory that no longer exists (")
    assert refused.stderr.count("\n") == 1


def test_a_link_in_the_place_of_a_log_is_not_followed(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "torc-server.log").symlink_to(tmp_path / "elsewhere")
    refused = torc_server("run", "--port", 0, "--database", tmp_path / "t.db", "--log-dir", logs)
    assert refused.returncode == 2
    assert "cannot write logs below" in refused.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_for_logs_stops_no_request_and_is_told_once(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "torc-server.log"
    log.parent.mkdir()
    log.write_bytes(b"." * 9 * 2**20)  # more than the database needs, less than is rotated
    server = Server(tmp_path / "t.db", "--log-dir", str(log.parent), "--log-level", "debug")
    http = Http(server.url)
    full, unlimited = log.stat().st_size, resource.RLIM_INFINITY
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (full, unlimited))
    for _ in range(5):
        Workflow(http, {"a": []})
    assert log.stat().st_size == full
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
    http("ping")
    http.close()
    assert server.stop() == 0
    assert server.errors.count("serving goes on") == 1
    assert b"lines of the log were lost" in log.read_bytes()


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[tuple[Server, Http, Workflow]]:
    server = Server(tmp_path / "t.db", "--log-level", "info")
    http = Http(server.url)
    workflow = Workflow(http, {"a": [], "b": ["a"]})
    workflow.initialize()
    workflow.claim()
    yield server, http, workflow
    http.close()
    server.process.kill()
    server.process.communicate()


def test_a_stopping_server_answers_who_waits_and_tells_streams(busy: tuple[Server, Http, Workflow]) -> None:
    server, _, workflow = busy
    claimer, reader = Http(server.url), Http(server.url)
    claimer.connection.request("POST", f"{PREFIX}/workflows/{workflow.id}/claim_next_jobs?wait_seconds=60")
    reader.connection.request("GET", f"{PREFIX}/workflows/{workflow.id}/events/stream")
    stream = reader.connection.getresponse()
    assert stream.readline() == b": connected\n"
    assert server.stop() == 0
    reply = claimer.connection.getresponse()
    assert (reply.status, json.loads(reply.read())["jobs"]) == (200, [])
    assert b"event: server_stopping\n" in stream.read()


def test_a_large_request_under_way_is_finished(busy: tuple[Server, Http, Workflow]) -> None:
    server, _, _ = busy
    jobs = [{"name": f"job number {n}", "command": "true"} for n in range(20_000)]
    body = json.dumps({"workflow": {"name": "large"}, "jobs": jobs}).encode()
    sender = Http(server.url)
    sender.connection.request("POST", f"{PREFIX}/workflow_plans", body)
    watcher = Http(server.url)

    def in_flight() -> bool:
        watcher.connection.request("GET", "/metrics")
        return b"torc_http_requests_in_flight 1.0" in watcher.connection.getresponse().read()

    until(in_flight)
    server.process.terminate()
    reply = sender.connection.getresponse()
    assert (reply.status, json.loads(reply.read())["num_jobs"]) == (200, 20_000)
    assert server.wait() == 0


def test_a_client_that_never_ends_its_request_does_not_hold_up_the_end(busy: tuple[Server, Http, Workflow]) -> None:
    server, http, _ = busy
    with socket.create_connection((http.host, server.port), timeout=DEADLINE) as slow:
        slow.sendall(f"POST {PREFIX}/workflows HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
        assert http("ping") == {"status": "ok"}
        assert server.stop() == 0


def test_a_second_signal_ends_the_server_at_once(busy: tuple[Server, Http, Workflow]) -> None:
    server, http, _ = busy
    with socket.create_connection((http.host, server.port), timeout=DEADLINE) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(50):
            reader.sendall(f"GET {PREFIX}/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert http("ping") == {"status": "ok"}
        server.process.terminate()
        server.process.terminate()
        assert server.wait() in (0, 128 + signal.SIGTERM)


def test_a_damaged_database_is_not_served(tmp_path: Path) -> None:
    database = tmp_path / "t.db"
    first = Server(database)
    Workflow(Http(first.url), {f"job {number}": [] for number in range(2000)})
    assert first.stop() == 0
    with database.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size * 3 // 4)
        file.write(os.urandom(64 * 1024))
    refused = torc_server("run", "--port", 0, "--database", database)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "is damaged" in refused.stderr
    assert "torc-server restore" in refused.stderr
