"""The published client against our server: every method, every kind of refusal."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).parent / "driver"


def _scenarios() -> list[str]:
    files = [file for file in sorted(DRIVER.glob("*.py")) if file.stem not in ("__main__", "recorder", "made")]
    return [
        f"{file.stem}.{node.name}"
        for file in files
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


@pytest.mark.parametrize("name", _scenarios())
def test_the_published_client_gets_along_with_the_server(report: dict[str, Any], name: str) -> None:
    assert report["outcomes"][name] is None, report["outcomes"][name]


@pytest.mark.parametrize("name", [name for name in _scenarios() if not name.startswith("inner.")])
def test_our_own_package_gets_along_with_the_same_scripts(own_report: dict[str, Any], name: str) -> None:
    assert own_report["outcomes"][name] is None, own_report["outcomes"][name]


def test_every_method_of_the_published_client_was_called_with_success(report: dict[str, Any]) -> None:
    assert len(report["methods"]) == 130
    assert sorted(set(report["methods"]) - set(report["called"])) == []
