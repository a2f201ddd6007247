"""Which server a program talks to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from server.outside import DEADLINE, free_port

from torc.client import connect
from torc.client.connect import Choice, find_server, read_discovery
from torc.client.inprocess import InProcessTransport
from torc.discovery import discovery_file
from torc.errors import InvalidInput

from .stub import Reply, StubServer


def publish(database: Path, url: str, *, mode: int = 0o600, **changes: Any) -> Path:
    content = {"url": url, "token": "secret", "pid": os.getpid(), "host": socket.gethostname(), **changes}
    file = discovery_file(database)
    file.write_text(json.dumps(content))
    file.chmod(mode)
    return file


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "torc.db"


def test_named_address_wins_over_everything(stub: StubServer, database: Path) -> None:
    publish(database, stub.url)
    environ = {"TORC_API_URL": "http://elsewhere:1/v1", "TORC_API_TOKEN": "t", "TORC_DATABASE": str(database)}
    transport = find_server(Choice.make(url="http://named:2/v1", environ=environ))
    assert transport is not None
    assert (transport.url, transport.endpoint.token) == ("http://named:2/v1", "t")
    transport = find_server(Choice.make(environ=environ))
    assert transport is not None
    assert transport.url == "http://elsewhere:1/v1"


def test_named_database_wins_over_the_environments_address(stub: StubServer, database: Path) -> None:
    publish(database, stub.url)
    transport = find_server(Choice.make(database=database, environ={"TORC_API_URL": "http://elsewhere:1"}))
    assert transport is not None
    assert (transport.url, transport.endpoint.token) == (stub.url, "secret")


def test_address_and_database_exclude_each_other() -> None:
    with pytest.raises(InvalidInput, match="exclude each other"):
        Choice.make(url="http://h", database="x.db")


def test_default_database_is_in_the_data_home(tmp_path: Path) -> None:
    assert Choice.make(environ={"XDG_DATA_HOME": str(tmp_path)}).database == tmp_path / "torc" / "torc.db"


def test_default_address_is_tried_when_no_database_is_named(
    stub: StubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(connect, "DEFAULT_URL", stub.url)
    environ = {"XDG_DATA_HOME": str(tmp_path)}
    transport = find_server(Choice.make(environ=environ))
    assert transport is not None
    assert transport.url == stub.url
    assert find_server(Choice.make(environ={**environ, "TORC_DATABASE": str(tmp_path / "x.db")})) is None


def test_something_else_at_the_default_address_is_not_torc(
    stub: StubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(connect, "DEFAULT_URL", stub.url)
    stub.always = Reply(content=b"<html></html>", content_type="text/html")
    assert find_server(Choice.make(environ={"XDG_DATA_HOME": str(tmp_path)})) is None


def test_published_server_is_used_with_its_token(stub: StubServer, database: Path) -> None:
    publish(database, stub.url)
    endpoint = read_discovery(database)
    assert endpoint is not None
    assert (endpoint.url, endpoint.token) == (stub.url, "secret")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660])
def test_file_that_others_can_read_or_write_is_not_trusted(database: Path, mode: int) -> None:
    publish(database, "http://127.0.0.1:1/v1", mode=mode)
    assert read_discovery(database) is None


def test_file_of_another_user_is_not_trusted(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(database, "http://127.0.0.1:1/v1")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert read_discovery(database) is None


def test_file_of_a_dead_process_is_ignored(database: Path) -> None:
    publish(database, "http://127.0.0.1:1/v1", pid=2**22 + 1)
    assert read_discovery(database) is None


def test_process_that_has_ended_is_not_alive_before_somebody_waits_for_it() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        assert connect.is_alive(process.pid)
        assert process.stdin
        process.stdin.close()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not connect.is_alive(process.pid)
    assert not connect.is_alive(process.pid)


def test_token_is_not_sent_to_this_machine_for_a_server_on_another(database: Path) -> None:
    publish(database, "http://127.0.0.1:1/v1", host="elsewhere")
    assert read_discovery(database) is None
    publish(database, "http://elsewhere:1/v1", host="elsewhere")
    assert read_discovery(database) is not None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 5, "pid": 1}', '{"url": "http://h"}', "\x00"])
def test_broken_file_is_ignored(database: Path, text: str) -> None:
    file = publish(database, "http://h/v1")
    file.write_text(text)
    assert read_discovery(database) is None


def test_published_server_that_does_not_answer_is_passed_over(database: Path) -> None:
    publish(database, f"http://127.0.0.1:{free_port()}/v1")
    assert find_server(Choice.make(database=database)) is None


def test_without_a_server_the_database_is_opened_here(database: Path) -> None:
    with connect.connect(database=database) as client:
        assert isinstance(client.transport, InProcessTransport)
        created = client.create_workflow(body={"name": "w", "user": "u"})
        assert client.get_workflow(created["id"])["name"] == "w"


def test_two_programs_without_a_server_take_turns(database: Path) -> None:
    import threading

    first = connect.connect(database=database)
    first.create_workflow(body={"name": "w", "user": "u"})
    names: list[str] = []

    def second() -> None:
        with connect.connect(database=database) as client:
            names.extend(item["name"] for item in client.list_workflows()["items"])

    thread = threading.Thread(target=second)
    thread.start()
    first.close()
    thread.join(DEADLINE)
    assert names == ["w"]


def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str = "", local: str = "") -> dict[str, str]:
    """Write the user's and the project's configuration file and return the environment in which they are found."""
    (tmp_path / "torc").mkdir()
    (tmp_path / "torc" / "config.toml").write_text(user)
    (tmp_path / "torc.toml").write_text(local)
    monkeypatch.chdir(tmp_path)
    return {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}


def test_configuration_file_names_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = configure(
        tmp_path, monkeypatch, "[client]\napi_url = 'http://a:1'\ntimeout_secs = 5\n[client.tls]\nca_cert = 'ca.pem'\n"
    )
    choice = Choice.make(environ=environ)
    assert (choice.url, choice.ca_file, choice.reply_seconds) == ("http://a:1/torc-service/v1", "ca.pem", 5)
    assert Choice.make(url="http://b:1", environ=environ).url == "http://b:1/torc-service/v1"
    assert Choice.make(environ={**environ, "TORC_API_URL": "http://c:1"}).url == "http://c:1/torc-service/v1"
    assert Choice.make(database="x.db", environ=environ).url is None


def test_database_of_a_more_important_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = configure(
        tmp_path, monkeypatch, "[client]\napi_url = 'http://a:1'\n", f"[client]\ndatabase = '{tmp_path}/project.db'\n"
    )
    choice = Choice.make(environ=environ)
    assert (choice.url, choice.database, choice.only_database) == (None, tmp_path / "project.db", True)


def test_credentials_do_not_follow_a_projects_file_to_another_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = "[client]\napi_url = 'http://a:1'\n", "[client]\napi_url = 'http://evil:1'\n"
    environ = configure(tmp_path, monkeypatch, mine, other)
    assert Choice.make(environ=environ).url == "http://evil:1/torc-service/v1"
    for name in ("TORC_API_TOKEN", "TORC_PASSWORD"):
        with pytest.raises(InvalidInput, match=f"torc.toml names the server http://evil:1, but {name} may be meant"):
            Choice.make(environ={**environ, name: "secret"})
    told = {**environ, "TORC_API_TOKEN": "secret", "TORC_API_URL": "http://evil:1"}
    assert Choice.make(environ=told).token == "secret"


def test_name_in_a_file_is_sent_only_with_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = configure(tmp_path, monkeypatch, "[client]\nusername = 'ada'\n")
    assert Choice.make(environ=environ).username is None
    assert Choice.make(environ={**environ, "TORC_PASSWORD": "x"}).username == "ada"
    assert Choice.make(environ={**environ, "TORC_USERNAME": "bob"}).username == "bob"


def test_broken_configuration_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = configure(tmp_path, monkeypatch, "[client]\napi_url = 4\n")
    with pytest.raises(InvalidInput, match=r"client\.api_url = 4 is not an address"):
        Choice.make(environ=environ)
