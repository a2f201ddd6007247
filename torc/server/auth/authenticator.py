"""From an ``Authorization`` header to a caller.

A header that was found right is remembered by its HMAC under a key of this process, so that hashing a password
is not the price of every request; everything else waits for :meth:`Authenticator.admit`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torc.errors import InvalidInput, TooManyTries, Unauthorized
from torc.server.auth import audit, htpasswd
from torc.server.auth.caller import OPEN, Caller
from torc.server.auth.hashing import Hashing
from torc.server.auth.settings import AuthSettings
from torc.server.auth.throttle import Throttle
from torc.server.services.tokens import MARK, digest
from torc.server.store.tokens import COARSE_SECONDS, StoredToken

logger = logging.getLogger(__name__)

#: What a 401 tells a client that it may use.
CHALLENGES = ('Basic realm="torc", charset="UTF-8"', 'Bearer realm="torc"')
MAX_REMEMBERED = 10_000
LOOK_AT_FILE_SECONDS = 1.0
_MAX_HEADER = 8192

FindToken = Callable[[bytes], StoredToken | None]
NoteUse = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Right:
    """What a header that was found right stands for until a moment; ``hashed`` is the account's, none for tokens."""

    caller: Caller
    until: float
    hashed: bytes | None = None


class Authenticator:
    """Knows who is who.

    Parameters
    ----------
    find_token
        Looks a token's digest up in the database.
    note_use
        Remembers that a token was used.

    Raises
    ------
    InvalidInput
        When the settings contradict each other or the password file cannot be used.
    """

    def __init__(self, settings: AuthSettings, find_token: FindToken, note_use: NoteUse) -> None:
        _check(settings)
        self.settings = settings
        self.is_open = settings.file is None and settings.token is None
        self.is_required = settings.required or settings.enforce_access or settings.token is not None
        self._find_token = find_token
        self._note_use = note_use
        self._token = settings.token.encode() if settings.token else None
        self._key = secrets.token_bytes(32)
        self._remembered: dict[bytes, _Right] = {}
        self._checking: dict[bytes, asyncio.Task[Caller]] = {}
        self._hashing = Hashing()
        self._throttle = Throttle()
        self._accounts = htpasswd.Accounts({})
        self._signature: tuple[int, ...] | None = None
        self._look_at = 0.0
        self._anonymous = None if self.is_required else Caller(sees_all=True)
        if settings.file is not None:
            self.reload()

    def known(self, header: str | None) -> Caller | None:
        """Return who sends this header when that is known at once, else None."""
        if self.is_open:
            return OPEN
        if header is None:
            return self._anonymous
        now = time.monotonic()
        if now >= self._look_at:
            self._reload_if_changed(now)
        found = self._remembered.get(self._mark(header))
        return found.caller if found is not None and found.until > now else None

    def still_admits(self, header: str | None) -> bool:
        """Return whether a header that was found right would be so now; its password is not hashed again."""
        if self.known(header) is not None:
            return True
        scheme, value = _split(header or "")
        if scheme == "bearer":
            return self._is_own(value) or self._stored(value) is not None
        return self._mark(header or "") in self._remembered

    async def admit(self, header: str | None, address: str) -> Caller:
        """Return who sends this header.

        Raises
        ------
        Unauthorized
            For wrong credentials, and for none when they are required.
        TooManyTries
        """
        caller = self.known(header)
        if caller is not None:
            return caller
        if header is None:
            audit.no_credentials(address)
            raise _refused("this server wants to know who you are")
        if len(header) > _MAX_HEADER:
            raise _unreadable("these credentials are too long", address)
        scheme, value = _split(header)
        if scheme == "bearer":
            return self._by_token(header, value, address)
        if scheme == "basic":
            return await self._by_password(header, value, address)
        raise _unreadable("these credentials are neither Basic nor Bearer", address)

    def reload(self) -> int:
        """Read the password file again and return how many users it has; a file with mistakes changes nothing.

        Raises
        ------
        InvalidInput
        """
        path = self._file()
        self._signature = _signature(path)
        self._accounts = htpasswd.read(path)
        self._forget_changed()
        for warning in self._accounts.warnings:
            logger.warning("%s", warning)
        audit.loaded(path, len(self._accounts.hashes))
        return len(self._accounts.hashes)

    def forget_tokens(self) -> None:
        """Look tokens up again at their next use."""
        self._remembered = {key: right for key, right in self._remembered.items() if right.hashed is not None}

    def _forget_changed(self) -> None:
        """Check the credentials again of whom the password file no longer has as it had them."""
        self.forget_tokens()
        hashes = self._accounts.hashes
        self._remembered = {
            key: right for key, right in self._remembered.items() if hashes.get(right.caller.user or "") == right.hashed
        }

    def has_user(self, user: str) -> bool:
        """Return whether there is an account of this name, as far as accounts are kept here."""
        return self.settings.file is None or user in self._accounts.hashes

    def close(self) -> None:
        """Let the threads end."""
        self._hashing.close()

    def _file(self) -> Path:
        if self.settings.file is None:
            raise InvalidInput("this server has no password file", field="auth_file", hint="start it with --auth-file")
        return self.settings.file

    def _reload_if_changed(self, now: float) -> None:
        self._look_at = now + LOOK_AT_FILE_SECONDS
        if self.settings.file is None or _signature(self.settings.file) == self._signature:
            return
        try:
            self.reload()
        except InvalidInput as error:
            logger.error("%s; the accounts stay as they were", error)

    def _by_token(self, header: str, token: str, address: str) -> Caller:
        if self._is_own(token):
            caller = Caller(is_admin=True, sees_all=True)
            self._remember(header, caller)
            return caller
        stored = self._stored(token)
        if stored is None:
            audit.refused_token(address)
            raise _refused("this token is unknown, revoked or at its end")
        now = time.time()
        if stored.last_used_at is None or now - stored.last_used_at > COARSE_SECONDS:
            self._note_use(stored.id)
        caller = self._caller(stored.user, stored.workflow_id, stored.compute_node_id, stored.id)
        left = float("inf") if stored.expires_at is None else stored.expires_at - now
        self._remember(header, caller, left)
        return caller

    def _is_own(self, token: str) -> bool:
        return self._token is not None and hmac.compare_digest(token.encode(), self._token)

    def _stored(self, token: str) -> StoredToken | None:
        """Return what a token stands for while it has not ended, nor its user's account."""
        stored = self._find_token(digest(token)) if token.startswith(MARK) else None
        return stored if stored is not None and (stored.user is None or self.has_user(stored.user)) else None

    async def _by_password(self, header: str, value: str, address: str) -> Caller:
        key = self._mark(header)
        task = self._checking.get(key)
        if task is None:
            # Many runners may come with the same password at once: it is hashed once.
            task = asyncio.ensure_future(self._check_password(header, value, address))
            self._checking[key] = task
            task.add_done_callback(lambda done: _settled(self._checking, key, done))
        return await asyncio.shield(task)

    async def _check_password(self, header: str, value: str, address: str) -> Caller:
        pair = _pair(value)
        if pair is None:
            raise _unreadable("these Basic credentials are not base64 of name:password", address)
        user, password = pair
        # Whoever was let in with this very password is not guessing, whatever others do at the same address.
        pause = 0.0 if self._mark(header) in self._remembered else self._throttle.wait(user, address)
        if pause > 0:
            audit.refused_login(user, address, "too_many_tries")
            raise TooManyTries(
                "too many wrong passwords", retry_after=pause, hint=f"try again in {int(pause) + 1} seconds"
            )
        accounts = self._accounts
        hashed = accounts.hashes.get(user) or _dummy(accounts.cost)
        fits = await self._hashing.fits(password, hashed, address)
        if not fits or user not in accounts.hashes:
            self._throttle.failed(user, address)
            audit.refused_login(user, address, "wrong_password_or_name")
            raise _refused("wrong user name or password")
        self._throttle.succeeded(user, address)
        audit.logged_in(user, address)
        caller = self._caller(user)
        if accounts is self._accounts:
            self._remember(header, caller, hashed=hashed)
        return caller

    def _caller(
        self,
        user: str | None,
        workflow_id: int | None = None,
        node_id: int | None = None,
        token_id: int | None = None,
    ) -> Caller:
        # Tokens without a user were made by the holder of the server's own.
        is_admin = user is None or user in self.settings.admins
        sees_all = is_admin or not self.settings.enforce_access
        return Caller(user, is_admin, workflow_id, node_id, token_id, sees_all=sees_all)

    def _remember(
        self, header: str, caller: Caller, seconds: float = float("inf"), *, hashed: bytes | None = None
    ) -> None:
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        until = time.monotonic() + min(seconds, self.settings.cache_seconds)
        self._remembered[self._mark(header)] = _Right(caller, until, hashed)

    def _mark(self, header: str) -> bytes:
        return hmac.digest(self._key, header.encode(), "sha256")


def _check(settings: AuthSettings) -> None:
    if settings.file is None and settings.token is None:
        options = {"--require-auth": settings.required, "--enforce-access-control": settings.enforce_access}
        for name in (name for name, wanted in options.items() if wanted):
            hint = "give a password file with --auth-file"
            raise InvalidInput(f"{name} needs to know who is let in", field="auth_file", hint=hint)
    if settings.token is not None and len(settings.token) < 16:
        logger.warning("the server's token is short enough to be guessed: take 32 random characters")


def _split(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    return scheme.lower(), value.strip()


def _pair(value: str) -> tuple[str, bytes] | None:
    """Return user name and password; clients that do not write UTF-8 write Latin-1."""
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = decoded.decode()
    except UnicodeDecodeError:
        text = decoded.decode("latin-1")
    user, colon, password = text.partition(":")
    return (user, password.encode()) if colon else None


def _dummy(cost: int) -> bytes:
    """Return a hash that fits no password: an unknown name takes as long as a wrong password."""
    return f"$2b${cost:02d}${'C' * 21}.{'x' * 31}".encode()


def _signature(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _settled(checking: dict[bytes, asyncio.Task[Caller]], key: bytes, task: asyncio.Task[Caller]) -> None:
    checking.pop(key, None)
    if not task.cancelled():
        task.exception()  # whoever asked may be gone


def _unreadable(message: str, address: str) -> Unauthorized:
    audit.unreadable(address, message)
    return _refused(message)


def _refused(message: str) -> Unauthorized:
    return Unauthorized(
        message, field="Authorization", hint="give --username and a password, or set TORC_API_TOKEN to a token"
    )
