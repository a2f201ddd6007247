"""Certificates: loaded, examined before anybody has to, and loaded again while the server runs."""

from __future__ import annotations

import logging
import ssl
import stat
import time
from pathlib import Path
from typing import Any

from torc.errors import InvalidInput
from torc.server.auth.settings import TlsSettings

logger = logging.getLogger(__name__)

#: OpenSSL's code for a certificate whose time is over, and for one whose time has not come.
EXPIRED, NOT_YET = 10, 9
SOON_DAYS = 30
_DAY = 86_400.0


def server_context(tls: TlsSettings) -> ssl.SSLContext:
    """Return what a server with this certificate needs; TLS 1.2 is the least that it speaks.

    Raises
    ------
    InvalidInput
        When certificate and key cannot be used together, or are out of date.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load(context, tls)
    return context


def load(context: ssl.SSLContext, tls: TlsSettings) -> None:
    """Read certificate and key; connections that are open keep what they have.

    Raises
    ------
    InvalidInput
    """
    # Into a context of its own first: one that fails half-way would leave a server without a key.
    trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(trial, tls)
    for warning in _warnings(trial, tls):
        logger.warning("%s", warning)
    _load(context, tls)


def _load(context: ssl.SSLContext, tls: TlsSettings) -> None:
    for path in (tls.certificate, tls.key):
        try:
            path.open("rb").close()
        except OSError as error:
            raise _unusable(tls, f"{path}: {error.strerror}") from None
    try:
        # An empty password makes an encrypted key an error; without one OpenSSL would ask the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise _unusable(tls, _reason(error)) from None


def _reason(error: Exception) -> str:
    reason = str(getattr(error, "reason", None) or "")
    if reason == "KEY_VALUES_MISMATCH":
        return "the key does not belong to the certificate"
    if "DECRYPT" in reason or "PASSWORD" in reason or (reason == "" and isinstance(error, ssl.SSLError)):
        return "they are not PEM, or the key is encrypted"
    return str(reason or error).lower().replace("_", " ")


def _warnings(context: ssl.SSLContext, tls: TlsSettings) -> list[str]:
    warnings = []
    if stat.S_IMODE(tls.key.stat().st_mode) & 0o077:
        warnings.append(f"{tls.key} can be read by other users: chmod 600 {tls.key}")
    try:
        ends = ssl.cert_time_to_seconds(str(examined(context, tls.certificate)["notAfter"]))
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in (EXPIRED, NOT_YET):
            state = "has expired" if error.verify_code == EXPIRED else "is not valid yet"
            raise _unusable(tls, f"the certificate {state}") from None
        warnings.append(f"{tls.certificate}: {error.verify_message}")
    except (ssl.SSLError, OSError, KeyError) as error:
        warnings.append(f"{tls.certificate} cannot be examined: {error}")
    else:
        days = int((ends - time.time()) / _DAY)
        if days < SOON_DAYS:
            warnings.append(f"{tls.certificate} expires in {days} days")
    return warnings


def examined(server: ssl.SSLContext, chain: Path) -> dict[str, Any]:
    """Return what a client that trusts this certificate is told of it, in a handshake within this process.

    Raises
    ------
    ssl.SSLCertVerificationError
        When even such a client refuses it.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(chain)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_side=False),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):  # a handshake has two rounds
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return dict(sides[0].getpeercert() or {})


def _unusable(tls: TlsSettings, why: str) -> InvalidInput:
    return InvalidInput(
        f"cannot serve HTTPS with {tls.certificate} and {tls.key}: {why}",
        field="tls",
        hint="give a PEM certificate with its chain, and its PEM key without a password",
    )
