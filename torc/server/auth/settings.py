"""What an administrator decides about who may ask the server, and over what kind of connection."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """Who may ask.

    Parameters
    ----------
    file
        The htpasswd file; without it nobody has a password.
    required
        Refuse requests without credentials. Without it they pass as anonymous, wrong ones are refused all the same.
    enforce_access
        Show and change a workflow only for its owner, the members of its groups and administrators.
    admins
        Names of users that may do everything.
    cache_seconds
        How long a password that was found right is not hashed again.
    token
        The server's own bearer token; whoever has it is an administrator, and everybody else needs credentials.
    trusted_hosts
        Names, besides the server's own, that a ``Host`` header may carry.
    """

    file: Path | None = None
    required: bool = False
    enforce_access: bool = False
    admins: tuple[str, ...] = ()
    cache_seconds: float = 60.0
    token: str | None = None
    trusted_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """A certificate with its chain, and its private key, both PEM files."""

    certificate: Path
    key: Path
