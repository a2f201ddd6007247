"""Every notebook runs from top to bottom for somebody who has just come, and its outputs are those that are kept."""

from __future__ import annotations

import json
import re
import socket
import sys
from ast import literal_eval

import pytest

from .running import NOTEBOOKS, Ran, committed, script

NAMES = script.names()
MOST_BYTES = 1_000_000


def run(name: str) -> Ran:
    """Run a notebook in an empty home; nothing in it fails, and it puts out the same kinds of things as it did."""
    with script.home() as environment:
        ran = Ran(script.execute(name, environment))
    assert ran.errors == []
    assert ran.shape() == Ran(committed(name)).shape(), f"run scripts/run-notebooks {name}"
    return ran


def test_first_steps() -> None:
    ran = run("01_first_steps")

    assert ran.said("wf.wait()").endswith("<complete, 4 of 4 done>")
    assert ran.said("--job greet_Ada") == "Hello, Ada!\n"
    # Results come in the order in which the jobs ended.
    assert sorted(literal_eval(ran.said("result in results"))) == [(1, 0), (2, 0), (3, 0), (4, 0)]
    assert ran.said('wf.job("count")') == repr("3\n")
    assert "did you mean 'command'?" in ran.said("name: wrong")
    assert "Total: 1 workflow\n" in ran.said("workflows list") + "\n"


def test_diamond_with_files() -> None:
    ran = run("02_diamond_with_files")

    assert ran.said('"late"') == "job 'late' has no option 'memry' (did you mean 'memory'?)\n"
    assert literal_eval(ran.said("dag = wf.dag()")) == [
        ("prepare", "find"),
        ("prepare", "add"),
        ("find", "write"),
        ("add", "write"),
    ]
    assert ran.said("wf.run(").endswith("<Workflow 1 'diamond': complete, 4 of 4 done>")
    assert "prepare: its input rain.csv has changed" in ran.said("dry_run")
    assert ran.said("wf.rerun()").split() == ["september,85", "341"]
    assert ran.said("again.to_json()") == "True"


def test_sweep_digits() -> None:
    ran = run("03_sweep_digits")

    assert ran.said("wf.wait()").endswith("<complete, 11 of 11 done>")
    assert "Total Stages: 3" in ran.said("%torc show")
    assert len(re.findall(r"^fit_\S+ +\d+\.\d +1\d\d\.\d$", ran.said('results["peak_mb"]'), re.MULTILINE)) == 9
    assert "image/png" in ran.data("imshow")
    assert "fit_10.0_0.01" in ran.data('wf.plot("memory")')["text/html"]
    # The snapshot of a table of accuracies, the best in bold: no model guesses.
    accuracies = [float(text) for text in re.findall(r"<td[^>]*>(0\.\d{3})<", ran.data("read_csv")["text/html"])]
    assert len(accuracies) == 9
    assert max(accuracies) > 0.97


def test_map_a_function() -> None:
    ran = run("04_map_a_function")

    assert ran.said("def collatz") == "([0, 1, 7, 2, 5, 8, 16, 3, 19, 6, 14, 9], 143, 327)"
    assert re.fullmatch(r"'seed 2: \d+ of 200000 darts inside\\n'", ran.said("as_completed(futures)"))
    assert abs(literal_eval(ran.said("fmean, futures"))[0] - 3.1416) < 0.01
    assert "return scale / x" in ran.said("def inverse")
    assert "killed by SIGABRT" in ran.said("os.abort")
    assert "args[0]['guard'] is a _thread.lock" in ran.said("threading.Lock()")
    assert literal_eval(ran.said("Executor.attach"))[1] == 2**100


def test_debug_and_rerun() -> None:
    ran = run("05_debug_and_rerun")

    assert ran.said("%torc run --wait").endswith("complete, 7 of 7 done (2 failed, 1 canceled)>")
    assert "could not convert string to float: 'n/a" in ran.said("stderr()")
    assert ran.said("job.why()").startswith("rank - canceled because job mean_")
    assert "rank: it was canceled" in ran.said("dry_run")
    assert ran.said("wf.rerun()").endswith("<complete, 7 of 7 done>")
    assert len(ran.said('Path("ranking.txt")').split()) == 2 * 6


def test_resource_tuning() -> None:
    ran = run("06_resource_tuning")

    told = ran.said("report = %torc")
    assert "simulate_120 │ Memory" in told
    assert "simulate_180 │ Memory" in told
    assert "simulate_40" not in told
    corrected = ran.said("wf.correct_resources()")
    assert "small: memory 100m -> " in corrected
    assert "large: run time 1h -> PT1M" in corrected
    assert ran.said("check-resource-utilization {wf.id} --all").startswith(
        "✓ No resource over-utilization in 4 results."
    )


def test_build_with_forms() -> None:
    ran = run("07_build_with_forms")

    assert ran.said("form.to_yaml())").startswith("name: poem\n")
    assert 'torc.Workflow("poem"' in ran.said("form.to_code())")
    assert ran.said("wf.run(wait=True)").endswith("<Workflow 1 'poem': complete, 5 of 5 done>")
    assert ran.said('report.txt").read_text').split()[:3] == ["13", "1", "and"]
    assert ran.said("again.to_yaml()") == "True"


def test_every_notebook_is_in_the_index() -> None:
    index = (NOTEBOOKS / "README.md").read_text()

    assert re.findall(r"\((\w+)\.ipynb\)", index) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_is_kept_is_a_whole_run_and_tells_nothing_of_the_machine(name: str) -> None:
    text = (NOTEBOOKS / f"{name}.ipynb").read_text()
    ran = Ran(committed(name))

    assert [cell.execution_count for cell in ran.code] == list(range(1, len(ran.code) + 1))
    assert ran.errors == []
    assert len(text) < MOST_BYTES
    without_pictures = re.sub(r'"image/png": "[^"]*"', "", text)
    for private in (sys.prefix, socket.gethostname(), "/root", "/tmp", "/work"):
        assert not re.search(rf"(?<![\w.-]){re.escape(private)}(?![\w.-])", without_pictures)
    assert not re.search(r"\btorc_[\w-]{30,}", without_pictures)
    assert json.loads(text)["metadata"].keys() == {"kernelspec", "language_info"}
