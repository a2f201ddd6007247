"""Connecting to a server, and requests that come in many parts or must be patient."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from torc.errors import ServerUnreachable
from torc.exceptions import DatabaseOffline
from torc.openapi_client import JobsModel
from torc.openapi_client.api import DefaultApi
from torc.openapi_client.api_client import ApiClient
from torc.openapi_client.configuration import Configuration
from torc.openapi_client.exceptions import ApiException

logger = logging.getLogger(__name__)

PAGE_SIZE = 10_000


def make_api(database_url: str | None = None) -> DefaultApi:
    """Return the API of a server.

    Parameters
    ----------
    database_url
        Its address, as ``http://localhost:8080/torc-service/v1``. Without one, the server that ``TORC_API_URL``
        or the configuration names is used, else the one that holds the user's own database, else that database
        itself.
    """
    if database_url is None:
        return DefaultApi(ApiClient.found())
    return DefaultApi(ApiClient(Configuration(host=database_url)))


def iter_documents(
    func: Callable[..., Any], *args: Any, offset: int = 0, limit: int | None = None, **kwargs: Any
) -> Iterator[Any]:
    """Yield the records of a list, fetching page after page.

    Parameters
    ----------
    func
        A method that lists, as ``api.list_jobs``.
    offset
        How many records to leave out at the beginning.
    limit
        How many records to yield at most.

    Examples
    --------
    >>> for job in iter_documents(api.list_jobs, workflow_id, status="failed"):  # doctest: +SKIP
    ...     print(job.name)
    """
    while limit is None or limit > 0:
        page = func(*args, offset=offset, limit=PAGE_SIZE if limit is None else min(limit, PAGE_SIZE), **kwargs)
        yield from page.items
        offset += len(page.items)
        limit = None if limit is None else limit - len(page.items)
        if not page.has_more or not page.items:
            return


def create_jobs(api: DefaultApi, jobs: Iterable[Any], max_transfer_size: int = 100_000) -> list[Any]:
    """Create many jobs and return them in the same order.

    Parameters
    ----------
    jobs
        Any iterable of :class:`~torc.openapi_client.JobModel`.
    max_transfer_size
        How many go into one request. Each request creates all of its jobs or none.
    """
    remaining, created = iter(jobs), []
    while batch := list(islice(remaining, max_transfer_size)):
        created += api.create_jobs(JobsModel(jobs=batch)).jobs
    return created


def send_api_command(
    func: Callable[..., Any], *args: Any, raise_on_error: bool = True, timeout: float = 120, **kwargs: Any
) -> Any:
    """Call a method of the API with a time limit.

    Parameters
    ----------
    raise_on_error
        Without it, a refusal is logged and null returned.
    timeout
        Seconds that the reply may take.

    Raises
    ------
    ApiException
        When the server refuses.
    DatabaseOffline
        When it is out of reach.
    """
    try:
        return func(*args, _request_timeout=timeout, **kwargs)
    except ServerUnreachable as error:
        raise DatabaseOffline(str(error)) from error
    except ApiException:
        if raise_on_error:
            raise
        logger.exception("%s was refused", getattr(func, "__name__", func))
        return None


def wait_for_healthy_database(api: DefaultApi, timeout_minutes: float = 20, poll_seconds: float = 60) -> None:
    """Return as soon as the server answers.

    Raises
    ------
    DatabaseOffline
        When it has not after ``timeout_minutes``.
    """
    deadline = time.monotonic() + timeout_minutes * 60
    while True:
        try:
            send_api_command(api.ping)
            return
        except (DatabaseOffline, ApiException) as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise DatabaseOffline(f"no answer within {timeout_minutes:g} minutes: {error}") from error
            time.sleep(min(poll_seconds, left))


def make_job_label(job: Any, include_status: bool = False) -> str:
    """Return a job's name and id for log lines."""
    label = f"Job name={job.name} id={job.id}"
    return f"{label} status={job.status}" if include_status else label


def list_model_fields(cls: type[Any]) -> list[str]:
    """Return the names of a record's fields."""
    return list(cls.model_fields)
