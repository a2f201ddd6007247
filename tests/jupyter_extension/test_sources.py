"""What is committed for people without Node is what the sources give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_types_of_the_wire_are_those_of_the_contract() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "wire-types", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_bundles_are_what_their_sources_give_and_these_pass_their_tests() -> None:
    done = subprocess.run([ROOT / "scripts" / "build-ui", "--check"], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_extension_that_is_installed_is_the_one_that_is_committed() -> None:
    committed = ROOT / "jupyter_extension" / "labextension"
    installed = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "torc"
    for path in (path for path in committed.rglob("*") if path.is_file()):
        copy = installed / path.relative_to(committed)
        assert copy.is_file() and copy.read_bytes() == path.read_bytes(), f"{copy}: run pip install -e . again"
    assert (installed / "install.json").is_file()


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "jupyter_extension" / "package-lock.json").read_text()


def test_the_core_knows_no_host() -> None:
    for path in (ROOT / "jupyter_extension" / "src" / "core").rglob("*.ts*"):
        text = path.read_text()
        assert "jupyterlab" not in text, path
        assert "fetch(" not in text, path
        assert "innerHTML" not in text and "dangerouslySetInnerHTML" not in text, path
