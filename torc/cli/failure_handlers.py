"""``torc failure-handlers``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.nouns import Noun, delete_command, get_command, list_command
from torc.cli.options import parse_json_option, with_session, workflow_argument
from torc.cli.output import Column, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup


@click.group("failure-handlers", cls=TorcGroup)
def group() -> None:
    """Create and list rules for jobs that fail. They are kept with the workflow; runners do not follow them yet."""


def _rules(handler: dict[str, Any]) -> str:
    """Return the rules in short: ``exit code 137: 3 retries after a script``."""
    try:
        return "; ".join(map(_rule, json.loads(handler["rules"]))) or "none"
    except (ValueError, TypeError, AttributeError):
        return str(handler.get("rules"))


def _rule(rule: dict[str, Any]) -> str:
    codes = ", ".join(map(str, rule.get("exit_codes") or ()))
    which = f"exit code {codes}" if codes else "any exit code"
    retries = rule.get("max_retries", 3)
    script = " after a script" if rule.get("recovery_script") else ""
    return f"{which}: {retries} {'retry' if retries == 1 else 'retries'}{script}"


_FIELDS = (
    Column("ID", "id"),
    Column("Workflow ID", "workflow_id"),
    Column("Name", "name"),
    Column("Rules", _rules),
)
_NOUN = Noun(group, "failure_handler", "failure_handlers", _FIELDS)


@group.command
@workflow_argument
@click.option("-n", "--name", required=True, help="Name of the handler.")
@click.option("--rules", help="Rules as a JSON list.")
@click.option(
    "--rules-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with rules as a JSON list."
)
@with_session
def create(session: Session, workflow_id: int | None, name: str, rules: str | None, rules_file: Path | None) -> View:
    """Create a failure handler.

    A rule names exit_codes, or says match_all_exit_codes; it may give max_retries (3 by default) and a
    recovery_script that runs before the job is tried again.

    \b
    Example:
      torc failure-handlers create 5 --name memory --rules '[{"exit_codes": [137], "max_retries": 2}]'
    """
    if (rules is None) == (rules_file is None):
        raise click.UsageError("give either --rules or --rules-file")
    if rules_file is not None:
        value = parse_json_option(rules_file.read_text(encoding="utf-8", errors="replace"), str(rules_file))
    else:
        value = parse_json_option(rules or "", "--rules")
    body = {"workflow_id": workflow_of(session, workflow_id), "name": name, "rules": json.dumps(value)}
    return _NOUN.created(session.client.create_failure_handler(body=body))


list_command(_NOUN)
get_command(_NOUN)
delete_command(_NOUN)
