"""Capacity accounting against a model that only adds up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torc.runner.capacity import Capacity, Need, Slots

NEEDS = st.builds(Need, st.integers(0, 5), st.integers(0, 12), st.integers(0, 3), st.integers(1, 3))
STEPS = st.lists(st.one_of(NEEDS, st.integers(0, 30)), max_size=60)


@given(st.integers(1, 4), st.integers(1, 10), st.integers(0, 3), st.integers(1, 3), STEPS)
def test_never_gives_out_more_than_there_is_and_gets_all_of_it_back(cpus, memory, gpus, nodes, steps):
    capacity = Capacity(cpus, memory, [f"gpu{number}" for number in range(gpus)], nodes)
    held: dict[int, Need] = {}
    for key, step in enumerate(steps):
        if isinstance(step, Need):
            grant = capacity.start(key, step)
            if grant is not None:
                held[key] = step
        elif held:
            gone = sorted(held)[step % len(held)]
            capacity.finish(gone)
            del held[gone]
        check_books(capacity, cpus, memory, gpus, nodes)
    for key in held:
        capacity.finish(key)
    assert capacity.free() == Need(cpus, memory, gpus, nodes)
    assert capacity.running == 0


def check_books(capacity: Capacity, cpus: int, memory: int, gpus: int, nodes: int) -> None:
    for node in range(nodes):
        here = [grant for grant in capacity.grants.values() if node in grant.nodes]
        whole = [grant for grant in here if grant.need.nodes > 1]
        assert not whole or len(here) == 1, "a job on several nodes has them for itself"
        assert sum(grant.need.cpus for grant in here) <= cpus
        assert sum(grant.need.memory for grant in here) <= memory
        devices = [device for grant in here if grant.devices for device in grant.devices[grant.nodes.index(node)]]
        assert len(devices) == len(set(devices)) <= gpus, "no device is given out twice"


@given(NEEDS)
def test_what_fits_an_idle_machine_can_start_on_it(need):
    capacity = Capacity(3, 8, ["0", "1"], 2)
    assert capacity.fits(need) == (capacity.start(1, need) is not None)


def test_gpu_jobs_get_devices_and_others_see_none():
    capacity = Capacity(4, 4, ["GPU-a", "GPU-b"])
    first = capacity.start(1, Need(1, 1, 1))
    second = capacity.start(2, Need(1, 1, 1))
    third = capacity.start(3, Need(1, 1, 0))
    assert first is not None and second is not None and third is not None
    assert [grant.visible_devices for grant in (first, second, third)] == ["GPU-a", "GPU-b", ""]
    assert capacity.start(4, Need(1, 1, 1)) is None
    capacity.finish(1)
    again = capacity.start(4, Need(1, 1, 1))
    assert again is not None and again.visible_devices == "GPU-a"


def test_machine_without_gpus_leaves_the_variable_alone():
    grant = Capacity(1, 1).start(1, Need(1, 1))
    assert grant is not None and grant.visible_devices is None


def test_an_heir_holds_what_its_predecessor_held():
    capacity = Capacity(2, 2, ["0"])
    capacity.start(1, Need(2, 1, 1))
    capacity.transfer(1, 7)
    assert capacity.grants[7].visible_devices == "0"
    capacity.finish(7)
    assert capacity.free() == capacity.total


@given(st.integers(1, 5), st.lists(st.booleans(), max_size=40))
def test_slots_count_jobs_and_ignore_needs(limit, steps):
    slots, running = Slots(limit), []
    for key, start in enumerate(steps):
        if start:
            granted = slots.start(key, Need(10**6, 2**60, 99)) is not None
            assert granted == (len(running) < limit)
            running += [key] if granted else []
        elif running:
            slots.finish(running.pop())
        assert slots.running == len(running)
        assert slots.free == limit - len(running)
        assert slots.idle == (len(running) < limit)
