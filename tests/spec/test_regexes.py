from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.errors import InvalidInput
from torc.spec import regexes
from torc.spec.regexes import Matcher, effort, literal_beginning

NAMES = ["stage_1", "stage_2", "stage_10", "my_stage_1", "train-a", "über", "stage"]


@pytest.mark.parametrize(
    "regex",
    [
        "^stage_",
        "stage",
        "_1$",
        "^stage_(1|2)$",
        "^(stage|train)",
        "[0-9]+",
        "über",
        "^$",
        "(?i)^STAGE",
        "^stage_?",
        "^stage*$",
        "^stage{0}",
        "^a|b",
        "(?x)^ s t",
    ],
)
def test_matches_are_those_of_a_search(regex: str) -> None:
    expected = tuple(number for number, name in enumerate(NAMES) if re.search(regex, name))
    assert Matcher(NAMES, 1).positions(regex) == expected


@pytest.mark.parametrize("regex", ["^stage_", "(a|b|_)+1$", "([a-z]+_?)+[0-9]"])
def test_a_process_of_its_own_finds_the_same(regex: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "_CHEAP", -1)
    expected = tuple(number for number, name in enumerate(NAMES) if re.search(regex, name))
    assert Matcher(NAMES, 30).positions(regex) == expected


@pytest.mark.parametrize(
    "regex", ["^(a+)+$", "(a|aa)+$", "(a|a)*b", "((a?){30})a{30}$", "a?" * 40 + "a" * 40, "(.*)*,", r"(a*)*\1b"]
)
def test_catastrophic_regexes_end_within_their_time(regex: str) -> None:
    with pytest.raises(InvalidInput, match="takes more than"):
        Matcher(["a" * 39 + "!"], 0.2).positions(regex)


@pytest.mark.parametrize("regex", ["^(a+)+$", "(a|ab)*", r"(a)\1", "(a?){9}", "a?" * 40])
def test_the_effort_of_dangerous_regexes_is_unbounded_or_huge(regex: str) -> None:
    assert effort(regex, 50) > 1e9


@pytest.mark.parametrize("regex", ["^stage1_.*", "a+b+", "^(a|b)_[0-9]+$", "x{3}", "(ab)+"])
def test_the_effort_of_everyday_regexes_is_small(regex: str) -> None:
    assert effort(regex, 20) < 20_000


@pytest.mark.parametrize(
    ("regex", "beginning"),
    [
        ("^stage_.*", "stage_"),
        ("^a\\.b$", "a.b"),
        ("stage", ""),
        ("^a|b", ""),
        ("^ab*", "a"),
        ("^(ab)", ""),
        ("(?i)^ab", ""),
    ],
)
def test_the_literal_beginning_is_what_every_match_begins_with(regex: str, beginning: str) -> None:
    assert literal_beginning(regex) == beginning


@pytest.mark.filterwarnings("ignore::FutureWarning:test_regexes", "ignore::FutureWarning:spec.test_regexes")
@given(st.text("ab_.*+?^$()[]|1\\", max_size=8))
def test_any_text_matches_like_a_search_or_is_refused(regex: str) -> None:
    try:
        pattern = re.compile(regex)
    except re.error:
        with pytest.raises(InvalidInput):
            Matcher(["a"], 1).positions(regex)
        return
    listed = ["a", "ab", "b_1", "", "aa_b"]
    assert Matcher(listed, 30).positions(regex) == tuple(n for n, name in enumerate(listed) if pattern.search(name))


def test_many_regexes_against_many_names_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "_MAX_COMPARISONS", 20)
    matcher = Matcher(NAMES, 1)
    with pytest.raises(InvalidInput, match="comparisons"):
        for number in range(10):
            matcher.positions(f"x{number}")


@pytest.mark.parametrize("regex", ["a" * 10_001, "(" * 5000 + ")" * 5000, "a{99999999999}"])
def test_oversized_regexes_are_refused(regex: str) -> None:
    with pytest.raises(InvalidInput):
        Matcher(["a"], 1).positions(regex)


def test_all_regexes_together_take_no_longer_than_so_many_times_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regexes, "_ALL", 2)
    matcher = Matcher(["a" * 200], 0.05)
    refused = []
    for number in range(6):
        with pytest.raises(InvalidInput) as caught:
            matcher.positions(f"(a+)+$x{number}")
        refused.append(caught.value.message)
    assert refused[-1] == "matching all regexes takes more than 0 s"
    assert "takes more than 0.1 s" in refused[0]
