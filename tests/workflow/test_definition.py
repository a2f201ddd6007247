"""Describing workflows: what is wrong is said where it is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy
import pytest

from torc import Workflow
from torc.errors import InvalidInput, NotFound, SpecError

EXAMPLES = Path(__file__).parents[2] / "examples"


def diamond() -> Workflow:
    wf = Workflow("diamond")
    raw = wf.file("raw", "raw.txt")
    left, right = wf.file("left", "left.txt"), wf.file("right", "right.txt")
    wf.job("split", f"sort {raw.input} | tee {left.output} > {right.output}")
    wf.job("one", f"wc {left.input}", cpus=2, memory="1g", runtime="10m")
    wf.job("two", f"wc {right.input}")
    wf.job("join", "echo done", needs=["one", "two"])
    return wf


def test_diamond_has_its_order_from_files_and_names() -> None:
    graph = diamond().dag()
    names = [node["name"] for node in graph["nodes"]]
    assert {(names[before], names[after]) for before, after in graph["edges"]} == {
        ("split", "one"),
        ("split", "two"),
        ("one", "join"),
        ("two", "join"),
    }
    assert graph["num_edges"] == 4
    assert graph["stages"] == [[0], [1, 2], [3]]


def test_plan_tells_the_stages() -> None:
    plan = diamond().plan()
    assert [stage["job_groups"] for stage in plan.stages] == [["split"], ["one", "two"], ["join"]]
    assert repr(plan) == "<Plan of 'diamond': 4 jobs in 3 stages>"
    assert "Stage 2" in str(plan)
    assert list(plan.to_frame()["stage"]) == [1, 2, 2, 3]


def test_barrier_of_many_jobs_is_told_without_all_its_edges() -> None:
    wf = Workflow("barrier")
    wf.job("a_{i}", "true", params={"i": range(1000)})
    wf.job("b_{i}", "true", params={"i": range(1000)}, depends_on_regexes=["^a_"])
    graph = wf.dag()
    assert graph["num_edges"] == 1_000_000
    assert len(graph["edges"]) == 100_000
    assert [(len(item["members"]), len(item["waiting"])) for item in graph["sets"]] == [(1000, 1000)]


@pytest.mark.parametrize(
    "wrong, field, said",
    [
        (lambda wf: wf.job("x", "c", cpu=3), "cpu", "job 'x' has no option 'cpu' (did you mean 'cpus'?)"),
        (lambda wf: wf.job("x", "c", cpus=-1), "cpus", "job 'x': cpus: -1 is not allowed"),
        (lambda wf: wf.job("x", "c", memory="4 apples"), "memory", "'4 apples' is not a memory size"),
        (lambda wf: wf.job("x", "c", runtime=5), "runtime", "a text is expected, not the number 5"),
        (lambda wf: wf.job("x", ""), "command", "'command' is empty"),
        (lambda wf: wf.job("x", cpus=1), "command", "job 'x' has no command"),
        (lambda wf: wf.job("split", "c"), "name", "has 'split' already"),
        (lambda wf: wf.job("x", "c", num_cpus=1, cpus=1), "num_cpus", "'cpus' is given twice"),
        (lambda wf: wf.job("x", "c", resources="s", cpus=1), None, "not both"),
        (lambda wf: wf.job("x", "c", params={"q": "5:1"}), "params", "parameter 'q': '5:1' holds no value"),
        (lambda wf: wf.job("x", "c", params={"q": [True]}), "params", "cannot hold true"),
        (lambda wf: wf.job("x", "c", params={"q": []}), "params", "holds no value"),
        (lambda wf: wf.job("x", "c", env={"1A": "b"}), "env.1A", "is not the name of an environment variable"),
        (lambda wf: wf.job("x", "c", inputs=wf.job("y", "c")), "inputs", "job 'y' writes no file"),
        (lambda wf: wf.job("x", "c", needs=wf.file("f", "f")), "needs", "<file 'f' of workflow 'diamond'>"),
        (lambda wf: wf.job("x", "c", needs=Workflow("o").job("y", "c")), "needs", "belongs to another workflow"),
        (lambda wf: wf.file("f", ""), "path", "'path' is empty"),
        (lambda wf: wf.data("d", {1, 2}), None, "data 'd'"),
        (lambda wf: wf.resources("r", memory="x"), "memory", "resources 'r'"),
        (lambda wf: wf.scheduler("s", account="a", walltime="soon"), "walltime", "'soon' is not a wall time"),
        (lambda wf: wf.failure_handler("h", [{"exit_code": [1]}]), None, "failure handler 'h'"),
        (lambda wf: wf.action("on_job_ready", "c"), "trigger_type", "did you mean 'on_jobs_ready'?"),
        (lambda wf: wf.action("on_workflow_start"), "run", "give run= or schedule="),
        (lambda wf: wf.job("spilt"), "name", "did you mean 'split'?"),
        (lambda wf: Workflow("w", descripton="x"), "descripton", "did you mean 'description'?"),
        (lambda wf: Workflow(""), "name", "'name' is empty"),
        (lambda wf: Workflow("w", params={"a b": [1]}, jobs_sort_method="x"), "jobs_sort_method", "'x' is not one of"),
    ],
)
def test_wrong_argument_is_refused_where_it_is_given(
    wrong: Callable[[Workflow], Any], field: str | None, said: str
) -> None:
    wf = diamond()
    with pytest.raises((InvalidInput, NotFound)) as caught:
        wrong(wf)
    assert said in str(caught.value)
    assert field is None or caught.value.field == field
    assert wf.check() == []


def test_what_is_wrong_with_the_whole_is_listed_by_jobs() -> None:
    wf = Workflow("w")
    wf.job("a", "c", needs="b")
    wf.job("b", "c", needs=["a", "nobody"], resources="none")
    with pytest.raises(SpecError) as caught:
        wf.plan()
    messages = [problem.message for problem in caught.value.problems]
    assert any("nobody" in message for message in messages)
    assert any("'none'" in message for message in messages)
    assert "jobs[1].depends_on[1]" in "\n".join(caught.value.__notes__)


def test_specification_in_a_text_is_refused_with_line_and_column() -> None:
    with pytest.raises(SpecError) as caught:
        Workflow.from_text("name: w\njobs:\n  - name: a\n    comand: x\n", "yaml", source="<cell>")
    assert "<cell>:4:5: error: unknown key 'comand'" in caught.value.__notes__[0]


@pytest.mark.parametrize("format", ["yaml", "json", "kdl"])
def test_file_becomes_a_workflow_and_a_file_again(tmp_path: Path, format: str) -> None:
    wf = Workflow.from_file(EXAMPLES / f"{format}/diamond.{format}")
    (tmp_path / "w.yaml").write_text(wf.to_yaml())
    (tmp_path / "w.json").write_text(wf.to_json())
    (tmp_path / "w.kdl").write_text(wf.to_kdl())
    for path in tmp_path.glob("w.*"):
        assert Workflow.from_file(path).spec == wf.spec


def test_code_builds_the_same_workflow() -> None:
    names: dict[str, Any] = {}
    exec(diamond().to_code(), names)
    assert names["wf"].spec == diamond().spec


@pytest.mark.parametrize(
    "values, written",
    [
        ([0.1, "a", 3], [0.1, "a", 3]),
        ((1, 2), [1, 2]),
        (range(1, 11), "1:10"),
        (range(10, 0, -3), "10:1:-3"),
        (numpy.array([1.5, 2.5]), [1.5, 2.5]),
        ("0:1:0.5", "0:1:0.5"),
        ((x * x for x in range(3)), [0, 1, 4]),
    ],
)
def test_parameters_are_what_python_has(values: Any, written: Any) -> None:
    wf = Workflow("w")
    wf.job("j_{x}", "echo {x}", params={"x": values})
    assert wf.spec.jobs[0].parameters == {"x": written}
    assert wf.check() == []


def test_parameters_combine_or_go_side_by_side() -> None:
    wf = Workflow("w", params={"a": [1, 2], "b": [3, 4]})
    wf.job("all_{a}_{b}", "c", params=["a", "b"])
    wf.job("pair_{a}_{b}", "c", params=["a", "b"], parameter_mode="zip")
    names = [node["name"] for node in wf.dag()["nodes"]]
    assert names == ["all_1_3", "all_1_4", "all_2_3", "all_2_4", "pair_1_3", "pair_2_4"]


def test_job_as_input_stands_for_all_that_it_writes() -> None:
    wf = Workflow("w")
    table, figures = wf.file("table", "t.csv"), wf.data("figures")
    make = wf.job("make", f"make > {table.output}", outputs=figures)
    wf.job("use", "use", inputs=[make])
    job = wf.spec.jobs[1]
    assert (job.input_files, job.input_user_data) == (["table"], ["figures"])


def test_every_part_can_be_named_by_what_made_it() -> None:
    wf = Workflow("w", env={"A": "b"}, metadata={"k": [1]})
    small = wf.resources("small", cpus=2, runtime=timedelta(minutes=5))
    short = wf.scheduler("short", account="a", walltime="01:00:00")
    again = wf.failure_handler("again", [{"exit_codes": [3], "max_retries": 2}])
    job = wf.job("j", "c", resources=small, scheduler=short, failure_handler=again, env={"X": "1"}, priority=3)
    wf.action("on_jobs_ready", schedule=short, jobs=job)
    wf.action("on_workflow_complete", ["date", "hostname"])
    plan = wf.checked().plan
    assert plan["jobs"][0]["resource_requirements"] == 0
    assert plan["resource_requirements"][0]["runtime"] == "PT300S"
    assert plan["actions"][0]["action_config"]["num_allocations"] == 1
    assert plan["actions"][1]["action_config"] == {"commands": ["date", "hostname"]}


def test_what_is_not_created_says_so_and_has_looks() -> None:
    wf = diamond()
    assert repr(wf) == "<Workflow 'diamond': 4 jobs, not created yet>"
    assert "not created yet" in wf._repr_html_()
    assert wf.job("split").name == "split"
    for needs_server in (lambda: wf.status, lambda: wf.wait(), lambda: wf.jobs, lambda: wf.job("split").stdout()):
        with pytest.raises(InvalidInput, match="has not been created yet"):
            needs_server()
