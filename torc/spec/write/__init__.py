"""A specification written back: as YAML, JSON, JSON5, KDL, as Python that builds it, or as cells of a notebook.

What is written reads back as the same specification. Values that are nothing but defaults are left out.
"""

from __future__ import annotations

import json
from typing import Any

from torc.errors import NotFound, SpecError
from torc.spec.load import Format, LoadedSpec
from torc.spec.model import WorkflowSpec
from torc.spec.positions import placed
from torc.spec.problems import Path, Problems
from torc.spec.structure import Structure, read_structure
from torc.spec.write.code import entry_to_code, to_code
from torc.spec.write.kdl import to_kdl
from torc.spec.write.magic import entry_to_magic, to_magic
from torc.spec.write.plain import entry, plain
from torc.spec.write.yaml import to_yaml

__all__ = ["entry_texts", "plain", "read_draft", "texts", "to_code", "write"]


def write(spec: WorkflowSpec, format: Format) -> str:
    """Return the text of a specification."""
    return _text(plain(spec), format)


def texts(loaded: LoadedSpec) -> dict[str, str]:
    """Return a specification that may be half-written in every form.

    Raises
    ------
    SpecError
        When keys or values are wrong.
    """
    spec = read_draft(loaded)
    return {**_documents(plain(spec)), "python": to_code(spec), "magic": to_magic(spec)}


def entry_texts(loaded: LoadedSpec, noun: str, index: int) -> dict[str, str]:
    """Return one entry of a list in every form; errors in other entries do not matter.

    Raises
    ------
    SpecError
        When keys or values of this entry are wrong.
    NotFound
        When there is no such entry.
    """
    structure = _read(loaded, (noun, index))
    if index not in structure.indexes[noun]:
        raise NotFound(f"the specification has no {noun}[{index}]", field="index", value=index)
    position = structure.indexes[noun].index(index)
    spec = structure.spec
    found = _documents({noun: [entry(getattr(spec, noun)[position])]})
    found["python"] = entry_to_code(spec, noun, position)
    magic = entry_to_magic(spec, noun, position)
    return found if magic is None else {**found, "magic": magic}


def read_draft(loaded: LoadedSpec) -> WorkflowSpec:
    """Return the models of a specification that may be half-written: what names refer to is not looked up.

    Raises
    ------
    SpecError
        When keys or values are wrong.
    """
    return _read(loaded, ()).spec


def _read(loaded: LoadedSpec, part: Path) -> Structure:
    problems = Problems()
    structure = read_structure(loaded.data, problems)
    errors = [problem for problem in problems.errors.values() if problem.path[: len(part)] == part]
    if errors:
        raise SpecError(placed(errors, loaded) + problems.rest(), loaded.source, loaded.text)
    return structure


def _documents(data: dict[str, Any]) -> dict[str, str]:
    formats: tuple[Format, ...] = ("yaml", "json", "kdl")
    return {format: _text(data, format) for format in formats}


def _text(data: dict[str, Any], format: Format) -> str:
    if format == "yaml":
        return to_yaml(data)
    if format == "kdl":
        return to_kdl(data)
    # JSON is JSON5, too.
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
