"""The log: what lines look like, whom they are for, and what happens when they cannot be written."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from torc.errors import InvalidInput
from torc.server import logs
from torc.server.logs import FILE_NAME, JsonLines, Lines, LogFile, LogSettings, parse_levels, torc_filters

from .full_disk import files_end_at


@pytest.fixture
def file(tmp_path: Path) -> Iterator[LogFile]:
    opened = LogFile(tmp_path / FILE_NAME)
    opened.setFormatter(logging.Formatter("%(message)s"))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("torc", "torc.server.auth"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def record(message: str, level: int = logging.INFO, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("torc.server.auth", level, "x.py", 1, message, None, None)
    made.__dict__.update(more)
    return made


def test_lines_are_as_scripts_for_the_earlier_system_search_them() -> None:
    line = Lines().format(record("Authentication failed for user 'alice'", logging.WARNING))
    time, rest = line.split(" ", 1)
    assert rest == "WARN  torc::server::auth: Authentication failed for user 'alice'"
    assert len(time) == len("2025-01-31T12:00:00.000Z")


@pytest.mark.parametrize("bad", ["a\nERROR forged", "\x1b[2J", "a\r\x00b", "\u2028", "\x85"])
def test_no_text_makes_a_second_line_or_moves_the_cursor(bad: str) -> None:
    assert Lines().format(record(f"path={bad}")).isprintable()
    assert json.loads(JsonLines().format(record("request", pairs={"path": bad})))["fields"]["path"] == bad


def test_json_lines_have_names_and_values_and_the_traceback() -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        made = record("request", logging.ERROR, pairs={"ms": 1.5}, exc_info=sys.exc_info())
    line = json.loads(JsonLines().format(made))
    assert (line["level"], line["target"]) == ("ERROR", "torc::server::auth")
    assert line["fields"]["ms"] == 1.5
    assert "ValueError: odd" in line["fields"]["exception"]


def test_levels_are_those_of_torc_or_of_parts() -> None:
    assert parse_levels("debug") == {"torc": "DEBUG"}
    assert parse_levels("torc::server::auth=debug,warn") == {"torc": "WARNING", "torc.server.auth": "DEBUG"}
    for bad in ("loud", "torc=loud", "info,=x"):
        with pytest.raises(InvalidInput, match="is not a log level"):
            parse_levels(bad)


def test_of_the_variable_that_others_use_too_only_what_is_about_torc_counts() -> None:
    assert torc_filters("hyper=trace,torc::server::auth=debug,odd=7") == "torc::server::auth=debug"
    assert torc_filters("info") == ""


def test_files_are_rotated_by_size_and_five_are_kept(file: LogFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.maxBytes = 1000
    for number in range(100):
        file.emit(record(f"{number:03d} " + "x" * 90))
    names = sorted(path.name for path in Path(file.baseFilename).parent.iterdir())
    assert names == [FILE_NAME, *(f"{FILE_NAME}.{number}" for number in range(1, 6))]
    assert "099 " in Path(file.baseFilename).read_text()
    assert all(path.stat().st_size <= 1000 for path in Path(file.baseFilename).parent.iterdir())


def test_only_the_owner_reads_logs(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "logs"
    logs.start(LogSettings(directory=directory), console=False)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_moved_away_is_opened_anew(file: LogFile, tmp_path: Path) -> None:
    file.emit(record("old"))
    Path(file.baseFilename).rename(tmp_path / "moved")
    file.emit(record("still old"))
    file.reopen()
    file.emit(record("new"))
    assert (tmp_path / "moved").read_text() == "old\nstill old\n"
    assert Path(file.baseFilename).read_text() == "new\n"


def test_a_full_disk_costs_lines_and_is_told_once(file: LogFile, capsys: pytest.CaptureFixture[str]) -> None:
    file.emit(record("first"))
    with files_end_at(6):
        for _ in range(3):
            file.emit(record("lost"))
        told = capsys.readouterr().err
    file.emit(record("back"))
    assert Path(file.baseFilename).read_text().splitlines() == [
        "first", "back", "3 lines of the log were lost: the file could not be written",
    ]  # fmt: skip
    assert told.count("\n") == 1
    assert "serving goes on" in told


def test_where_files_cannot_be_rotated_the_log_goes_on(
    file: LogFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.rename", refuse)
    file.maxBytes = 20
    for number in range(9):
        file.emit(record(f"line number {number}"))
    assert len(Path(file.baseFilename).read_text().splitlines()) == 9
    assert "Permission denied" in capsys.readouterr().err


def test_a_directory_that_cannot_be_written_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match=r"cannot write logs below .*/file") as refused:
        logs.start(LogSettings(directory=tmp_path / "file"))
    assert refused.value.field == "log_dir"
