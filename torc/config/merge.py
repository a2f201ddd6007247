"""Laying one source over the others, and telling what is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from torc.config import files
from torc.config.keys import BY_NAME, KEYS, LOG_LEVELS, Key
from torc.config.load import Config, Flaw
from torc.config.values import Unfit, check, parse
from torc.errors import InvalidInput

_ITEMS = "[]"
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


def _grow_tree() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key in KEYS:
        *path, last = key.name.split(".")
        here = tree
        for part in path:
            if part.endswith(_ITEMS):
                continue
            here = here.setdefault(part, {})
        if _ITEMS not in key.name:
            here[last] = key
    return tree


_TREE = _grow_tree()


def add_file(config: Config, location: files.Location) -> None:
    """Lay a file over what is there."""
    reason = files.distrust(location)
    if reason:
        hint = f"TORC_CONFIG={location.path} reads it all the same"
        config.flaws.append(Flaw("", f"{location.path} is not read: {reason}", hint, warning=True))
        return
    try:
        content, text = files.read(location.path)
    except InvalidInput as error:
        config.flaws.append(Flaw("", error.message, error.hint))
        return
    config.files.append(location)
    _Reader(config, location, text).walk(content, _TREE, ())


class _Reader:
    """Goes through the tables of one file."""

    def __init__(self, config: Config, location: files.Location, text: str) -> None:
        self._config = config
        self._location = location
        self._text = text

    def walk(self, table: dict[str, Any], tree: dict[str, Any], path: tuple[str, ...]) -> None:
        """Take over what a table holds."""
        for name, value in table.items():
            here = (*path, name)
            known = tree.get(name) or tree.get("*")
            if "*" in tree and not _PLAIN.fullmatch(name):
                self._flaw(here, "is no name", "use letters, digits, - and _")
            elif known is None:
                self._unknown(here, tree)
            elif isinstance(known, Key):
                self._take(known, here, value)
            elif isinstance(value, dict):
                self.walk(value, known, here)
            else:
                self._flaw(here, f"{_shown(value)} is not a table", f"write [{'.'.join(here)}] on a line of its own")

    def _take(self, key: Key, path: tuple[str, ...], value: Any) -> None:
        try:
            self._check_place(key)
            value = check(key, value)
        except Unfit as error:
            shown = "" if key.is_secret else f" = {_shown(value)}"
            self._flaw(path, f"{shown} {error}".lstrip(), error.hint, None if key.is_secret else value)
            return
        if key.kind == "tables":
            self._check_items(key, path, value)
        self._config.lay(".".join(path), key, value, self._location.place, str(self._location.path))

    def _check_place(self, key: Key) -> None:
        if key.place == "environment":
            raise Unfit("is a secret and is not read from files", f"set {(key.legacy or (key.variable,))[0]}")
        if key.place == "own" and self._location.place == "local":
            raise Unfit("is not read from a project's file", "put it into your own: torc config init --user")

    def _check_items(self, key: Key, path: tuple[str, ...], items: list[dict[str, Any]]) -> None:
        prefix = f"{key.name}{_ITEMS}."
        fields = {name.removeprefix(prefix): row for name, row in BY_NAME.items() if name.startswith(prefix)}
        for index, item in enumerate(items):
            here = (*path[:-1], f"{path[-1]}[{index}]")
            for name, value in item.items():
                if name not in fields:
                    self._unknown((*here, name), fields)
                    continue
                try:
                    check(fields[name], value)
                except Unfit as error:
                    self._flaw((*here, name), f"= {_shown(value)} {error}", error.hint, value)
            missing = [name for name, row in fields.items() if row.required and name not in item]
            if missing:
                self._flaw(here, f"has no {', '.join(missing)}", "every partition needs them")

    def _unknown(self, path: tuple[str, ...], siblings: Iterable[str]) -> None:
        self._flaw(path, "is not a setting", _suggest(path[-1], path[:-1], siblings), warning=True)

    def _flaw(
        self, path: tuple[str, ...], what: str, hint: str | None, value: Any = None, *, warning: bool = False
    ) -> None:
        name = ".".join(path)
        line = files.line_of(self._text, path)
        place = f"{self._location.path}:{line}" if line else str(self._location.path)
        self._config.flaws.append(Flaw(name, f"{place}: {name} {what}", hint, value, warning))


def add_nested(config: Config, variable: str, text: str) -> None:
    """Lay a variable such as ``TORC_CLIENT__RUN__NUM_CPUS`` over what is there."""
    path = tuple(part.lower() for part in variable.removeprefix("TORC_").split("__"))
    known: Any = _TREE
    for part in path:
        siblings = known if isinstance(known, dict) else {}
        known = siblings.get(part) or siblings.get("*")
    if not isinstance(known, Key) or known.kind == "tables":
        hint = _suggest_variable(variable)
        config.flaws.append(Flaw(".".join(path), f"{variable} is not a setting", hint, warning=True))
        return
    _take_text(config, known, ".".join(path), variable, text)


def add_legacy(config: Config, key: Key, variable: str, text: str) -> None:
    """Lay a variable from before the nested names over what is there."""
    if variable == "RUST_LOG":
        # It belongs to others, too, and may hold filters of modules.
        level = text.strip().lower()
        if level not in LOG_LEVELS or config.setting(key.name).origin in key.legacy:
            return
        text = level
    elif variable == "DATABASE_URL":
        if "://" in text and not text.startswith("sqlite:"):
            return
        text = text.removeprefix("sqlite://").removeprefix("sqlite:").partition("?")[0]
    _take_text(config, key, key.name, variable, text)


def _take_text(config: Config, key: Key, name: str, variable: str, text: str) -> None:
    try:
        value = parse(key, text)
    except Unfit as error:
        shown = "" if key.is_secret else f"={text}"
        config.flaws.append(Flaw(name, f"{variable}{shown} {error}", error.hint, None if key.is_secret else text))
        return
    config.lay(name, key, value, "environment", variable)


def _suggest(name: str, path: tuple[str, ...], siblings: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(name, [sibling for sibling in siblings if sibling != "*"], n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    elsewhere = [key.name for key in KEYS if key.name.endswith("." + name)]
    return f"did you mean '{elsewhere[0]}'?" if len(elsewhere) == 1 and path else None


def _suggest_variable(variable: str) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(variable, [key.variable for key in KEYS if key.variable], n=1)
    return f"did you mean {near[0]}?" if near else None


def check_profiles(config: Config) -> None:
    """Say which profiles lack partitions; several files may have made one together."""
    for name, profile in config.table("client.hpc.custom_profiles").items():
        if "partitions" not in profile:
            path = f"client.hpc.custom_profiles.{name}"
            config.flaws.append(Flaw(path, f"{path} has no partitions", f"write [[{path}.partitions]]"))


def single_underscores(environ: Iterable[str]) -> Iterator[Flaw]:
    """Yield a warning for each variable in which a double underscore was meant."""
    meant = {key.variable.replace("__", "_"): key for key in KEYS if key.variable}
    taken = {name for key in KEYS for name in key.legacy}
    for name in environ:
        if name in meant and name not in taken:
            key = meant[name]
            yield Flaw(key.name, f"{name} is not a setting", f"did you mean {key.variable}?", warning=True)


def _shown(value: Any) -> str:
    import json

    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:
        text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
