"""The password file: ``name:bcrypt-hash`` lines as Apache's ``htpasswd -B`` writes them.

Read by the server, changed by ``torc-htpasswd``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torc.errors import InvalidInput

MIN_COST, MAX_COST, DEFAULT_COST = 4, 31, 12
#: bcrypt looks at no more of a password.
MAX_PASSWORD = 72
#: A hash of this cost keeps a processor busy for seconds at each login.
SLOW_COST = 16
_MAX_FILE = 16 * 2**20
_HASH = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")


@dataclass(frozen=True, slots=True)
class Accounts:
    """Names with their hashes, and what is not as it should be with the file."""

    hashes: dict[str, bytes]
    warnings: tuple[str, ...] = ()

    @property
    def cost(self) -> int:
        """The cost that most of the hashes have."""
        costs = [cost_of(value) for value in self.hashes.values()]
        return max(set(costs), key=costs.count) if costs else DEFAULT_COST


def cost_of(hashed: bytes) -> int:
    """Return the cost of a bcrypt hash."""
    return int(hashed[4:6])


def read(path: Path) -> Accounts:
    """Read a password file.

    Raises
    ------
    InvalidInput
        Naming file and line when anything in it cannot be used.
    """
    with _reasons(path), path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _unusable(path, "it is not a regular file")
        content = file.read(_MAX_FILE + 1)
    if len(content) > _MAX_FILE:
        raise _unusable(path, f"it is larger than {_MAX_FILE // 2**20} MiB")
    hashes = parse(content, path)
    return Accounts(hashes, (*_file_warnings(path, status), *_cost_warnings(path, hashes)))


def parse(content: bytes, path: Path) -> dict[str, bytes]:
    """Return the accounts in the text of a password file.

    Raises
    ------
    InvalidInput
    """
    hashes: dict[str, bytes] = {}
    lines: dict[str, int] = {}
    for number, raw in enumerate(content.split(b"\n"), 1):
        line = raw.strip()
        if not line or line.startswith(b"#"):
            continue
        problem, name, hashed = _entry(line)
        if not problem and name in lines:
            problem = f"'{name}' stands in line {lines[name]} already"
        if problem:
            raise InvalidInput(
                f"{path}, line {number}: {problem}",
                field="auth_file",
                hint="write lines with torc-htpasswd add; nobody is let in by a file with mistakes",
            )
        hashes[name], lines[name] = hashed.encode(), number
    return hashes


def _entry(line: bytes) -> tuple[str | None, str, str]:
    """Return what is wrong with a line, its name and its hash."""
    try:
        name, colon, hashed = line.decode().partition(":")
    except UnicodeDecodeError:
        return "it is not UTF-8", "", ""
    if not colon or not name:
        return "it is not of the form name:hash", "", ""
    problem = problem_with_name(name)
    if problem is None and not _HASH.fullmatch(hashed):
        # The hash itself is not shown: a mistyped line may hold a password.
        problem = f"the hash of '{name}' is not bcrypt ($2a$, $2b$ or $2y$ with a cost of {MIN_COST} to {MAX_COST})"
    return problem, name, hashed


def problem_with_name(name: str) -> str | None:
    """Return why a user cannot have this name, or None."""
    if not name or name != name.strip() or len(name) > 255 or name.startswith("#"):
        return f"'{name[:50]}' cannot be a user name"
    if ":" in name or not name.isprintable():
        return "a user name cannot contain a colon or control characters"
    return None


def problem_with_password(password: str) -> str | None:
    """Return why a password cannot be used, or None."""
    if not password:
        return "the password is empty"
    if "\x00" in password:
        return "a password cannot contain NUL"
    if len(password.encode("utf-8", "surrogateescape")) > MAX_PASSWORD:
        return f"the password is longer than {MAX_PASSWORD} bytes, and bcrypt would ignore the rest"
    return None


def hash_password(password: str, cost: int = DEFAULT_COST) -> str:
    """Return the bcrypt hash of a password.

    Raises
    ------
    InvalidInput
    """
    import bcrypt

    problem = problem_with_password(password)
    if problem:
        raise InvalidInput(problem, field="password", hint="choose another password")
    if not MIN_COST <= cost <= MAX_COST:
        raise InvalidInput(f"cost {cost} is not between {MIN_COST} and {MAX_COST}", field="cost", value=cost)
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def check_password(password: bytes, hashed: bytes) -> bool:
    """Return whether a password fits a hash. Takes as long as the hash's cost says."""
    import bcrypt

    if len(password) > MAX_PASSWORD:
        return False
    try:
        return bcrypt.checkpw(password, hashed)
    except ValueError:  # NUL
        return False


def change(path: Path, edit: Callable[[list[str]], list[str]]) -> None:
    """Replace the lines of a password file at once: a reader sees the file before or after, never between.

    The new file is for its owner alone. Comments and lines that ``edit`` leaves stay as they are.

    Raises
    ------
    InvalidInput
    """
    with _reasons(path), _alone(path.resolve().parent):
        real = path.resolve()
        text = real.read_text(encoding="utf-8") if real.exists() else ""
        lines = edit(text.splitlines())
        descriptor, temporary = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            _keep_owner(real, temporary)
            Path(temporary).replace(real)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep two changes from losing one another."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # not every file system has locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def name_in(line: str) -> str | None:
    """Return the name that a line is about; comments are about nobody."""
    name, colon, _ = line.strip().partition(":")
    return name if colon and not name.startswith("#") else None


def _keep_owner(real: Path, temporary: str) -> None:
    # An administrator changes the file of the account that runs the server.
    with contextlib.suppress(OSError):
        before = real.stat()
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(temporary, before.st_uid, before.st_gid)


def _file_warnings(path: Path, status: os.stat_result) -> list[str]:
    warnings = []
    if path.is_symlink():
        warnings.append(f"{path} is a link: whoever may change the link decides who is let in")
    if status.st_uid not in (os.geteuid(), 0):
        warnings.append(f"{path} belongs to another user (uid {status.st_uid}), who decides who is let in")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o022:
        warnings.append(f"{path} can be changed by other users: chmod 600 {path}")
    elif mode & 0o044:
        warnings.append(f"{path} can be read by other users, who may try to crack its passwords: chmod 600 {path}")
    return warnings


def _cost_warnings(path: Path, hashes: dict[str, bytes]) -> list[str]:
    slow = sorted(name for name, hashed in hashes.items() if cost_of(hashed) > SLOW_COST)
    return [f"{path}: the cost of {', '.join(slow)} makes each login take seconds or more"] if slow else []


class _reasons:  # noqa: N801 - reads as a statement
    """Turns what the file system says into an error that names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise _unusable(self.path, "there is no such file", "create it with torc-htpasswd add") from None
        if isinstance(error, UnicodeDecodeError):
            raise _unusable(self.path, "it is not UTF-8") from None
        if isinstance(error, OSError):
            raise _unusable(self.path, error.strerror or str(error)) from error


def _unusable(path: Path, why: str, hint: str | None = None) -> InvalidInput:
    return InvalidInput(f"cannot use the password file {path}: {why}", field="auth_file", value=str(path), hint=hint)
