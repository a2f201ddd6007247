"""What a workflow asks for, told before it is created."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.graph import shared_sets
from torc.spec.demand import Demand, demand_of, longest_chain
from torc.spec.resolve import Waits

from .checking import checked
from .test_expand import one_job, workflow
from .test_stages import schedule


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[list[int]], list[float]]:
    """Jobs that wait for some of those before them, and the seconds of each."""
    count = draw(st.integers(0, 12))
    lists = [draw(st.lists(st.integers(0, job - 1), unique=True)) if job else [] for job in range(count)]
    return lists, draw(st.lists(st.integers(0, 100).map(float), min_size=count, max_size=count))


@given(graphs())
def test_the_longest_chain_is_that_of_all_paths(graph: tuple[list[list[int]], list[float]]) -> None:
    lists, seconds = graph

    @cache
    def end(job: int) -> float:
        return seconds[job] + max(map(end, lists[job]), default=0.0)

    sets, waits = shared_sets(lists)
    found = longest_chain(Waits([str(job) for job in range(len(lists))], sets, waits), seconds)
    assert found == max(map(end, range(len(lists))), default=0.0)


def test_hours_are_those_of_all_jobs_that_name_resources() -> None:
    text = workflow(
        resource_requirements=[
            {"name": "half", "num_cpus": 4, "memory": "1g", "runtime": "PT30M"},
            {"name": "gpu", "num_cpus": 1, "num_gpus": 2, "memory": "1g", "runtime": "PT3H"},
        ],
        jobs=[
            one_job(name="a_{i}", parameters={"i": "1:6"}, resource_requirements="half"),
            one_job(name="b", depends_on_regexes=["^a_"], resource_requirements="gpu"),
            one_job(name="c"),
        ],
    )
    assert demand_of(checked(text)) == Demand(
        num_jobs=7, cpu_hours=6 * 4 * 0.5 + 3, gpu_hours=6.0, longest_chain=3.5 * 3600, node_hours=0.0
    )


@pytest.mark.parametrize(("walltime", "hours"), [("02:30:00", 2.5), ("1-00", 24.0), (None, 4.0)])
def test_allocations_are_counted_in_node_hours(walltime: str | None, hours: float) -> None:
    slurm = {"name": "s", "account": "x", "nodes": 3, **({"walltime": walltime} if walltime else {})}
    text = workflow(
        slurm_schedulers=[slurm, {**slurm, "name": "unused"}],
        jobs=[one_job(scheduler="s", resource_requirements="r")],
        resource_requirements=[{"name": "r", "num_nodes": 3}],
        actions=[schedule("on_workflow_start", "s", num_allocations=2)],
    )
    assert demand_of(checked(text, skip_checks=True)).node_hours == 2 * 3 * hours


def test_a_workflow_that_says_nothing_asks_for_nothing() -> None:
    assert demand_of(checked(workflow(jobs=[one_job()]))) == Demand(0, 0.0, 0.0, 0.0, 0.0)
