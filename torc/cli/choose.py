"""Asking the person at the terminal: which workflow, and whether to go on."""

from __future__ import annotations

from typing import Any, cast

import click

from torc.cli import output
from torc.cli.options import number_in
from torc.cli.session import Session, current_user
from torc.errors import TorcError

_OFFERED = 50


def workflow_of(session: Session, given: int | None, user: str | None = None) -> int:
    """Return the workflow to act on: the one given, or one of the user's that is chosen on the terminal."""
    return given if given is not None else _choose(session, user, many=False)[0]


def workflows_of(session: Session, given: tuple[int, ...], *, archived: bool = False) -> list[dict[str, Any]]:
    """Return the workflows to act on: those given, or some chosen on the terminal, from the archived ones if so said.

    Raises
    ------
    NotFound
        When one of them does not exist; nothing has been done to the others then.
    """
    numbers = given or _choose(session, None, many=True, archived=archived)
    return [session.client.get_workflow(number) for number in dict.fromkeys(numbers)]


def confirm(session: Session, question: str, *, skip: bool) -> None:
    """Go on only when the person agrees.

    Raises
    ------
    click.UsageError
        When nobody can be asked and ``skip`` is not set.
    TorcError
        When the answer is no.
    """
    if skip:
        return
    if not session.interactive:
        raise click.UsageError(f"{question} (nobody to ask here: give --no-prompts)")
    if not click.confirm(question, err=True):
        raise TorcError("not confirmed, so nothing was done")


def _choose(session: Session, user: str | None, *, many: bool, archived: bool = False) -> list[int]:
    if not session.interactive:
        raise click.UsageError("no workflow id given (name one; torc workflows list shows them)")
    user = user or current_user()
    workflows = session.client.list_workflows(
        user=user, is_archived=archived, sort_by="id", reverse_sort=True, limit=_OFFERED
    )
    known = {workflow["id"]: workflow for workflow in workflows["items"]}
    if not known:
        kind = "archived workflow" if archived else "workflow"
        raise click.UsageError(f"user {user} has no {kind} (torc workflows list --all-users --include-archived)")
    if workflows["has_more"]:
        output.note(f"the newest {len(known)} of {workflows['total_count']} workflows of user {user}:")
    for number, workflow in sorted(known.items()):
        output.note(f"{number:>6}  {workflow['name']}  {workflow.get('timestamp') or ''}")
    text = click.prompt("Workflow ids" if many else "Workflow id", err=True, default=str(max(known)))
    return _chosen_ids(str(text), many=many)


def _chosen_ids(text: str, *, many: bool) -> list[int]:
    numbers = [number_in(word) for word in text.replace(",", " ").split()]
    if not numbers or None in numbers or (len(numbers) > 1 and not many):
        raise click.UsageError(f"'{text}' is not a workflow id")
    return cast("list[int]", numbers)
