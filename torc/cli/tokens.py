"""``torc tokens``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.options import ID, fetch, paging, record_id, with_session
from torc.cli.output import Column, Details, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup
from torc.units import parse_duration


@click.group("tokens", cls=TorcGroup)
def group() -> None:
    """Create, list and revoke bearer tokens, with which programs call the server."""


_FIELDS = (
    Column("ID", "id"),
    Column("Name", "name"),
    Column("User", "user_name"),
    Column("Workflow ID", "workflow_id"),
    Column("Created", "created_at"),
    Column("Expires", "expires_at"),
    Column("Last used", "last_used_at"),
)


@group.command
@click.option("-n", "--name", required=True, help="What the token is for.")
@click.option("--workflow", "workflow_id", type=ID, metavar="ID", help="Let it act on this workflow alone.")
@click.option("--compute-node", "compute_node_id", type=ID, metavar="ID", help="Let it end with this compute node too.")
@click.option(
    "--expires", metavar="DURATION", help="Time until it expires, as P30D (default: a year; with --workflow 90 days)."
)
@click.option("-u", "--user", "user_name", help="User that it acts for; only administrators name another.")
@with_session
def create(
    session: Session,
    name: str,
    workflow_id: int | None,
    compute_node_id: int | None,
    expires: str | None,
    user_name: str | None,
) -> View:
    """Create a token; its secret is shown this once.

    \b
    Example:
      TORC_API_TOKEN=$(torc tokens create --name nightly --expires P30D -f json | jq -r .token)
    """
    seconds = None if expires is None else int(parse_duration(expires, field="--expires"))
    given = {
        "name": name,
        "workflow_id": workflow_id,
        "compute_node_id": compute_node_id,
        "expires_in_seconds": seconds,
        "user_name": user_name,
    }
    created = session.client.create_token(body={key: value for key, value in given.items() if value is not None})
    fields = (*_FIELDS[:-1], Column("Token", "token"))
    return Details(created, fields, "Successfully created token (it is not shown again):")


@group.command("list")
@paging()
@with_session
def list_(session: Session, **window: Any) -> View:
    """List the tokens, without their secrets.

    \b
    Example:
      torc tokens list
    """
    return Listing("tokens", fetch(session, "list_tokens", **window), _FIELDS, "Tokens:")


@group.command
@record_id
@with_session
def revoke(session: Session, record_id: int) -> View:
    """Revoke a token: it is refused from now on.

    \b
    Example:
      torc tokens revoke 3
    """
    return Details(session.client.revoke_token(record_id), _FIELDS, "Successfully revoked token:")
