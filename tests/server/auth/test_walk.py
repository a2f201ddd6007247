"""Every route of the contract as everybody: who is let in, and what the others are told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from torc.contract import PREFIX, ROUTES, Route
from torc.models import lookup
from torc.server import rights
from torc.server.auth.caller import Caller
from torc.server.store import access

from ..inside import plan_of
from .serving import Running, Someone, basic, password_file, settings, target

IDS = [f"{route.verb} {route.path}" for route in ROUTES]
NOWHERE = 987_654_321
RULES = '[{"exit_codes": [1], "max_retries": 1}]'
#: Operations that only the owner and administrators carry out although members may change the workflow.
OWNERS = {"delete_workflow", "add_workflow_to_group", "remove_workflow_from_group"}
#: Operations about no workflow: statuses for owner, member, stranger, admin and a token of another workflow.
LOGIN: dict[str, tuple[int, int, int, int, int]] = {
    "get_version": (200, 200, 200, 200, 200),
    "get_caller": (200, 200, 200, 200, 200),
    "check_specification": (200, 200, 200, 200, 403),
    "write_specification": (200, 200, 200, 200, 403),
    "create_workflow_from_specification": (200, 200, 200, 200, 403),
    "create_access_group": (200, 200, 200, 200, 403),
    "list_access_groups": (200, 200, 200, 200, 403),
    "get_access_group": (200, 200, 404, 200, 403),
    "delete_access_group": (200, 403, 404, 200, 403),
    "add_user_to_group": (200, 403, 404, 200, 403),
    "list_group_members": (200, 200, 404, 200, 403),
    "remove_user_from_group": (200, 200, 404, 200, 403),
    "list_user_groups": (200, 200, 200, 200, 403),
    "check_workflow_access": (200, 200, 404, 200, 404),
    "create_token": (200, 200, 200, 200, 403),
    "list_tokens": (200, 200, 200, 200, 403),
    "revoke_token": (200, 404, 404, 200, 403),
    "reload_auth": (403, 403, 403, 200, 403),
}
UNBOUND = {
    "create_workflow": 200,
    "create_workflow_from_plan": 200,
    "list_workflows": 200,
    "stream_events_of_workflows": 422,
}


@dataclass
class World:
    """A workflow of olga's that mia shares through a group, with one record of everything."""

    ids: dict[str, int]
    workflow: int
    group: int
    action: int
    token: int


def make_world(server: Running) -> World:
    olga = Caller("olga")
    parts = {
        "files": [{"name": "f", "path": "f.txt"}],
        "user_data": [{"name": "d", "data": {"secret": "of olga"}}],
        "slurm_schedulers": [{"name": "s", "account": "a", "nodes": 1, "walltime": "01:00:00"}],
        "failure_handlers": [{"name": "h", "rules": RULES}],
        "actions": [
            {
                "trigger_type": "on_workflow_start",
                "action_type": "run_commands",
                "action_config": {"commands": ["true"]},
            }
        ],
    }
    do = server.do
    workflow = do("create_workflow_from_plan", body=plan_of({"a": []}, **parts), caller=olga)["id"]
    do("initialize_workflow", workflow, body={})
    group = do("create_access_group", body={"name": f"group {workflow}"}, caller=olga)["id"]
    do("add_user_to_group", group, body={"user_name": "mia"}, caller=olga)
    do("add_workflow_to_group", workflow, group, caller=olga)
    whole = {"workflow_id": workflow}
    first = {
        name: do(f"list_{name}", **whole)["items"][0]["id"]
        for name in ("jobs", "files", "user_data", "slurm_schedulers", "events")
    }
    first["resource_requirements"] = do("list_resource_requirements", **whole)["items"][0]["id"]
    first["failure_handlers"] = do("list_failure_handlers", workflow)["items"][0]["id"]
    node = {**whole, "hostname": "h", "num_cpus": 1, "memory_gb": 1}
    first["compute_nodes"] = do("create_compute_node", body=node)["id"]
    first["local_schedulers"] = do("create_local_scheduler", body=whole)["id"]
    scheduled = {
        **whole,
        "scheduler_id": 1,
        "scheduler_config_id": first["slurm_schedulers"],
        "scheduler_type": "slurm",
    }
    first["scheduled_compute_nodes"] = do("create_scheduled_compute_node", body={**scheduled, "status": "pending"})[
        "id"
    ]
    entity = {**whole, "entity_id": "e", "entity_type": "File", "metadata": {}}
    first["ro_crate_entities"] = do("create_ro_crate_entity", body=entity)["id"]
    result = {"return_code": 0, "job_id": first["jobs"], "run_id": 1, **whole}
    first["results"] = do("create_result", body=result)["id"]
    first["tasks"] = _task(server, workflow)
    first["workflows"] = workflow
    action = do("get_workflow_actions", workflow)[0]["id"]
    token = do("create_token", body={"name": "olga's"}, caller=olga)["id"]
    return World(first, workflow, group, action, token)


def _task(server: Running, workflow: int) -> int:
    def insert(tx: Any) -> int:
        return int(
            tx.scalar(
                "INSERT INTO task (workflow_id, operation, parameters, status, created_at_ms) "
                "VALUES (?, 'initialize_jobs', '{}', 'succeeded', 0) RETURNING id",
                (workflow,),
            )
        )

    return server.listener.service.database.write("task", insert).result(30)


def request_of(route: Route, world: World, away: bool = False) -> tuple[str, Any]:
    """A valid request about the world's records; ``away`` names ids that are not there instead."""

    def known(value: int) -> int:
        return NOWHERE if away else value

    segment = route.path.split("/")[1]
    record = {"access_groups": world.group, "tokens": world.token, **world.ids}.get(segment, 0)
    values: dict[str, Any] = {
        "id": known(record),
        "workflow_id": known(world.workflow),
        "action_id": world.action,
        "group_id": world.group,
        "compute_node_id": known(world.ids["compute_nodes"]),
        "user_name": "mia",
        "worker": "w@h",
        "status": "completed",
        "kind": "gantt",
        "run_id": 1,
        "limit": 1,
    }
    query = {}
    if route.query:
        fields = lookup(route.query).model_fields
        query = {name: values.get(name, 1) for name, field in fields.items() if field.is_required()}
    path = target(route, values) + (f"?{urlencode(query)}" if query else "")
    return path, _body(route, world, known)


def _body(route: Route, world: World, known: Any) -> Any:
    whole = {"workflow_id": known(world.workflow)}
    node = known(world.ids["compute_nodes"])
    bodies: dict[str, Any] = {
        "create_workflow": {"name": "new"},
        "create_workflow_from_plan": {"workflow": {"name": "new"}},
        "check_specification": {"text": "name: new"},
        "write_specification": {"text": "name: new"},
        "create_workflow_from_specification": {"text": "name: new\njobs: [{name: a, command: 'true'}]"},
        "archive_workflow": {"is_archived": False},
        "exchange": {"compute_node_id": node, "run_id": 1},
        "claim_jobs_based_on_resources": {"num_cpus": 1, "memory_gb": 1},
        "batch_complete_jobs": {"completions": []},
        "create_job": {**whole, "name": "b", "command": "true"},
        "create_jobs": {"jobs": [{**whole, "name": "c", "command": "true"}]},
        "complete_job": {"return_code": 0},
        "spawn_jobs": {"jobs": [{"name": "spawned", "command": "true"}]},
        "create_workflow_action": {
            "trigger_type": "on_workflow_start", "action_type": "run_commands", "action_config": {"commands": ["true"]},
        },
        "claim_action": {"compute_node_id": node},
        "report_action": {"success": True, "compute_node_id": node},
        "create_file": {**whole, "name": "g", "path": "g.txt"},
        "create_files": {"files": [{**whole, "name": "i", "path": "i.txt"}]},
        "create_user_data": {**whole, "name": "e", "data": 1},
        "create_user_data_list": {"user_data": [{**whole, "name": "u", "data": 1}]},
        "create_resource_requirements": {**whole, "name": "r"},
        "create_result": {"return_code": 0, "job_id": known(world.ids["jobs"]), "run_id": 7},
        "create_event": {**whole, "data": {}},
        "create_compute_node": {**whole, "hostname": "h", "num_cpus": 1, "memory_gb": 1},
        "create_local_scheduler": {**whole, "name": "l"},
        "create_slurm_scheduler": {**whole, "name": "t", "account": "a"},
        "create_scheduled_compute_node": {
            **whole, "scheduler_id": 1, "scheduler_config_id": 1, "scheduler_type": "slurm", "status": "pending",
        },
        "create_slurm_stats": {**whole, "job_id": known(world.ids["jobs"]), "run_id": 1, "attempt_id": 1},
        "create_remote_workers": ["w@h"],
        "create_failure_handler": {**whole, "name": "k", "rules": RULES},
        "create_ro_crate_entity": {**whole, "entity_id": "x", "entity_type": "File", "metadata": {}},
        "create_access_group": {"name": f"of {world.workflow}"},
        "add_user_to_group": {"user_name": "stan"},
        "add_workflow_to_group": {"group_id": world.group},
        "create_token": {"name": "t"},
    }  # fmt: skip
    return bodies.get(route.name, {} if route.body else None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that keeps workflows apart; ada administers it."""
    directory = tmp_path_factory.mktemp("walk")
    running = Running(settings(directory, file=password_file(directory), enforce_access=True, admins=("ada",)))
    yield running
    running.close()


@pytest.fixture(scope="module")
def world(server: Running) -> World:
    """What those who are refused cannot change."""
    return make_world(server)


@pytest.fixture(scope="module")
def people(server: Running) -> Iterator[dict[str, Someone]]:
    """Everybody who walks."""
    other = server.do("create_workflow", body={"name": "other"}, caller=Caller("olga"))["id"]
    scoped = server.do("create_token", body={"name": "t", "workflow_id": other}, caller=Caller("olga"))["token"]
    headers = {name: basic(name) for name in ("olga", "mia", "stan", "ada")}
    found = {name: Someone(server.port, header) for name, header in headers.items()}
    found["nobody"] = Someone(server.port)
    found["token"] = Someone(server.port, f"Bearer {scoped}")
    yield found
    for person in found.values():
        person.close()


def is_bound(route: Route) -> bool:
    return route.right in ("read", "write", "run") and route.name not in UNBOUND


def reading_headers(route: Route) -> dict[str, str]:
    """A stream is ended at once by an id that is not one, after its reader was let in or not."""
    return {"Last_Event_ID": "end"} if route.is_stream else {}


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_nobody_gets_in_without_credentials(
    route: Route, server: Running, world: World, people: dict[str, Someone]
) -> None:
    path, body = request_of(route, world)
    status, reply = people["nobody"].ask(route.verb, path, body, **reading_headers(route))
    if route.right == "none":
        assert status == 200
        return
    assert status == 401
    assert reply["error"]["type"] == "Unauthorized"
    wrong = {"Authorization": "Basic Og=="}
    assert people["nobody"].status(route.verb, path, body, **wrong) in (401, 429)


@pytest.mark.parametrize("route", [route for route in ROUTES if is_bound(route)], ids=lambda r: f"{r.verb} {r.path}")
@pytest.mark.parametrize("who", ["stan", "token"])
def test_what_belongs_to_others_is_as_missing_as_what_is_not_there(
    route: Route, who: str, world: World, people: dict[str, Someone]
) -> None:
    path, body = request_of(route, world)
    away_path, away_body = request_of(route, world, away=True)
    status, reply = people[who].ask(route.verb, path, body, **reading_headers(route))
    away_status, away_reply = people[who].ask(route.verb, away_path, away_body, **reading_headers(route))
    assert status == away_status == 404, reply
    text = json.dumps(reply)
    for value in sorted({world.workflow, *world.ids.values()}, reverse=True):
        text = re.sub(rf"\b{value}\b", str(NOWHERE), text)
    assert json.loads(text)["error"] == away_reply["error"]
    assert "olga" not in text


@pytest.mark.parametrize("route", [route for route in ROUTES if is_bound(route)], ids=lambda r: f"{r.verb} {r.path}")
def test_owner_member_and_administrator_are_let_in(route: Route, server: Running, people: dict[str, Someone]) -> None:
    made = make_world(server)
    for who in ("mia", "ada", "olga"):
        if route.verb == "DELETE":
            made = make_world(server)
        path, body = request_of(route, made)
        status, reply = people[who].ask(route.verb, path, body, **reading_headers(route))
        if who == "mia" and route.name in OWNERS:
            assert status == 403
        else:
            assert status in (200, 202, 409, 422) or (route.name == "delete_remote_worker" and status == 404), reply
            if status == 422 and not route.is_stream:
                # The walk must make requests that reach the operation; what the state forbids is fine.
                assert reply["error"]["type"] == "IllegalTransition" or "field" in reply["error"]


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.right in ("login", "admin")], ids=lambda r: f"{r.verb} {r.path}"
)
def test_what_is_about_no_workflow_has_its_own_rules(route: Route, server: Running, people: dict[str, Someone]) -> None:
    assert route.name in LOGIN, f"say in this test who may call {route.name}"
    expected = dict(zip(("olga", "mia", "stan", "ada", "token"), LOGIN[route.name], strict=True))
    for who, status in expected.items():
        path, body = request_of(route, make_world(server))
        assert people[who].ask(route.verb, path, body)[0] == status, who


@pytest.mark.parametrize("name", sorted(UNBOUND))
def test_everybody_creates_lists_and_follows_their_own_but_a_token_of_one_creates_none(
    name: str, people: dict[str, Someone], world: World
) -> None:
    assert set(UNBOUND) == rights.UNBOUND
    route = next(route for route in ROUTES if route.name == name)
    path, body = request_of(route, world)
    for who in ("olga", "mia", "stan", "ada"):
        assert people[who].status(route.verb, path, body, **reading_headers(route)) == UNBOUND[name]
    expected = 403 if name.startswith("create") else UNBOUND[name]
    assert people["token"].status(route.verb, path, body, **reading_headers(route)) == expected


def test_every_route_with_a_right_to_a_workflow_names_one() -> None:
    for route in ROUTES:
        if not is_bound(route):
            continue
        first = route.path.split("/")[1]
        by_path = first in access.RECORDS and "{id}" in route.path
        models = [lookup(name).model_fields for name in (route.query, route.body) if name]
        by_field = any("workflow_id" in fields for fields in models)
        in_parts = any(name in fields for fields in models for name in rights._PARTS)
        assert by_path or by_field or in_parts, route.name


@pytest.mark.parametrize("verb", ["HEAD", "OPTIONS", "GET", "PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        f"{PREFIX}/workflows/", f"{PREFIX}//workflows", f"{PREFIX}/%2e/workflows", f"{PREFIX}/../v1/workflows",
        f"{PREFIX}/workflows/1%2fjobs", f"{PREFIX}/nothing", f"{PREFIX}workflows", f"{PREFIX}", "/", "/static/x",
        "/metrics", f"{PREFIX}/metrics", f"{PREFIX}/openapi.json", "/dashboard", f"{PREFIX}/workflows",
    ],
)  # fmt: skip
def test_no_other_spelling_of_a_path_gets_around_the_credentials(
    verb: str, path: str, people: dict[str, Someone]
) -> None:
    assert people["nobody"].ask(verb, path, prefix="")[0] == 401
