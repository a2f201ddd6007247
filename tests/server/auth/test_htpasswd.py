"""The password file and the program that keeps it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from torc.errors import InvalidInput
from torc.server.auth import htpasswd

#: Of "correct horse". Written out, so that every worker collects the same names of tests.
HASH = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
PROGRAM = [sys.executable, "-m", "torc.server.commands.htpasswd"]


def run(*arguments: str, text: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TORC_")}
    return subprocess.run(
        [*PROGRAM, *arguments], input=text, capture_output=True, text=True, env=clean | environment, check=False
    )


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("kind", ["2a", "2b", "2y"])
def test_all_three_marks_of_bcrypt_are_read(tmp_path: Path, kind: str) -> None:
    hashed = f"${kind}${HASH[4:]}"
    accounts = htpasswd.read(written(tmp_path / "h", f"# people\n\nalice:{hashed}\n"))
    assert accounts.warnings == ()
    assert htpasswd.check_password(b"correct horse", accounts.hashes["alice"])
    assert not htpasswd.check_password(b"correct horsf", accounts.hashes["alice"])


@pytest.mark.parametrize(
    "line",
    [
        "alice", "alice:", ":" + HASH, "alice:plain", "alice:$apr1$x$y", "alice:{SHA}abc=", f"alice:{HASH}x",
        f"alice:{HASH[:-1]}", f"alice:$2x${HASH[4:]}", f"alice:$2b$03${HASH[7:]}", f"alice:$2b$32${HASH[7:]}",
        f"a\x00b:{HASH}", f"bob:{HASH}",
    ],
)  # fmt: skip
def test_a_line_with_a_mistake_is_named_and_nothing_of_it_is_shown(tmp_path: Path, line: str) -> None:
    path = written(tmp_path / "h", f"bob:{HASH}\n{line}\n")
    with pytest.raises(InvalidInput) as refused:
        htpasswd.read(path)
    assert f"{path}, line 2" in str(refused.value)
    assert "plain" not in str(refused.value)
    assert HASH not in str(refused.value)


@given(st.binary(max_size=300))
@example(b"\xff:\xff")
@example(b"alice:" + HASH.encode() + b"\r\n")
def test_any_bytes_are_accounts_or_an_error_that_names_the_line(content: bytes) -> None:
    try:
        htpasswd.parse(content, Path("h"))
    except InvalidInput as error:
        assert "h, line " in error.message


def test_a_file_that_others_may_read_or_change_or_a_link_earns_a_warning(tmp_path: Path) -> None:
    path = written(tmp_path / "h", f"alice:{HASH}\n", 0o644)
    assert ["can be read" in text for text in htpasswd.read(path).warnings] == [True]
    path.chmod(0o620)
    assert ["can be changed" in text for text in htpasswd.read(path).warnings] == [True]
    path.chmod(0o600)
    (tmp_path / "link").symlink_to(path)
    assert ["is a link" in text for text in htpasswd.read(tmp_path / "link").warnings] == [True]


def test_a_file_of_another_user_earns_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "h", f"alice:{HASH}\n")
    if os.geteuid() == 0:
        os.chown(path, 12345, 12345)
    else:
        # Only root gives files away: the one who reads is another.
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert ["another user" in text for text in htpasswd.read(path).warnings] == [True]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    threading.Thread(target=lambda: (tmp_path / "pipe").open("wb").close(), daemon=True).start()
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe"):
        with pytest.raises(InvalidInput, match=str(path)):
            htpasswd.read(path)


@pytest.mark.parametrize("password", ["", "a\x00b", "x" * 73, "é" * 37])
def test_a_password_that_bcrypt_would_cut_or_cannot_take_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        htpasswd.hash_password(password, 4)
    assert not htpasswd.check_password(b"\x00", HASH.encode())
    assert not htpasswd.check_password(b"x" * 73, htpasswd.hash_password("x" * 72, 4).encode())


def test_the_program_adds_lists_checks_changes_and_removes(tmp_path: Path) -> None:
    path = str(tmp_path / "h")
    assert run("create", path).returncode == 0
    assert run("create", path).returncode == 2
    added = run("add", "--file", path, "--cost", "4", "--password-file", "-", "alice", text="first password\n")
    assert (added.returncode, added.stdout) == (0, f"Added user 'alice' in {path}\n")
    assert run("add", path, "bob", "--cost", "5", TORC_HTPASSWD_PASSWORD="of bob now").returncode == 0
    assert run("list", path).stdout == "alice\nbob\n"
    assert run("verify", "--file", path, "alice", TORC_HTPASSWD_PASSWORD="first password").returncode == 0
    assert run("verify", "alice", TORC_HTPASSWD_PASSWORD="second password", TORC_AUTH_FILE=path).returncode == 1
    assert run("verify", "--file", path, "nobody", TORC_HTPASSWD_PASSWORD="first password").returncode == 1
    changed = run("add", "--file", path, "--cost", "4", "alice", TORC_HTPASSWD_PASSWORD="second password")
    assert changed.stdout == f"Changed the password of user 'alice' in {path}\n"
    assert run("verify", "--file", path, "alice", TORC_HTPASSWD_PASSWORD="second password").returncode == 0
    assert run("remove", "--file", path, "alice").returncode == 0
    assert run("remove", "--file", path, "alice").returncode == 2
    assert run("list", path).stdout == "bob\n"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert os.listdir(tmp_path) == ["h"]


def test_comments_other_lines_and_their_order_stay(tmp_path: Path) -> None:
    path = written(tmp_path / "h", f"# first\nalice:{HASH}\n\n# about bob\nbob:{HASH}\n")
    run("add", "--file", str(path), "--cost", "4", "alice", TORC_HTPASSWD_PASSWORD="another one")
    lines = path.read_text().splitlines()
    assert [lines[0], *lines[2:]] == ["# first", "", "# about bob", f"bob:{HASH}"]
    assert lines[1].startswith("alice:$2b$04$") and lines[1] != f"alice:{HASH}"


def test_a_password_on_the_command_line_is_warned_of_and_no_one_is_asked_without_a_terminal(tmp_path: Path) -> None:
    path = str(tmp_path / "h")
    warned = run("add", "--file", path, "--cost", "4", "--password", "short", "alice")
    assert warned.returncode == 0
    assert warned.stderr.count("warning:") == 3
    unasked = run("add", "--file", path, "alice", text="")
    assert unasked.returncode == 2
    assert "--password-file" in unasked.stderr
    for bad in (["--cost", "3"], ["--cost", "32"], ["--cost", "x"]):
        assert run("add", "--file", path, *bad, "alice", TORC_HTPASSWD_PASSWORD="long enough").returncode == 2
    for name in ("", "a:b", "#a", " a", "a\tb"):
        refused = run("add", "--file", path, "--cost", "4", name, TORC_HTPASSWD_PASSWORD="long enough")
        assert refused.returncode == 2, name
        assert "Traceback" not in refused.stderr
    assert run("hash", "--cost", "4", TORC_HTPASSWD_PASSWORD="x" * 73).returncode == 2


def test_the_hash_alone_can_be_had(tmp_path: Path) -> None:
    line = run("hash", "--cost", "4", "alice", TORC_HTPASSWD_PASSWORD="correct horse").stdout
    hashes = htpasswd.parse(line.encode(), tmp_path)
    assert htpasswd.check_password(b"correct horse", hashes["alice"])


def test_a_reader_never_sees_half_a_change_and_no_change_is_lost(tmp_path: Path) -> None:
    path = written(tmp_path / "h", "".join(f"user{n}:{HASH}\n" for n in range(200)))
    done = threading.Event()
    seen: set[int] = set()

    def look() -> None:
        while not done.is_set():
            seen.add(len(htpasswd.read(path).hashes))

    def add(name: str) -> None:
        for n in range(20):
            htpasswd.change(path, lambda lines: [*lines, f"{name}{n}:{HASH}"])  # noqa: B023 - called at once

    reader = threading.Thread(target=look)
    writers = [threading.Thread(target=add, args=(name,)) for name in ("a", "b")]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert len(htpasswd.read(path).hashes) == 240
    assert min(seen) >= 200


def test_a_change_that_fails_leaves_the_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = written(tmp_path / "h", f"alice:{HASH}\n")

    def fail(_: list[str]) -> list[str]:
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        htpasswd.change(path, fail)
    assert path.read_text() == f"alice:{HASH}\n"
    assert os.listdir(tmp_path) == ["h"]
