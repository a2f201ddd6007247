"""What Tab does in real shells."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from torc.cli.completions.command import PROGRAMS, table_of
from torc.cli.completions.scripts import SHELLS, script

from ..conftest import Torc
from . import terminal
from .conftest import NAMES, Scripts

#: Lines and what they become when Tab is pressed at their end.
LINES = (
    ("torc wor", "torc workflows"),
    ("torc workflows li", "torc workflows list"),
    ("torc -f json workflows canc", "torc -f json workflows cancel"),
    ("torc --url http://h:8080 workflows stat", "torc --url http://h:8080 workflows status"),
    ("torc workflows list --rev", "torc workflows list --reverse-sort"),
    ("torc jobs list --form", "torc jobs list --format"),
    ("torc --format=j", "torc --format=json"),
    ("torc --format j", "torc --format json"),
    ("torc run-jobs --output-d", "torc run-jobs --output-dir"),
    ("torc completions fi", "torc completions fish"),
)


def run(arguments: list[str], environ: dict[str, str], directory: Path) -> str:
    assert shutil.which(arguments[0]), f"{arguments[0]} is not installed: apt-get install {arguments[0]}"
    ended = subprocess.run(arguments, env=environ, cwd=directory, capture_output=True, text=True, timeout=240)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def fish(line: str, scripts: Scripts, environ: dict[str, str], directory: Path) -> list[list[str]]:
    command = f"source {scripts('fish')}; complete -C {shlex.quote(line)}"
    return [found.split("\t") for found in run(["fish", "--no-config", "-c", command], environ, directory).splitlines()]


@pytest.mark.parametrize("start", [terminal.bash, terminal.zsh])
def test_words_are_completed(start: terminal.Start, scripts: Scripts, environ: dict[str, str], tmp_path: Path) -> None:
    shell = start(scripts(start.__name__), environ, tmp_path)
    try:
        found = {text: shell.line(text)[0].rstrip() for text, _ in LINES}
    finally:
        shell.terminal.close()
    assert found == dict(LINES)


def test_words_are_completed_in_fish(scripts: Scripts, environ: dict[str, str], tmp_path: Path) -> None:
    lines = "; ".join(f"complete -C {shlex.quote(line)} | head -1" for line, _ in LINES)
    found = run(["fish", "--no-config", "-c", f"source {scripts('fish')}; {lines}"], environ, tmp_path).splitlines()
    assert [line.split("\t")[0] for line in found] == [wanted.split(" ")[-1] for _, wanted in LINES]


def test_words_are_completed_in_elvish(scripts: Scripts, environ: dict[str, str], tmp_path: Path) -> None:
    def quoted(line: str) -> str:
        return " ".join("'" + word + "'" for word in line.split(" "))

    ask = "{|c| if (eq (kind-of $c) string) { put $c } else { put $c[stem] }}"
    asked = [
        f"echo (str:join ' ' [($edit:completion:arg-completer[torc] {quoted(line)} | each {ask})])" for line, _ in LINES
    ]
    shown = terminal.elvish(f"eval (slurp < {scripts('elvish')}); use str; {'; '.join(asked)}", environ, tmp_path)
    for (line, wanted), offered in zip(LINES, shown.splitlines(), strict=True):
        typed = line.split(" ")[-1]
        # Elvish itself keeps what begins with the typed word.
        assert next(word for word in offered.split(" ") if word.startswith(typed)) == wanted.split(" ")[-1]


def test_script_for_powershell_can_be_parsed(scripts: Scripts) -> None:
    import tree_sitter_powershell
    from tree_sitter import Language, Parser

    parser = Parser(Language(tree_sitter_powershell.language()))
    for program in PROGRAMS:
        tree = parser.parse(scripts("powershell", program).read_bytes())
        assert not tree.root_node.has_error, program


@pytest.mark.parametrize("program", list(PROGRAMS))
def test_scripts_of_all_programs_can_be_parsed(
    program: str, scripts: Scripts, environ: dict[str, str], tmp_path: Path
) -> None:
    for shell in ("bash", "zsh", "fish"):
        run([shell, "-n", str(scripts(shell, program))], environ, tmp_path)
    terminal.elvish(f"eval (slurp < {scripts('elvish', program)})", environ, tmp_path)
    assert (tmp_path / "elvish.out").read_text() == ""


def test_options_of_torc_server_are_offered(scripts: Scripts, environ: dict[str, str], tmp_path: Path) -> None:
    line = f"source {scripts('fish', 'torc-server')}; complete -C 'torc-server run --thre'"
    assert run(["fish", "--no-config", "-c", line], environ, tmp_path).startswith("--threads\t")
    line = f"source {scripts('fish', 'torc-job-runner')}; complete -C 'torc-job-runner --on-runner-death k'"
    assert run(["fish", "--no-config", "-c", line], environ, tmp_path).startswith("keep")


def test_files_are_offered_where_a_file_belongs(scripts: Scripts, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "my spec.yaml").touch()
    for start in (terminal.bash, terminal.zsh):
        shell = start(scripts(start.__name__), environ, tmp_path)
        try:
            assert shell.line("torc workflows create my")[0].rstrip() == r"torc workflows create my\ spec.yaml"
            assert shell.line("torc workflows status my")[0].rstrip() == "torc workflows status my"
        finally:
            shell.terminal.close()
    assert fish("torc workflows create my", scripts, environ, tmp_path)[0][0] == r"my spec.yaml"
    assert fish("torc workflows status my", scripts, environ, tmp_path) == []


@pytest.mark.usefixtures("server")
def test_workflows_are_offered_with_their_names(scripts: Scripts, environ: dict[str, str], tmp_path: Path) -> None:
    count = len(NAMES)
    assert fish("torc workflows status ", scripts, environ, tmp_path) == [
        [str(number), name] for number, name in zip(range(count, 0, -1), reversed(NAMES), strict=True)
    ]
    shell = terminal.zsh(scripts("zsh"), environ, tmp_path)
    try:
        shown = shell.line("torc workflows status ")[1]
    finally:
        shell.terminal.close()
    for number, name in enumerate(NAMES, 1):
        assert f"{number}  -- {name}" in shown
    assert not (tmp_path / "marker").exists()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("start", [terminal.bash, terminal.zsh])
def test_names_are_inserted_as_one_word_that_means_itself(
    start: terminal.Start, scripts: Scripts, environ: dict[str, str], tmp_path: Path
) -> None:
    shell = start(scripts(start.__name__), environ, tmp_path)
    last = len(NAMES)
    try:
        for name in NAMES:
            begun = "".join(letter if letter.isalnum() else f"\\{letter}" for letter in name[:2])
            line, _ = shell.line(f"torc workflows diagnose {last} --job {begun}")
            assert shlex.split(line) == ["torc", "workflows", "diagnose", str(last), "--job", name]
            shell.terminal.type(f"{line.replace('torc', ':', 1)}; echo RA''N\n")
            shell.terminal.until("RAN")
    finally:
        shell.terminal.close()
    assert not (tmp_path / "marker").exists()


@pytest.mark.usefixtures("server")
def test_name_of_a_job_becomes_its_id_where_an_id_belongs(
    scripts: Scripts, environ: dict[str, str], tmp_path: Path
) -> None:
    shell = terminal.bash(scripts("bash"), environ, tmp_path)
    try:
        assert shell.line("torc jobs get pla")[0].rstrip() == "torc jobs get 1"
    finally:
        shell.terminal.close()
    assert fish("torc jobs get ", scripts, environ, tmp_path)[0] == ["1", "plain"]


def test_without_a_server_nothing_is_offered_or_said(scripts: Scripts, environ: dict[str, str], tmp_path: Path) -> None:
    shell = terminal.bash(scripts("bash"), {**environ, "TORC_API_URL": "http://127.0.0.1:9"}, tmp_path)
    try:
        line, shown = shell.line("torc workflows status ")
    finally:
        shell.terminal.close()
    assert line == "torc workflows status "
    assert "error" not in shown
    assert not (tmp_path / "torc.db").exists()


def test_every_command_is_in_every_script() -> None:
    for program in PROGRAMS:
        table = table_of(program)
        for shell in SHELLS:
            text = script(shell, table)
            assert all(f"'{node.path}'" in text for node in table.nodes)


def test_hidden_names_are_not_offered() -> None:
    table = table_of("torc")
    paths = [node.path for node in table.nodes]
    assert "torc run" in paths
    assert "torc run-jobs" not in paths
    assert "torc __complete" not in paths
    assert table.nodes[0].aliases["run-jobs"] == "run"


def test_unknown_shell_is_refused(torc: Torc) -> None:
    ended = torc("completions", "tcsh")
    assert ended.code == 2
    assert "bash" in ended.err


def test_completions_do_not_read_the_configuration(torc: Torc, tmp_path: Path) -> None:
    (tmp_path / "torc.toml").write_text("[client")
    assert torc("completions", "bash").code == 0
