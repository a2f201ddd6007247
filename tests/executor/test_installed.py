"""What counts as installed: not the user's own modules, wherever their project is."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from pathlib import Path

import pytest

from torc.executor.installed import is_installed


@pytest.mark.parametrize("path", [json.__file__, pytest.__file__, sysconfig.get_path("purelib"), os.__file__])
def test_python_and_its_packages_are_installed(path: str) -> None:
    assert is_installed(path)


@pytest.mark.parametrize("root", [sys.prefix, sys.base_prefix])
@pytest.mark.parametrize("project", ["-analysis", "/src/app", "-analysis/lib", "/library", "/projects/a"])
def test_a_project_beside_or_below_the_installation_is_not(root: str, project: str, tmp_path: Path) -> None:
    assert not is_installed(root + project)
    assert not is_installed(str(tmp_path / "module.py"))
