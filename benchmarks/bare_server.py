"""The limit: a bare Tornado handler that returns the bytes of a file, on a free port.

Usage: bare_server.py FILE
"""

import asyncio
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler


class Bytes(RequestHandler):
    def initialize(self, content: bytes) -> None:
        self.content = content

    def get(self, _number: str) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(self.content)


async def main() -> None:
    content = Path(sys.argv[1]).read_bytes()
    rules = [(r"/torc-service/v1/workflows/([^/]+)", Bytes, {"content": content})]
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(Application(rules)).add_sockets(sockets)
    print(f"PORT={sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
