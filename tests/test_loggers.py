from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from torc import setup_logging
from torc.errors import InvalidInput


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("torc", "mine")]
    before = [(list(logger.handlers), logger.level) for logger in loggers]
    yield
    for logger, (handlers, level) in zip(loggers, before, strict=True):
        for handler in set(logger.handlers) - set(handlers):
            handler.close()
        logger.handlers[:] = handlers
        logger.setLevel(level)


def test_lines_go_to_the_console_from_the_given_level(capsys: pytest.CaptureFixture[str]) -> None:
    setup_logging(console_level="warning")
    logging.getLogger("torc.api").info("hidden")
    logging.getLogger("torc.api").warning("shown")
    assert capsys.readouterr().err == "WARNING: shown\n"


def test_setting_up_twice_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    setup_logging()
    setup_logging()
    logging.getLogger("torc").info("once")
    assert capsys.readouterr().err == "INFO: once\n"


@pytest.mark.parametrize("rotation", ["10 MB", None])
def test_a_file_takes_more_and_other_packages_may_log_too(tmp_path: Path, rotation: str | None) -> None:
    file = tmp_path / "torc.log"
    file.write_text("old\n")
    setup_logging(file, console_level="ERROR", packages=["mine"], rotation=rotation)
    logging.getLogger("mine.module").debug("detail")
    assert "old" not in file.read_text()
    assert "| DEBUG   | mine.module:" in file.read_text()
    setup_logging(file, mode="a", rotation=rotation)
    logging.getLogger("torc").debug("more")
    assert len(file.read_text().splitlines()) == 2


def test_a_large_file_is_renamed(tmp_path: Path) -> None:
    file = tmp_path / "torc.log"
    setup_logging(file, console_level="ERROR", rotation="1 KB")
    for number in range(30):
        logging.getLogger("torc").info("line %s %s", number, "x" * 50)
    assert (tmp_path / "torc.log.1").exists()


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'loud' is not a log level"):
        setup_logging(console_level="loud")
