"""What jobs get in the place of their runner's credentials."""

from __future__ import annotations

from typing import Any

import pytest

from torc.errors import Conflict, Forbidden, NotFound, ServerUnreachable, TorcError
from torc.runner.environment import shared_environment
from torc.runner.token import JobToken


class Tokens:
    """A server that makes tokens or does not."""

    def __init__(self, error: TorcError | None = None) -> None:
        self.error = error
        self.asked: list[Any] = []

    def call(self, name: str, /, *path_args: Any, body: Any = None, **arguments: Any) -> Any:
        assert name == "create_token"
        self.asked.append(body)
        if self.error:
            raise self.error
        return {"token": f"for {body['compute_node_id']}"}


def test_a_runner_with_credentials_asks_for_a_token_of_its_workflow_and_node() -> None:
    server = Tokens()
    token = JobToken(server, 5)
    token.ask(7, has_credentials=True)
    assert (token.secret, token.problem) == ("for 7", None)
    assert (server.asked[0]["workflow_id"], server.asked[0]["compute_node_id"]) == (5, 7)
    token.ask(8, has_credentials=True)
    assert token.secret == "for 8"


def test_a_runner_without_credentials_asks_for_nothing() -> None:
    server = Tokens()
    token = JobToken(server, 5)
    token.ask(7, has_credentials=False)
    assert (token.secret, server.asked) == (None, [])


@pytest.mark.parametrize("error", [Conflict("open"), NotFound("old")])
def test_a_server_that_needs_no_tokens_or_knows_none_is_no_trouble(error: TorcError) -> None:
    token = JobToken(Tokens(error), 5)
    token.ask(7, has_credentials=True)
    assert (token.secret, token.problem) == (None, None)


@pytest.mark.parametrize("error", [Forbidden("no"), ServerUnreachable("away")])
def test_jobs_of_a_runner_that_gets_no_token_have_none_and_that_is_told(error: TorcError) -> None:
    token = JobToken(Tokens(error), 5)
    token.ask(7, has_credentials=True)
    assert token.secret is None
    assert error.message in str(token.problem)


def test_nothing_that_opens_a_server_is_handed_down() -> None:
    secrets = ("PASSWORD", "USERNAME", "API_TOKEN", "SERVER_TOKEN", "HTPASSWD_PASSWORD", "CLIENT__PASSWORD")
    inherited = {f"TORC_{name}": "x" for name in (*secrets, "SERVER__TOKEN")}
    inherited |= {"TORC_CA_FILE": "/ca.pem", "HOME": "/home/olga"}
    given = {"run_id": 1, "output_dir": "/o", "api_url": "http://h/torc-service/v1"}
    env = shared_environment(inherited, {"id": 5}, **given, api_token=None)
    assert "x" not in env.values()
    assert (env["TORC_CA_FILE"], env["HOME"]) == ("/ca.pem", "/home/olga")
    assert shared_environment(inherited, {"id": 5}, **given, api_token="own")["TORC_API_TOKEN"] == "own"
