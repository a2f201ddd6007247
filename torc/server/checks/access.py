"""Who is let in, and over what kind of connection."""

from __future__ import annotations

import ssl
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from torc.errors import TorcError
from torc.server.auth import htpasswd, tls
from torc.server.checks.finding import Finding, fail, ok, warn

_DAY = 86_400


def accounts(file: Path | None) -> Iterator[Finding]:
    """Whether the password file can be used."""
    if file is None:
        return
    try:
        found = htpasswd.read(file)
    except TorcError as error:
        yield fail("accounts", error.message, error.hint or f"torc-htpasswd add --file {file} NAME")
        return
    if not found.hashes:
        yield fail("accounts", f"{file} has no user", f"torc-htpasswd add --file {file} NAME")
        return
    for warning in found.warnings:
        text, _, mend = warning.partition(": chmod ")
        yield warn("accounts", text, f"chmod {mend}" if mend else "see that only the server's account may change it")
    if not found.warnings:
        yield ok("accounts", f"{file} has {len(found.hashes)} {'user' if len(found.hashes) == 1 else 'users'}")


def certificate(chain: Path | None, key: Path | None) -> Iterator[Finding]:
    """Whether certificate and key belong together, and for how long."""
    if chain is None or key is None:
        return
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        mode = stat.S_IMODE(key.stat().st_mode)
        server.load_cert_chain(chain, key, password="")
    except OSError as error:  # ssl.SSLError is one
        text = f"{chain} and {key} cannot be used: {error.strerror or error}"
        yield fail("certificate", text, "give a PEM certificate with its chain, and its PEM key without a password")
        return
    if mode & 0o077:
        yield fail("key", f"{key} has mode {mode:03o}: other users may read it", f"chmod 600 {key}")
    yield _lifetime(server, chain)


def _lifetime(server: ssl.SSLContext, chain: Path) -> Finding:
    mend = f"renew it, put it into {chain}, and send the server SIGHUP"
    try:
        end = ssl.cert_time_to_seconds(str(tls.examined(server, chain)["notAfter"]))
    except ssl.SSLCertVerificationError as error:
        known = {tls.EXPIRED: "has expired", tls.NOT_YET: "is not valid yet"}
        text = known.get(error.verify_code, error.verify_message)
        return fail("certificate", f"{chain} {text}", mend)
    except (ssl.SSLError, OSError) as error:
        return warn("certificate", f"{chain} cannot be examined: {error}", "look at it with openssl x509 -text")
    days = int((end - time.time()) / _DAY)
    text = f"{chain} is valid for {days} more days"
    return warn("certificate", text, mend) if days < tls.SOON_DAYS else ok("certificate", text)
