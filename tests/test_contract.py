from __future__ import annotations

import pytest
from pydantic import RootModel

from torc.contract import OPERATIONS, ROUTES, Route
from torc.models import lookup
from torc.models.base import Record
from torc.server.operations import operation

IDS = [f"{route.verb} {route.path}" for route in ROUTES]


def test_no_two_routes_answer_the_same_request() -> None:
    assert len(set(IDS)) == len(IDS)


def test_every_operation_has_one_canonical_row() -> None:
    canonical = [route.name for route in ROUTES if not route.alias]
    assert sorted(OPERATIONS) == sorted(canonical)
    assert {route.name for route in ROUTES} == set(OPERATIONS)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_every_route_has_its_models_and_a_documented_function(route: Route) -> None:
    for name in (route.query, route.body, route.reply):
        assert name is None or issubclass(lookup(name), Record | RootModel)
    assert operation(route).function.__doc__


#: What is asked is too long for an address.
QUESTIONS = {"check_specification", "write_specification"}


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_reading_never_changes_and_changing_is_never_a_get(route: Route) -> None:
    if route.access == "read":
        assert (route.verb == "GET") != (route.name in QUESTIONS)
        assert route.right in ("none", "login", "read")
    if route.verb == "GET" and route.access != "live":
        assert route.access == "read"
    if route.verb == "DELETE":
        assert route.right in ("login", "write")


def test_only_the_server_itself_is_open_to_everybody() -> None:
    assert {route.name for route in ROUTES if route.right == "none"} == {"ping", "health"}


def test_path_parameters_are_numbers_unless_said_otherwise() -> None:
    assert OPERATIONS["complete_job"].path_parameters == [("id", int), ("status", str), ("run_id", int)]
