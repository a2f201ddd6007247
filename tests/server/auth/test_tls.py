"""HTTPS: what the server refuses to serve with, and what clients refuse to trust."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from torc.client import connection
from torc.client.transport import HttpTransport
from torc.contract import OPERATIONS
from torc.errors import InvalidInput, ServerUnreachable
from torc.server.auth.settings import AuthSettings, TlsSettings
from torc.server.listener import Listener, Settings

from ..outside import DEADLINE, until
from .serving import Running


def openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


def certificate(
    directory: Path, name: str, *, names: str = "DNS:localhost,IP:127.0.0.1", days: str = "90"
) -> TlsSettings:
    """A certificate for some names, signed by the authority in the directory."""
    openssl(directory, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")  # fmt: skip
    (directory / f"{name}.ext").write_text(f"subjectAltName={names}\n")
    if days == "past":
        _sign_in_the_past(directory, name)
    else:
        openssl(directory, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-extfile", f"{name}.ext", "-days", days, "-out", f"{name}.pem")  # fmt: skip
    (directory / f"{name}.key").chmod(0o600)
    return TlsSettings(directory / f"{name}.pem", directory / f"{name}.key")


def _sign_in_the_past(directory: Path, name: str) -> None:
    (directory / "index.txt").write_text("")
    (directory / "serial").write_text("01\n")
    (directory / "ca.cnf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
        "policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n"
    )
    openssl(directory, "ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in",
            f"{name}.csr", "-extfile", f"{name}.ext", "-startdate", "20200101000000Z", "-enddate", "20200201000000Z",
            "-out", f"{name}.pem", "-notext")  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an authority of its own."""
    directory = tmp_path_factory.mktemp("ca")
    openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "90")  # fmt: skip
    return directory


Start = Callable[[TlsSettings], Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Running] = []

    def begin(tls: TlsSettings) -> Running:
        running.append(Running(Settings(tmp_path / "t.db", auth=AuthSettings(), tls=tls)))
        return running[-1]

    yield begin
    for server in running:
        server.close()


def asked(server: Running, ca_file: Path | None, host: str = "localhost") -> object:
    transport = HttpTransport(f"https://{host}:{server.port}", ca_file=str(ca_file) if ca_file else None, patience=0)
    with contextlib.closing(transport):
        return transport.send(OPERATIONS["ping"], {}, {})


def test_a_client_with_the_authoritys_file_is_served(start: Start, authority: Path) -> None:
    server = start(certificate(authority, "good"))
    assert server.url.startswith("https://")
    assert asked(server, authority / "ca.pem") == {"status": "ok"}


@pytest.mark.parametrize("with_file", [False, True])
def test_an_authority_that_the_client_does_not_know_is_named_as_the_trouble(
    start: Start, authority: Path, tmp_path: Path, with_file: bool
) -> None:
    openssl(tmp_path, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "k", "-out", "other.pem", "-subj", "/CN=other", "-days", "9")  # fmt: skip
    server = start(certificate(authority, "unknown"))
    with pytest.raises(ServerUnreachable) as refused:
        asked(server, tmp_path / "other.pem" if with_file else None)
    assert "not trusted" in str(refused.value)
    assert "--ca-file" in str(refused.value)


def test_a_file_without_certificates_is_named_as_the_trouble(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    transport = HttpTransport("https://localhost:1", ca_file=str(tmp_path / "ca.pem"))
    with pytest.raises(InvalidInput, match=f"{tmp_path / 'ca.pem'} holds no certificates.*--ca-file") as refused:
        transport.send(OPERATIONS["ping"], {}, {})
    assert refused.value.exit_code == 2


def test_a_certificate_for_another_name_is_refused_by_the_client(start: Start, authority: Path) -> None:
    server = start(certificate(authority, "elsewhere", names="DNS:elsewhere.example"))
    with pytest.raises(ServerUnreachable) as refused:
        asked(server, authority / "ca.pem")
    assert "localhost" in str(refused.value)
    assert "name that the certificate was made for" in str(refused.value)


def test_an_expired_certificate_keeps_the_server_from_starting(start: Start, authority: Path) -> None:
    tls = certificate(authority, "old", days="past")
    with pytest.raises(InvalidInput, match="has expired"):
        start(tls)


def test_a_client_says_that_a_certificate_has_expired(authority: Path) -> None:
    tls = certificate(authority, "stale", days="past")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve_one() -> None:
        connection, _ = listening.accept()
        with contextlib.suppress(OSError):
            context.wrap_socket(connection, server_side=True)
        connection.close()

    thread = threading.Thread(target=serve_one, daemon=True)
    thread.start()
    transport = HttpTransport(
        f"https://localhost:{listening.getsockname()[1]}", ca_file=str(authority / "ca.pem"), patience=0
    )
    with pytest.raises(ServerUnreachable, match="expired") as refused:
        transport.send(OPERATIONS["ping"], {}, {})
    assert "renewed" in str(refused.value)
    thread.join(DEADLINE)
    listening.close()


def test_a_key_of_another_certificate_and_files_that_are_none_are_errors(
    start: Start, authority: Path, tmp_path: Path
) -> None:
    good, other = certificate(authority, "one"), certificate(authority, "two")
    with pytest.raises(InvalidInput, match="does not belong"):
        start(TlsSettings(good.certificate, other.key))
    (tmp_path / "text").write_text("no certificate")
    for tls in (
        TlsSettings(tmp_path / "text", good.key),
        TlsSettings(good.certificate, tmp_path / "text"),
        TlsSettings(tmp_path / "missing", good.key),
        TlsSettings(good.certificate, tmp_path),
    ):
        with pytest.raises(InvalidInput, match="cannot serve HTTPS"):
            start(tls)
    openssl(authority, "ec", "-in", "one.key", "-out", "locked.key", "-aes256", "-passout", "pass:x")
    with pytest.raises(InvalidInput, match="encrypted"):
        start(TlsSettings(good.certificate, authority / "locked.key"))


def test_a_key_that_others_may_read_and_a_certificate_near_its_end_earn_warnings(
    start: Start, authority: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tls = certificate(authority, "soon", days="5")
    tls.key.chmod(0o644)
    start(tls)
    assert f"{tls.key} can be read by other users" in caplog.text
    assert "expires in 4 days" in caplog.text


def test_plain_http_on_the_port_for_https_is_closed_and_told_what_to_write(start: Start, authority: Path) -> None:
    server = start(certificate(authority, "plain"))
    with pytest.raises(ServerUnreachable, match="https://"):
        HttpTransport(f"http://localhost:{server.port}", patience=0).send(OPERATIONS["ping"], {}, {})
    assert asked(server, authority / "ca.pem") == {"status": "ok"}


def test_https_to_a_server_without_it_is_told_what_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT", 0.3)
    server = Running(Settings(tmp_path / "t.db"))
    with pytest.raises(ServerUnreachable, match="http://"):
        asked(server, None)
    server.close()


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_versions_of_tls_are_refused(start: Start, authority: Path, version: str) -> None:
    server = start(certificate(authority, "versions"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority / "ca.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with (
        socket.create_connection(("127.0.0.1", server.port), DEADLINE) as plain,
        pytest.raises((ssl.SSLError, OSError)),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


def test_a_renewed_certificate_is_taken_without_a_restart_and_a_bad_one_is_not(
    start: Start, authority: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tls = certificate(authority, "renewed", days="40")
    server = start(tls)

    def served() -> str:
        context = ssl.create_default_context(cafile=str(authority / "ca.pem"))
        plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            return str((secure.getpeercert() or {})["serialNumber"])

    first = served()
    certificate(authority, "renewed", days="80")
    server.loop.call_soon_threadsafe(Listener.reload, server.listener)
    until(lambda: served() != first)
    second = served()
    tls.certificate.write_text("broken")
    server.loop.call_soon_threadsafe(Listener.reload, server.listener)
    until(lambda: "everything stays as it was" in caplog.text)
    assert served() == second


def test_https_without_a_certificate_says_what_to_give(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TORC_")}
    done = subprocess.run(
        [sys.executable, "-m", "torc.server.main", "run", "--https", "--database", str(tmp_path / "t.db")],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--tls-cert" in done.stderr
    assert not (tmp_path / "t.db").exists()
