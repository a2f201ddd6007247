"""bcrypt off the event loop: few threads, a short queue, and one computation for equal requests."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from torc.errors import TooManyTries
from torc.server.auth.htpasswd import check_password

#: Passwords that wait to be hashed, in all and from one address, before further ones are sent away.
MAX_PENDING, MAX_PER_ADDRESS = 64, 16


class Hashing:
    """Compares passwords with hashes."""

    def __init__(self) -> None:
        # One processor stays free for everybody who is logged in.
        self._threads = ThreadPoolExecutor(max(1, min(4, (os.cpu_count() or 2) - 1)), thread_name_prefix="torc-bcrypt")
        self._pending: Counter[str] = Counter()

    async def fits(self, password: bytes, hashed: bytes, address: str) -> bool:
        """Return whether the password fits the hash.

        Raises
        ------
        TooManyTries
            When too many wait already.
        """
        if self._pending[address] >= MAX_PER_ADDRESS or self._pending.total() >= MAX_PENDING:
            raise TooManyTries("too many logins at once", retry_after=1.0, hint="try again in a second")
        self._pending[address] += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, check_password, password, hashed)
        finally:
            self._pending[address] -= 1
            if not self._pending[address]:
                del self._pending[address]

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
