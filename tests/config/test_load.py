"""What is in force, where from, and what is said about mistakes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.config import KEYS, Config, Key, load
from torc.config.values import Unfit, check, parse
from torc.errors import InvalidInput

from .conftest import Load, Write


def only_flaw(config: Config) -> str:
    assert len(config.flaws) == 1, config.flaws
    return str(config.flaws[0])


def test_without_sources_everything_is_a_default(read: Load) -> None:
    config = read()
    assert config.given == {}
    assert config.flaws == []
    assert config["client.api_url"] == "http://localhost:8080/torc-service/v1"
    assert config.setting("server.port").origin == "default"


def test_later_sources_override_earlier_ones_key_by_key(read: Load, write: Write) -> None:
    system = write("system", "[client]\nformat = 'json'\nusername = 'system'\n[client.run]\nnum_cpus = 1\n")
    user = write("user", "[client]\nusername = 'user'\n[client.run]\nnum_cpus = 2\nmemory_gb = 3\n")
    write("local", "[client.run]\nnum_cpus = 3\nnum_gpus = 0\n")
    config = read(TORC_CLIENT__RUN__NUM_GPUS="4").require("client")
    found = {name: (setting.value, setting.origin) for name, setting in config.given.items()}
    assert found == {
        "client.format": ("json", str(system)),
        "client.username": ("user", str(user)),
        "client.run.memory_gb": (3, str(user)),
        "client.run.num_cpus": (3, "torc.toml"),
        "client.run.num_gpus": (4, "TORC_CLIENT__RUN__NUM_GPUS"),
    }
    overridden = config.setting("client.run.num_cpus").over
    assert overridden is not None
    assert (overridden.value, overridden.source) == (2, "user")


def test_older_variables_go_before_nested_ones(read: Load) -> None:
    config = read(TORC_API_URL="http://a:1", TORC_CLIENT__API_URL="http://b:1", TORC_LOG_LEVEL="warn", RUST_LOG="debug")
    assert config["client.api_url"] == "http://a:1"
    assert (config["client.log_level"], config["server.log_level"]) == ("debug", "warn")


def test_empty_variable_is_not_set(read: Load) -> None:
    assert read(TORC_CLIENT__API_URL="", TORC_API_URL="", TORC_PASSWORD="").given == {}


@pytest.mark.parametrize(
    ("text", "database"),
    [("sqlite:///srv/torc.db", "/srv/torc.db"), ("sqlite:torc.db?mode=rwc", "torc.db"), ("plain.db", "plain.db")],
)
def test_database_url_is_a_path(read: Load, text: str, database: str) -> None:
    assert read(DATABASE_URL=text)["server.database"] == database


def test_variables_of_other_programs_are_left_alone(read: Load) -> None:
    config = read(DATABASE_URL="postgres://u:p@host/db", RUST_LOG="hyper=warn,info")
    assert (config.given, config.flaws) == ({}, [])


def test_defaults_of_a_command_are_named_by_its_parameters(read: Load, write: Write) -> None:
    write(
        "user", "[server]\nurl = '0.0.0.0'\nadmin_users = ['ada']\n[server.logging]\njson_logs = true\n[dash]\nport = 1"
    )
    assert read().defaults("server") == {"host": "0.0.0.0", "admin_user": ["ada"], "json_logs": True}


def test_profiles_of_several_files_are_one(read: Load, write: Write) -> None:
    partition = "name = 'a'\ncpus_per_node = 4\nmemory_mb = 5\nmax_walltime_secs = 6\n"
    write("user", f"[[client.hpc.custom_profiles.one.partitions]]\n{partition}")
    write("local", "[client.hpc.custom_profiles.one]\ndefault_account = 'x'\n")
    config = read(TORC_CLIENT__HPC__PROFILE_OVERRIDES__KESTREL__DEFAULT_ACCOUNT="y").require("client")
    profile = config.table("client.hpc.custom_profiles")["one"]
    assert profile["default_account"] == "x"
    assert profile["partitions"][0]["cpus_per_node"] == 4
    assert config.table("client.hpc.profile_overrides") == {"kestrel": {"default_account": "y"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[client]\napi_ulr = 'x'\n", "{}:2: client.api_ulr is not a setting (did you mean 'api_url'?)"),
        ("[clinet]\n", "{}:1: clinet is not a setting (did you mean 'client'?)"),
        ("[client]\nnum_cpus = 4\n", "{}:2: client.num_cpus is not a setting (did you mean 'client.run.num_cpus'?)"),
        ("[client.run]\n\nnum_cpus = '8'\n", '{}:3: client.run.num_cpus = "8" is not a whole number (write it'),
        ("[client.run]\nnum_cpus = true\n", "{}:2: client.run.num_cpus = true is not a whole number"),
        ("[client.run]\nnum_cpus = 0\n", "{}:2: client.run.num_cpus = 0 is not at least 1"),
        ("[client.run]\nmemory_gb = nan\n", "{}:2: client.run.memory_gb = NaN is not a usable number"),
        ("[client.run]\nnum_cpus = 9223372036854775808\n", "is not a usable number"),
        ("[server]\nport = 70000\n", "{}:2: server.port = 70000 is above 65535"),
        ("[server]\nrequire_auth = 'yes'\n", 'require_auth = "yes" is not true or false (write it without quotes)'),
        ("client = 4\n", "{}:1: client 4 is not a table (write [client] on a line of its own)"),
        ("[client]\nformat = 'jsno'\n", "\"jsno\" is not one of table, json (did you mean 'json'?)"),
        ("[client]\nformat = []\n", "client.format = [] is not text"),
        ("[client]\napi_url = 'ftp://h'\n", '"ftp://h" is not a server address (write "http://HOST:PORT'),
        ("[client]\nusername = ''\n", 'client.username = "" is empty'),
        (
            "[client]\npassword = 'secret'\n",
            "client.password is a secret and is not read from files (set TORC_PASSWORD",
        ),
        ("[server]\nadmin_users = 'ada'\n", '"ada" is not a list of texts (write ["one", "two"])'),
        ("[client]\nusername = 2020-01-01\n", "client.username = 2020-01-01 is not text"),
        ("[client.hpc.custom_profiles.a]\n[client.hpc.custom_profiles.a.x]\n", "custom_profiles.a.x is not a setting"),
        ("[client.hpc.custom_profiles.'a b']\n", "custom_profiles.a b is no name (use letters, digits, - and _)"),
        ("[client.hpc.custom_profiles.a]\ndisplay_name='a'\n", "client.hpc.custom_profiles.a has no partitions"),
        (
            "[[client.hpc.custom_profiles.a.partitions]]\nname = 'p'\ncpus_per_node = 1\nmemory_mb = 1\n",
            "{}:1: client.hpc.custom_profiles.a.partitions[0] has no max_walltime_secs",
        ),
    ],
)
def test_mistake_is_named_with_file_line_and_mend(read: Load, write: Write, text: str, message: str) -> None:
    path = write("user", text)
    assert message.replace("{}", str(path)) in only_flaw(read())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[client]\nformat = \n", r"config.toml:2: Invalid value \(column 10\)"),
        (b"[client\n", r"config.toml:1: "),
        (b'[client]\nformat = "a', r"config.toml:2: Unterminated string"),
        (b"[client]\n\xff = 1\n", r"config.toml:2: not UTF-8 text"),
        (b"a = " + b"[" * 100_000, r"config.toml:1: "),
        (b"#" * (1 << 21), r"larger than 1 MiB"),
    ],
)
def test_file_that_is_no_toml_is_named_with_its_line(read: Load, write: Write, content: bytes, message: str) -> None:
    write("user", content)
    config = read()
    assert re.search(message, only_flaw(config))
    with pytest.raises(InvalidInput, match=message):
        config.require("server")


def test_mistake_of_one_program_does_not_stop_another(read: Load, write: Write) -> None:
    write("system", "[server]\nport = 'eighty'\n")
    config = read()
    assert config.require("client") is config
    with pytest.raises(InvalidInput, match=r"server\.port"):
        config.require("server")


def test_first_of_several_mistakes_says_how_to_see_the_rest(read: Load, write: Write) -> None:
    write("user", "[client]\nformat = 1\nlog_level = 2\nusername = 3\n")
    with pytest.raises(InvalidInput, match=r"client\.format = 1 .*2 more: torc config validate shows all"):
        read().require("client")


def test_file_that_cannot_be_looked_for_is_a_warning(read: Load) -> None:
    flaw = only_flaw(config := read(XDG_CONFIG_HOME="/" + "x" * 300))
    assert flaw.endswith("/torc/config.toml is not looked for: File name too long (set HOME or TORC_CONFIG)")
    assert config.require("client").given == {}


def test_unknown_key_is_a_warning(read: Load, write: Write) -> None:
    write("user", "[client]\nfuture = 1\nusername = 'ada'\n")
    warnings: list[str] = []
    assert read(TORC_CLIENT__FORMT="json").require("client", warnings.append)["client.username"] == "ada"
    assert len(warnings) == 2
    assert "did you mean TORC_CLIENT__FORMAT?" in warnings[1]


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("TORC_CLIENT__RUN__NUM_CPUS", "many", "TORC_CLIENT__RUN__NUM_CPUS=many is not a whole number"),
        ("TORC_SERVER__REQUIRE_AUTH", "perhaps", "TORC_SERVER__REQUIRE_AUTH=perhaps is not true or false"),
        ("TORC_API_URL", "no where", "TORC_API_URL=no where is not a server address"),
        ("TORC_CLIENT__HPC__CUSTOM_PROFILES__A__PARTITIONS", "[]", "is not a setting"),
        ("TORC_CLIENT__API__URL", "x", "did you mean TORC_CLIENT__API_URL?"),
    ],
)
def test_mistake_in_the_environment_names_the_variable(read: Load, variable: str, text: str, message: str) -> None:
    assert message in only_flaw(read(**{variable: text}))


def test_secret_is_not_repeated_in_a_message(read: Load, write: Write) -> None:
    write("user", "[server]\ntoken = 'hush'\n")
    assert "hush" not in repr(read().flaws)


def test_project_file_cannot_name_programs_or_trust(read: Load, write: Write) -> None:
    write("local", "[dash]\ntorc_bin = './evil'\n[server]\nallow_open = true\n[client.tls]\nca_cert = 'mine.pem'\n")
    config = read()
    assert config.given == {}
    assert all("is not read from a project's file" in str(flaw) for flaw in config.flaws)
    assert len(config.flaws) == 3


def test_home_directory_is_put_in_for_a_tilde(read: Load, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    write("user", "[server]\ndatabase = '~/torc.db'\n")
    assert read()["server.database"] == "/home/ada/torc.db"


def test_every_key_is_read_from_its_variable(read: Load) -> None:
    texts = {"integer": "1", "number": "1.5", "boolean": "true", "list": "a, b", "url": "http://h:1"}
    texts |= {"text": "x", "path": "x", "regex": "x", "pair": "a=b"}
    keys = [key for key in KEYS if key.variable and "*" not in key.name]
    config = read(**{key.variable: key.choices[0] if key.choices else texts[key.kind] for key in keys})
    assert config.flaws == []
    assert set(config.given) == {key.name for key in keys}


def test_names_of_keys_and_variables_are_unique() -> None:
    assert len({key.name for key in KEYS}) == len(KEYS)
    own = [key for key in KEYS if not key.name.startswith("dash.") and key.default is not None]
    for key in own:
        default = list(key.default) if isinstance(key.default, tuple) else key.default
        assert check(key, default) == default


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(KEYS), VALUES)
def test_any_value_fits_or_is_refused(key: Key, value: object) -> None:
    try:
        check(key, value)
    except Unfit as error:
        assert str(error)
        assert error.hint


@given(st.sampled_from(KEYS), st.text())
def test_any_text_fits_or_is_refused(key: Key, text: str) -> None:
    try:
        parse(key, text)
    except Unfit as error:
        assert error.hint


def test_reading_nothing_loads_nothing(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom torc.config import load\nload()\n"
        "print([name for name in ('tomllib', 'torc.config.merge', 'difflib', 'json') if name in sys.modules])"
    )
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environ, cwd=tmp_path)
    assert (ended.stdout, ended.stderr) == ("[]\n", "")


def test_load_takes_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORC_CLIENT__FORMAT", "json")
    assert load()["client.format"] == "json"
