"""Workflows read back from a server: what is written of them creates the same again."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import torc
from torc import Workflow
from torc.errors import TooLarge
from torc.workflow import described
from torc.workflow.definition import Definition
from torc.workflow.workflow import attach

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=4)


def rich() -> Workflow:
    wf = Workflow("rich", description="has everything", env={"A": "1"}, params={"n": range(2)}, metadata={"k": [1]})
    raw, best = wf.file("raw", "raw.txt"), wf.data("best")
    wf.data("seed", False)
    wf.resources("small", cpus=1, memory="1g")
    wf.scheduler("short", account="a", walltime="00:10:00")
    wf.failure_handler("again", [{"exit_codes": [7], "max_retries": 2}])
    wf.job("split_{n}", f"sort {raw.input} > /dev/null", params="n", resources="small", failure_handler="again")
    wf.job(
        "pick", f"echo {best.output}", depends_on_regexes=["^split_"], priority=3, env={"B": "x y"}, scheduler="short"
    )
    wf.job("last", f"echo {best.input}", cpus=2, scheduler="short", cancel_on_blocking_job_failure=False)
    wf.action("on_jobs_ready", schedule="short", jobs=["pick"], num_allocations=2)
    wf.action("on_workflow_complete", run=["date"])
    return wf


def plan_of(definition: Definition) -> dict[str, Any]:
    """Return what would be created, without what a server adds."""
    plan = definition.checked().plan
    amounts = [{k: v for k, v in item.items() if k != "name"} for item in plan.get("resource_requirements", ())]
    waits = definition.checked().waits
    needed = [{waits.names[one] for number in job for one in waits.sets[number]} for job in waits.waits]
    jobs = [
        {name: job.get(name) for name in ("name", "command", "priority", "env", "cancel_on_blocking_job_failure")}
        | {"needs": needs, "amounts": None if (at := job.get("resource_requirements")) is None else amounts[at]}
        for job, needs in zip(plan["jobs"], needed, strict=True)
    ]
    files = [{"name": file["name"], "path": file["path"]} for file in plan.get("files", ())]
    return {
        "workflow": {k: v for k, v in plan["workflow"].items() if k not in ("parameters", "submission_directory")},
        "jobs": jobs,
        "files": files,
        "data": [item["name"] for item in plan.get("user_data", ())],
        "schedulers": plan.get("slurm_schedulers"),
        "handlers": plan.get("failure_handlers"),
        "actions": [
            {**action, "action_config": {k: v for k, v in action["action_config"].items() if v}}
            for action in plan.get("actions", ())
        ],
    }


@pytest.mark.parametrize("form", ["yaml", "json", "kdl"])
def test_what_is_written_of_a_stored_workflow_is_the_same_workflow(form: str) -> None:
    wf = rich().create()
    seen = attach(wf.number)
    text = getattr(seen, f"to_{form}")()
    assert plan_of(Workflow.from_text(text, form)) == plan_of(wf)  # type: ignore[arg-type]


def test_code_of_a_stored_workflow_builds_it() -> None:
    wf = rich().create()
    names: dict[str, Any] = {}
    exec(attach(wf.number).to_code(), names)
    assert plan_of(names["wf"]) == plan_of(wf)


def test_stored_workflow_has_plan_and_graph() -> None:
    wf = rich().create()
    seen = attach(wf.number)
    assert seen.plan().data == wf.plan().data
    assert repr(seen.dag()) == "<Graph of 'rich': 4 jobs, 3 edges, 3 stages>"
    assert seen.dag()["stages"] == wf.dag()["stages"]
    assert "<svg" in seen.dag()._repr_html_()


def test_values_that_jobs_have_written_are_not_described() -> None:
    wf = rich().create()
    client = torc.connect().client
    record = next(item for item in client.pages("list_user_data", workflow_id=wf.number) if item["name"] == "best")
    client.update_user_data(record["id"], body={**record, "data": {"loss": 0.1}})
    data = {item.name: item.data for item in attach(wf.number).described().spec.user_data}
    assert data == {"best": None, "seed": False}


def test_too_many_dependencies_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wf = rich().create()
    monkeypatch.setattr(described, "MAX_DEPENDENCIES", 1)
    with pytest.raises(TooLarge, match="torc workflows export"):
        attach(wf.number).to_yaml()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    jobs=st.lists(st.tuples(NAMES, st.integers(0, 3), st.sampled_from([None, 1, 4])), min_size=1, max_size=6),
    data=st.data(),
)
def test_any_graph_comes_back(jobs: list[tuple[str, int, int | None]], data: st.DataObject) -> None:
    wf = Workflow("any")
    names: list[str] = []
    for name, priority, cpus in {job[0]: job for job in jobs}.values():
        needs = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
        wf.job(name, f"echo '{{{name}}}' \"$HOME\" # é", needs=needs, priority=priority, cpus=cpus)
        names.append(name)
    wf.create()
    assert plan_of(Workflow.from_text(attach(wf.number).to_yaml(), "yaml")) == plan_of(wf)
