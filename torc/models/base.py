"""What all records share: unknown keys of a request are ignored, null means not given."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MAX_INT = 2**63 - 1
MAX_NAME = 4096
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Record(BaseModel):
    """Base of the wire models."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_given(cls, data: Any) -> Any:
        if isinstance(data, dict) and None in data.values():
            return {name: value for name, value in data.items() if value is not None}
        return data

    def given(self, *, exclude: set[str] | None = None) -> dict[str, Any]:
        """Return the fields that the sender gave a value other than null."""
        return self.model_dump(exclude_unset=True, exclude_none=True, exclude=exclude)


class Empty(Record):
    """A request without query parameters or body."""


def no_control_characters(text: Any) -> Any:
    """Return the text if it is one line without control characters."""
    if isinstance(text, str):
        found = _CONTROL.search(text)
        if found:
            raise ValueError(f"control character {found[0]!r} is not allowed here")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("lone surrogates are not allowed") from None
    return text


def _no_nul(text: Any) -> Any:
    if isinstance(text, str) and "\x00" in text:
        raise ValueError("the NUL character is not allowed")
    if isinstance(text, str) and not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("lone surrogates are not allowed") from None
    return text


Id = Annotated[int, Field(ge=1, le=MAX_INT)]
Count = Annotated[int, Field(ge=0, le=MAX_INT)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME), BeforeValidator(no_control_characters)]
Text = Annotated[str, BeforeValidator(_no_nul)]
EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Env = dict[EnvName, Text]
