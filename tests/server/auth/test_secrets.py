"""Passwords and tokens stay where they belong, with everything logged that can be."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from torc.server.auth import htpasswd

from ..outside import DEADLINE, until
from .serving import Someone, basic

PASSWORD = "unforgettable-Password-of-olga"
TORC = [sys.executable, "-c", "from torc.cli.main import main; main()"]
SERVER = [sys.executable, "-m", "torc.server.main", "run", "--port", "0"]
#: Writes down what a job can see: its environment and what every process shows of itself.
LOOK = """
env > env.$TORC_JOB_NAME
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' > cmdline.$TORC_JOB_NAME
call() { curl -s -H "Authorization: Bearer $TORC_API_TOKEN" "$TORC_API_URL$1"; }
call /caller > caller.$TORC_JOB_NAME
call "/workflows/$TORC_WORKFLOW_ID" > own.$TORC_JOB_NAME
call /workflows > all.$TORC_JOB_NAME
call /tokens > tokens.$TORC_JOB_NAME
"""


def clean_environment(directory: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TORC_")}
    home = {
        "HOME": str(directory),
        "XDG_DATA_HOME": str(directory / "data"),
        "XDG_CONFIG_HOME": str(directory / "conf"),
    }
    return kept | home | more


def specification(directory: Path) -> Path:
    path = directory / "w.json"
    path.write_text(json.dumps({"name": "w", "jobs": [{"name": "look", "command": LOOK}]}))
    return path


def holders(directory: Path, *secrets: str) -> list[str]:
    """Files below a directory that contain one of the secrets."""
    found = []
    for path in directory.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [path.name for secret in secrets if secret.encode() in content]
    return found


class Server:
    """``torc-server`` with one account, logging all it can."""

    def __init__(self, directory: Path, *arguments: str, **environment: str) -> None:
        accounts = directory / "htpasswd"
        accounts.write_text(f"olga:{htpasswd.hash_password(PASSWORD, 4)}\n")
        accounts.chmod(0o600)
        command = [*SERVER, "--database", str(directory / "t.db"), "--auth-file", str(accounts), "--require-auth",
                   "--log-level", "trace", "--log-dir", str(directory / "logs"), *arguments]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=(directory / "server.err").open("wb"), text=True,
            env=clean_environment(directory, TORC_TIMING_ENABLED="true", **environment),
        )  # fmt: skip
        assert self.process.stdout
        self.port = int(self.process.stdout.readline().partition("=")[2])
        self.url = f"http://127.0.0.1:{self.port}/torc-service/v1"

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(DEADLINE)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path, TORC_SERVER_TOKEN="unforgettable-token-of-the-server")
    yield running
    running.close()


def loaded(path: Path) -> Any:
    return json.loads(path.read_text())


def test_no_secret_gets_into_files_replies_or_process_lists(server: Server, tmp_path: Path) -> None:
    environment = clean_environment(
        tmp_path,
        TORC_API_URL=server.url,
        TORC_USERNAME="olga",
        TORC_PASSWORD=PASSWORD,
        TORC_SERVER_TOKEN="unforgettable-x",
    )
    done = subprocess.run(
        [*TORC, "--log-level", "debug", "run", str(specification(tmp_path))],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for header in (basic("olga", PASSWORD), basic("olga", PASSWORD + "x"), "Bearer unforgettable-token-of-the-server"):
        person = Someone(server.port, header)
        for verb, path in (("GET", "/caller"), ("GET", "/tokens"), ("GET", "/nothing"), ("POST", "/admin/reload-auth")):
            assert "unforgettable" not in str(person.ask(verb, path))
        person.close()
    # The server tells its own account's programs where it is and what opens it, in a file for their user alone.
    told = tmp_path / "t.db.server"
    assert stat.S_IMODE(told.stat().st_mode) == 0o600
    assert holders(tmp_path, "unforgettable", basic("olga", PASSWORD)[6:]) in ([], [told.name])
    assert "unforgettable" not in done.stdout + done.stderr
    token = dict(line.partition("=")[::2] for line in (tmp_path / "env.look").read_text().splitlines())[
        "TORC_API_TOKEN"
    ]
    # The job may know its own token; nobody else writes it down.
    assert holders(tmp_path, token) == ["env.look"]
    assert f"run {tmp_path}/w.json" in (tmp_path / "cmdline.look").read_text()


def test_a_job_gets_a_token_for_its_workflow_that_ends_with_its_runner(server: Server, tmp_path: Path) -> None:
    olga = Someone(server.port, basic("olga", PASSWORD))
    other = olga.ask("POST", "/workflows", {"name": "other"})[1]["id"]
    environment = clean_environment(tmp_path, TORC_API_URL=server.url, TORC_USERNAME="olga", TORC_PASSWORD=PASSWORD)
    subprocess.run([*TORC, "run", str(specification(tmp_path))], cwd=tmp_path, env=environment, check=True)
    own = loaded(tmp_path / "own.look")["id"]
    caller = loaded(tmp_path / "caller.look")
    assert (caller["user_name"], caller["workflow_id"], caller["is_admin"]) == ("olga", own, False)
    assert caller["compute_node_id"] is not None
    assert [item["id"] for item in loaded(tmp_path / "all.look")["items"]] == [own] != [other]
    assert loaded(tmp_path / "tokens.look")["code"] == 403
    env = dict(line.partition("=")[::2] for line in (tmp_path / "env.look").read_text().splitlines())
    assert not {"TORC_PASSWORD", "TORC_USERNAME"} & set(env)
    late = Someone(server.port, f"Bearer {env['TORC_API_TOKEN']}")
    assert late.status("GET", f"/workflows/{own}") == 401
    olga.close()
    late.close()


def test_the_token_of_a_run_without_a_server_stays_with_the_run(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path)
    subprocess.run([*TORC, "run", str(specification(tmp_path))], cwd=tmp_path, env=environment, check=True)
    caller = loaded(tmp_path / "caller.look")
    own = loaded(tmp_path / "own.look")["id"]
    assert (caller["workflow_id"], caller["is_admin"]) == (own, False)
    assert loaded(tmp_path / "tokens.look")["code"] == 403


def test_a_password_given_as_an_option_is_not_in_the_process_list_for_long(server: Server, tmp_path: Path) -> None:
    olga = Someone(server.port, basic("olga", PASSWORD))
    workflow = olga.ask("POST", "/workflows", {"name": "w"})[1]["id"]
    process = subprocess.Popen(
        [*TORC, "--url", server.url, "--username", "olga", "--password", PASSWORD, "events", "monitor", str(workflow)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(tmp_path), cwd=tmp_path,
    )  # fmt: skip
    line = Path(f"/proc/{process.pid}/cmdline")
    until(lambda: b"--password" in line.read_bytes() and PASSWORD.encode() not in line.read_bytes())
    process.terminate()
    _, errors = process.communicate(timeout=DEADLINE)
    assert b"can be seen by other users" in errors
    assert PASSWORD.encode() not in errors
    olga.close()


def test_passwords_come_from_files_and_standard_input_too(server: Server, tmp_path: Path) -> None:
    secret = tmp_path / "conf" / "secret"
    secret.parent.mkdir()
    secret.write_text(f"{PASSWORD}\n")
    command = [*TORC, "--url", server.url, "--username", "olga", "-f", "json", "--password-file"]
    tail = ["workflows", "list"]
    environment = clean_environment(tmp_path)
    done = subprocess.run([*command, str(secret), *tail], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["workflows"] == []
    done = subprocess.run(
        [*command, "-", *tail], input=PASSWORD, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["workflows"] == []
    wrong = subprocess.run(
        [*command, "-", *tail], input="x", env=environment, capture_output=True, text=True, check=False
    )
    assert wrong.returncode != 0
    assert "wrong user name or password" in wrong.stderr


def test_nothing_that_a_server_and_a_run_write_can_be_read_by_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    running = Server(tmp_path, "--pid-file", str(tmp_path / "pid"))
    try:
        work = tmp_path / "work"
        work.mkdir()
        environment = clean_environment(work, TORC_API_URL=running.url, TORC_USERNAME="olga", TORC_PASSWORD=PASSWORD)
        subprocess.run([*TORC, "run", str(specification(tmp_path))], cwd=work, env=environment, check=True)
        written = [path for path in (tmp_path.glob("t.db*")) if path.is_file()]
        written += [*(tmp_path / "logs").rglob("*"), *(work / "output").rglob("*")]
        assert {path.name for path in written} >= {"t.db", "t.db-wal", "t.db-shm", "t.db.server", "torc-server.log"}
        for path in (tmp_path / "logs", work / "output", *written):
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    finally:
        running.close()
        os.umask(before)


def test_links_that_others_have_laid_at_the_names_of_logs_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    stdio = tmp_path / "output" / "job_stdio"
    stdio.mkdir(parents=True)
    for name in ("job_wf1_j1_r1_a1.o", "job_wf1_j1_r1_a1.e"):
        (stdio / name).symlink_to(victim)
    host = os.uname().nodename
    (tmp_path / "output" / f"job_runner_{host}_wf1_r1.log").symlink_to(victim)
    done = subprocess.run(
        [*TORC, "run", str(specification(tmp_path))], cwd=tmp_path, env=clean_environment(tmp_path),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert victim.read_text() == "untouched"


def test_a_program_that_names_a_user_in_the_address_shows_the_password_to_nobody(
    server: Server, tmp_path: Path
) -> None:
    url = server.url.replace("://", f"://olga:{PASSWORD}@")
    done = subprocess.run(
        [*TORC, "--log-level", "debug", "-f", "json", "workflows", "list"],
        env=clean_environment(tmp_path, TORC_API_URL=url), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout)["workflows"]) == (0, [])
    assert PASSWORD not in done.stderr
    away = subprocess.run(
        [*TORC, "--url", f"http://olga:{PASSWORD}@127.0.0.1:1", "workflows", "list"],
        env=clean_environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert away.returncode == 4
    assert PASSWORD not in away.stderr
