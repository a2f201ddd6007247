"""Nothing is unpickled that its owner has not signed, and the server unpickles nothing at all."""

from __future__ import annotations

import base64
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from server.outside import until

from torc.errors import InvalidInput
from torc.executor import key
from torc.executor.encoding import decode, encode, is_json, seal
from torc.executor.errors import NotTrusted
from torc.executor.execute import Executor
from torc.executor.perform import perform
from torc.executor.submission import describe_function

from . import work


class Evil:
    """Leaves a mark when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keys" / "call.key"
    monkeypatch.setenv(key.VARIABLE, str(path))
    return path


def test_the_key_is_made_once_and_for_its_owner_alone(own_key: Path) -> None:
    key.sign("result", b"x")
    assert own_key.stat().st_mode & 0o777 == 0o600
    first = own_key.read_bytes()
    assert len(first) == 32
    code = "from torc.executor.key import sign; print(sign('result', b'x'))"
    others = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    assert {process.communicate()[0].decode().strip() for process in others} == {key.sign("result", b"x")}
    assert own_key.read_bytes() == first


def test_a_key_that_others_can_read_is_refused(own_key: Path) -> None:
    own_key.parent.mkdir()
    own_key.write_bytes(b"k" * 32)
    own_key.chmod(0o640)
    with pytest.raises(InvalidInput, match="can be read or written by others"):
        key.sign("result", b"x")
    own_key.chmod(0o600)
    own_key.write_bytes(b"short")
    with pytest.raises(InvalidInput, match="holds no key"):
        key.sign("result", b"x")


@pytest.mark.parametrize("large", [False, True])
def test_a_changed_or_foreign_pickle_is_not_loaded(own_key: Path, tmp_path: Path, large: bool) -> None:
    mark, spill = tmp_path / "mark", tmp_path / "spill"
    good = encode((1, "x" * (100_000 if large else 1)), "result", "it", spill)
    assert decode(good, "result")[0] == 1
    assert ("file" in good) is large
    evil = pickle.dumps(Evil(mark))
    forged = dict(good)
    if large:
        spill.write_bytes(evil)
    else:
        forged["pickle"] = base64.b64encode(evil).decode()
    for bad in (forged, {**forged, "mac": ""}, {**forged, "mac": None}, {**forged, "mac": "0" * 64}):
        with pytest.raises(NotTrusted, match="not signed"):
            decode(bad, "result")
    for shape in (None, [], "text", {}, {"value": 1}):
        with pytest.raises(NotTrusted):
            decode(shape, "result")
    assert not mark.exists()


def test_a_signature_holds_for_one_use_only(own_key: Path, tmp_path: Path) -> None:
    arguments = seal(pickle.dumps((1,)), "arguments", tmp_path / "spill")
    with pytest.raises(NotTrusted):
        decode(arguments, "function")


def test_what_is_json_needs_no_pickle() -> None:
    assert is_json({"a": [1, 2.5, None, True, "x"]})
    assert not any(map(is_json, [(1,), {1: 2}, float("nan"), float("inf"), 2**63, "a\0", b"", {"a": {1}}, [object()]]))


def test_a_forged_result_is_not_loaded_by_who_waits_and_a_forged_call_not_by_the_worker(
    make: Callable[..., Executor], tmp_path: Path
) -> None:
    executor = make(max_workers=1)
    gate, mark = tmp_path / "gate", tmp_path / "mark"
    blocker = executor.submit(work.wait_for, str(gate), "x")
    victim = executor.submit(work.capture, (1, 2))
    session = executor._session
    until(lambda: victim.job_id is not None)
    record = session.client.list_user_data(workflow_id=session.workflow_id, name=f"{victim.name}:call")["items"][0]
    data = record["data"]
    data["call"]["arguments"]["pickle"] = base64.b64encode(pickle.dumps(Evil(mark))).decode()
    session.client.update_user_data(record["id"], body={"data": data})
    gate.touch()
    assert blocker.result(30) == "x"
    with pytest.raises(NotTrusted, match="pickled arguments is not signed"):
        victim.result(30)
    session.client.update_user_data(
        session.client.list_user_data(workflow_id=session.workflow_id, name=blocker.output)["items"][0]["id"],
        body={"data": {"pickle": base64.b64encode(pickle.dumps(Evil(mark))).decode(), "mac": "0" * 64}},
    )
    attached = Executor.attach(session.workflow_id, connection=executor._connection)
    with pytest.raises(NotTrusted):
        attached.futures[0].result(30)
    attached.shutdown()
    assert not mark.exists()


def test_a_listing_shows_size_and_signature_of_pickles_and_nobody_who_shows_them_loads_them(
    make: Callable[..., Executor], tmp_path: Path
) -> None:
    executor, mark = make(), tmp_path / "mark"
    future = executor.submit(work.capture, (1, 2))
    future.result(30)
    client, workflow_id = executor._session.client, executor.workflow_id
    record = client.list_user_data(workflow_id=workflow_id, name=future.output)["items"][0]
    content = base64.b64encode(pickle.dumps(Evil(mark))).decode()
    client.update_user_data(record["id"], body={"data": {"pickle": content, "mac": "0" * 64}})
    code = (
        "import sys; from torc.cli.main import main\n"
        "try: main()\n"
        "finally: assert 'torc.executor.encoding' not in sys.modules\n"
    )
    shown = {}
    for command in ("user-data list", "jobs list", "workflows export", "results list"):
        words = [sys.executable, "-c", code, *command.split(), str(workflow_id)]
        environment = {**os.environ, **executor._connection.environment(), "COLUMNS": "300"}
        shown[command] = subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout
    assert f"pickle of {len(pickle.dumps(Evil(mark)))} bytes, signed 000000000000" in shown["user-data list"]
    assert content not in shown["user-data list"] and content in shown["workflows export"]
    assert not mark.exists()


def test_no_part_of_the_server_knows_pickle() -> None:
    code = (
        "import sys, pkgutil, importlib, torc.server\n"
        "for info in pkgutil.walk_packages(torc.server.__path__, 'torc.server.'):\n"
        "    module = importlib.import_module(info.name)\n"
        "    assert 'pickle' not in vars(module) and 'cloudpickle' not in vars(module), info.name\n"
        "assert 'cloudpickle' not in sys.modules and 'torc.executor.encoding' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_pickled_function_of_another_python_is_not_loaded(own_key: Path, tmp_path: Path) -> None:
    sent = describe_function(lambda: 1, "tag", lambda name: tmp_path / name)
    sent.data["function"]["python"] = [2, 7]
    outcome = perform([{"name": "c", "data": {"call": {"function": sent.name, "arguments": {"json": [[], {}]}}}},
                       {"name": sent.name, "data": sent.data}], tmp_path / "spill")  # fmt: skip
    assert outcome.reason is not None
    assert re.search(r"was sent by Python 2\.7, the worker is Python 3\.\d+", outcome.reason)


def test_the_command_of_a_call_makes_it_without_a_warm_worker(make: Callable[..., Executor], tmp_path: Path) -> None:
    executor = make()
    future = executor.submit(work.capture, (1, 2), key="value")
    future.result(30)
    session = executor._session
    record = session.client.list_user_data(workflow_id=session.workflow_id, name=future.output)["items"][0]
    session.client.update_user_data(record["id"], body={"data": {"json": "gone"}})
    place = {"TORC_WORKFLOW_ID": str(session.workflow_id), "TORC_JOB_ID": str(future.job_id)}
    command = [sys.executable, "-c", "from torc.cli.main import main; main()", "run-call"]
    environment = {**os.environ, **executor._connection.environment(), **place, "TORC_OUTPUT_DIR": str(tmp_path)}
    subprocess.run(command, env=environment, check=True)
    attached = Executor.attach(session.workflow_id, connection=executor._connection)
    assert attached.futures[0].result(30) == (((1, 2),), {"key": "value"})
    attached.shutdown()
