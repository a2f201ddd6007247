"""The page about configuration, made from the table of keys.

``python -m torc.config.reference > docs/configuration.md`` writes it; a test fails when the page says something else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from torc.config.keys import KEYS, Key
from torc.config.toml import written

_INTRODUCTION = """\
# Configuration

Made by `python -m torc.config.reference > docs/configuration.md` from the table of settings; change that, not this
page.

Nothing has to be configured. What you do not want to say with every command goes into a file:

```console
torc config init --user      # a file of your own in which every setting is explained
torc config paths            # where files are looked for
torc config show             # what is in force, and where each value comes from
torc config validate         # everything that is wrong, with file, line and how to mend it
```

## Sources

Later ones override earlier ones, key by key:

1. built-in defaults
2. the administrator's file, `/etc/torc/config.toml` (Windows: `%PROGRAMDATA%\\torc\\config.toml`)
3. your own file, `~/.config/torc/config.toml` (`$XDG_CONFIG_HOME/torc/config.toml` when that is set;
   macOS: `~/Library/Application Support/torc/config.toml` unless the former is there;
   Windows: `%APPDATA%\\torc\\config.toml`); `TORC_CONFIG` names another file in its place
4. the project's file, `torc.toml` in the working directory
5. environment variables: `TORC_` and the key in capitals, with two underscores between its parts, as in
   `TORC_CLIENT__RUN__NUM_CPUS`; after them the shorter names that the tables show. Empty ones count as not set.
   Lists are separated by commas; true and false may also be written yes and no, on and off, 1 and 0
6. options on the command line

A wrong value in the part that a program reads ends it with exit code 2 and says what to write. An unknown key earns
a warning with the name that was probably meant; for `torc config validate` it is an error.

Relative paths start at the working directory; `~` is your home.

## What a project's file cannot do

A `torc.toml` takes effect in whatever directory you work, so it is read with care:

- secrets (passwords, tokens) are read from the environment alone, never from a file;
- settings marked *own* below, which name programs to run or whom to trust, are read from your own and the
  administrator's file only;
- a file that everybody may write to, or that another user put into a directory to which everybody may write, such as
  `/tmp`, is not read;
- when it names another server than your own file and there is a password or token in the environment, the command
  stops and asks you to say which server is meant, so that your credentials do not go to a stranger's.
"""
_TITLES = {
    "client": "Commands and runners",
    "client.tls": "Certificates",
    "client.run": "Defaults of torc run and torc-job-runner",
    "client.hpc.profile_overrides.*": "Changes to built-in HPC profiles",
    "client.hpc.custom_profiles.*": "HPC profiles of your own",
    "client.hpc.custom_profiles.*.partitions[]": "Partitions of such a profile",
    "server": "Defaults of torc-server run",
    "server.logging": "Log files of the server",
    "dash": "The dashboard",
}
_EXAMPLE = """\
## Example

```toml
[client]
api_url = "http://torc.example.org:8080/torc-service/v1"

[client.run]
num_cpus = 8
memory_gb = 32.0

[client.hpc.custom_profiles.mycluster]
display_name = "My cluster"
detect_env_var = "CLUSTER_NAME=mycluster"
default_account = "my_project"

[[client.hpc.custom_profiles.mycluster.partitions]]
name = "compute"
cpus_per_node = 64
memory_mb = 256000
max_walltime_secs = 172800

[server]
url = "0.0.0.0"
database = "/var/lib/torc/torc.db"
auth_file = "/etc/torc/htpasswd"
require_auth = true

[server.logging]
log_dir = "/var/log/torc"
```
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([_INTRODUCTION, *_tables(), _EXAMPLE])


def _tables() -> Iterator[str]:
    tables: dict[str, list[Key]] = {}
    for key in KEYS:
        tables.setdefault(key.name.rpartition(".")[0], []).append(key)
    for name, keys in tables.items():
        brackets = f"[[{name.removesuffix('[]')}]]" if name.endswith("[]") else f"[{name}]"
        yield f"## `{brackets.replace('*', 'NAME')}`: {_TITLES[name]}"
        yield ""
        yield "| key | value | default | meaning | environment |"
        yield "|---|---|---|---|---|"
        for key in keys:
            yield f"| {' | '.join(_row(key))} |"
        yield ""


def _row(key: Key) -> Iterator[str]:
    notes = {"own": " *(own)*", "environment": " *(environment only)*"}
    yield f"`{key.name.rpartition('.')[2]}`"
    yield _value(key)
    yield "required" if key.required else "" if key.default is None else f"`{written(key.default)}`"
    yield key.meaning + notes.get(key.place, "")
    nested = key.variable if "*" not in key.name else ""
    yield ", ".join(f"`{name}`" for name in (nested, *key.legacy) if name)


def _value(key: Key) -> str:
    if key.choices:
        return ", ".join(f"`{choice}`" for choice in key.choices)
    bounds = ""
    if key.least is not None:
        bounds = f" above {key.least:g}" if key.above else f" from {key.least:g}"
    if key.most is not None:
        bounds += f" to {key.most:g}"
    names = {"tables": "array of tables", "regex": "regular expression", "pair": "NAME=value", "list": "list of texts"}
    return names.get(key.kind, key.kind) + bounds


if __name__ == "__main__":
    sys.stdout.write(page())
