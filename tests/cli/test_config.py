"""``torc config``, and what configuration does to other commands."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from torc.config import KEYS, files
from torc.config.toml import template

from .conftest import Torc

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(files, "SYSTEM_FILE", tmp_path / "etc" / "torc" / "config.toml")


@pytest.fixture
def user_file(tmp_path: Path) -> Write:
    """Write the user's own configuration file."""

    def write(text: str) -> Path:
        path = tmp_path / "home" / "torc" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_paths_tell_what_is_there(torc: Torc, user_file: Write, tmp_path: Path) -> None:
    before = torc("config", "paths").out
    assert f"  User:    {tmp_path}/home/torc/config.toml (not found)\n  Local:   torc.toml (not found)\n" in before
    assert "Run 'torc config init --user' to create one." in before
    path = user_file("")
    after = torc("config", "paths")
    assert f"  User:    {path}\n" in after.out
    assert "to create one" not in after.out
    assert torc("config", "paths", "-f", "json").json["paths"]["user"] == {"path": str(path), "exists": True}


def test_show_tells_where_values_come_from(torc: Torc, user_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = user_file("[client]\nusername = 'ada'\n[server]\nadmin_users = ['ada', 'bob']\n")
    monkeypatch.setenv("TORC_CLIENT__RUN__NUM_CPUS", "3")
    shown = torc("config", "show").out
    assert f'username = "ada"  # {path}\n' in shown
    assert "num_cpus = 3  # TORC_CLIENT__RUN__NUM_CPUS\n" in shown
    assert "port = 8080  # default\n" in shown
    assert tomllib.loads(shown)["server"]["admin_users"] == ["ada", "bob"]


def test_show_as_json(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORC_CLIENT__API_URL", "http://h:1")
    for arguments in (("config", "show", "--format", "json"), ("-f", "json", "config", "show")):
        shown = torc(*arguments).json
        assert shown["client"]["api_url"] == "http://h:1"
        assert shown["client"]["run"]["num_cpus"] is None
        assert shown["sources"]["client.api_url"] == "TORC_CLIENT__API_URL"
        assert set(shown["sources"]) == {key.name for key in KEYS if "*" not in key.name}


def test_show_hides_secrets(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORC_PASSWORD", "hush")
    monkeypatch.setenv("TORC_API_TOKEN", "hush")
    monkeypatch.setenv("TORC_SERVER_TOKEN", "hush")
    monkeypatch.setenv("TORC_CLIENT__API_URL", "http://ada:hush@host:1/torc-service/v1")
    for form in ("toml", "json"):
        shown = torc("config", "show", "--format", form).out
        assert "hush" not in shown
        assert "http://ada:********@host:1/torc-service/v1" in shown


def test_show_says_what_is_wrong_and_shows_the_rest(torc: Torc, user_file: Write) -> None:
    user_file("[client]\nformat = 4\nusername = 'ada'\n")
    ended = torc("config", "show")
    assert 'username = "ada"' in ended.out
    assert "client.format = 4 is not text" in ended.err


def test_profiles_are_shown_as_toml(torc: Torc, user_file: Write) -> None:
    text = '[[client.hpc.custom_profiles.a.partitions]]\nname = "p\\u007f"\ncpus_per_node = 1\nmemory_mb = 1\n'
    user_file(text + "max_walltime_secs = 1\n")
    shown = tomllib.loads(torc("config", "show").out)
    assert shown["client"]["hpc"]["custom_profiles"]["a"]["partitions"][0]["name"] == "p\x7f"


@pytest.mark.parametrize(
    ("option", "place", "mode"),
    [
        ("--user", "home/torc/config.toml", 0o600),
        ("--local", "torc.toml", 0o644),
        ("--system", "etc/torc/config.toml", 0o644),
    ],
)
def test_init_writes_a_file_that_changes_nothing(
    torc: Torc, tmp_path: Path, option: str, place: str, mode: int
) -> None:
    ended = torc("config", "init", option)
    assert ended.code == 0, ended.err
    path = tmp_path / place
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert [line for line in path.read_text().splitlines() if line and line[0] not in "#["] == []
    assert torc("config", "validate").code == 0
    assert list(path.parent.glob(".*")) == []


def test_uncommented_template_is_valid(torc: Torc, user_file: Write) -> None:
    lines = [line[1:] if line.startswith("#") and line[1:2] not in (" ", "") else line for line in template("user")]
    user_file("\n".join(line for line in lines if not line.endswith(" =")))
    ended = torc("config", "validate")
    assert ended.code == 0, ended.out


def test_template_of_a_project_offers_only_what_is_read_there() -> None:
    text = "\n".join(template("local"))
    assert "api_url" in text
    assert "[server]" not in text
    assert "ca_cert" not in text


def test_init_replaces_a_file_only_when_told(torc: Torc, user_file: Write) -> None:
    path = user_file("[client]\nusername = 'ada'\n")
    ended = torc("config", "init")
    assert ended.code == 2
    assert "is there already (--force replaces it)" in ended.err
    assert "ada" in path.read_text()
    assert torc("config", "init", "--force").code == 0
    assert "ada" not in path.read_text()


def test_home_that_cannot_be_entered_stops_nothing(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/" + "x" * 300)
    assert torc("config", "paths", "-f", "json").json["paths"]["user"]["exists"] is False
    assert torc("config", "show").code == 0
    assert torc("config", "init").code == 2
    listed = torc("workflows", "list")
    assert (listed.code, "config.toml is not looked for: " in listed.err) == (0, True)


def test_init_that_cannot_write_says_so(torc: Torc, tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    ended = torc("config", "init", "--user")
    assert ended.code == 2
    assert ended.err.startswith("error: cannot write ")
    assert ended.err.count("\n") == 1


def test_validate_names_the_files_and_the_key_settings(torc: Torc, user_file: Write) -> None:
    path = user_file("[client]\nformat = 'table'\n")
    assert torc("config", "validate").out == (
        f"Validating configuration...\n\nLoading configuration from:\n  - {path}\n\nConfiguration is valid.\n\n"
        "Key settings:\n  client.api_url = http://localhost:8080/torc-service/v1\n  client.format = table\n"
        "  server.port = 8080\n  dash.port = 8090\n"
    )


def test_validate_names_all_mistakes_at_once(torc: Torc, user_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    user_file("[client]\nfromat = 'json'\n[server]\nport = 'x'\nhttps = true\nrequire_auth = true\n")
    monkeypatch.setenv("TORC_CLIENT_API_URL", "http://h:1")
    ended = torc("config", "validate")
    assert ended.code == 2
    for text in (
        "client.fromat is not a setting (did you mean 'format'?)",
        'server.port = "x" is not a whole number',
        "server.https is true, but there is no certificate",
        "server.require_auth is true, but nobody has a password",
        "TORC_CLIENT_API_URL is not a setting (did you mean TORC_CLIENT__API_URL?)",
        "5 problems",
    ):
        assert text in ended.out
    found = torc("config", "validate", "-f", "json")
    assert found.code == 2
    assert not found.json["valid"]
    assert [problem["name"] for problem in found.json["problems"]][:2] == ["client.fromat", "server.port"]


def test_format_of_the_file_is_the_default_of_the_option(torc: Torc, user_file: Write) -> None:
    torc("workflows", "new", "--name", "a")
    user_file("[client]\nformat = 'json'\n")
    assert len(torc("workflows", "list").json["workflows"]) == 1
    assert torc("-f", "table", "workflows", "list").out.startswith("Workflows")


def test_mistake_stops_every_other_command(torc: Torc, user_file: Write) -> None:
    path = user_file("[client]\nformat = 'yaml'\n")
    ended = torc("workflows", "list")
    assert ended.code == 2
    assert ended.err.startswith(f'error: {path}:2: client.format = "yaml" is not one of table, json')
    assert torc("config", "paths").code == 0
    assert torc("workflows", "--help").code == 0


def test_unknown_key_is_a_warning(torc: Torc, user_file: Write) -> None:
    path = user_file("[client]\nfromat = 'json'\n")
    torc("workflows", "new", "--name", "a")
    ended = torc("workflows", "list")
    assert ended.code == 0
    assert ended.err == f"warning: {path}:2: client.fromat is not a setting (did you mean 'format'?)\n"


def test_run_takes_its_defaults_from_the_configuration(
    torc: Torc, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torc.toml").write_text("[client.run]\noutput_dir = 'results'\nnum_cpus = 1\n")
    ended = torc("-f", "json", "run", spec)
    assert ended.code == 0, ended.err
    assert list((tmp_path / "results").glob("job_runner_*.log"))
    assert torc("-f", "json", "compute-nodes", "list", "1").json["compute_nodes"][0]["num_cpus"] == 1
    monkeypatch.setenv("TORC_CLIENT__RUN__OUTPUT_DIR", "elsewhere")
    assert torc("run", spec, "--output-dir", "told").code == 0
    assert (tmp_path / "told").is_dir()
    assert not (tmp_path / "elsewhere").exists()
    assert "[default: elsewhere]" in " ".join(torc("run", "--help").out.split())


def test_value_that_an_option_refuses_is_refused(torc: Torc, tmp_path: Path) -> None:
    (tmp_path / "torc.toml").write_text("[client.run]\nmemory_gb = -1\n")
    ended = torc("run", "1")
    assert ended.code == 2
    assert "torc.toml:2: client.run.memory_gb = -1 is not above 0" in ended.err


def test_log_level_of_the_file_is_used(torc: Torc, user_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr("torc.cli.session.start_logging", begun.append)
    torc("workflows", "new", "--name", "a")
    assert begun == []
    user_file("[client]\nlog_level = 'debug'\n")
    torc("workflows", "list")
    assert begun == ["debug"]


def test_job_runner_takes_its_defaults_from_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "torc.toml").write_text("[client]\nlog_level = 'warn'\n[client.run]\noutput_dir = 'results'\n")
    program = (
        "import json\nfrom torc.runner.main import configured_parser, options_from\n"
        "options = options_from(configured_parser().parse_args(['1', '--num-cpus', '2']))\n"
        "print(json.dumps([options.output_dir, options.num_cpus, options.poll_interval, options.log_level]))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert json.loads(ended.stdout) == ["results", 2, 5.0, "warn"]
    (tmp_path / "torc.toml").write_text("[client.run]\nnum_cpus = 'two'\n")
    ended = subprocess.run(
        [sys.executable, "-m", "torc.runner.main", "1"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "torc.toml:2: client.run.num_cpus" in ended.stderr


def test_every_setting_of_the_server_is_an_option_of_torc_server() -> None:
    from torc.server.commands.run import run

    parameters = {parameter.name: parameter for parameter in run.params}
    for key in KEYS:
        if key.name.startswith("server."):
            assert key.parameter in parameters, key.name
