"""The magics in a real IPython shell, with a real server in the background."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import nbformat
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import torc
from torc.cli.tree import TorcCommand
from torc.errors import InvalidInput
from torc.kernel_ext.notebook import MagicSession
from torc.plots.script import PLOTS_MIME
from torc.runner.monitor.series import Series
from torc.workflow.progress import stopped_waiting
from torc.workflow.stored import StoredWorkflow

from .conftest import HELLO, Run, html_of


def test_loading_prints_nothing_needs_no_server_and_loads_little(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "before = set(sys.modules)\n"
        "shell.run_line_magic('load_ext', 'torc')\n"
        "import torc\n"
        "torc.load_ipython_extension(shell)\n"
        "shell.run_line_magic('reload_ext', 'torc')\n"
        "new = set(sys.modules) - before\n"
        "assert not new & {'click', 'pydantic', 'anywidget', 'torc.client', 'torc.cli'}, new\n"
    )
    environment = {**os.environ, "TORC_DATABASE": str(tmp_path / "none" / "torc.db"), "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "none").exists()


def test_command_tree_is_that_of_the_command_line_with_its_options() -> None:
    from torc.cli.main import cli
    from torc.kernel_ext.tree import root

    def tree(command: click.Command) -> Any:
        if isinstance(command, click.Group):
            context = click.Context(command)
            return {name: tree(command.get_command(context, name)) for name in command.list_commands(context)}
        return sorted(name for parameter in command.params for name in parameter.opts)

    ours, theirs = tree(root), tree(cli)
    for place in (ours, theirs):
        del place["run"], place["workflows"]["run"]
    assert {name: ours.pop(name) for name in ("form", "scheduler", "show", "workflow")}
    assert ours == theirs


def test_commands_return_objects_that_display_as_text_and_table(run: Run, shell: InteractiveShell) -> None:
    workflow = run(HELLO.format(""))
    assert isinstance(workflow, torc.Workflow)
    listed = run(f"%torc jobs list {workflow.id}")
    assert repr(listed) == "<1 job>"
    assert listed.data["jobs"][0] == listed[0]
    assert [job["name"] for job in listed] == ["greet"]
    assert list(listed.to_frame()["name"]) == ["greet"]
    assert "│ greet │" in listed._repr_mimebundle_()["text/plain"]
    assert "<td>greet</td>" in html_of(listed)
    job = run(f"%torc jobs get {listed[0]['id']}")
    assert job["name"] == "greet"
    assert repr(job) == f"<ID {job['id']}, Workflow ID {workflow.id}>"
    assert "<td>greet</td>" in html_of(job)
    assert json.loads(str(run(f"%torc -f json jobs get {job['id']}"))) == job.data


def test_line_takes_variables_and_puts_results_into_one(run: Run, shell: InteractiveShell) -> None:
    run("wf = get_ipython().run_cell_magic('torc', '', 'name: a\\njobs: [{name: j, command: ls}]')")
    assert run("%torc -o first jobs list {wf.id}") is None
    assert run("number = wf.id\n%torc jobs list $number -o second") is None
    assert shell.user_ns["first"].data == shell.user_ns["second"].data
    assert run("third = %torc workflows get $number\nthird.id == number")
    assert run(HELLO.format("--dry-run -o fourth")) is None
    assert shell.user_ns["fourth"].name == "hello"


def test_target_yields_to_an_option_of_the_same_name(run: Run, shell: InteractiveShell, tmp_path: Path) -> None:
    wf = run(HELLO.format(""))
    run(f"%torc -o exported workflows export {wf.id} -o out.json")
    assert (tmp_path / "out.json").exists()
    assert shell.user_ns["exported"] is not None


def test_long_lists_show_their_beginning(run: Run) -> None:
    wf = run('%%torc\nname: many\njobs:\n  - {name: "j_{i}", command: ls, parameters: {i: "1:150"}}\n')
    listed = run(f"%torc jobs list {wf.id}")
    assert len(listed) == 150
    assert str(listed).endswith("Total: 150 jobs, of which the first 100 are shown")
    assert "and 50 more" in html_of(listed)
    assert html_of(listed).count("<tr>") == 101


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%torc workflws", "no such command 'workflws' (did you mean 'workflows'?)"),
        ("%torc workflows get 99999", "no workflow with id 99999"),
        ("%torc workflows get $nothing", "$nothing: there is no variable 'nothing'"),
        ("nothng = 1\n%torc workflows get {nothing.id}", "there is no variable 'nothing' (did you mean 'nothng'?)"),
        ("new = torc.Workflow('new')\n%torc jobs list $new", "workflow 'new' has not been created yet (wf.run() "),
        ("%torc run $nothing", "there is no variable 'nothing'"),
        ("%torc show {nothing}", "there is no variable 'nothing'"),
        ("%torc jobs create x -n j -c '$HOME'", "'x' is not a valid number"),
        ("%torc jobs list --satus x", "no such option"),
        ("%torc jobs 'x", "no closing quotation (close the quote)"),
        ("%torc workflows list -o 1x", "'1x' is not the name of a variable"),
        ("%torc run nowhere.yaml", "nowhere.yaml: 1 error: cannot be read: No such file"),
        ("%%torc --format xml\nname: a", "'xml' is not one of"),
        ("%%torc --dry-run --run\nname: a", "exclude each other"),
        ("%%torc\n  \n", "the specification is empty"),
    ],
)
def test_errors_are_one_line(run: Run, fail: Any, cell: str, line: str) -> None:
    run("import torc")
    told, _, _ = fail(cell)
    assert line in told


def test_a_deletion_finds_nobody_to_ask(run: Run, fail: Any) -> None:
    told, _, _ = fail(f"%torc workflows delete {run(HELLO.format('')).id}")
    assert "nobody to ask here: give --no-prompts" in told


def test_help_is_printed_and_no_error(shell: InteractiveShell) -> None:
    for line in ("", "--help", "--version", "jobs list --help", "server"):
        with capture_output() as said:
            done = shell.run_cell(f"%torc {line}")
        assert done.success
        assert done.result is None
        assert "torc" in said.stdout


def test_magic_that_is_interrupted_says_so(fail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MagicSession, "present", interrupted)
    line, _, _ = fail("%torc workflows list")
    assert line == "error: interrupted; what has begun goes on"


def test_wait_of_a_magic_that_is_interrupted_says_how_to_come_back(fail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise stopped_waiting(7)

    monkeypatch.setattr(MagicSession, "present", interrupted)
    line, _, _ = fail("%torc workflows list")
    assert line == "error: stopped waiting; the work goes on, torc.attach(7) leads back to it"


def test_end_of_the_program_stays_within_the_cell(fail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: Any) -> None:
        raise SystemExit(3)

    monkeypatch.setattr(TorcCommand, "invoke", end)
    assert "exit code 3" in fail("%torc workflows list")[0]


def test_problems_of_a_cell_have_place_line_and_mark_and_nothing_is_created(run: Run, fail: Any) -> None:
    before = len(run("%torc workflows list"))
    line, printed, (shown,) = fail(
        "%%torc\nname: bad\njobs:\n  - name: <script>x\n    comand: echo\n    priority: high\n"
    )
    assert re.match(r"error: cell: \d errors: ", line)
    assert "cell:5:5: error: unknown key 'comand'" in shown.data["text/plain"]
    assert "    5 |     comand: echo\n      |     ^\n  hint: did you mean 'command'?" in shown.data["text/plain"]
    assert "cell:6:" in shown.data["text/plain"]
    assert "<script>" not in shown.data["text/html"]
    assert "    5 |     comand: echo" in shown.data["text/html"]
    assert not printed
    assert len(run("%torc workflows list")) == before


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("yaml", "name: a\njobs:\n  - name: j\n    command: echo 1\n"),
        ("json", '{"name": "a", "jobs": [{"name": "j", "command": "echo 1"}]}'),
        ("json5", "// words\n{name: 'a', jobs: [{name: 'j', command: 'echo 1',}]}"),
        ("kdl", 'name "a"\njob "j" {\n    command "echo 1"\n}\n'),
    ],
)
def test_format_is_given_or_told_by_the_text(run: Run, form: str, text: str) -> None:
    for option in ("", f"--format {form}"):
        wf = run(f"%%torc --dry-run {option}\n{text}")
        assert wf.id is None
        assert [job.name for job in wf.spec.jobs] == ["j"]


def test_specification_is_run_under_another_name(run: Run) -> None:
    wf = run(HELLO.format("--run --wait --name other"))
    assert wf.name == "other"
    assert wf.status.is_successful
    assert wf.job("greet").stdout() == "hello\n"
    assert run("%torc show") is wf
    printed = run(f"%torc logs show {wf.job('greet').id}")
    assert printed is None


def test_logs_are_printed_as_text(run: Run, shell: InteractiveShell) -> None:
    wf = run(HELLO.format("--run --wait"))
    with capture_output() as said:
        assert shell.run_cell(f"%torc logs show {wf.job('greet').id}").success
    assert "hello" in said.stdout


def test_file_and_id_run_in_a_process_of_their_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wf.yaml").write_text("name: filed\njobs: [{name: j, command: echo $PPID}]\n")
    wf = run("%torc run wf.yaml --wait --num-cpus 1 --memory-gb 0.5")
    assert wf.status.is_successful
    assert run(f"%torc workflows run {wf.id}").name == "filed"


def test_commands_that_make_or_name_a_workflow_return_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wf.yaml").write_text("name: filed\njobs: [{name: j, command: ls}]\n")
    made = run("%torc workflows create wf.yaml")
    assert isinstance(made, StoredWorkflow)
    assert (made.name, len(made.jobs)) == ("filed", 1)
    assert run("%torc show") is made
    assert run(f"%torc workflows get {made.id}").id == made.id
    assert run("%torc show") is made
    assert run("%torc workflows new --name empty").name == "empty"
    assert run("%torc workflows create --dry-run wf.yaml")["valid"] is True
    assert "plan" in dir(made)
    assert made.plan().stages[0]["jobs"] == ["j"]


def test_reports_become_data_frames(run: Run, fail: Any) -> None:
    wf = run(HELLO.format("--run --wait"))
    report = run(f"%torc reports results {wf.id}")
    assert list(report.to_frame()["job_name"]) == ["greet"]
    assert list(report.to_frame("results")["return_code"]) == [0]
    with pytest.raises(InvalidInput, match=r"no table nothing in .*there are results"):
        report.to_frame("nothing")
    with pytest.raises(InvalidInput, match="data has all of it"):
        run("%torc server status").to_frame()


def test_lists_of_nothing_become_data_frames_with_the_columns_of_others(run: Run) -> None:
    wf, empty = run(HELLO.format("--run --wait")), run("%torc workflows new --name empty")
    for command in ("jobs list", "results list", "compute-nodes list"):
        full, none = (run(f"%torc {command} {one.id}").to_frame() for one in (wf, empty))
        assert len(full) > len(none) == 0
        assert {*none, none.index.name} == {*full, full.index.name}, command
    assert list(run(f"%torc jobs list-resource-requirements {empty.id}").to_frame())


def test_plots_are_drawn_below_the_cell_and_load_nothing(run: Run, tmp_path: Path) -> None:
    series = Series(str(tmp_path / "m.db"), pytest.fail)
    series.add("run_metadata", 1, 1, "here", 4, 2**32)
    series.add("job_metadata", 7, "</script>job", 1, 2**20, 0)
    for moment in range(5):
        series.add("job_resource_samples", 7, 1_795_000_000.0 + moment, 50.0, 2**20, 1, 1)
    series.flush()
    shown = run("%torc plot-resources m.db -o plots --job-ids 7")
    assert str(shown).startswith("Wrote ")
    assert (tmp_path / "plots/resource_plot_job_7.html").exists()
    html = html_of(shown)
    assert html.count('src="data:image/svg+xml;base64,') == 4  # no job has run to its end
    assert not re.search(r"<(script|link)", html)
    assert len(shown._repr_mimebundle_()[PLOTS_MIME]["items"]) == 5
    assert run("%torc -f json plot-resources m.db -o plots")["num_jobs"] == 1
    (tmp_path / "m_2.db").write_bytes((tmp_path / "m.db").read_bytes())
    assert run("%torc -f json plot-resources m*.db -o plots")["num_jobs"] == 1
    assert "resource_plot_job_7" in str(run("%torc plot-resources 'm_*.db' -o plots"))


def test_workflow_in_a_variable_becomes_the_current_one(run: Run, fail: Any, shell: InteractiveShell) -> None:
    wf = run("import torc\nwf = torc.Workflow('mine')\nwf")
    for word in ("$wf", "{wf}"):
        run("%torc workflow other")
        assert run(f"%torc workflow {word}") is wf
    run("%torc workflow other")
    assert run("%%torc job one --workflow wf\n1").workflow is wf
    assert run("%%torc job two --workflow $wf --needs one\n1").workflow is wf
    assert run("name = 'of text'\n%torc workflow \"$name\"").name == "of text"
    assert "'nothing' is no variable that holds a workflow" in fail("%%torc job j --workflow nothing\n1")[0]
    assert "workflow 'mine' has not been created yet" in fail("%torc jobs list $wf")[0]
    assert run("%torc run $wf --wait") is wf
    assert [job["name"] for job in run("%torc jobs list $wf")] == ["one", "two"]
    assert len(run("def listed(number):\n    %torc -o found jobs list $number\n    return found\n\nlisted(wf.id)")) == 2


def test_workflow_without_jobs_says_how_to_add_some(run: Run) -> None:
    shown = html_of(run("%torc workflow empty"))
    assert "%%torc job NAME" in shown
    assert not re.search("error|<table", shown)
    assert html_of(run("%torc show")) == shown


def test_samples_for_plots_are_asked_for_where_the_workflow_begins(run: Run, fail: Any) -> None:
    monitor = run("%torc workflow sampled --sample-interval 2").spec.resource_monitor
    assert (monitor.granularity, monitor.sample_interval_seconds) == ("time_series", 2)
    assert run("%torc workflow plain").spec.resource_monitor != monitor
    assert "'often' is not a valid" in fail("%torc workflow sampled --sample-interval often")[0]


def test_reports_show_tables(run: Run) -> None:
    wf = run(
        "%%torc --run --wait\nname: reported\njobs: [{name: <b>x, command: head -c 3000000 /dev/zero, memory: 1k}]"
    )
    for command in (f"check-resource-utilization {wf.id} --all", f"results {wf.id}"):
        report = run(f"%torc reports {command}")
        assert "<td>&lt;b&gt;x</td>" in html_of(report)
        assert not re.search("[│╭]|<b>", html_of(report))
    assert "│ completed │ 1" in str(run(f"%torc jobs list-by-status {wf.id}"))
    assert "<td>completed</td>" in html_of(run(f"%torc jobs list-by-status {wf.id}"))
    results = run(f"%torc results list {wf.id}")
    assert "Exec Time (min)</th>" in html_of(results)
    assert "│ Exec Time │" in str(results)


def test_names_are_escaped(run: Run) -> None:
    wf = run("%%torc\nname: <img src=x onerror=alert(1)>\njobs: [{name: '<script>alert(1)</script>', command: <b>}]\n")
    shown = [wf, run("%torc workflows list"), run(f"%torc jobs list {wf.id}"), run(f"%torc workflows get {wf.id}")]
    for value in [*shown, run(f"%torc workflows cancel {wf.id}")]:
        assert not re.search("<script|<img|<b>", html_of(value)), type(value)


def test_server_is_found_stopped_and_started(run: Run) -> None:
    started = run("%torc server start")
    assert started["url"] == torc.server_status().url == run("%torc server status")["url"]
    assert run("%torc server stop")["url"] is None
    assert repr(run("%torc server status")).startswith("<No server runs for")
    assert len(run("%torc workflows list")) >= 0
    assert torc.server_status().is_background


def completed(shell: InteractiveShell, text: str) -> list[str]:
    with provisionalcompleter():
        return [found.text for found in shell.Completer.completions(text, len(text))]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%torc workf", {"workflows", "workflow"}),
        ("x = %torc server st", {"status", "start", "stop"}),
        ("%torc jobs list --inc", {"--include-relationships"}),
        ("%torc --format j", {"json"}),
        ("%torc --format=j", {"json"}),
        ("%torc workflows get ", {"{id}"}),
        ("%torc show ", {"{id}"}),
        ("%torc logs show --job tip", {"tiptop"}),
        ("%%torc jo", {"job"}),
        ("%%torc --format k", {"kdl"}),
        ("%%torc job x --ne", {"--needs", "--needs-matching"}),
        ("%%torc job x --needs al", {"alpha"}),
        ("%%torc job x --needs beta,al", {"alpha"}),
        ("%%torc job x --in tot", {"total"}),
        # Much of Python begins like these.
        ("%torc jobs list --st", {"--status"}),
        ("%torc server s", {"status", "start", "stop"}),
        ("%%torc --d", {"--dry-run", "--database"}),
    ],
)
def test_tab_offers_what_fits(run: Run, shell: InteractiveShell, text: str, offered: set[str]) -> None:
    wf = run("%%torc\nname: known\njobs: [{name: tiptop, command: ls}]\n")
    run("%torc workflow new")
    run("%%torc job alpha --out total=t\n1")
    found = completed(shell, text)
    expected = {word.format(id=wf.id) for word in offered}
    assert set(found) == expected if "{id}" not in offered else expected <= set(found)


def test_tab_leaves_files_and_code_to_ipython(run: Run, shell: InteractiveShell, tmp_path: Path) -> None:
    (tmp_path / "spec_one.yaml").write_text("")
    assert completed(shell, "%torc workflows create spec_") == ["spec_one.yaml"]
    assert "open" in completed(shell, "%%torc job j\nprint(1)\nope")


@pytest.mark.parametrize(("cell", "option"), [("%%torc --help", "--dry-run"), ("%%torc job x --help\n", "--needs")])
def test_help_of_a_cell_needs_nothing_below_it(shell: InteractiveShell, cell: str, option: str) -> None:
    with capture_output() as said:
        assert shell.run_cell(cell).success
    assert option in said.stdout


def test_extension_that_is_taken_away_leaves_nothing_behind(shell: InteractiveShell) -> None:
    places = (shell.Completer.custom_matchers, shell.input_transformers_cleanup)
    once = [len(place) for place in places]
    shell.run_line_magic("reload_ext", "torc")
    assert [len(place) for place in places] == once
    shell.run_line_magic("unload_ext", "torc")
    assert [len(place) for place in places] == [size - 1 for size in once]
    assert completed(shell, "%torc workf") == []


def test_notebook_runs_from_top_to_bottom_and_stops_at_a_failed_command(home: Path, tmp_path: Path) -> None:
    cells = ["%load_ext torc", HELLO.format("--run --wait"), "%torc jobs list {_.id}", "%torc workflows get nine", "1"]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()
    empty, created, listed, failed, never = (cell.outputs for cell in notebook.cells)
    assert not empty
    assert not never
    assert "complete, 1 of 1 done" in created[-1]["data"]["text/plain"]
    assert "<td>greet</td>" in listed[-1]["data"]["text/html"]
    (problem,) = failed
    assert problem["traceback"] == [f"error: {problem['evalue']}"]
    assert "'nine' is not a valid number" in problem["evalue"]
