"""The page about configuration."""

from __future__ import annotations

import tomllib
from pathlib import Path

from torc.config import KEYS, reference

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_page_says_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), (
        "docs/configuration.md is out of date: python -m torc.config.reference > docs/configuration.md"
    )


def test_page_names_every_key_and_older_variable() -> None:
    page = reference.page()
    for key in KEYS:
        assert f"| `{key.name.rpartition('.')[2]}` |" in page
        assert all(f"`{name}`" in page for name in key.legacy)


def test_example_is_toml() -> None:
    text = reference.page().partition("```toml\n")[2].partition("```")[0]
    assert set(tomllib.loads(text)) == {"client", "server"}
