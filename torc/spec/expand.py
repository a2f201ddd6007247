"""Items with parameters become many items; names of other items in them stay names until they are resolved.

An item expands over the parameters that occur in its name. Its other parameters are collected: an entry of a
list, or a ``${files.input.x_{p}}`` in the command, stands for all their values at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torc.errors import InvalidInput
from torc.spec.limits import Allowance, Limits
from torc.spec.model import FileSpec, InlineRequirementsSpec, JobSpec, Parameterized, UserDataSpec
from torc.spec.parameters import ParameterSet, Scalar, SharedParameters, longest_of
from torc.spec.problems import Broken, Path, Problems, did_you_mean
from torc.spec.references import REFERENCE
from torc.spec.template import Places, compile_value, texts_of

#: Job fields that list names or regexes of other items.
LINK_FIELDS = (
    "depends_on",
    "depends_on_regexes",
    "input_files",
    "output_files",
    "input_file_regexes",
    "output_file_regexes",
    "input_user_data",
    "output_user_data",
    "input_user_data_regexes",
    "output_user_data_regexes",
)
Row = tuple[Scalar, ...]
#: What a text takes beside its characters.
_EACH = 32


@dataclass(slots=True)
class Link:
    """Names or regexes in a list of ``count`` records from ``start`` on.

    Either all records have the same ``shared`` names, or ``each`` record has its own. ``entry`` is the
    place in the list as written; without it ``shared`` is the whole list as written.
    """

    field: str
    path: Path
    start: int
    count: int
    shared: tuple[str, ...] | None = None
    each: Sequence[tuple[str, ...]] | None = None
    entry: int | None = None

    def entry_path(self, index: int) -> Path:
        """Return where the name at ``index`` of the names is written."""
        return (*self.path, index if self.entry is None else self.entry)


@dataclass(slots=True)
class Expanded:
    """All items of one noun in plan form."""

    records: list[dict[str, Any]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    parameterized: int = 0

    def path_of(self, position: int) -> Path:
        """Return the item of the specification that a record came from."""
        return self.paths[bisect_right(self.starts, position) - 1]


class Tables:
    """Positions of what jobs refer to by a single name; inline requirements are added as they appear."""

    def __init__(self, names: dict[str, list[str]], broken: Broken, problems: Problems) -> None:
        self.index = {noun: {name: number for number, name in enumerate(listed)} for noun, listed in names.items()}
        self.broken = broken
        self.problems = problems
        self.inline: list[dict[str, Any]] = []
        self.inline_index: dict[tuple[Any, ...], int] = {}

    def find(self, noun: str, name: str, path: Path) -> int | None:
        """Return the position of a record, noting a problem when there is none."""
        found = self.index[noun].get(name)
        if found is None and not self.broken.may_hold(noun, name):
            word = noun.replace("_", " ").removesuffix("s")
            hint = (not self.problems.full and did_you_mean(name, self.index[noun])) or f"define it under '{noun}'"
            self.problems.add(path, f"no {word if noun != 'resource_requirements' else word + 's'} '{name}'", hint)
        return found

    def add_inline(self, spec: InlineRequirementsSpec) -> int:
        """Return the position of requirements written inside a job; equal ones are one record."""
        amounts = (spec.num_cpus, spec.num_gpus, spec.num_nodes, spec.memory, spec.runtime)
        known = self.index["resource_requirements"]
        key = (spec.name, *amounts)
        if key not in self.inline_index:
            base = spec.name or "{}cpu_{}gpu_{}node_{}_{}".format(*amounts)
            name = base
            for number in range(2, len(known) + 3):
                if name not in known:
                    break
                name = f"{base}_{number}"
            self.inline_index[key] = known[name] = len(known)
            self.inline.append({**spec.model_dump(exclude={"name"}), "name": name})
        return self.inline_index[key]


class Expander:
    """Expands the items of one noun."""

    def __init__(
        self,
        noun: str,
        shared: SharedParameters,
        tables: Tables,
        limits: Limits,
        allowance: Allowance,
        problems: Problems,
    ) -> None:
        self.noun = noun
        self.shared = shared
        self.tables = tables
        self.limits = limits
        self.allowance = allowance
        self.problems = problems
        self.result = Expanded()

    def add(self, item: Parameterized, path: Path) -> None:
        """Add what an item stands for."""
        parameters = self.shared.of(item, path)
        if parameters is None:
            self.tables.broken.add(self.noun, item.name)
            return
        if not parameters:
            self._forgotten(item, path)
        scope = _Scope(item, path, parameters, self.allowance)
        if not self._within_limit(scope):
            return
        try:
            constants, fills = self._fields(item, scope)
            scope.allow(texts_of([constants[name] for name in _FILLED if name in constants]))
        except InvalidInput as error:
            self.problems.add(path, error.message, error.hint)
            self.tables.broken.add(self.noun)
            return
        start = len(self.result.records)
        self.result.starts.append(start)
        self.result.paths.append(path)
        self.result.parameterized += bool(parameters)
        self._make(scope, constants, fills)
        if isinstance(item, JobSpec):
            for name in LINK_FIELDS:
                entries = getattr(item, name)
                if entries:
                    self._link(scope, name, entries, start)

    def _forgotten(self, item: Parameterized, path: Path) -> None:
        if "{" in item.name:
            for name in sorted(Places(self.shared.parsed).used(item.name)):
                self.problems.warn(
                    f"the name '{item.name}' holds {{{name}}} but the item does not use the parameter '{name}'",
                    (*path, "name"),
                    f"add use_parameters: [{name}]",
                )

    def _within_limit(self, scope: _Scope) -> bool:
        total = len(self.result.records) + scope.count
        if total <= self.limits.jobs:
            return True
        self.problems.add(
            (*scope.path, "parameters") if "parameters" in scope.item.model_fields_set else scope.path,
            f"'{scope.item.name}' stands for {scope.count:,} {self.noun.replace('_', ' ')}; "
            f"all together are limited to {self.limits.jobs:,}",
            "use fewer or shorter ranges",
        )
        self.tables.broken.add(self.noun)
        return False

    def _fields(self, item: Parameterized, scope: _Scope) -> tuple[dict[str, Any], dict[str, Callable[..., Any]]]:
        """Return the fields that are the same for all records, and functions that make the others."""
        constants: dict[str, Any] = {"name": item.name}
        for name, value in _plain_fields(item):
            constants[name] = value
        if isinstance(item, JobSpec):
            self._requirements(item, scope, constants)
        fills: dict[str, Callable[..., Any]] = {}
        for name, value in list(constants.items()):
            if name not in _FILLED:
                continue
            path = (*scope.path, name)
            if name in ("command", "invocation_script"):
                value = constants[name] = scope.collect_references(value, self.limits)
            fill = self._compiled(scope, value, path)
            if fill is not None:
                fills[name] = fill
        for name, noun in _SINGLE_REFERENCES.items():
            if name in constants and isinstance(constants[name], str):
                self._refer(scope, name, noun, constants, fills)
        return constants, fills

    def _requirements(self, item: JobSpec, scope: _Scope, constants: dict[str, Any]) -> None:
        inline = item.resource_requirements
        flat = item.flat_requirements()
        if flat:
            inline = InlineRequirementsSpec(**flat)
        if isinstance(inline, InlineRequirementsSpec):
            constants["resource_requirements"] = self.tables.add_inline(inline)

    def _compiled(self, scope: _Scope, value: Any, path: Path) -> Callable[..., Any] | None:
        if not scope.parameters:
            return None
        self._refuse_collected(scope, value, path)
        try:
            return compile_value(value, scope.places, scope.order)
        except InvalidInput as error:
            self.problems.add(path, error.message)
            return None

    def _refuse_collected(self, scope: _Scope, value: Any, path: Path) -> None:
        for text in texts_of(value):
            for name in sorted(scope.places.used(text) - scope.order.keys()):
                self.problems.add(
                    path,
                    f"{{{name}}} has no single value here because it is not in the name '{scope.item.name}'",
                    f"put {{{name}}} into the name to get one item for each value; only lists and "
                    "${files.input.NAME} can stand for all values",
                )
            if scope.places.left_to_shell(text):
                name = scope.places.left_to_shell(text)[0]
                self.problems.warn(f"${{{name}}} is left to the shell", path, f"write {{{name}}} for the parameter")

    def _refer(
        self, scope: _Scope, name: str, noun: str, constants: dict[str, Any], fills: dict[str, Callable[..., Any]]
    ) -> None:
        path = (*scope.path, name)
        fill = fills.pop(name, None)
        if fill is None:
            constants[name] = self.tables.find(noun, constants[name], path)
            return
        tables = self.tables
        fills[name] = lambda *row: tables.find(noun, fill(*row), path)

    def _make(self, scope: _Scope, constants: dict[str, Any], fills: dict[str, Callable[..., Any]]) -> None:
        records = self.result.records
        if not fills:
            records.extend(dict(constants) for _ in range(scope.count))
            return
        pairs = list(fills.items())
        try:
            for row in scope.rows():
                record = dict(constants)
                for name, fill in pairs:
                    record[name] = fill(*row)
                records.append(record)
        except (ValueError, TypeError, OverflowError) as error:
            self.problems.add((*scope.path, name), f"a format does not fit its value {_shown_row(scope, row)}: {error}")
            self.tables.broken.add(self.noun)
            missing = scope.count - (len(records) - self.result.starts[-1])
            records.extend(dict(constants) for _ in range(min(missing, 1)))

    def _link(self, scope: _Scope, name: str, entries: list[str], start: int) -> None:
        path = (*scope.path, name)
        # What a failed format left out has no links.
        count = len(self.result.records) - start
        if not scope.parameters:
            self.result.links.append(Link(name, path, start, count, shared=tuple(entries)))
            return
        for index, text in enumerate(entries):
            link = Link(name, path, start, count, entry=index)
            try:
                collected = scope.collected(text, self.limits)
                fills = [scope.places.compile(one, scope.order) for one in collected]
                if any(fills):
                    scope.allow(collected)
                    link.each = scope.filled(collected, fills)
                else:
                    link.shared = collected
            except InvalidInput as error:
                self.problems.add((*path, index), error.message, error.hint)
            except (ValueError, TypeError, OverflowError) as error:
                self.problems.add((*path, index), f"a format does not fit its value: {error}")
            else:
                self.result.links.append(link)


def _shown_row(scope: _Scope, row: Row) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in zip(scope.order, row, strict=True))


_FILLED = (
    "name",
    "command",
    "invocation_script",
    "env",
    "path",
    "data",
    "resource_requirements",
    "scheduler",
    "failure_handler",
)
_SINGLE_REFERENCES = {
    "resource_requirements": "resource_requirements",
    "scheduler": "slurm_schedulers",
    "failure_handler": "failure_handlers",
}


def _plain_fields(item: Parameterized) -> Iterable[tuple[str, Any]]:
    """Return the fields of the plan that the item gives a value other than the default."""
    if isinstance(item, JobSpec):
        yield "command", item.command
        if item.invocation_script is not None:
            yield "invocation_script", item.invocation_script
        if item.priority:
            yield "priority", item.priority
        if item.env:
            yield "env", item.env
        if not item.cancel_on_blocking_job_failure:
            yield "cancel_on_blocking_job_failure", False
        if item.supports_termination:
            yield "supports_termination", True
        for name in _SINGLE_REFERENCES:
            value = getattr(item, name)
            if isinstance(value, str):
                yield name, value
    elif isinstance(item, FileSpec):
        yield "path", item.path
        if item.st_mtime is not None:
            yield "st_mtime", item.st_mtime
    elif isinstance(item, UserDataSpec):
        if item.data is not None:
            yield "data", item.data
        if item.is_ephemeral:
            yield "is_ephemeral", True


class _Scope:
    """One item with its parameters, split into those it expands over and those it collects."""

    def __init__(self, item: Parameterized, path: Path, parameters: ParameterSet, allowance: Allowance) -> None:
        self.item = item
        self.path = path
        self.parameters = parameters
        self.allowance = allowance
        self.places = Places(parameters.values)
        names = parameters.expanded_by(self.places.used(item.name))
        self.order = {name: number for number, name in enumerate(names)}
        self.count = parameters.count(names)
        self._rows: list[Row] | None = None
        self._widths: dict[str, int] = {}

    def allow(self, texts: Iterable[str], count: int | None = None) -> None:
        """Count texts that each record has, or that there are so many times.

        Raises
        ------
        InvalidInput
            When all together are too long.
        """
        if self.parameters:
            longest = self.places.longest
            self.allowance.take((count or self.count) * sum(longest(text, self._width) + _EACH for text in texts))

    def _width(self, name: str) -> int:
        if name not in self._widths:
            self._widths[name] = longest_of(self.parameters.values[name])
        return self._widths[name]

    def rows(self) -> list[Row]:
        """Return the values of the parameters in the name, one row for each record."""
        if self._rows is None:
            self._rows = list(self.parameters.rows(list(self.order)))
        return self._rows

    def collected(self, text: str, limits: Limits) -> tuple[str, ...]:
        """Return the texts that one entry stands for, with the parameters of the name still in place."""
        rest = [name for name in self.parameters.values if name not in self.order]
        used = self.places.used(text)
        rest = [name for name in rest if name in used]
        if not rest:
            return (text,)
        count = self.parameters.count(rest)
        if count > limits.jobs:
            raise InvalidInput(f"'{text}' stands for {count:,} names, more than the limit of {limits.jobs:,}")
        order = {name: number for number, name in enumerate(rest)}
        # The places of the name's own parameters must survive this first filling.
        fill = Places(rest).compile(text, order)
        if fill is None:
            return (text,)
        self.allow([text], count)
        return tuple(dict.fromkeys(fill(*row) for row in self.parameters.rows(rest)))

    def filled(self, texts: tuple[str, ...], fills: list[Callable[..., str] | None]) -> list[tuple[str, ...]]:
        """Return for each record the names that the texts become."""
        if len(texts) == 1 and fills[0]:
            fill = fills[0]
            return [(fill(*row),) for row in self.rows()]
        pairs = list(zip(texts, fills, strict=True))
        return [tuple(fill(*row) if fill else text for text, fill in pairs) for row in self.rows()]

    def collect_references(self, command: str, limits: Limits) -> str:
        """Write a reference with collected parameters out as one reference for each value."""
        if not self.parameters or "${" not in command:
            return command

        def spell_out(match: Any) -> str:
            try:
                return " ".join(self.collected(match[0], limits))
            except InvalidInput:
                raise
            except (ValueError, TypeError, OverflowError):
                return str(match[0])

        return REFERENCE.sub(spell_out, command)
