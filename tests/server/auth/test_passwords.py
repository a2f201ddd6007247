"""Who is let in with what, over HTTP."""

from __future__ import annotations

import asyncio
import base64
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from torc.errors import InvalidInput, Unauthorized
from torc.server.auth import authenticator, hashing, htpasswd, throttle
from torc.server.auth.authenticator import Authenticator
from torc.server.auth.settings import AuthSettings
from torc.server.listener import Listener

from ..outside import until
from .conftest import Serve
from .serving import PASSWORDS, Someone, basic, password_file

People = Callable[..., Someone]
TOKEN = "0123456789abcdef0123456789abcdef"
MALFORMED = [
    "Basic", "Basic ", "Basic !!!", "Basic b2xnYQ==", "Basic " + "A" * 9000, "Bearer", "Bearer ", "Bearer x",
    "Bearer torc_x", "Digest username=olga", "olga", "", "Negotiate abc",
    "Basic " + base64.b64encode(b"\xff\xfe").decode(),
    "Bearer torc_\xff", "Basic " + base64.b64encode(b"olga:\x00").decode(),
    "Basic " + base64.b64encode(b"olga:" + b"x" * 100).decode(),
]  # fmt: skip


def test_without_accounts_everybody_is_let_in_whatever_they_send(serve: Serve, someone: People) -> None:
    server = serve(file=None)
    for header in (None, basic("olga"), basic("olga", "wrong"), f"Bearer {TOKEN}", "nonsense"):
        status, reply = someone(server, header).ask("GET", "/caller")
        assert (status, reply["is_authenticated"]) == (200, False)


def test_optional_accounts_let_anonymous_callers_pass_and_refuse_wrong_credentials(
    serve: Serve, someone: People
) -> None:
    server = serve()
    assert someone(server).ask("GET", "/caller")[1]["is_authenticated"] is False
    assert someone(server, basic("olga")).ask("GET", "/caller")[1]["user_name"] == "olga"
    for header in (basic("olga", "wrong"), basic("nobody", "x"), *MALFORMED):
        assert someone(server, header).status("GET", "/workflows") == 401, header


@pytest.mark.parametrize("auth", [{"required": True}, {"enforce_access": True}, {"token": TOKEN}])
def test_required_accounts_refuse_everybody_else(serve: Serve, someone: People, auth: dict[str, object]) -> None:
    server = serve(**auth)
    nobody = someone(server)
    assert nobody.status("GET", "/workflows") == 401
    assert nobody.reply.headers.get_all("WWW-Authenticate") == list(authenticator.CHALLENGES)
    assert nobody.status("GET", "/ping") == nobody.status("GET", "/health") == 200
    assert someone(server, basic("olga")).status("GET", "/workflows") == 200
    for header in (basic("olga", "wrong"), *MALFORMED):
        assert someone(server, header).status("GET", "/workflows") == 401, header
        assert someone(server, header).status("GET", "/ping") == 200


def test_the_servers_own_token_opens_everything(serve: Serve, someone: People) -> None:
    server = serve(file=None, token=TOKEN)
    assert someone(server, f"Bearer {TOKEN}").ask("GET", "/caller")[1]["is_admin"] is True
    assert someone(server, f"bearer {TOKEN}").status("GET", "/workflows") == 200
    for wrong in (TOKEN[:-1], TOKEN + "0", TOKEN.upper(), ""):
        assert someone(server, f"Bearer {wrong}").status("GET", "/workflows") == 401
    assert someone(server, basic("olga")).status("GET", "/workflows") == 401


def test_a_password_in_either_spelling_of_bytes_is_understood(tmp_path: Path, serve: Serve, someone: People) -> None:
    path = password_file(tmp_path)
    path.write_text(f"jürgen:{htpasswd.hash_password('schlüssel', 4)}\n")
    server = serve(file=path, required=True)
    for encoding in ("utf-8", "latin-1"):
        header = "Basic " + base64.b64encode("jürgen:schlüssel".encode(encoding)).decode()
        assert someone(server, header).ask("GET", "/caller")[1]["user_name"] == "jürgen"


def test_the_owner_of_a_workflow_comes_from_the_credentials(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    body = {"name": "w", "user": "somebody else"}
    assert someone(server, basic("mia")).ask("POST", "/workflows", body)[1]["user"] == "mia"
    made = someone(server, basic("mia")).ask("POST", "/workflow_plans", {"workflow": body})[1]["id"]
    assert server.do("get_workflow", made)["user"] == "mia"


class Counting:
    """Counts how often a password is hashed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hashes: list[bytes] = []

        def counted(password: bytes, hashed: bytes) -> bool:
            self.hashes.append(hashed)
            return htpasswd.check_password(password, hashed)

        monkeypatch.setattr(hashing, "check_password", counted)


def test_a_right_password_is_hashed_once_until_its_line_changes(
    serve: Serve, someone: People, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    counting = Counting(monkeypatch)
    server = serve(required=True, admins=("ada",))
    for _ in range(20):
        assert someone(server, basic("olga")).status("GET", "/caller") == 200
    assert len(counting.hashes) == 1
    ada = someone(server, basic("ada"))
    assert ada.status("POST", "/admin/reload-auth") == 200
    assert someone(server, basic("olga")).status("GET", "/caller") == 200
    assert len(counting.hashes) == 2
    path = password_file(tmp_path, "ada")
    path.write_text(path.read_text() + f"olga:{htpasswd.hash_password(PASSWORDS['olga'], 4)}\n")
    assert ada.status("POST", "/admin/reload-auth") == 200
    assert someone(server, basic("olga")).status("GET", "/caller") == 200
    assert len(counting.hashes) == 3


def test_many_who_come_at_once_with_one_password_have_it_hashed_once(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    server = serve(required=True)

    def ask(_: int) -> int:
        person = Someone(server.port, basic("olga"))
        try:
            return person.status("GET", "/caller")
        finally:
            person.close()

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(ask, range(40))) == {200}
    assert len(counting.hashes) <= 2


def test_no_password_is_remembered_when_that_is_switched_off(
    serve: Serve, someone: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    server = serve(required=True, cache_seconds=0)
    for _ in range(3):
        assert someone(server, basic("olga")).status("GET", "/caller") == 200
    assert len(counting.hashes) == 3


def test_an_unknown_name_takes_the_work_of_a_wrong_password(
    serve: Serve, someone: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    server = serve(required=True)
    replies = [someone(server, basic(name, "wrong")).ask("GET", "/caller") for name in ("olga", "nobody")]
    assert replies[0] == replies[1]
    assert [htpasswd.cost_of(hashed) for hashed in counting.hashes] == [4, 4]
    dummy = counting.hashes[1]
    # One after the other, and of the work alone: what else the machine does is in neither or in both.
    pairs = [(_work(counting.hashes[0]), _work(dummy)) for _ in range(30)]
    assert 0.5 < statistics.median(known / unknown for known, unknown in pairs) < 2


def _work(hashed: bytes) -> float:
    start = time.thread_time()
    htpasswd.check_password(b"wrong", hashed)
    return time.thread_time() - start


def test_wrong_passwords_are_slowed_and_the_wait_is_told(
    serve: Serve, someone: People, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(required=True)
    guesser = someone(server, basic("olga", "guess"))
    statuses = [guesser.status("GET", "/caller") for _ in range(throttle.FREE + 3)]
    assert statuses == [401] * throttle.FREE + [429] * 3
    assert 1 <= int(guesser.reply.headers["Retry-After"]) <= 2
    lines = [record for record in caplog.records if "Authentication failed for user 'olga'" in record.getMessage()]
    assert Counter(record.pairs["reason"] for record in lines) == {"wrong_password_or_name": 5, "too_many_tries": 3}  # type: ignore[attr-defined]
    assert {record.pairs["address"] for record in lines} == {"127.0.0.1"}  # type: ignore[attr-defined]


def test_whoever_is_in_stays_in_while_others_guess_the_password_next_to_it(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    olga = someone(server, basic("olga"))
    assert olga.status("GET", "/caller") == 200
    guesser = someone(server, basic("olga", "guess"))
    while guesser.status("GET", "/caller") != 429:
        pass
    assert olga.status("GET", "/caller") == 200
    assert someone(server, basic("mia")).status("GET", "/caller") == 200


def test_whoever_was_let_in_is_so_again_while_others_guess_at_the_same_address(serve: Serve, someone: People) -> None:
    server = serve(required=True, cache_seconds=0)
    olga = someone(server, basic("olga"))
    assert olga.status("GET", "/caller") == 200
    for name in ("olga", *(f"user{number}" for number in range(throttle.FREE_PER_ADDRESS + 1))):
        guesser = someone(server, basic(name, "guess"))
        statuses = [guesser.status("GET", "/caller") for _ in range(throttle.FREE + 1 if name == "olga" else 1)]
    assert statuses == [429]
    assert olga.status("GET", "/caller") == 200
    assert someone(server, basic("mia")).status("GET", "/caller") == 429, "a first login cannot be told from a guess"


def test_the_right_user_gets_in_from_another_address_while_the_name_is_attacked(serve: Serve) -> None:
    server = serve(required=True)
    guesser = Someone(server.port, basic("olga", "guess"))
    while guesser.status("GET", "/caller") != 429:
        pass
    guesser.close()
    elsewhere = Someone(server.port, basic("olga"))
    elsewhere.connection.source_address = ("127.0.0.2", 0)
    assert elsewhere.status("GET", "/caller") == 200
    elsewhere.close()


def test_a_flood_of_logins_is_turned_away_and_holds_up_nobody_who_is_in(
    serve: Serve, someone: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = _Gate(monkeypatch)
    server = serve(required=True)
    olga = someone(server, basic("olga"))
    gate.open = True
    assert olga.status("GET", "/caller") == 200
    gate.open = False
    flood = [Someone(server.port, basic(f"user{number}", "x")) for number in range(hashing.MAX_PER_ADDRESS + 10)]
    for person in flood:
        person.connection.request("GET", "/torc-service/v1/caller", headers=person.headers)
    pending = server.listener.service.authenticator._hashing._pending
    until(lambda: pending.total() == hashing.MAX_PER_ADDRESS)
    assert olga.status("GET", "/workflows") == 200
    gate.open = True
    statuses = Counter(person.connection.getresponse().status for person in flood)
    assert statuses == {401: hashing.MAX_PER_ADDRESS, 429: 10}
    for person in flood:
        person.close()


class _Gate:
    """Holds up every hash while it is closed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = False

        def held(password: bytes, hashed: bytes) -> bool:
            until(lambda: self.open)
            return htpasswd.check_password(password, hashed)

        monkeypatch.setattr(hashing, "check_password", held)


def test_a_changed_file_counts_from_the_next_look_on(
    serve: Serve, someone: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticator, "LOOK_AT_FILE_SECONDS", 0.0)
    server = serve(required=True)
    assert someone(server, basic("olga")).status("GET", "/caller") == 200
    htpasswd.change(tmp_path / "htpasswd", lambda lines: [line for line in lines if not line.startswith("olga")])
    assert someone(server, basic("olga")).status("GET", "/caller") == 401
    assert someone(server, basic("mia")).status("GET", "/caller") == 200


def test_a_file_with_a_mistake_keeps_the_server_from_starting(tmp_path: Path, serve: Serve) -> None:
    path = tmp_path / "bad"
    path.write_text("olga:secret in clear\n")
    with pytest.raises(InvalidInput, match="bad, line 1") as refused:
        serve(file=path)
    assert "secret" not in str(refused.value)
    with pytest.raises(InvalidInput, match="there is no such file"):
        serve(file=tmp_path / "missing")


@pytest.mark.parametrize("auth", [{"required": True}, {"enforce_access": True}])
def test_asking_for_accounts_without_naming_them_is_an_error_that_says_what_to_give(
    serve: Serve, auth: dict[str, bool]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        serve(file=None, **auth)
    assert "--auth-file" in str(refused.value)


def test_a_mistake_in_a_changed_file_is_told_and_the_accounts_stay(
    serve: Serve, someone: People, tmp_path: Path
) -> None:
    server = serve(required=True, admins=("ada",))
    ada = someone(server, basic("ada"))
    assert ada.ask("POST", "/admin/reload-auth") == (200, {"message": "read the password file again", "user_count": 4})
    path = tmp_path / "htpasswd"
    good = path.read_text()
    path.write_text(good + "broken line\n")
    status, reply = ada.ask("POST", "/admin/reload-auth")
    assert (status, "line 5" in reply["error"]["message"]) == (422, True)
    assert someone(server, basic("olga")).status("GET", "/caller") == 200
    path.write_text(good)
    assert ada.status("POST", "/admin/reload-auth") == 200


def test_only_administrators_reload(serve: Serve, someone: People) -> None:
    server = serve(required=True, admins=("ada",))
    assert someone(server, basic("olga")).status("POST", "/admin/reload-auth") == 403
    assert someone(server, basic("ada")).status("POST", "/admin/reload-auth") == 200


def test_a_reload_by_signal_reads_accounts_and_certificate(serve: Serve, someone: People, tmp_path: Path) -> None:
    server = serve(required=True)
    htpasswd.change(tmp_path / "htpasswd", lambda lines: [line for line in lines if not line.startswith("olga")])
    server.loop.call_soon_threadsafe(Listener.reload, server.listener)
    until(lambda: someone(server, basic("olga")).status("GET", "/caller") in (401, 429))
    (tmp_path / "htpasswd").write_text("nonsense\n")
    server.loop.call_soon_threadsafe(Listener.reload, server.listener)
    assert someone(server, basic("mia")).status("GET", "/caller") == 200


def test_what_is_remembered_is_no_password(tmp_path: Path) -> None:
    async def check() -> None:
        auth = AuthSettings(file=password_file(tmp_path), required=True)
        keeper = Authenticator(auth, lambda _: None, lambda _: None)
        caller = await keeper.admit(basic("olga"), "127.0.0.1")
        assert keeper.known(basic("olga")) is caller
        assert PASSWORDS["olga"] not in repr(keeper.__dict__)
        assert basic("olga") not in repr(keeper.__dict__)
        with pytest.raises(Unauthorized):
            await keeper.admit(basic("olga", "wrong"), "127.0.0.1")
        keeper.close()

    asyncio.run(check())


def test_errors_about_credentials_say_what_to_do_and_repeat_none(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    for header in (basic("olga", "my wrong secret"), "Bearer my-wrong-secret", f"Basic {'x' * 40}"):
        _, reply = someone(server, header).ask("GET", "/caller")
        assert "TORC_API_TOKEN" in reply["error"]["hint"]
        assert "secret" not in str(reply)
