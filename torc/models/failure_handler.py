"""Rules for jobs that fail; they are kept for runners that follow them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from torc.models.base import Id, Name, Record, Text
from torc.models.result import ReturnCode


class FailureRule(Record):
    """Retry up to ``max_retries`` times for these exit codes, after an optional recovery script."""

    model_config = ConfigDict(extra="forbid")
    exit_codes: list[ReturnCode] = []
    match_all_exit_codes: bool = False
    recovery_script: Text | None = None
    max_retries: Annotated[int, Field(ge=0, le=10_000)] = 3

    @model_validator(mode="after")
    def _matches_something(self) -> FailureRule:
        if not self.exit_codes and not self.match_all_exit_codes:
            raise ValueError("give 'exit_codes' or 'match_all_exit_codes: true'")
        return self


_RULES: TypeAdapter[list[FailureRule]] = TypeAdapter(list[FailureRule])


def _rules(text: str) -> str:
    try:
        _RULES.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{place}: {message}" if place else message) from None
    return text


#: A list of :class:`FailureRule` as JSON inside a string.
RulesText = Annotated[Text, AfterValidator(_rules)]


class FailureHandlerModel(Record):
    """A named list of rules; on the wire ``rules`` is JSON inside a string."""

    id: Id | None = None
    workflow_id: Id
    name: Name
    rules: RulesText
