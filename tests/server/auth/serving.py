"""A server with accounts on a thread of this process, and people and programs who ask it."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import ssl
import threading
from pathlib import Path
from typing import Any

from torc.contract import OPERATIONS, PREFIX, Route
from torc.server.auth import htpasswd
from torc.server.auth.caller import FILE_OWNER, Caller
from torc.server.auth.settings import AuthSettings
from torc.server.listener import Listener, Settings
from torc.server.operations import checked_call, operation
from torc.server.wire import encode

from ..outside import DEADLINE

PASSWORDS = {name: f"{name}'s password" for name in ("olga", "mia", "stan", "ada")}
_HASHES = {name: htpasswd.hash_password(password, 4) for name, password in PASSWORDS.items()}


def password_file(directory: Path, *names: str) -> Path:
    """Write a password file with some of the people above, by default all."""
    path = directory / "htpasswd"
    path.write_text("".join(f"{name}:{_HASHES[name]}\n" for name in names or PASSWORDS))
    path.chmod(0o600)
    return path


def basic(name: str, password: str | None = None) -> str:
    """Value of an ``Authorization`` header."""
    pair = f"{name}:{PASSWORDS.get(name, '') if password is None else password}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


class Running:
    """A listening server; operations may also be carried out on its database directly."""

    def __init__(self, settings: Settings) -> None:
        self._ready = threading.Event()
        self._settings = settings
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(DEADLINE)
        if self._error is not None:
            self._thread.join()
            raise self._error

    async def _serve(self) -> None:
        try:
            self.listener = Listener(self._settings)
        except BaseException as error:
            self._error = error
            self._ready.set()
            return
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.port = self.listener.port
        self._ready.set()
        await self._stop.wait()
        await self.listener.close()

    @property
    def url(self) -> str:
        return self.listener.url

    def do(self, name: str, /, *path: Any, body: Any = None, caller: Caller = FILE_OWNER, **query: Any) -> Any:
        """Carry out an operation without asking who may."""
        found = operation(OPERATIONS[name])
        names = [parameter for parameter, _ in found.route.path_parameters]
        texts = {key: [str(value)] for key, value in query.items()}
        call = checked_call(found, dict(zip(names, map(str, path), strict=True)), texts, body, caller)
        database = self.listener.service.database
        act = database.write(name, found.function, call) if found.route.access == "write" else None
        reply = act.result(DEADLINE) if act else database.read(found.function, call).result(DEADLINE)
        return json.loads(encode(reply))

    def close(self) -> None:
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(DEADLINE)


class Someone:
    """Asks a server, with or without credentials."""

    def __init__(self, port: int, authorization: str | None = None, context: ssl.SSLContext | None = None) -> None:
        self.headers = {} if authorization is None else {"Authorization": authorization}
        self.port = port
        if context:
            self.connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", port, timeout=DEADLINE, context=context
            )
        else:
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)

    def ask(self, verb: str, path: str, body: Any = None, prefix: str = PREFIX, **headers: str) -> tuple[int, Any]:
        """One request; returns status and parsed reply (text when it is not JSON). Headers are in ``reply``."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} if content is not None else {}
        sent = given | self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(verb, prefix + path, content, sent)
        self.reply = self.connection.getresponse()
        text = self.reply.read()
        try:
            return self.reply.status, json.loads(text)
        except ValueError:
            return self.reply.status, text

    def status(self, verb: str, path: str, body: Any = None, **headers: str) -> int:
        return self.ask(verb, path, body, **headers)[0]

    def close(self) -> None:
        self.connection.close()


def settings(directory: Path, **auth: Any) -> Settings:
    """Settings of a server on a fresh database."""
    return Settings(directory / "t.db", auth=AuthSettings(**auth))


def target(route: Route, values: dict[str, Any]) -> str:
    """The path of a route below the prefix."""
    path = route.path
    for name, kind in route.path_parameters:
        path = path.replace(f"{{{name}:str}}" if kind is str else f"{{{name}}}", str(values[name]))
    return path
