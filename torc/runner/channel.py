"""Exchanges with the server, one at a time, repeated until they are answered."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from torc.runner.server import Courier, Server, is_temporary, server_is_down

_FIRST_PAUSE = 0.1


class Contact:
    """When the server was last heard of, on the monotonic clock; shared by the channels of a runner."""

    def __init__(self) -> None:
        self.last = time.monotonic()
        self.lost_since: float | None = None
        self.trouble: str | None = None

    def made(self, sent_at: float) -> None:
        """A request that was sent then has been answered."""
        self.last = max(self.last, sent_at)
        self.lost_since, self.trouble = None, None

    def failed(self, error: BaseException) -> None:
        """A request found no usable answer."""
        now = time.monotonic()
        if self.lost_since is None:
            self.lost_since = now
        self.trouble = str(error)
        if server_is_down(error):
            # No server runs there, so nobody counts the lease down; it begins anew when one starts.
            self.last = now


class Channel:
    """At most one exchange under way; a lost reply makes it repeat the very same body."""

    def __init__(
        self,
        name: str,
        server: Server,
        workflow_id: int,
        contact: Contact,
        wake: Callable[[], None],
        answered: Callable[[Channel, dict[str, Any]], None],
        refused: Callable[[Channel, BaseException], None],
        longest_pause: float,
    ) -> None:
        self.courier = Courier(name, wake)
        self.body: dict[str, Any] | None = None
        self.keys: list[int] = []
        self.sent_at = 0.0
        self.again_at = float("inf")
        self.failures = 0
        self._server = server
        self._workflow_id = workflow_id
        self._contact = contact
        self._answered = answered
        self._refused = refused
        self._longest_pause = longest_pause

    @property
    def busy(self) -> bool:
        """Whether an exchange is under way or waits to be repeated."""
        return self.body is not None

    def send(self, body: dict[str, Any], keys: list[int]) -> None:
        """Begin an exchange; ``keys`` are the jobs whose completions it carries."""
        self.body, self.keys, self.failures = body, keys, 0
        self._post()

    def repeat_if_due(self, now: float) -> None:
        """Try again when the pause after a failure is over."""
        if self.body is not None and now >= self.again_at:
            self._post()

    def _post(self) -> None:
        body = self.body
        self.again_at = float("inf")
        self.sent_at = time.monotonic()
        self.courier.send(lambda: self._server.call("exchange", id=self._workflow_id, body=body), self._settle)

    def _settle(self, value: Any) -> None:
        if isinstance(value, BaseException):
            if is_temporary(value):
                self.failures += 1
                self._contact.failed(value)
                pause = min(self._longest_pause, _FIRST_PAUSE * 2 ** min(self.failures - 1, 10))
                self.again_at = time.monotonic() + pause * random.uniform(0.5, 1.0)
            else:
                self._refused(self, value)
            return
        self._contact.made(self.sent_at)
        self._answered(self, value)
