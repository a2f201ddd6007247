"""What the pages of a Jupyter server may ask: the operations of the contract, event streams, logs of jobs, snapshots.

Jupyter checks who asks (cookie or token, XSRF); the server behind sees its own credentials and nothing of Jupyter's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from torc.client.client import Client
from torc.client.transport import target_of
from torc.contract import BOKEH_PATH, PREFIX, ROUTES
from torc.errors import InvalidInput, NotFound, ServerUnreachable, TorcError
from torc.jupyter.forward import Forwarder
from torc.jupyter.snapshot import snapshot
from torc.jupyter.target import Finder
from torc.logs.part import KINDS, LogPart, read_part
from torc.plots.script import has_bokeh, read_script
from torc.server.routing import Paths

_PATHS = Paths(ROUTES)
_SCRIPT = f"/{BOKEH_PATH}"


def handlers(base_url: str, finder: Finder | None = None) -> list[tuple[str, type[APIHandler], dict[str, Any]]]:
    """Return Tornado's rows for these handlers below ``base_url``."""
    finder = finder or Finder()
    shared = {"finder": finder}
    return [
        (url_path_join(base_url, "torc", "server"), ServerHandler, shared),
        (url_path_join(base_url, "torc", r"logs/(\d{1,18})/(\d{1,18})"), LogHandler, shared),
        (url_path_join(base_url, "torc", r"snapshots/(\d{1,18})"), SnapshotHandler, shared),
        (
            url_path_join(base_url, "torc", PREFIX, r"(?P<path>.*)"),
            ForwardHandler,
            {**shared, "forwarder": Forwarder(finder)},
        ),
    ]


class _Handler(APIHandler):
    auth_resource = "torc"
    # A page that is left open must not keep an idle server from being culled.
    _track_activity = False

    def initialize(self, finder: Finder) -> None:
        """Take what all requests share."""
        self.finder = finder

    def refuse(self, error: TorcError) -> None:
        """Answer with an error in the shape that the server itself gives it."""
        status = 503 if isinstance(error, ServerUnreachable) else error.http_status
        self.set_status(status)
        self.finish(error.to_dict())


class ServerHandler(_Handler):
    """Tells which server is behind this door."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return the server's address, or null when none answers."""
        try:
            target = await self.finder.answering()
        except TorcError:
            self.finish({"url": None})
        else:
            self.finish({"url": target.endpoint.url})


class LogHandler(_Handler):
    """Reads what jobs wrote, from the files of this machine and as the person who owns this process."""

    @web.authenticated
    @authorized
    async def get(self, workflow_id: str, job_id: str) -> None:
        """Return a piece of a log as text; its place stands in the headers."""
        try:
            asked = _asked(self)
            target = await self.finder.target()
            part = await asyncio.to_thread(_read, target.client(), int(workflow_id), int(job_id), asked)
        except TorcError as error:
            self.refuse(error)
            return
        for name, value in (("Start", part.start), ("End", part.end), ("Size", part.size)):
            self.set_header(f"Torc-Log-{name}", str(value))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        self.write(part.content)
        self.finish(set_content_type="text/plain; charset=utf-8")


def _asked(handler: web.RequestHandler) -> dict[str, Any]:
    kind = handler.get_query_argument("kind", "stdout")
    if kind not in KINDS:
        raise InvalidInput(f"'{kind}' is not a log", field="kind", value=kind, hint="one of " + ", ".join(KINDS))
    asked: dict[str, Any] = {"kind": kind}
    for name in ("offset", "limit", "tail"):
        text = handler.get_query_argument(name, None)
        if text is None:
            continue
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise InvalidInput(f"'{text}' is not a number of bytes", field=name, value=text)
        asked[name] = int(text)
    return asked


def _read(client: Client, workflow_id: int, job_id: int, asked: Mapping[str, Any]) -> LogPart:
    with client:
        return read_part(client, workflow_id, job_id, **asked)


class SnapshotHandler(_Handler):
    """Tells how a workflow stands in the forms that outputs of kernels have."""

    @web.authenticated
    @authorized
    async def get(self, workflow_id: str) -> None:
        """Return the text and the HTML."""
        mode = self.get_query_argument("mode", "workflow")
        try:
            target = await self.finder.target()
            made = await asyncio.to_thread(_snapshot, target.client(), int(workflow_id), mode)
        except TorcError as error:
            self.refuse(error)
        else:
            self.set_header("Cache-Control", "no-store")
            self.finish(made)


def _snapshot(client: Client, workflow_id: int, mode: str) -> dict[str, Any]:
    with client:
        return snapshot(client, workflow_id, mode)


class ForwardHandler(_Handler):
    """Hands operations on to the server, and its replies back as they come."""

    def initialize(self, finder: Finder, forwarder: Forwarder) -> None:  # type: ignore[override]
        """Take what all requests share."""
        super().initialize(finder)
        self.forwarder = forwarder

    async def _forward(self, path: str) -> None:
        target = _operation_at(self)
        if target is None:
            self.refuse(NotFound(f"there is no operation {self.request.method} /{path}"))
            return
        try:
            await self.forwarder.forward(self, target)
        except TorcError as error:
            if target == _SCRIPT and has_bokeh():
                self._send_script()
            else:
                self.refuse(error)

    def _send_script(self) -> None:
        """Answer with the script as it is installed here: plots that were saved need no server."""
        self.set_header("X-Content-Type-Options", "nosniff")
        self.write(read_script())
        self.finish(set_content_type="text/javascript; charset=utf-8")

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Forward a read or an event stream."""
        await self._forward(path)

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Forward."""
        await self._forward(path)

    @web.authenticated
    @authorized
    async def put(self, path: str) -> None:
        """Forward."""
        await self._forward(path)

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Forward."""
        await self._forward(path)


def _operation_at(handler: APIHandler) -> str | None:
    """Return the path of the operation that a request asks for, written anew from what it was read as.

    The script that draws plots is the one thing besides.
    """
    raw = urlsplit(handler.request.uri or "").path.partition(f"/torc{PREFIX}")[2]
    if raw == _SCRIPT and handler.request.method == "GET":
        return raw
    routes, texts = _PATHS.find(raw) or ({}, {})
    route = routes.get(handler.request.method or "")
    if route is None:
        return None
    numbers = [name for name, kind in route.path_parameters if kind is int]
    if not all(texts[name].isdigit() for name in numbers):
        return None
    return target_of(route, {name: text.decode("utf-8", "replace") for name, text in texts.items()}, {})
