"""Groups: who decides about them, and what their members see of each other's workflows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from torc.server.auth.caller import Caller

from .conftest import Serve
from .serving import Running, Someone, basic

People = Callable[..., Someone]
OLGA, MIA = Caller("olga"), Caller("mia")


@pytest.fixture
def server(serve: Serve) -> Running:
    """A server that keeps workflows apart."""
    return serve(enforce_access=True, admins=("ada",))


def names(person: Someone, path: str) -> list[str]:
    reply = person.ask("GET", path)[1]
    assert reply["total_count"] == len(reply["items"])
    return [item["name"] for item in reply["items"]]


def group_of(person: Someone, name: str = "team") -> int:
    status, reply = person.ask("POST", "/access_groups", {"name": name})
    assert status == 200, reply
    return reply["id"]


def test_whoever_creates_a_group_administers_it(server: Running, someone: People) -> None:
    olga, mia = someone(server, basic("olga")), someone(server, basic("mia"))
    group = group_of(olga)
    members = olga.ask("GET", f"/access_groups/{group}/members")[1]
    assert [(item["user_name"], item["role"]) for item in members["items"]] == [("olga", "admin")]
    assert members["limit"] == 10_000
    assert mia.status("GET", f"/access_groups/{group}") == 404
    assert olga.status("POST", f"/access_groups/{group}/members", {"user_name": "mia", "group_id": group}) == 200
    assert mia.status("POST", f"/access_groups/{group}/members", {"user_name": "stan"}) == 403
    assert olga.status("POST", f"/access_groups/{group}/members", {"user_name": "mia", "role": "admin"}) == 200
    assert mia.status("POST", f"/access_groups/{group}/members", {"user_name": "stan"}) == 200
    assert mia.status("DELETE", f"/access_groups/{group}/members/stan") == 200
    assert mia.status("DELETE", f"/access_groups/{group}/members/stan") == 404
    assert mia.status("DELETE", f"/access_groups/{group}/members/mia") == 200
    assert mia.status("DELETE", f"/access_groups/{group}") == 404
    assert olga.status("DELETE", f"/access_groups/{group}") == 200
    assert olga.status("GET", f"/access_groups/{group}") == 404


def test_what_cannot_be_a_group_or_member_is_refused(server: Running, someone: People) -> None:
    olga = someone(server, basic("olga"))
    group = group_of(olga)
    assert olga.status("POST", "/access_groups", {"name": "team"}) == 409
    assert olga.status("POST", "/access_groups", {"name": ""}) == 422
    path = f"/access_groups/{group}/members"
    for body in (
        {},
        {"user_name": "mia", "role": "owner"},
        {"user_name": "mia", "group_id": group + 1},
        {"user_name": 1},
    ):
        assert olga.status("POST", path, body) == 422


def test_members_see_change_and_run_but_do_not_delete_share_or_take(server: Running, someone: People) -> None:
    olga, mia, stan = (someone(server, basic(name)) for name in ("olga", "mia", "stan"))
    workflow = olga.ask("POST", "/workflows", {"name": "w"})[1]["id"]
    group = group_of(olga)
    olga.ask("POST", f"/access_groups/{group}/members", {"user_name": "mia"})
    path = f"/workflows/{workflow}"
    assert mia.status("GET", path) == 404
    assert olga.status("POST", f"{path}/access_groups/{group}") == 200
    assert olga.status("POST", f"{path}/access_groups/{group}") == 200
    assert mia.ask("GET", path)[1]["access_groups"] == ["team"]
    assert names(mia, f"{path}/access_groups") == ["team"]
    assert mia.status("POST", "/jobs", {"workflow_id": workflow, "name": "j", "command": "true"}) == 200
    assert mia.status("PUT", path, {"description": "by mia"}) == 200
    assert mia.status("POST", f"{path}/initialize", {}) == 200
    assert len(mia.ask("POST", f"{path}/claim_next_jobs")[1]["jobs"]) == 1
    for change in ({"user": "mia"}, {"access_groups": []}):
        assert mia.status("PUT", path, change) == 403
    assert mia.status("DELETE", path) == mia.status("DELETE", f"{path}/access_groups/{group}") == 403
    assert stan.status("GET", path) == 404
    assert olga.status("DELETE", f"{path}/access_groups/{group}") == 200
    assert olga.status("DELETE", f"{path}/access_groups/{group}") == 404
    assert mia.status("GET", path) == 404


def test_a_workflow_is_created_in_groups_that_its_owner_is_in(server: Running, someone: People) -> None:
    olga, mia = someone(server, basic("olga")), someone(server, basic("mia"))
    group = group_of(olga)
    olga.ask("POST", f"/access_groups/{group}/members", {"user_name": "mia"})
    for path, body in (("/workflows", {}), ("/workflow_plans", None)):
        workflow = {"name": "w", "access_groups": ["team", "team"]}
        made = olga.ask("POST", path, workflow if body is not None else {"workflow": workflow})[1]["id"]
        assert mia.ask("GET", f"/workflows/{made}")[1]["access_groups"] == ["team"]
    of_mia = group_of(mia, "of mia")
    before = len(names(olga, "/workflows"))
    for unknown in ("nowhere", "of mia"):
        status, reply = olga.ask("POST", "/workflows", {"name": "x", "access_groups": ["team", unknown]})
        assert (status, unknown in reply["error"]["message"]) == (422, True)
    assert len(names(olga, "/workflows")) == before
    assert olga.status("POST", f"/workflows/{made}/access_groups/{of_mia}") == 404
    assert olga.status("PUT", f"/workflows/{made}", {"access_groups": []}) == 200
    assert mia.status("GET", f"/workflows/{made}") == 404


def test_who_runs_a_server_alone_needs_not_set_up_the_groups_of_a_specification(serve: Serve, someone: People) -> None:
    alone = serve(file=None)
    workflow = someone(alone).ask("POST", "/workflows", {"name": "w", "access_groups": ["team"]})[1]
    assert workflow["access_groups"] == ["team"]
    assert someone(alone).status("POST", "/workflows", {"name": "w", "access_groups": ["admin"]}) == 422


def test_nobody_makes_himself_an_administrator(serve: Serve, someone: People) -> None:
    server = serve(admins=("ada",))
    for person in (someone(server), someone(server, basic("olga"))):
        assert person.status("POST", "/access_groups", {"name": "admin"}) in (401, 403)
    ada = someone(server, basic("ada"))
    group = group_of(ada, "admin")
    assert (
        someone(server, basic("olga")).status("POST", f"/access_groups/{group}/members", {"user_name": "olga"}) == 403
    )
    assert someone(server).status("POST", f"/access_groups/{group}/members", {"user_name": "olga"}) == 401
    assert ada.status("POST", f"/access_groups/{group}/members", {"user_name": "mia"}) == 200
    assert someone(server, basic("mia")).status("POST", "/admin/reload-auth") == 200


def test_members_of_the_group_admin_administer_the_server(server: Running, someone: People) -> None:
    workflow = someone(server, basic("olga")).ask("POST", "/workflows", {"name": "w"})[1]["id"]
    mia = someone(server, basic("mia"))
    assert mia.status("DELETE", f"/workflows/{workflow}") == 404
    ada = someone(server, basic("ada"))
    group = group_of(ada, "admin")
    ada.ask("POST", f"/access_groups/{group}/members", {"user_name": "mia"})
    assert mia.ask("GET", "/caller")[1]["is_admin"] is True
    assert mia.status("DELETE", f"/workflows/{workflow}") == 200


def test_an_open_server_makes_no_administrators_for_later(serve: Serve, someone: People) -> None:
    server = serve(file=None)
    assert someone(server).status("POST", "/access_groups", {"name": "admin"}) == 403


def test_lists_and_counts_hold_nothing_of_others(server: Running, someone: People) -> None:
    people = {name: someone(server, basic(name)) for name in ("olga", "mia", "stan", "ada")}
    for name, person in people.items():
        for number in range(3):
            person.ask("POST", "/workflows", {"name": f"{name} {number}", "description": "same"})
    for name in ("olga", "mia", "stan"):
        assert names(people[name], "/workflows") == [f"{name} {number}" for number in range(3)]
        assert names(people[name], "/workflows?user=ada") == []
        assert names(people[name], "/workflows?description=same&sort_by=name&reverse_sort=true") == [
            f"{name} {number}" for number in (2, 1, 0)
        ]
        page = people[name].ask("GET", "/workflows?limit=1&offset=1")[1]
        assert (page["total_count"], page["count"], page["has_more"]) == (3, 1, True)
    assert len(names(people["ada"], "/workflows")) == 12


def test_groups_of_others_are_not_listed(server: Running, someone: People) -> None:
    olga, stan, ada = (someone(server, basic(name)) for name in ("olga", "stan", "ada"))
    group_of(olga)
    assert names(olga, "/access_groups") == names(ada, "/access_groups") == ["team"]
    assert names(stan, "/access_groups") == names(stan, "/users/olga/groups") == []
    assert names(olga, "/users/olga/groups") == ["team"]


def test_whether_a_user_may_use_a_workflow_is_told_with_the_reason(server: Running, someone: People) -> None:
    olga = someone(server, basic("olga"))
    workflow = olga.ask("POST", "/workflows", {"name": "w"})[1]["id"]
    group = group_of(olga)
    olga.ask("POST", f"/access_groups/{group}/members", {"user_name": "mia"})
    olga.ask("POST", f"/workflows/{workflow}/access_groups", {"group_id": group})
    told = {user: olga.ask("GET", f"/access_check/{workflow}/{user}")[1] for user in ("olga", "mia", "stan")}
    assert {user: reply["has_access"] for user, reply in told.items()} == {"olga": True, "mia": True, "stan": False}
    assert told["mia"]["reason"] == "member of the group 'team'"
    assert olga.status("GET", "/access_check/999/olga") == 404
    assert someone(server, basic("stan")).status("GET", f"/access_check/{workflow}/stan") == 404


def test_a_runner_cannot_report_for_jobs_or_nodes_of_others(server: Running, someone: People) -> None:
    theirs = server.do("create_workflow", body={"name": "w"}, caller=OLGA)["id"]
    job = server.do("create_job", body={"workflow_id": theirs, "name": "j", "command": "true"})["id"]
    server.do("initialize_workflow", theirs, body={})
    node = server.do("create_compute_node", body=_node(theirs))["id"]
    mine = server.do("create_workflow", body={"name": "w"}, caller=MIA)["id"]
    server.do("initialize_workflow", mine, body={})
    own_node = server.do("create_compute_node", body=_node(mine))["id"]
    mia = someone(server, basic("mia"))
    done = {"job_id": job, "run_id": 1, "status": "completed", "result": {"return_code": 0}}
    reply = mia.ask("POST", f"/workflows/{mine}/batch_complete_jobs", {"completions": [done]})[1]
    assert reply["completed"] == []
    exchange = f"/workflows/{mine}/exchange"
    told = mia.ask("POST", exchange, {"compute_node_id": own_node, "run_id": 1, "completions": [done], "held": [job]})[
        1
    ]
    assert told["completed"] == []
    assert mia.status("POST", exchange, {"compute_node_id": node, "run_id": 1}) == 404
    assert mia.status("POST", "/results", {"workflow_id": mine, "job_id": job, "return_code": 0, "run_id": 1}) == 404
    assert mia.status("POST", f"/jobs/{job}/start_job/1/{own_node}") in (404, 405)
    assert mia.status("PUT", f"/jobs/{job}/start_job/1/{own_node}") == 404
    assert server.do("get_job", job)["status"] == "ready"


def test_records_of_others_cannot_be_tied_to_ones_own(server: Running, someone: People) -> None:
    theirs = {"workflow_id": server.do("create_workflow", body={"name": "w"}, caller=OLGA)["id"]}
    mine = {"workflow_id": server.do("create_workflow", body={"name": "w"}, caller=MIA)["id"]}
    secret = server.do("create_file", body={**theirs, "name": "f", "path": "/secret/path"})["id"]
    data = server.do("create_user_data", body={**theirs, "name": "d", "data": "secret"})["id"]
    job = server.do("create_job", body={**theirs, "name": "j", "command": "echo secret"})["id"]
    requirements = server.do("create_resource_requirements", body={**theirs, "name": "r"})["id"]
    mia = someone(server, basic("mia"))
    foreign = {
        "input_file_ids": [secret],
        "output_file_ids": [secret],
        "input_user_data_ids": [data],
        "depends_on_job_ids": [job],
        "resource_requirements_id": requirements,
    }
    for field, value in foreign.items():
        body = {**mine, "name": "mine", "command": "true", field: value}
        status, reply = mia.ask("POST", "/jobs", body)
        assert status in (404, 422), field
        assert "secret" not in json.dumps(reply)
        mixed = {"jobs": [{**mine, "name": "a", "command": "true"}, {**theirs, "name": "b", "command": "true"}]}
        assert mia.status("POST", "/bulk_jobs", mixed) == 404
    assert mia.status("PUT", f"/files/{secret}", {**mine, "path": "x"}) == 404


def _node(workflow: int) -> dict[str, Any]:
    return {"workflow_id": workflow, "hostname": "h", "num_cpus": 1, "memory_gb": 1}


def test_a_stream_ends_for_whoever_loses_access(server: Running, someone: People) -> None:
    olga, mia = someone(server, basic("olga")), someone(server, basic("mia"))
    workflow = olga.ask("POST", "/workflows", {"name": "w"})[1]["id"]
    group = group_of(olga)
    olga.ask("POST", f"/access_groups/{group}/members", {"user_name": "mia"})
    olga.ask("POST", f"/workflows/{workflow}/access_groups/{group}")
    mia.connection.request("GET", f"/torc-service/v1/workflows/{workflow}/events/stream", headers=mia.headers)
    stream = mia.connection.getresponse()
    assert stream.status == 200
    assert stream.readline() == b": connected\n"
    olga.ask("POST", "/events", {"workflow_id": workflow, "data": {"n": 1}})
    assert b"event: user_event" in _until_blank(stream)
    olga.ask("DELETE", f"/workflows/{workflow}/access_groups/{group}")
    olga.ask("POST", "/events", {"workflow_id": workflow, "data": {"secret": 2}})
    rest = stream.read()
    assert b"secret" not in rest
    assert b"workflow_deleted" in rest


def test_a_stream_of_several_leaves_out_what_its_reader_may_not_see_and_what_is_taken_away(
    server: Running, someone: People
) -> None:
    olga, mia = someone(server, basic("olga")), someone(server, basic("mia"))
    shared, hidden = (olga.ask("POST", "/workflows", {"name": name})[1]["id"] for name in ("shared", "hidden"))
    own = mia.ask("POST", "/workflows", {"name": "own"})[1]["id"]
    group = group_of(olga)
    olga.ask("POST", f"/access_groups/{group}/members", {"user_name": "mia"})
    olga.ask("POST", f"/workflows/{shared}/access_groups/{group}")
    query = "&".join(f"workflow_id={each}" for each in (shared, hidden, own))
    reader = someone(server, basic("mia"))
    reader.connection.request("GET", f"/torc-service/v1/events/stream?{query}", headers=reader.headers)
    stream = reader.connection.getresponse()
    assert _until_blank(stream) == b": connected\n\n"
    assert _until_blank(stream) == f'event: workflow_deleted\ndata: {{"workflow_id": {hidden}}}\n\n'.encode()
    olga.ask("DELETE", f"/workflows/{shared}/access_groups/{group}")
    for each in (shared, hidden):
        olga.ask("POST", "/events", {"workflow_id": each, "data": {"secret": 1}})
    mia.ask("POST", "/events", {"workflow_id": own, "data": {"n": 1}})
    told = _until_blank(stream) + _until_blank(stream)
    assert f'"workflow_id": {shared}'.encode() in told and b"event: user_event" in told
    assert mia.status("DELETE", f"/workflows/{own}") == 200
    assert b"secret" not in told + stream.read()


def _until_blank(stream: Any) -> bytes:
    lines = [stream.readline()]
    while lines[-1].strip() or not b"".join(lines).strip():
        lines.append(stream.readline())
    return b"".join(lines)


def test_a_repeated_plan_of_somebody_else_tells_nothing(server: Running, someone: People) -> None:
    plan = {"workflow": {"name": "secret"}, "request_id": "known to both"}
    assert someone(server, basic("olga")).status("POST", "/workflow_plans", plan) == 200
    status, reply = someone(server, basic("mia")).ask("POST", "/workflow_plans", plan)
    assert status == 409
    assert reply["error"]["message"] == "this request_id has been used by somebody else"


def test_a_result_stays_with_its_job_and_names_no_node_of_others(server: Running, someone: People) -> None:
    olga, mia = someone(server, basic("olga")), someone(server, basic("mia"))
    victim, own = (_job_and_node(person) for person in (olga, mia))
    assert mia.status("POST", "/results", {"job_id": own[0], "return_code": 0, "compute_node_id": victim[1]}) == 422
    status, result = mia.ask("POST", "/results", {"job_id": own[0], "return_code": 0, "compute_node_id": own[1]})
    assert status == 200
    path = f"/results/{result['id']}"
    assert mia.status("PUT", path, {"compute_node_id": victim[1]}) == 422
    assert mia.ask("PUT", path, {**result, "job_id": victim[0], "return_code": 3}) == (
        200,
        {**result, "return_code": 3, "exit_code": 3},
    )


def _job_and_node(person: Someone) -> tuple[int, int]:
    workflow = person.ask("POST", "/workflows", {"name": "w"})[1]["id"]
    job = person.ask("POST", "/jobs", {"workflow_id": workflow, "name": "j", "command": "true"})[1]["id"]
    node = {"workflow_id": workflow, "hostname": "h", "num_cpus": 1, "memory_gb": 1}
    return job, person.ask("POST", "/compute_nodes", node)[1]["id"]
