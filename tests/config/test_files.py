"""Where configuration files are, and which are trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from torc.config import files
from torc.config.files import Location, distrust, line_of, search_path, system_file, user_file

from .conftest import Load, Write


def test_order_of_the_files() -> None:
    assert [location.place for location in search_path({"HOME": "/h"})] == ["system", "user", "local"]


@pytest.mark.parametrize(
    ("environ", "platform", "path"),
    [
        ({"HOME": "/h"}, "linux", "/h/.config/torc/config.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "linux", "/x/torc/config.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "relative"}, "linux", "/h/.config/torc/config.toml"),
        ({"HOME": "/h", "TORC_CONFIG": "/elsewhere.toml"}, "linux", "/elsewhere.toml"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Application Support/torc/config.toml"),
        ({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "darwin", "/x/torc/config.toml"),
        ({"HOME": "/h", "APPDATA": "/data"}, "win32", "/data/torc/config.toml"),
    ],
)
def test_users_file(environ: dict[str, str], platform: str, path: str) -> None:
    assert user_file(environ, platform) == Path(path)


def test_system_file() -> None:
    assert system_file({}, "linux") == Path("/etc/torc/config.toml")
    assert system_file({"PROGRAMDATA": "/all"}, "win32") == Path("/all/torc/config.toml")


def test_file_in_the_home_is_used_on_macos_when_it_is_there(tmp_path: Path) -> None:
    usual = tmp_path / ".config" / "torc" / "config.toml"
    usual.parent.mkdir(parents=True)
    usual.touch()
    assert user_file({"HOME": str(tmp_path)}, "darwin") == usual


def test_named_file_that_is_missing_is_an_error(read: Load, tmp_path: Path) -> None:
    (flaw,) = read(TORC_CONFIG=str(tmp_path / "absent.toml")).flaws
    assert "absent.toml: No such file or directory" in str(flaw)
    assert not flaw.warning


def test_unreadable_file_is_an_error(read: Load, tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (flaw,) = read(TORC_CONFIG=str(tmp_path / "directory")).flaws
    assert "Is a directory" in str(flaw)


def test_file_that_everybody_may_write_is_not_read(read: Load, write: Write) -> None:
    write("local", "[client]\nusername = 'eve'\n").chmod(0o666)
    config = read()
    assert config.given == {}
    (flaw,) = config.flaws
    assert flaw.warning
    assert str(flaw) == (
        "torc.toml is not read: everybody may write to it (TORC_CONFIG=torc.toml reads it all the same)"
    )


def test_strangers_file_is_read_only_where_not_everybody_may_put_one(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("local", "")
    os.chmod(path, 0o644)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    # The test itself may run as root, whose files are trusted.
    real = Path.stat

    def stat(self: Path, **options: bool) -> os.stat_result:
        result = list(real(self, **options))
        result[4] = 777
        return os.stat_result(result)

    monkeypatch.setattr(Path, "stat", stat)
    assert distrust(Location("local", files.Path("torc.toml"))) is None
    os.chmod(path.parent, 0o1777)
    assert "belongs to another user" in str(distrust(Location("local", Path("torc.toml"))))
    assert distrust(Location("user", Path("torc.toml"))) is None


TEXT = """\
[client]
format = "a"
[client.run]
"num_cpus" = 1
[[a.b]]
c = 1
# c = 3
[[a.b]]
c = 2
"""


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (("client",), 1),
        (("client", "format"), 2),
        (("client", "run", "num_cpus"), 4),
        (("a", "b[0]", "c"), 6),
        (("a", "b[1]", "c"), 9),
        (("absent",), None),
    ],
)
def test_line_of_a_key(parts: tuple[str, ...], line: int | None) -> None:
    assert line_of(TEXT, parts) == line
