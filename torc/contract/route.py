"""One row of the contract, and the rows that most nouns share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

#: ``login`` is any known caller, ``admin`` an administrator of the server; the others are rights with the workflow
#: that a request names.
Right = Literal["none", "login", "read", "write", "run", "admin"]
Access = Literal["read", "write", "live"]

WORKFLOW = "/workflows/{id}"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Parameters
    ----------
    name
        The operation's name: also that of the client method and of the service function.
    verb, path
        HTTP method and path below :data:`PREFIX`; ``{id}`` is an integer, ``{name:str}`` text.
    noun
        The service module that implements it.
    access
        ``read`` and ``write`` functions get a transaction; ``live`` ones are coroutines that hold
        the request (long polls, streams).
    right
        What a caller must be allowed to do with the workflow.
    query, body, reply
        Model names. ``items`` set makes the reply a page of ``reply`` that also stands under that name.
    plain
        The reply is a bare JSON array.
    alias
        Another form of the operation ``name``; not offered as a client method.
    bulk
        The body may be large (see the server's limits).
    """

    name: str
    verb: str
    path: str
    noun: str
    access: Access
    right: Right
    query: str | None = None
    body: str | None = None
    reply: str | None = None
    items: str | None = None
    plain: bool = False
    alias: bool = False
    bulk: bool = False

    @property
    def path_parameters(self) -> list[tuple[str, type]]:
        """Names and types of the parameters in the path, in order."""
        return _parameters(self.path)

    @property
    def is_stream(self) -> bool:
        """Whether the reply is a stream of events that does not end by itself."""
        return self.path.endswith("/stream")


@cache
def _parameters(path: str) -> list[tuple[str, type]]:
    found = re.findall(r"\{(\w+)(?::(\w+))?\}", path)
    return [(name, str if kind == "str" else int) for name, kind in found]


def record(
    noun: str,
    one: str,
    path: str,
    model: str,
    update: str,
    query: str,
    *,
    items: str | None = None,
    create_query: str | None = None,
    many: str | None = None,
    delete_all: str | None = None,
) -> list[Route]:
    """The six operations that most nouns share; ``many`` is the plural used in operation names."""
    many = many or noun
    return [
        Route(f"create_{one}", "POST", path, noun, "write", "write", create_query, model, model),
        Route(f"list_{many}", "GET", path, noun, "read", "read", query, None, model, items=items or noun),
        Route(f"get_{one}", "GET", f"{path}/{{id}}", noun, "read", "read", None, None, model),
        Route(f"update_{one}", "PUT", f"{path}/{{id}}", noun, "write", "write", None, update, model),
        Route(
            f"delete_{one.removesuffix('s') if one == 'resource_requirements' else one}",
            "DELETE",
            f"{path}/{{id}}",
            noun,
            "write",
            "write",
            None,
            None,
            model,
        ),
        Route(
            delete_all or f"delete_{many}",
            "DELETE",
            path,
            noun,
            "write",
            "write",
            "page.DeleteQuery",
            None,
            "page.DeleteCount",
        ),
    ]
