"""Settings in force: defaults, files and environment laid over each other, each with where it came from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from torc.config import files
from torc.config.keys import BY_NAME, KEYS, SECTIONS, Key
from torc.errors import InvalidInput

#: Order of the sources; a higher one overrides.
RANKS = {"default": 0, "system": 1, "user": 2, "local": 3, "environment": 4}
_PREFIXES = tuple(f"TORC_{section.upper()}__" for section in SECTIONS)


class Setting(NamedTuple):
    """A value that is in force."""

    name: str
    key: Key
    value: Any
    source: str = "default"  #: one of ``RANKS``
    origin: str = "default"  #: the file or variable
    over: Setting | None = None  #: the one that it overrides

    @property
    def rank(self) -> int:
        """How much the source counts."""
        return RANKS[self.source]


class Flaw(NamedTuple):
    """Something wrong in a source; a mere warning leaves the rest usable."""

    name: str
    message: str
    hint: str | None = None
    value: Any = None
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def concerns(self, section: str) -> bool:
        """Tell whether a program that reads this section is affected."""
        head = self.name.partition(".")[0]
        return head == section.partition(".")[0] or head not in SECTIONS


class Config:
    """What the sources say. ``given`` holds the values that are not defaults."""

    def __init__(self) -> None:
        self.given: dict[str, Setting] = {}
        self.flaws: list[Flaw] = []
        self.files: list[files.Location] = []

    def __getitem__(self, name: str) -> Any:
        """Return the value in force."""
        return self.setting(name).value

    def setting(self, name: str) -> Setting:
        """Return the value in force with where it came from."""
        return self.given.get(name) or Setting(name, BY_NAME[name], BY_NAME[name].default)

    def lay(self, name: str, key: Key, value: Any, source: str, origin: str) -> None:
        """Put a value over the one that is there."""
        self.given[name] = Setting(name, key, value, source, origin, self.given.get(name))

    def settings(self) -> Iterator[Setting]:
        """Yield all settings in the order of the table; of those with ``*`` only what was given."""
        for key in KEYS:
            if "*" not in key.name:
                yield self.setting(key.name)
            elif "[]" not in key.name:
                yield from (setting for setting in self.given.values() if setting.key is key)

    def defaults(self, section: str) -> dict[str, Any]:
        """Return what was given below ``section``, by parameter of its command: what Click calls a ``default_map``."""
        return {
            setting.key.parameter: setting.value
            for setting in self.given.values()
            if setting.name.startswith(section + ".") and "*" not in setting.key.name
        }

    def table(self, name: str) -> dict[str, Any]:
        """Return the given settings below a name as nested tables."""
        tree: dict[str, Any] = {}
        for setting in self.given.values():
            if setting.name.startswith(name + "."):
                *path, last = setting.name.removeprefix(name + ".").split(".")
                here = tree
                for part in path:
                    here = here.setdefault(part, {})
                here[last] = setting.value
        return tree

    def require(self, section: str, warn: Callable[[str], None] | None = None) -> Config:
        """Return this when the section can be used; warnings go to ``warn``.

        Raises
        ------
        InvalidInput
            With the first thing that is wrong in the section, and how many more there are.
        """
        flaws = [flaw for flaw in self.flaws if flaw.concerns(section)]
        errors = [flaw for flaw in flaws if not flaw.warning]
        if errors:
            first, more = errors[0], len(errors) - 1
            also = f"{more} more: torc config validate shows all" if more else None
            hint = "; ".join(text for text in (first.hint, also) if text)
            raise InvalidInput(first.message, field=first.name, value=first.value, hint=hint or None)
        if warn:
            for flaw in flaws:
                warn(str(flaw))
        return self


def load(environ: Mapping[str, str] = os.environ) -> Config:
    """Read all sources; what is wrong in them is kept as flaws."""
    config = Config()
    for location in files.search_path(environ):
        try:
            is_there = location.path.is_file() or (location.place == "user" and environ.get("TORC_CONFIG"))
        except OSError as error:
            # Whoever runs a program as another user often keeps a HOME that this one may not enter.
            hint = "set HOME or TORC_CONFIG" if location.place == "user" else None
            config.flaws.append(Flaw("", f"{location.path} is not looked for: {error.strerror}", hint, warning=True))
            continue
        if is_there:
            from torc.config.merge import add_file

            add_file(config, location)
    add_environment(config, environ)
    if config.given:
        from torc.config.merge import check_profiles

        check_profiles(config)
    return config


def defaults_for(
    section: str, warn: Callable[[str], None] | None = None, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Read all sources and return :meth:`Config.defaults` of the section.

    Raises
    ------
    InvalidInput
        When something in the section is wrong.
    """
    return load(environ).require(section, warn).defaults(section)


def add_environment(config: Config, environ: Mapping[str, str]) -> None:
    """Lay the environment over the files: nested names first, then those from before them."""
    nested = [name for name in environ if name.startswith(_PREFIXES) and environ[name]]
    legacy = [
        (key, name) for key in KEYS for name in reversed(key.legacy) if environ.get(name)
    ]  # the first name of a key is laid last
    if nested or legacy:
        from torc.config.merge import add_legacy, add_nested

        for name in nested:
            add_nested(config, name, environ[name])
        for key, name in legacy:
            add_legacy(config, key, name, environ[name])
