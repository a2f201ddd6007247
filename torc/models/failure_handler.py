"""Rules that decide what happens after a job fails."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from torc.models.base import Id, Name, Record, Text


class FailureRule(Record):
    """Retry up to ``max_retries`` times for these exit codes, after an optional recovery script."""

    model_config = ConfigDict(extra="forbid")
    exit_codes: list[int] = []
    match_all_exit_codes: bool = False
    recovery_script: Text | None = None
    max_retries: Annotated[int, Field(ge=0, le=10_000)] = 3

    @model_validator(mode="after")
    def _matches_something(self) -> FailureRule:
        if not self.exit_codes and not self.match_all_exit_codes:
            raise ValueError("give 'exit_codes' or 'match_all_exit_codes: true'")
        return self


class FailureHandlerModel(Record):
    """A named list of rules; on the wire ``rules`` is JSON inside a string."""

    id: Id | None = None
    workflow_id: Id
    name: Name
    rules: Text
