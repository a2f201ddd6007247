"""``torc-server check``: what it finds, what it advises, and that it changes nothing."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from torc.server.checks import access, network, storage
from torc.server.store import locking

from .inside import Torc
from .outside import Server, free_port
from .test_daemon import torc_server


def check(*arguments: object, **environment: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Exit code, and what was found by name."""
    usual = {"XDG_CONFIG_HOME": "/nonexistent", "HOME": "/nonexistent"}
    done = torc_server("check", "-f", "json", "--port", free_port(), *arguments, **(usual | environment))
    assert "Traceback" not in done.stderr
    document = json.loads(done.stdout)
    assert document["ok"] == (done.returncode == 0)
    found: dict[str, list[dict[str, Any]]] = {}
    for item in document["checks"]:
        assert (item["mend"] is None) == (item["level"] == "OK")
        found.setdefault(item["name"], []).append(item)
    return done.returncode, found


@pytest.fixture
def database(tmp_path: Path) -> Path:
    Torc(tmp_path / "t.db").close()
    return tmp_path / "t.db"


def test_a_sound_server_has_nothing_but_the_advice_about_other_machines(database: Path) -> None:
    before = database.read_bytes()
    code, found = check("--database", database, "--log-dir", database.parent / "logs")
    assert code == 0
    assert {name for name, items in found.items() if items[0]["level"] != "OK"} == {"reach"}
    assert {"configuration", "options", "database", "schema", "integrity", "space", "modes", "logs", "port"} <= set(
        found
    )
    assert database.read_bytes() == before
    assert not (database.parent / "logs").exists()


def test_people_get_lines_and_an_exit_code(database: Path) -> None:
    done = torc_server("check", "--database", database, "--require-auth", "--port", free_port())
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[1].split()[:2] == ["FAIL", "options"]
    assert "give --auth-file FILE" in lines[2]
    assert any(line.startswith("OK    database") for line in lines)


def test_a_running_server_is_seen_and_left_alone(database: Path) -> None:
    server = Server(database)
    code, found = check("--database", database, "--port", server.port)
    assert code == 0
    assert "held by the server of this database" in found["port"][0]["message"]
    assert server.stop() == 0


def test_a_port_that_somebody_else_holds_fails(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, found = check("--database", database, "--port", taken.getsockname()[1])
    assert (code, found["port"][0]["level"]) == (1, "FAIL")


def test_a_damaged_database_fails_with_the_way_back(tmp_path: Path) -> None:
    torc = Torc(tmp_path / "t.db")
    for number in range(200):
        torc("create_workflow", body={"name": f"w{number}", "description": "x" * 3000})
    torc.close()
    with (tmp_path / "t.db").open("r+b") as file:
        file.seek(file.seek(0, os.SEEK_END) * 3 // 4)
        file.write(os.urandom(65536))
    code, found = check("--database", tmp_path / "t.db")
    assert code == 1
    failed = [item for items in found.values() for item in items if item["level"] == "FAIL"]
    assert any("restore" in item["mend"] for item in failed)


def test_rows_that_refer_to_nothing_fail(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO file (workflow_id, name, path) VALUES (99, 'f', 'f')")
    code, found = check("--database", database)
    assert code == 1
    assert "rows of file refer to rows of workflow that are not there" in found["integrity"][0]["message"]


@pytest.mark.parametrize("content", [b"", b"text"])
def test_what_is_no_database_of_torc_fails_or_is_new(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.db").write_bytes(content)
    code, found = check("--database", tmp_path / "t.db")
    assert (code, found["database"][0]["level"]) == ((1, "FAIL") if content else (0, "OK"))


def test_an_older_schema_is_told_before_it_is_changed(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 1")
    code, found = check("--database", database)
    assert (code, found["schema"][0]["level"]) == (0, "WARN")
    assert "torc-server backup" in found["schema"][0]["mend"]


def test_a_database_that_does_not_exist_yet_is_fine_where_it_can_be_made(tmp_path: Path) -> None:
    code, found = check("--database", tmp_path / "new" / "t.db")
    assert (code, found["database"][0]["message"]) == (0, f"{tmp_path}/new/t.db will be created")
    assert not (tmp_path / "new").exists()


def test_files_that_others_may_read_are_named_with_the_command(database: Path) -> None:
    database.chmod(0o644)
    (database.parent / "logs").mkdir(mode=0o755)
    _, found = check("--database", database, "--log-dir", database.parent / "logs")
    assert [item["mend"] for item in found["modes"]] == [f"chmod 600 {database}", f"chmod 700 {database.parent}/logs"]


def test_shared_file_systems_and_little_room_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "file_system", lambda *_: "nfs4")
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**20}))
    kinds = {finding.name: finding.level for finding in storage.disk(tmp_path / "t.db")}
    assert kinds == {"file system": "WARN", "space": "FAIL"}


@pytest.mark.parametrize(
    ("text", "level", "told"),
    [
        ("alice:$2b$04$" + "a" * 53 + "\n", "OK", "has 1 user"),
        ("", "FAIL", "has no user"),
        ("alice:plain\n", "FAIL", "line 1"),
        (None, "FAIL", "no such file"),
    ],
)
def test_the_password_file_is_read(tmp_path: Path, text: str | None, level: str, told: str) -> None:
    path = tmp_path / "htpasswd"
    if text is not None:
        path.touch(0o600)
        path.write_text(text)
    (finding,) = access.accounts(path)
    assert finding.level == level
    assert told in finding.message


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with ca.pem and its key, and a key with a request for a certificate."""
    place = tmp_path_factory.mktemp("tls")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 400,
            "-subj", "/CN=ca", "-keyout", place / "ca.key", "-out", place / "ca.pem")  # fmt: skip
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=torc",
            "-keyout", place / "key.pem", "-out", place / "request.pem")  # fmt: skip
    return place


def issued(authority: Path, directory: Path, days: int) -> tuple[Path, Path]:
    certificate = directory / "certificate.pem"
    openssl("x509", "-req", "-in", authority / "request.pem", "-CA", authority / "ca.pem", "-CAkey",
            authority / "ca.key", "-CAcreateserial", "-days", days, "-out", certificate)  # fmt: skip
    return certificate, authority / "key.pem"


@pytest.mark.parametrize(
    ("days", "level", "told"), [(300, "OK", "valid for 299 more days"), (10, "WARN", "valid for 9 more days"),
                                (-1, "FAIL", "has expired")]
)  # fmt: skip
def test_the_certificates_time_is_told(authority: Path, tmp_path: Path, days: int, level: str, told: str) -> None:
    (finding,) = access.certificate(*issued(authority, tmp_path, days))
    assert finding.level == level
    assert told in finding.message


def test_a_key_that_does_not_fit_or_that_others_read_fails(authority: Path, tmp_path: Path) -> None:
    certificate, key = issued(authority, tmp_path, 300)
    (finding,) = access.certificate(certificate, authority / "ca.key")
    assert (finding.level, finding.name) == ("FAIL", "certificate")
    (finding,) = access.certificate(certificate, tmp_path / "missing.pem")
    assert finding.level == "FAIL"
    copy = tmp_path / "key.pem"
    copy.write_bytes(key.read_bytes())
    copy.chmod(0o644)
    findings = list(access.certificate(certificate, copy))
    assert [(item.name, item.level) for item in findings] == [("key", "FAIL"), ("certificate", "OK")]


def test_a_host_name_that_means_this_machine_only_to_itself_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_addresses", lambda _: ["127.0.1.1"])
    levels = {item.name: item.level for item in network.reach("0.0.0.0", 0, tmp_path / "t.db", is_local=False)}
    assert levels["name"] == "FAIL"
    monkeypatch.setattr(network, "_addresses", lambda _: [])
    (finding,) = network.reach("0.0.0.0", 0, tmp_path / "t.db", is_local=False)
    assert "does not resolve" in finding.message


def test_an_address_of_this_machine_is_reached(tmp_path: Path) -> None:
    findings = list(network.reach("127.0.0.1", 0, tmp_path / "t.db", is_local=False))
    assert findings[-1].level == "OK"
    assert findings[-1].name == "connection"


def test_mistakes_in_configuration_are_findings(tmp_path: Path, database: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[client]\nodd = 1\n")
    code, found = check("--database", database, TORC_CONFIG=str(config))
    assert (code, found["configuration"][0]["level"]) == (0, "OK")
    config.write_text("[server]\nprot = 1\nthreads = 'many'\n")
    code, found = check("--database", database, TORC_CONFIG=str(config))
    assert [item["level"] for item in found["configuration"]] == ["WARN", "FAIL"]
    assert "did you mean 'port'" in found["configuration"][0]["mend"]
    assert code == 1
