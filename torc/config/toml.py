"""Settings as TOML text: those in force with their sources, and the commented template of a new file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from torc.config.files import Place
from torc.config.keys import KEYS, SECTIONS, Key
from torc.config.load import Config, Setting

MASK = "********"


def shown_value(setting: Setting) -> Any:
    """Return a value as it may be shown: secrets, also those inside addresses, are masked."""
    value = setting.value
    if value is None:
        return None
    if setting.key.is_secret:
        return MASK
    if setting.key.kind == "url" and "@" in value:
        scheme, slashes, rest = value.rpartition("://")
        credentials, _, place = rest.rpartition("@")
        name = credentials.partition(":")[0]
        return f"{scheme}{slashes}{name}:{MASK}@{place}"
    return list(value) if isinstance(value, tuple) else value


def document(config: Config) -> dict[str, Any]:
    """Return all settings as nested tables."""
    tree: dict[str, Any] = {section: {} for section in SECTIONS}
    for setting in config.settings():
        *path, last = setting.name.split(".")
        here = tree
        for part in path:
            here = here.setdefault(part, {})
        here[last] = shown_value(setting)
    return tree


def effective(config: Config) -> Iterator[str]:
    """Yield the lines of a file that says what is in force; the comment behind each value says from where."""
    for table, settings in _by_table(config.settings(), lambda setting: setting.name):
        yield f"[{table}]"
        for setting in settings:
            if setting.key.kind == "tables":
                yield from _items(setting)
                continue
            name, value = setting.name.rpartition(".")[2], shown_value(setting)
            pair = f"# {name} =" if value is None else f"{name} = {written(value)}"
            yield f"{pair}  # {setting.origin if setting.source != 'default' else 'default'}"
        yield ""


def template(place: Place) -> Iterator[str]:
    """Yield the lines of a new file: every setting as a comment, with its meaning and default."""
    yield "# Settings of torc. Remove the # before a line to change its value; the values shown are the defaults."
    yield "# Other sources: torc config paths. What is in force: torc config show. Mistakes: torc config validate."
    fit = [key for key in KEYS if _fits(key, place)]
    for table, keys in _by_table(fit, lambda key: key.name):
        yield ""
        yield f"[{table}]"
        for key in keys:
            name = key.name.rpartition(".")[2]
            choices = f" One of: {', '.join(key.choices)}." if key.choices else ""
            yield f"# {key.meaning}{choices}"
            yield f"#{name} =" if key.default is None else f"#{name} = {written(key.default)}"
    if place == "user":
        yield from _PROFILE


def _fits(key: Key, place: Place) -> bool:
    if "*" in key.name or key.place == "environment" or (place == "local" and key.place == "own"):
        return False
    return not (place == "local" and not key.name.startswith("client."))


def _by_table(rows: Iterable[Any], name: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield tables with their rows; a table's own rows stand before those of the tables below it."""
    by_table: dict[str, list[Any]] = {}
    for row in rows:
        by_table.setdefault(name(row).rpartition(".")[0], []).append(row)
    for _, tables in groupby(by_table, lambda table: table.partition(".")[0]):
        for table in tables:
            yield table, by_table[table]


def _items(setting: Setting) -> Iterator[str]:
    for item in setting.value:
        yield ""
        yield f"[[{setting.name}]]  # {setting.origin}"
        for name, value in item.items():
            yield f"{name} = {written(value)}"


def written(value: Any) -> str:
    """Return a value as it stands in a file."""
    # A basic string of TOML is one of JSON, but for this character.
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False).replace("\x7f", "\\u007f")


_PROFILE = """
# A cluster of your own, for torc hpc and torc slurm:
#[client.hpc.custom_profiles.mycluster]
#display_name = "My cluster"
#detect_env_var = "CLUSTER_NAME=mycluster"
#default_account = "my_project"
#
#[[client.hpc.custom_profiles.mycluster.partitions]]
#name = "compute"
#cpus_per_node = 64
#memory_mb = 256000
#max_walltime_secs = 172800
#
# The account to use with a built-in profile:
#[client.hpc.profile_overrides.kestrel]
#default_account = "my_project\"""".splitlines()
