"""Bad input to every route: it is refused in the one shape of errors or taken, and what is refused leaves no trace."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from torc.contract import ROUTES, Route
from torc.models import lookup
from torc.server import service
from torc.server.embedded import host
from torc.server.leases import Leases

from .inside import Workflow
from .outside import Http, until
from .test_http import is_error

IDS = [f"{route.verb} {route.path}" for route in ROUTES]
SQL = ["' OR 1=1 --", "id; DROP TABLE job", "name DESC", "(SELECT 1)", "%", "_", "a%' ESCAPE '!"]
BAD: list[Any] = [
    None, True, -1, 2**63, 10**30, 1.5, 1e308, "", "a\x00b", "a\nb", "x" * 5000, SQL[0], [None], {"a": 1},
]  # fmt: skip
BAD_JSON = [b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": "\xff"}', b"[" * 3000]
BAD_QUERY = ["-1", str(2**63), str(10**30), "1.5", "1e308", "NaN", "Infinity", "\x00", "true", "é", "x" * 5000]
BAD_PATH = [
    "-1", "0", str(2**63 - 1), str(2**63), str(10**30), "abc", "%00", "%FF", "1.5", "NaN", "%20", "%27%20OR%201=1",
    "..", "%2e%2e%2f", "%F0%9F%98%80",
]  # fmt: skip
TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
]


class Sample:
    """A workflow with a record of every noun, and valid requests for it."""

    def __init__(self, http: Http) -> None:
        self.http = http
        workflow = Workflow(
            http,
            {"a": {"input_files": [0], "output_user_data": [0]}, "b": ["a"]},
            files=[{"name": "f", "path": "p"}],
            user_data=[{"name": "u", "data": 1}],
            slurm_schedulers=[{"name": "s", "account": "x"}],
        )
        self.workflow, self.job = workflow.id, workflow.ids["a"]
        self.action = workflow.action("on_workflow_start")
        self.node = workflow.node()
        own = {"workflow_id": workflow.id}
        self.handler = http("create_failure_handler", body={**own, "name": "h", "rules": "[]"})["id"]
        self.scheduler = http("list_slurm_schedulers", **own)["items"][0]["id"]
        self.local = http("create_local_scheduler", body=own)["id"]
        allocation = {**own, "scheduler_id": 1, "scheduler_config_id": self.scheduler}
        self.allocation = http("create_scheduled_compute_node", body=allocation)["id"]
        entity = {**own, "entity_id": "e", "entity_type": "File", "metadata": {}}
        self.entity = http("create_ro_crate_entity", body=entity)["id"]
        self.result = http("create_result", body={"job_id": self.job, "return_code": 0})["id"]
        self.event = http("create_event", body={**own, "data": {}})["id"]
        self.file = http("list_files", **own)["items"][0]["id"]
        self.data = http("list_user_data", **own)["items"][0]["id"]
        self.requirements = http("list_resource_requirements", **own)["items"][0]["id"]
        http("create_remote_workers", workflow.id, body=["host"])

    def body(self, route: Route) -> dict[str, Any]:
        """A body that is not bad, as far as one can do without knowing the operation."""
        known: dict[str, Any] = {
            "workflow_id": self.workflow, "job_id": self.job, "name": "new", "command": "true", "path": "p", "data": 1,
            "hostname": "n", "num_cpus": 1, "memory_gb": 1.0, "account": "x", "scheduler_id": 1, "return_code": 0,
            "scheduler_config_id": self.scheduler, "run_id": 0, "attempt_id": 1, "entity_id": "e", "entity_type": "t",
            "metadata": {}, "rules": "[]", "trigger_type": "on_workflow_start", "action_type": "run_commands",
            "action_config": {"commands": ["true"]}, "compute_node_id": self.node, "is_archived": False,
            "success": True, "jobs": [], "files": [], "user_data": [], "completions": [], "role": "member",
            "user_name": "u", "group_id": 1, "workflow": {"name": "w"},
        }  # fmt: skip
        fields = lookup(route.body).model_fields if route.body else {}
        return {name: known[name] for name, field in fields.items() if name in known and field.is_required()}

    def id_of(self, path: str) -> int:
        """The id that belongs into a path."""
        places = {
            "/workflows/": self.workflow, "/jobs/": self.job, "/files/": self.file, "/user_data/": self.data,
            "/resource_requirements/": self.requirements, "/results/": self.result, "/events/": self.event,
            "/compute_nodes/": self.node, "/local_schedulers/": self.local, "/slurm_schedulers/": self.scheduler,
            "/scheduled_compute_nodes/": self.allocation, "/ro_crate_entities/": self.entity,
            "/failure_handlers/": self.handler,
        }  # fmt: skip
        return next((number for start, number in places.items() if path.startswith(start)), 1)

    def path(self, route: Route, **replaced: str) -> str:
        """The path of a route, filled with what is there."""
        texts = {"id": self.id_of(route.path), "action_id": self.action, "compute_node_id": self.node, "run_id": 0,
                 "status": "running", "worker": "host", "limit": 0, "workflow_id": self.workflow}  # fmt: skip
        return re.sub(
            r"\{(\w+)(?::\w+)?\}", lambda match: replaced.get(match[1], str(texts.get(match[1], "1"))), route.path
        )

    def query(self, route: Route) -> dict[str, Any]:
        """The parameters without which a request is refused."""
        needed = {"workflow_id": self.workflow, "max_retries": 1}
        fields = lookup(route.query).model_fields if route.query else {}
        return {name: needed[name] for name, field in fields.items() if field.is_required()}


class Watched:
    """Sends requests and looks at the whole database behind those that were refused."""

    def __init__(self, http: Http, database: Path) -> None:
        self.http = http
        self.connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        names = self.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        self.tables = [row[0] for row in names]
        self.known = self.state()

    def state(self) -> str:
        digest = hashlib.sha256()
        for table in self.tables:
            digest.update(repr(self.connection.execute(f"SELECT * FROM {table}").fetchall()).encode("utf-8", "replace"))
        return digest.hexdigest()

    def send(self, verb: str, path: str, body: bytes | None = None, **headers: str) -> int:
        status, text = self.http.send(verb, path, body, **headers)
        assert status < 500, (verb, path, body, text)
        if status < 400:
            json.loads(text, parse_constant=pytest.fail)
            if status == 202:
                until(lambda: self.http("get_task", json.loads(text)["id"])["finished_at_ms"])
            self.known = self.state()
            return status
        assert is_error(status, text)["message"]
        assert self.state() == self.known, (verb, path, body, text)
        return status


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bad") / "t.db"


@pytest.fixture(scope="module")
def http(database: Path) -> Iterator[Http]:
    """A client of a server on which no lease lapses: that would change the database while nobody asks for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "Leases", partial(Leases, clock=lambda: 0.0))
        with host(database) as (url, token):
            client = Http(url, token)
            yield client
            client.close()


@pytest.fixture
def sample(http: Http) -> Iterator[Sample]:
    sample = Sample(http)
    yield sample
    http.send("DELETE", f"/workflows/{sample.workflow}")


@pytest.fixture
def watched(sample: Sample, database: Path) -> Iterator[Watched]:
    watched = Watched(sample.http, database)
    yield watched
    watched.connection.close()


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_bad_places_are_refused(watched: Watched, sample: Sample, route: Route) -> None:
    query = urlencode(sample.query(route))
    body = json.dumps(sample.body(route)).encode()
    for name, kind in route.path_parameters:
        for text in BAD_PATH:
            path = sample.path(route, **{name: text})
            status = watched.send(route.verb, f"{path}?{query}", body)
            if kind is int and name != "limit":
                assert status >= 400, path


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.body], ids=lambda route: f"{route.verb} {route.path}"
)
def test_bad_bodies_are_refused(watched: Watched, sample: Sample, route: Route) -> None:
    target = f"{sample.path(route)}?{urlencode(sample.query(route))}"
    for text in BAD_JSON:
        assert watched.send(route.verb, target, text) in (400, 404, 409, 422)
    for value in BAD:
        watched.send(route.verb, target, json.dumps(value).encode())
    for name in lookup(route.body or "").model_fields:
        for value in BAD:
            watched.send(route.verb, target, json.dumps({**sample.body(route), name: value}).encode())
    for kind in TYPES:
        watched.send(route.verb, target, json.dumps(sample.body(route)).encode(), **{"Content-Type": kind})


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.query and not route.is_stream],
    ids=lambda route: f"{route.verb} {route.path}",
)
def test_bad_parameters_are_refused(watched: Watched, sample: Sample, route: Route) -> None:
    body = json.dumps(sample.body(route)).encode() if route.body else None
    for name in (field.alias or name for name, field in lookup(route.query or "").model_fields.items()):
        for value in SQL if name == "sort_by" else [*BAD_QUERY, SQL[0]]:
            query = urlencode({**sample.query(route), name: value})
            status = watched.send(route.verb, f"{sample.path(route)}?{query}", body)
            if name == "sort_by":
                assert status == 422
        watched.send(route.verb, f"{sample.path(route)}?{name}=%FF%00&{name}=%00&{name}", body)


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if not route.body and route.verb != "GET"], ids=lambda r: f"{r.verb} {r.path}"
)
def test_a_body_that_nobody_asked_for_is_not_looked_at(http: Http, route: Route) -> None:
    seen = set()
    for body in (None, b"", b"{}", b"null", b"[]", b"\xff not json", b'{"id": {}}'):
        sample = Sample(http)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        target = f"{sample.path(route)}?{urlencode(sample.query(route))}"
        seen.add(http.send(route.verb, target, body, **headers)[0])
        http.send("DELETE", f"/workflows/{sample.workflow}")
    assert len(seen) == 1 or route.noun in ("tokens", "access_groups")
    assert not seen & {400, 500}


def test_text_filters_are_no_patterns_and_no_sql(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        fresh = Http(url, token)
        _find_nothing(fresh, Sample(fresh))
        fresh.close()


def _find_nothing(http: Http, sample: Sample) -> None:
    names = {"name", "command", "hostname", "path", "entity_id", "memory", "category", "description", "user"}
    lists = [route for route in ROUTES if route.items and route.query]
    texts = [(route, name) for route in lists for name in names & set(lookup(route.query or "").model_fields)]
    assert len(texts) > 8
    for route, name in texts:
        for text in SQL:
            target = f"{sample.path(route)}?{urlencode({**sample.query(route), name: text})}"
            status, page = http.json("GET", target)
            assert (status, page["total_count"]) == (200, 0), target


def test_names_that_look_like_sql_are_names(http: Http, sample: Sample) -> None:
    for text in SQL:
        body = {"workflow_id": sample.workflow, "name": text, "command": text}
        job = http("create_job", body=body)
        assert (job["name"], job["command"]) == (text, text)
        assert [item["name"] for item in http("list_jobs", workflow_id=sample.workflow, name=text)["items"]] == [text]
        http("delete_job", job["id"])
        worker = http.send("DELETE", f"/workflows/{sample.workflow}/remote_workers/{quote(text, safe='')}")
        assert worker[0] == 404


@pytest.mark.parametrize(
    ("path", "many", "rest"),
    [
        ("/bulk_jobs", "jobs", {"command": "true"}),
        ("/bulk_files", "files", {"path": "p"}),
        ("/bulk_user_data", "user_data", {"data": 1}),
    ],
)
def test_a_name_that_clashes_in_a_bulk_request_is_named(
    watched: Watched, sample: Sample, path: str, many: str, rest: dict[str, Any]
) -> None:
    there = {"jobs": "b", "files": "f", "user_data": "u"}[many]
    for names, said in ((["x", there, "y"], f"named '{there}' already"), (["x", "y", "x"], "'x' stands twice")):
        items = [{"workflow_id": sample.workflow, "name": name, **rest} for name in names]
        body = json.dumps({many: items}).encode()
        assert watched.send("POST", path, body) == 422
        assert said in json.loads(watched.http.send("POST", path, body)[1])["error"]["message"]


def test_a_part_of_a_name_finds_jobs_in_upper_or_lower_case(http: Http, sample: Sample) -> None:
    for name in ("Train_1", "train_10", "eval"):
        http("create_job", body={"workflow_id": sample.workflow, "name": name, "command": f"./{name} --fast"})
    own = {"workflow_id": sample.workflow}
    assert [job["name"] for job in http("list_jobs", **own, name="TRAIN_1")["items"]] == ["Train_1", "train_10"]
    assert [job["name"] for job in http("list_jobs", **own, command="eval --FAST")["items"]] == ["eval"]
