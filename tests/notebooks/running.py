"""The script that runs the notebooks, and what their outputs say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
#: Tag of cells whose error is what they show.
RAISES = "raises-exception"


def _script() -> ModuleType:
    # A program without an ending is no module that could be imported by name.
    loader = SourceFileLoader("run_notebooks", str(ROOT / "scripts" / "run-notebooks"))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


script = _script()


def committed(name: str) -> NotebookNode:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


@dataclass
class Ran:
    """A notebook that has run."""

    notebook: NotebookNode

    def said(self, source: str) -> str:
        """Return everything that the cell with this in its code has put out, as text."""
        (cell,) = [cell for cell in self.code if source in cell.source]
        return "".join(_text(output) for output in cell.outputs)

    def data(self, source: str) -> NotebookNode:
        """Return the last display of the cell with this in its code, by type."""
        (cell,) = [cell for cell in self.code if source in cell.source]
        return cell.outputs[-1].data

    @property
    def code(self) -> list[NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @property
    def errors(self) -> list[str]:
        """What failed in cells that do not say that they fail."""
        return [
            f"{cell.source}\n{output.ename}: {output.evalue}"
            for cell in self.code
            for output in cell.outputs
            if output.output_type == "error" and RAISES not in cell.metadata.get("tags", ())
        ]

    def shape(self) -> list[tuple[str, list[Any]]]:
        """Return the kinds of outputs of each cell, and the columns of the tables in them."""
        return [
            # Whether a progress bar comes depends on how busy the machine is.
            (cell.source, [_kind(output) for output in cell.outputs if not _text(output).startswith("<Progress of")])
            for cell in self.code
        ]


def _text(output: NotebookNode) -> str:
    match output.output_type:
        case "stream":
            return str(output.text)
        case "error":
            return f"{output.ename}: {output.evalue}"
        case _:
            return str(output.data.get("text/plain", ""))


def _kind(output: NotebookNode) -> Any:
    data = output.get("data", {})
    heads = [unescape(head) for head in re.findall(r"<th(?: [^>]*)?>([^<]*)</th>", data.get("text/html", ""))]
    # Rows may have names, too, and come in the order in which jobs ended.
    return output.output_type, output.get("name"), sorted(data), sorted(heads)
