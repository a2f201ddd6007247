"""Finds what stands at a path by walking down its segments: a hundred patterns are not tried one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tornado.escape import url_unescape

from torc.contract import Route


class Paths:
    """The paths of the contract."""

    def __init__(self, routes: Iterable[Route]) -> None:
        by_path: defaultdict[str, dict[str, Route]] = defaultdict(dict)
        for route in routes:
            by_path[route.path].setdefault(route.verb, route)
        self._root = _Place()
        for path, found in by_path.items():
            place = self._root
            for segment in path.removeprefix("/").split("/"):
                place = place.below(segment)
            if place.routes:
                raise ValueError(f"{path} is another path of the contract with other names")
            place.routes = found
            place.names = [name for name, _ in next(iter(found.values())).path_parameters]

    def find(self, path: str) -> tuple[dict[str, Route], dict[str, bytes]] | None:
        """Return the routes at a path by verb, and the path's parameters as they came."""
        values: list[str] = []
        place = self._root.find(path.removeprefix("/").split("/"), 0, values)
        if place is None:
            return None
        texts = (url_unescape(value, encoding=None, plus=False) for value in values)
        return place.routes, dict(zip(place.names, texts, strict=True))


class _Place:
    """A point in the tree of paths."""

    __slots__ = ("_any", "_named", "names", "routes")

    def __init__(self) -> None:
        self._named: dict[str, _Place] = {}
        self._any: _Place | None = None
        self.routes: dict[str, Route] = {}
        self.names: list[str] = []

    def below(self, segment: str) -> _Place:
        """Return the place one segment further, new if need be."""
        if not segment.startswith("{"):
            return self._named.setdefault(segment, _Place())
        self._any = self._any or _Place()
        return self._any

    def find(self, segments: list[str], depth: int, values: list[str]) -> _Place | None:
        """Return the place behind the remaining segments; words go before parameters, which join ``values``."""
        if depth == len(segments):
            return self if self.routes else None
        segment = segments[depth]
        named = self._named.get(segment)
        found = named.find(segments, depth + 1, values) if named is not None else None
        if found is None and self._any is not None and segment:
            values.append(segment)
            found = self._any.find(segments, depth + 1, values)
            if found is None:
                values.pop()
        return found
