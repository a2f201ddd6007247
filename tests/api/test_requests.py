"""Connecting, paging, patience, credentials, and what goes wrong with single requests."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from server.outside import Server

import torc
from torc.api import create_jobs, iter_documents, make_api, send_api_command, wait_for_healthy_database
from torc.errors import ServerUnreachable
from torc.exceptions import DatabaseOffline
from torc.openapi_client import (
    ApiClient,
    Configuration,
    DefaultApi,
    JobModel,
    JobsApi,
    JobsModel,
    UserDataModel,
    WorkflowModel,
)
from torc.openapi_client.exceptions import (
    ApiException,
    ApiTypeError,
    NotFoundException,
    ServiceException,
    UnauthorizedException,
    exception_from,
)

NOWHERE = "http://127.0.0.1:9/torc-service/v1"


def test_import_torc_loads_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import torc; "
        "print(sorted(name for name in set(sys.modules) - before if name.startswith(('torc.', 'pydantic', 'click'))))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout == "[]\n"


def test_a_mapped_job_starts_without_pydantic() -> None:
    code = "import sys; import torc.functions, torc.cli.functions; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_every_name_of_the_package_can_be_loaded() -> None:
    for name in torc.__all__:
        assert getattr(torc, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'make_apy'"):
        torc.make_apy  # noqa: B018 - looks it up


def test_without_an_address_the_own_database_is_used(api: DefaultApi, tmp_path: Path) -> None:
    assert api.ping().status == "ok"
    assert (tmp_path / "torc.db").exists()


def test_lists_are_read_page_by_page(api: DefaultApi, workflow_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = (JobModel(workflow_id=workflow_id, name=f"job_{number}", command="true") for number in range(23))
    created = create_jobs(api, jobs, max_transfer_size=5)
    assert [job.name for job in created] == [f"job_{number}" for number in range(23)]
    monkeypatch.setattr("torc.api.requests.PAGE_SIZE", 10)
    assert list(iter_documents(api.list_jobs, workflow_id)) == api.list_jobs(workflow_id).items
    assert [job.name for job in iter_documents(api.list_jobs, workflow_id, offset=20)] == ["job_20", "job_21", "job_22"]
    assert len(list(iter_documents(api.list_jobs, workflow_id, limit=12))) == 12


def test_a_refusal_tells_status_reason_and_body(api: DefaultApi) -> None:
    with pytest.raises(NotFoundException) as refused:
        api.get_workflow(77)
    error = refused.value
    assert (error.status, error.reason) == (404, "Not Found")
    assert error.data["error"]["message"] == "no workflow with id 77"
    assert '"no workflow with id 77"' in error.body
    assert str(error).startswith("(404 Not Found) no workflow with id 77")


def test_arguments_that_cannot_be_sent_are_refused_here(api: DefaultApi, workflow_id: int) -> None:
    with pytest.raises(ApiTypeError, match=r"get_workflow\(\) missing a required argument: 'id'"):
        api.get_workflow()
    with pytest.raises(ApiTypeError, match=r"list_jobs\(\) got an unexpected keyword argument 'stat'"):
        api.list_jobs(workflow_id, stat="ready")


def test_a_value_that_is_not_json_is_refused_here(tmp_path: Path) -> None:
    server = Server(tmp_path / "torc.db")
    try:
        api = make_api(server.url)
        workflow = api.create_workflow(WorkflowModel(name="w", user="u"))
        with pytest.raises(ApiTypeError, match="cannot be written as JSON"):
            api.create_user_data(UserDataModel(workflow_id=workflow.id, name="d", data={1, 2}))
        assert api.list_user_data(workflow.id).items == []
    finally:
        server.stop()


def test_records_and_dictionaries_may_be_mixed(api: DefaultApi, workflow_id: int) -> None:
    plain = {"workflow_id": workflow_id, "name": "plain", "command": "true"}
    record = JobModel(workflow_id=workflow_id, name="record", command="true")
    assert [job.name for job in api.create_jobs({"jobs": [plain, record]}).jobs] == ["plain", "record"]
    assert [job.name for job in api.create_jobs(JobsModel(jobs=[{**plain, "name": "third"}])).jobs] == ["third"]


def test_replies_come_with_their_status_when_asked(api: DefaultApi, workflow_id: int) -> None:
    reply = api.get_workflow_with_http_info(workflow_id)
    assert (reply.status_code, reply.data.id) == (200, workflow_id)
    assert b'"name"' in reply.raw_data


def test_help_tells_the_parameters() -> None:
    assert JobsApi.list_jobs.__doc__ is not None
    assert "status : JobStatus | None, optional" in JobsApi.list_jobs.__doc__
    assert "ListJobsResponse" in JobsApi.list_jobs.__doc__


def test_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    api = make_api(NOWHERE)
    api.api_client.client.transport.patience = 0.0
    with pytest.raises(ServerUnreachable):
        api.ping()
    with pytest.raises(DatabaseOffline, match="no reply from the server"):
        send_api_command(api.ping, timeout=1)
    with pytest.raises(DatabaseOffline, match="no answer within 0 minutes"):
        wait_for_healthy_database(api, timeout_minutes=0)


def test_a_refusal_may_be_logged_instead(api: DefaultApi, caplog: pytest.LogCaptureFixture) -> None:
    assert send_api_command(api.get_workflow, 5, raise_on_error=False) is None
    assert "get_workflow was refused" in caplog.text
    with pytest.raises(ApiException):
        send_api_command(api.get_workflow, 5)


def test_the_servers_own_trouble_is_a_service_exception() -> None:
    from torc.errors import StorageBusy, TooLarge

    assert isinstance(exception_from(StorageBusy("locked")), ServiceException)
    assert type(exception_from(TooLarge("too large"))) is ApiException


def test_credentials_go_with_every_request(tmp_path: Path) -> None:
    server = Server(tmp_path / "torc.db", "--token", "secret")
    try:
        with pytest.raises(UnauthorizedException):
            make_api(server.url).list_workflows()
        with ApiClient(Configuration(server.url, access_token="secret")) as client:
            assert DefaultApi(client).list_workflows().items == []
        api = make_api(server.url)
        assert api.list_workflows(_headers={"Authorization": "Bearer secret"}).count == 0
        with pytest.raises(UnauthorizedException):
            api.list_workflows()
        api.api_client.set_default_header("Authorization", "Bearer secret")
        assert api.list_workflows(_request_timeout=(1, 5)).count == 0
    finally:
        server.stop()


def test_a_configuration_makes_the_basic_header() -> None:
    token = Configuration(username="ada", password="söcret").get_basic_auth_token()
    assert token is not None
    assert base64.b64decode(token.removeprefix("Basic ")).decode() == "ada:söcret"
    assert Configuration().get_basic_auth_token() is None


def test_default_configuration_and_client_are_used_where_none_is_given(tmp_path: Path) -> None:
    server = Server(tmp_path / "torc.db")
    try:
        Configuration.set_default(Configuration(host=server.url))
        assert Configuration.get_default_copy().host == server.url
        assert JobsApi().api_client is ApiClient.get_default()
        assert DefaultApi().ping().status == "ok"
    finally:
        Configuration.set_default(None)
        ApiClient.set_default(None)
        server.stop()
