"""Bodies of requests: refused before they are read when they are too large, and never expanded without bound."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from torc.contract import Route
from torc.errors import InvalidInput, TooLarge
from torc.server.operations import BadJson

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders

#: Bytes of a body, before and after decompression: of most requests, of bulk requests, and where none is wanted.
MAX_BODY = 16 * 2**20
MAX_BULK_BODY = 2**30
MAX_UNWANTED_BODY = 2**20
#: What is read and dropped before a refusal: most clients send all before they listen, and the connection lives on.
MAX_DROPPED = 64 * 2**20
#: How much larger than its compressed form a large body may be: text is far below, a gzip bomb is not.
MAX_RATIO = 200
#: Seconds in which a body must have come.
BODY_SECONDS, BULK_BODY_SECONDS = 60.0, 900.0


class UnknownEncoding(InvalidInput):
    """A body compressed in a way that is not understood here."""

    http_status = 415


class Body:
    """Collects what a request carries."""

    def __init__(self, route: Route, headers: HTTPHeaders) -> None:
        self.limit = MAX_BULK_BODY if route.bulk else MAX_BODY if route.body else MAX_UNWANTED_BODY
        self.seconds = BULK_BODY_SECONDS if route.bulk else BODY_SECONDS
        self._is_gzip = _is_gzip(headers.get("Content-Encoding", ""))
        self._chunks: list[bytes] = []
        self.size = 0
        announced = _announced(headers)
        if announced is not None and announced > self.limit:
            raise too_large(self.limit)

    def add(self, chunk: bytes) -> None:
        """Take another piece.

        Raises
        ------
        TooLarge
        """
        self.size += len(chunk)
        if self.size > self.limit:
            self._chunks.clear()
            raise too_large(self.limit)
        self._chunks.append(chunk)

    @property
    def most(self) -> int:
        """How many bytes there may be once the body is expanded."""
        return self.size * (MAX_RATIO if self._is_gzip else 1)

    def take(self) -> bytes:
        """Return the whole, decompressed, and forget it."""
        content = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        return _decompress(content, self.limit) if self._is_gzip else content


def has_body(headers: HTTPHeaders) -> bool:
    """Return whether a request announces a body."""
    return headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers or "Content-Encoding" in headers


def _is_gzip(encoding: str) -> bool:
    name = encoding.strip().lower()
    if name not in ("", "identity", "gzip", "x-gzip"):
        raise UnknownEncoding(
            f"the body is said to be encoded as '{encoding[:100]}'",
            field="Content-Encoding",
            value=encoding[:100],
            hint="send it as it is, or as gzip",
        )
    return name in ("gzip", "x-gzip")


def is_small(headers: HTTPHeaders) -> bool:
    """Return whether so little is to come that it is worth reading although it is refused."""
    announced = _announced(headers)
    return announced is not None and announced <= MAX_DROPPED


def _announced(headers: HTTPHeaders) -> int | None:
    """Return how many bytes are to come; None for a body in chunks."""
    if "Transfer-Encoding" in headers:
        return None
    text = headers.get("Content-Length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _decompress(body: bytes, limit: int) -> bytes:
    limit = min(limit, max(MAX_BODY, MAX_RATIO * len(body)))
    expander = zlib.decompressobj(wbits=31)
    try:
        text = expander.decompress(body, limit)
    except zlib.error as error:
        raise BadJson(f"the body is not gzip: {error}", field="body") from None
    if expander.unconsumed_tail:
        raise too_large(limit)
    if not expander.eof or expander.unused_data:
        raise BadJson("the body is not one complete gzip stream", field="body")
    return text


def too_large(limit: int) -> TooLarge:
    """Return the error that names the limit."""
    return TooLarge(f"the request is larger than the limit of {limit // 2**20} MiB", field="body")
