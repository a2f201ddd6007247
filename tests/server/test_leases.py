"""Leases by an injected clock, and who is woken when."""

from __future__ import annotations

import asyncio

import pytest

from torc.errors import StorageBusy
from torc.server.bus import Bus, Waiter
from torc.server.leases import MAX_TICK, Leases
from torc.server.store.transaction import Effects

from .inside import Torc, Workflow
from .outside import DEADLINE


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def nothing(lost: list[int]) -> None:
    """Take no jobs."""


def leases(clock: Clock) -> Leases:
    return Leases(nothing, clock)


def test_a_lease_lapses_after_silence_longer_than_its_length() -> None:
    clock = Clock()
    held = leases(clock)
    held.set(1, 10)
    held.set(2, 30)
    clock.now = 10
    assert held.lapsed() == []
    clock.now = 10.5
    assert held.lapsed() == [1]
    held.renew(1)
    assert held.lapsed() == []
    clock.now = 31
    assert held.lapsed() == [1, 2]
    held.set(1, None)
    held.renew(1)
    assert held.lapsed() == [2]


def test_whatever_a_runner_asks_of_the_server_renews_its_lease(torc: Torc) -> None:
    clock = Clock()
    held = torc.live.leases = leases(clock)
    workflow = Workflow(torc, {"a": []})
    workflow.initialize()
    busy, asking, fitting, silent = nodes = [workflow.node(hostname=name) for name in "abcd"]
    for node in nodes:
        held.set(node, 10)
    for clock.now in (9, 18, 27):
        workflow.exchange(busy)
        workflow.claim(limit=1, compute_node_id=asking)
        workflow.fit(options={"compute_node_id": fitting})
        assert held.lapsed() == ([silent] if clock.now > 10 else [])


def test_time_in_which_the_server_was_frozen_is_credited() -> None:
    clock = Clock()
    held = leases(clock)
    held.set(1, 10)
    clock.now = 100
    held.credit(95)
    assert held.lapsed() == []
    clock.now = 106
    assert held.lapsed() == [1]


def test_the_next_look_is_soon_enough_for_the_shortest_lease() -> None:
    held = leases(Clock())
    assert held.tick == MAX_TICK
    held.set(1, 60)
    held.set(2, 2)
    assert held.tick == 0.5


def test_a_request_is_held_for_less_than_the_lease() -> None:
    held = leases(Clock())
    held.set(1, 60)
    assert held.longest_hold(1) == 30
    assert held.longest_hold(2) > 1e9


def test_jobs_that_could_not_be_taken_are_tried_again() -> None:
    tries: list[list[int]] = []

    async def scene() -> None:
        done = asyncio.Event()

        async def lapse(lost: list[int]) -> None:
            tries.append(lost)
            if len(tries) == 1:
                raise StorageBusy("locked")
            done.set()

        held = Leases(lapse)
        held.set(7, 0.02)
        watch = asyncio.create_task(held.watch())
        await asyncio.wait_for(done.wait(), DEADLINE)
        watch.cancel()

    asyncio.run(scene())
    assert tries == [[7], [7]]


def effects(**ready: int) -> Effects:
    made = Effects()
    made.ready[1] = ready["count"]
    return made


def test_as_many_are_woken_as_there_are_jobs_the_longest_waiting_first() -> None:
    bus = Bus()
    waiters = [Waiter(1, None) for _ in range(3)] + [Waiter(2, None)]
    for waiter in waiters:
        bus.add(waiter)
    bus.publish(effects(count=2))
    assert [waiter.woken.is_set() for waiter in waiters] == [True, True, False, False]


def test_one_that_cannot_use_its_turn_passes_it_on() -> None:
    bus = Bus()
    first, second = Waiter(1, None), Waiter(1, None)
    bus.add(first)
    bus.add(second)
    bus.publish(effects(count=1))
    bus.pass_on(first)
    assert second.woken.is_set()


def test_a_newer_request_of_a_node_releases_the_older_and_keeps_its_own_place() -> None:
    bus = Bus()
    older, newer = Waiter(1, 5), Waiter(1, 5)
    bus.add(older)
    bus.add(newer)
    assert (older.released, newer.released) == (True, False)
    bus.remove(older)
    told = Effects()
    told.nodes.add(5)
    bus.publish(told)
    assert newer.woken.is_set()


@pytest.mark.parametrize("late", [False, True])
def test_a_closing_bus_releases_everybody(late: bool) -> None:
    bus, waiter = Bus(), Waiter(1, None)
    if not late:
        bus.add(waiter)
    bus.close()
    if late:
        bus.add(waiter)
    assert waiter.released
