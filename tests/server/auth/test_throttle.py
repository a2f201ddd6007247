from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torc.server.auth import throttle
from torc.server.auth.throttle import Throttle


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def failing(times: int, user: str = "alice", address: str = "10.0.0.1") -> tuple[Throttle, Clock]:
    clock = Clock()
    tried = Throttle(clock)
    for _ in range(times):
        tried.failed(user, address)
    return tried, clock


def test_a_few_mistakes_cost_nothing_and_further_ones_ever_more() -> None:
    waits = [failing(times)[0].wait("alice", "10.0.0.1") for times in range(12)]
    assert waits[: throttle.FREE] == [0.0] * throttle.FREE
    assert waits[throttle.FREE :] == [1, 2, 4, 8, 16, 32, 64]
    assert failing(40)[0].wait("alice", "10.0.0.1") == throttle.LONGEST


def test_time_that_has_passed_is_taken_off_and_old_mistakes_are_forgotten() -> None:
    tried, clock = failing(8)
    clock.now += 3
    assert tried.wait("alice", "10.0.0.1") == 5
    clock.now += throttle.FORGET_SECONDS
    tried.failed("alice", "10.0.0.1")
    assert tried.wait("alice", "10.0.0.1") == 0


@given(st.integers(0, 500))
def test_the_user_is_never_shut_out_at_another_address(times: int) -> None:
    tried, _ = failing(times)
    assert tried.wait("alice", "10.0.0.2") == 0


def test_tries_spread_over_addresses_make_each_of_them_slower() -> None:
    clock = Clock()
    tried = Throttle(clock)
    for number in range(100):
        tried.failed("alice", f"10.0.1.{number}")
    assert tried.wait("alice", "10.0.1.7") > 0
    assert tried.wait("alice", "10.0.2.1") == 0


def test_one_password_for_many_names_is_slowed_by_address() -> None:
    clock = Clock()
    tried = Throttle(clock)
    for number in range(30):
        tried.failed(f"user{number}", "10.0.0.1")
    assert tried.wait("somebody", "10.0.0.1") == throttle.LONGEST_PER_ADDRESS
    assert tried.wait("somebody", "10.0.0.2") == 0


def test_the_right_password_ends_the_wait_of_its_user_and_address() -> None:
    tried, _ = failing(9)
    tried.succeeded("alice", "10.0.0.1")
    assert tried.wait("alice", "10.0.0.1") == 0


def test_made_up_names_do_not_fill_the_memory() -> None:
    clock = Clock()
    tried = Throttle(clock)
    for number in range(throttle.MAX_KEYS):
        tried.failed(f"user{number}", f"address{number}")
    assert len(tried._failures) <= throttle.MAX_KEYS
