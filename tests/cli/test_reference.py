"""The reference page."""

from __future__ import annotations

from pathlib import Path

from torc.cli import reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_page_says_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.render(), (
        "docs/cli.md is out of date: python -m torc.cli.reference > docs/cli.md"
    )


def test_page_has_every_option_default_and_older_name() -> None:
    page = reference.render()
    assert "### torc jobs create-from-file\n" in page
    assert "- `--memory-per-job TEXT`: Memory of each job, for example 2g.  [default: 1m]\n" in page
    assert "`initialize-jobs` for `initialize`" in page
    assert "\b" not in page


def test_page_shows_how_each_command_is_called() -> None:
    page = reference.render()
    assert "```console\n$ torc run workflow.yaml\n$ torc run 5 --num-cpus 8" in page
    assert "```console\n```" not in page
