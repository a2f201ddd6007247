"""Cells whose code becomes a job, and the run of such jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from .conftest import HELLO, Run, html_of


def test_cells_become_jobs_that_see_parameters_and_files(run: Run, tmp_path: Path) -> None:
    run('%torc workflow sweep --params "depth=[1,2]"')
    run("lr = 'a variable of the notebook'")
    text = """it's é \\\\ "$HOME" `x` {lr}"""
    run(
        '%%torc job train_{lr}_{depth} --params "lr=[0.1,0.01]" --params depth --cpus 1 --memory 100m'
        " --out model_{lr}_{depth}=model_{lr}_{depth}.txt\n"
        "import sys\n"
        f"open(model, 'w', encoding='utf-8').write(f'''{text}''' + f' {{lr + depth:.2f}}\\n')\n"
        "print(sys._getframe().f_lineno)\n"
    )
    run(
        "%%torc job sum --bash --needs-matching ^train_ --out total=total.txt\n"
        'sort model_* > "$total"; echo "it\'s $LINENO"'
    )
    run("%%torc job last --needs sum --in total\nprint(open(total).read())")
    assert run("%torc show").stages[0]["num_jobs"] == 4
    wf = run("%torc run --wait --num-cpus 2")
    assert wf.status.is_successful, str(wf.failures)
    home = "$HOME"
    expected = sorted(f'it\'s é \\ "{home}" `x` {lr} {lr + depth:.2f}' for lr in (0.1, 0.01) for depth in (1, 2))
    assert (tmp_path / "total.txt").read_text().split("\n") == [*expected, ""]
    assert wf.job("train_0.1_1").stdout() == "4\n"
    assert wf.job("sum").stdout() == "it's 2\n"


def test_cell_that_runs_again_describes_its_job_anew(run: Run, fail: Any) -> None:
    run("%torc workflow again")
    run("%%torc job one\nprint(1)")
    run("%%torc job two --needs one\nprint(2)")
    run("%%torc job one --cpus 3 --bash\necho 3")
    line, _, _ = fail("%%torc job one --memory much\nprint(1)")
    assert "'much' is not a memory size" in line
    wf = run("%%torc job three\n1").workflow
    assert [job.name for job in wf.spec.jobs] == ["one", "two", "three"]
    assert wf.spec.jobs[0].num_cpus == 3
    assert wf.spec.jobs[0].command.endswith("echo 3\n")


def test_job_cell_shows_what_it_is_and_which_variables_its_code_sees(run: Run) -> None:
    run('%torc workflow shown --params "depth=[1,2,3]"')
    job = run(
        '%%torc job train_{lr}_{depth} --params "lr=[0.1,0.01]" --params depth --cpus 2 --memory 1g --needs first'
        " --in raw=raw.csv --out model_{lr}=model_{lr}.bin\n\nimport sys  # <b>\nopen(model, 'w').write(raw)\n"
    )
    assert str(job._repr_mimebundle_()["text/plain"]) == (
        "<job 'train_{lr}_{depth}' of workflow 'shown'>\n"
        "  command    Python: import sys # <b>\n"
        "  jobs       6 jobs, one for each combination of depth, lr\n"
        "  needs      first\n"
        "  inputs     raw (raw.csv)\n"
        "  outputs    model_{lr} (model_{lr}.bin)\n"
        "  resources  cpus 2, memory 1g\n"
        "  variables  depth, lr, raw, model"
    )
    assert "<td>6 jobs, one for each combination of depth, lr</td>" in html_of(job)
    assert "<b>" not in html_of(job)
    shell_job = run("%%torc job last --bash --needs-matching ^train_\necho done")
    assert "Bash: echo done" in html_of(shell_job)
    assert "all that match ^train_" in html_of(shell_job)
    assert job.workflow.job("last").description()["jobs"] == "1 job"


@pytest.mark.parametrize(
    ("code", "warned"),
    [
        ("open(score, 'w')", True),
        ("open(score_c_g, 'w')", False),
        ("open('score_1.txt', 'w')", True),
        ("open('score_{c}_{g}.txt', 'w')", False),
    ],
    ids=["other name", "variable", "other path", "path"],
)
def test_job_cell_that_uses_no_output_is_warned_about(
    shell: InteractiveShell, run: Run, code: str, warned: bool
) -> None:
    run("%torc workflow outputs")
    line = '%%torc job j_{c}_{g} --params "c=[1,2]" --params "g=[1,2]" --out score_c{c}_g{g}=score_{c}_{g}.txt'
    with capture_output() as said:
        assert shell.run_cell(f"{line}\n{code}").success
    expected = "uses none of its output variables: 'score_c_g' (the path of score_c{c}_g{g})"
    assert (expected in said.stderr) is warned


def test_parameter_that_no_variable_can_be_named_after_has_its_place_alone(run: Run) -> None:
    run("%torc workflow words")
    job = run('%%torc job j_{class} --params "class=[1,2]"\nprint("{class}")')
    assert job.variables == []
    assert "class =" not in job.workflow.spec.jobs[0].command
    assert run('%%torc job k_{class} --bash --params "class=[1,2]"\necho $class').variables == ["class"]
    assert run('%%torc job l_{é} --bash --params "é=[1,2]"\necho {é}').variables == []


def test_traceback_of_a_job_cell_shows_the_lines_of_the_cell(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torc.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "mine.py").write_text("def half(x):\n    return x / 0\n")
    run("%torc workflow traced")
    run("%%torc job train_{x} --params x=[1,2]\nimport mine\n\ndef work(x):\n    return mine.half(x)\n\nwork(x)\n")
    wf = run("%torc run --wait --num-cpus 2")
    assert wf.job("train_2").stderr() == (
        "Traceback (most recent call last):\n"
        '  File "Cell train_2", line 7, in <module>\n    work(x)\n'
        '  File "Cell train_2", line 5, in work\n    return mine.half(x)\n'
        "           ^^^^^^^^^^^^\n"
        f'  File "{tmp_path}/mine.py", line 2, in half\n    return x / 0\n           ~~^~~\n'
        "ZeroDivisionError: division by zero\n"
    )


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%%torc job j --params lr\n1", "has no parameter 'lr'"),
        ("%%torc job j_{a} --params \"a=['it is','x\\\"y']\"\n1", "has quotes"),
        ('%%torc job j_{a} --params "a=5:1"\n1', "holds no value"),
        ("%%torc job j --in raw=a --out raw=b\n1", "is a already, not b"),
        ("%%torc job j\n\n", "the cell has no code"),
        ("%%torc job j --env X\n1", "'X' is not NAME=VALUE"),
        ("%%torc job\n1", "missing argument 'NAME'"),
    ],
)
def test_bad_job_cells_are_refused(run: Run, fail: Any, cell: str, line: str) -> None:
    run("%torc workflow bad")
    assert line in fail(cell)[0]
    assert not run("%torc workflow bad").spec.jobs


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%torc job j\nx = 1\ny = = 2\n", "cell:3:5: error: invalid syntax"),
        ("%%torc job j --bash\necho 1\nfi\n", "cell:3: error: syntax error near unexpected token `fi'"),
        ("%%torc job j --bash\n\nif true; then\n  echo 1\n\n", "cell:4: error: syntax error: unexpected end of file"),
        ("%%torc job j --bash\necho 'it is\n", "cell:2: error: unexpected EOF while looking for matching `''"),
        ("%%torc job j --bash\nprint('a')\n", "without it the cell is Python"),
    ],
    ids=["python", "word", "end", "quote", "python as bash"],
)
def test_syntax_errors_are_told_by_the_line_of_the_cell(run: Run, fail: Any, cell: str, said: str) -> None:
    wf = run("%torc workflow broken")
    _, _, (shown,) = fail(cell)
    assert said in shown.data["text/plain"]
    assert not wf.spec.jobs


def test_code_in_bash_is_read_as_it_will_run(run: Run) -> None:
    run("%torc workflow fine")
    run(
        """%%torc job j_{n} --bash --params "begin=['if true; then']" --params n=[1,2] --in raw=raw.txt\n"""
        "shopt -s extglob\n"
        "{begin}\n"
        '  ls !(*.txt) "$raw" ${{a[{n}]}} >&2\n'
        "fi\n"
    )


def test_lines_may_end_as_on_windows(run: Run) -> None:
    run("%torc workflow fine")
    job = run("%%torc job j --bash\r\nif true; then\r\n  echo 1\r\nfi\r\n")
    assert "\r" not in job.workflow.to_yaml()


def test_code_is_taken_unread_where_no_bash_is(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    run("%torc workflow elsewhere")
    assert run("%%torc job j --bash\nfi\n").workflow.spec.jobs


def test_job_needs_a_workflow(fail: Any, run: Run) -> None:
    assert "%torc workflow NAME begins one" in fail("%%torc job j\n1")[0]
    wf = run(HELLO.format(""))
    assert "was created already" in fail("%%torc job j\n1")[0]
    run(f"%torc run {wf.id} --wait")
    assert "is not described in this notebook" in fail("%%torc job j\n1")[0]
