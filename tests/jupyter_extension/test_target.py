from __future__ import annotations

import asyncio

import pytest
from browser.lab import TorcServer
from server.outside import free_port

from torc.client.connect import Choice
from torc.errors import ServerUnreachable
from torc.jupyter.target import Finder


def test_a_server_that_is_configured_but_not_there_is_not_named() -> None:
    finder = Finder(lambda: Choice(url=f"http://127.0.0.1:{free_port()}/torc-service/v1"))
    with pytest.raises(ServerUnreachable):
        asyncio.run(finder.answering())


def test_who_asks_anew_learns_that_the_server_has_moved(torc_server: TorcServer) -> None:
    urls = [f"http://127.0.0.1:{free_port()}/torc-service/v1", torc_server.url]
    finder = Finder(lambda: Choice(url=urls.pop(0), token=torc_server.token))

    async def twice() -> tuple[str, str]:
        known = await finder.target()
        return known.endpoint.url, (await finder.answering()).endpoint.url

    before, now = asyncio.run(twice())
    assert (before != now, now) == (True, torc_server.url)
