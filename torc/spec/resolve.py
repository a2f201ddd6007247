"""Names become positions: dependencies, files, user data and the references in commands."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torc.errors import InvalidInput
from torc.graph import shared_sets
from torc.models.base import MAX_NAME
from torc.spec.expand import Expanded, Link
from torc.spec.limits import Limits
from torc.spec.problems import Broken, Path, Problems, did_you_mean
from torc.spec.references import NEAR_REFERENCE, REFERENCE, stands_bare
from torc.spec.regexes import Matcher

NOUNS = {"jobs": "job", "files": "file", "user_data": "user data"}
#: Link field -> noun it refers to, and the field of the plan.
_RELATIONS = {
    "input_files": ("files", "input_files"),
    "output_files": ("files", "output_files"),
    "input_file_regexes": ("files", "input_files"),
    "output_file_regexes": ("files", "output_files"),
    "input_user_data": ("user_data", "input_user_data"),
    "output_user_data": ("user_data", "output_user_data"),
    "input_user_data_regexes": ("user_data", "input_user_data"),
    "output_user_data_regexes": ("user_data", "output_user_data"),
}


@dataclass(slots=True)
class Waits:
    """The jobs of a workflow and what each waits for, data relations included."""

    names: list[str]
    sets: list[list[int]]
    waits: list[list[int]]


class Resolver:
    """Puts positions in the place of names in expanded items."""

    def __init__(self, items: dict[str, Expanded], broken: Broken, limits: Limits, problems: Problems) -> None:
        self.items = items
        self.jobs = items["jobs"].records
        self.broken = broken
        self.limits = limits
        self.problems = problems
        self.names = {noun: [record["name"] for record in expanded.records] for noun, expanded in items.items()}
        self.index = {noun: self._indexed(noun) for noun in items}
        self.matchers = {noun: Matcher(names, limits.regex_seconds) for noun, names in self.names.items()}
        self.relations = 0
        self.sets: list[list[int]] = []
        self._warned: set[Path] = set()
        self._known_sets: dict[tuple[int, ...], int] = {}
        self._explicit: dict[int, list[int]] = {}
        self._common: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        self._regex_waits: defaultdict[str, list[tuple[int, int, Path]]] = defaultdict(list)

    def run(self) -> None:
        """Resolve everything."""
        for link in self.items["jobs"].links:
            if link.field == "depends_on":
                self._depend_on(link)
            elif link.field == "depends_on_regexes":
                self._depend_on_regexes(link)
            else:
                self._relate(link)
        for position, job in enumerate(self.jobs):
            if "${" in job["command"]:
                self._references(position, job, "command")
            if "${" in job.get("invocation_script", ""):
                self._references(position, job, "invocation_script")
        self._make_sets()

    def _indexed(self, noun: str) -> dict[str, int]:
        names = self.names[noun]
        index = {name: position for position, name in enumerate(names)}
        if len(index) < len(names):
            repeated = [name for name, times in Counter(names).items() if times > 1]
            first: dict[str, int] = {}
            for position, name in enumerate(names):
                if name in first and name in repeated[:100]:
                    self._duplicate(noun, name, first[name], position)
                first.setdefault(name, position)
        for name in names:
            if not (name.isascii() and name.isprintable()) or not name or len(name) > MAX_NAME:
                self._check_name(noun, name, index[name])
        return index

    def _duplicate(self, noun: str, name: str, first: int, second: int) -> None:
        expanded = self.items[noun]
        path, other = expanded.path_of(second), expanded.path_of(first)
        if path == other:
            hint = "its parameters give the same name more than once; put all of them into the name"
        else:
            hint = f"{other[0]}[{other[1]}] has it already"
        self.problems.add((*path, "name"), f"duplicate {NOUNS[noun]} name '{name}'", hint)

    def _check_name(self, noun: str, name: str, position: int) -> None:
        path = (*self.items[noun].path_of(position), "name")
        problem = wrong_name(name)
        if problem:
            self.problems.add(path, problem)

    def _find(self, noun: str, name: str, path: Path) -> int | None:
        position = self.index[noun].get(name)
        if position is None and not self.broken.may_hold(noun, name):
            hint = None if self.problems.full else did_you_mean(name, self.index[noun])
            self.problems.add(path, f"no {NOUNS[noun]} '{name}'", hint or f"define it under '{noun}'")
        return position

    def _positions(self, noun: str, names: Sequence[str], link: Link) -> list[int]:
        index = self.index[noun]
        found = []
        for number, name in enumerate(names):
            position = index.get(name)
            if position is None:
                position = self._find(noun, name, link.entry_path(number))
            if position is not None:
                found.append(position)
        return found

    def _matches(self, noun: str, regex: str, path: Path) -> tuple[int, ...]:
        try:
            found = self.matchers[noun].positions(regex)
        except InvalidInput as error:
            self.problems.add(path, error.message, error.hint)
            return ()
        if not found and noun not in self.broken:
            self.problems.add(path, f"the regex '{regex}' matches no {NOUNS[noun]}", self._example(noun))
        return found

    def _example(self, noun: str) -> str:
        names = self.names[noun]
        return f"names are like '{names[0]}'" if names else f"there are no {noun.replace('_', ' ')}"

    def _depend_on(self, link: Link) -> None:
        if link.each is not None:
            for offset, names in enumerate(link.each):
                self._explicit.setdefault(link.start + offset, []).extend(self._positions("jobs", names, link))
            return
        members = self._positions("jobs", link.shared or (), link)
        if link.count == 1:
            self._explicit.setdefault(link.start, []).extend(members)
        elif members:
            self._common[link.start, link.count].extend(members)

    def _depend_on_regexes(self, link: Link) -> None:
        for number, regex in enumerate(link.shared or ()):
            self._regex_waits[regex].append((link.start, link.count, link.entry_path(number)))
        for offset, regexes in enumerate(link.each or ()):
            for regex in regexes:
                self._regex_waits[regex].append((link.start + offset, 1, link.entry_path(0)))

    def _relate(self, link: Link) -> None:
        noun, target = _RELATIONS[link.field]
        if link.each is None:
            positions = list(dict.fromkeys(self._related(noun, link.shared or (), link)))
            if self._count_relations(len(positions) * link.count, link.path):
                for job in self.jobs[link.start : link.start + link.count]:
                    _extend(job, target, positions)
            return
        for offset, names in enumerate(link.each):
            positions = list(dict.fromkeys(self._related(noun, names, link)))
            if not self._count_relations(len(positions), link.path):
                return
            _extend(self.jobs[link.start + offset], target, positions)

    def _related(self, noun: str, names: Sequence[str], link: Link) -> list[int]:
        if not link.field.endswith("_regexes"):
            return self._positions(noun, names, link)
        return [
            position
            for number, regex in enumerate(names)
            for position in self._matches(noun, regex, link.entry_path(number))
        ]

    def _count_relations(self, count: int, path: Path) -> bool:
        self.relations += count
        if self.relations <= self.limits.relations:
            return True
        self.problems.add(
            path,
            f"all jobs together name more files and user data than the limit of {self.limits.relations:,}",
            "let one job of each stage name them and the others depend on it",
        )
        return False

    def _references(self, position: int, job: dict[str, Any], field: str) -> None:
        path: Path | None = None
        found: dict[str, list[int]] = {}

        def replace(match: Any) -> str:
            nonlocal path
            noun, direction, name = match[1], match[2], match[3]
            known = self.index[noun].get(name)
            if known is None:
                path = path or (*self.items["jobs"].path_of(position), field)
                self._find(noun, name, path)
                return str(match[0])
            found.setdefault(f"{direction}_{noun}", []).append(known)
            if noun != "files":
                return str(match[0])
            written = str(self.items["files"].records[known]["path"])
            if " " in written and stands_bare(text, match):
                self._warn_about_blanks((*self.items["jobs"].path_of(position), field), str(match[0]), written)
            return written

        text = job[field]
        job[field] = REFERENCE.sub(replace, text)
        for target, positions in found.items():
            _extend(job, target, list(dict.fromkeys(positions)))
        near = NEAR_REFERENCE.search(REFERENCE.sub("", text))
        if near:
            self.problems.add(
                (*self.items["jobs"].path_of(position), field),
                f"'{near[0]}' is not a reference",
                "write ${files.input.NAME}, ${files.output.NAME}, ${user_data.input.NAME} or ${user_data.output.NAME}",
            )

    def _warn_about_blanks(self, path: Path, reference: str, written: str) -> None:
        if path not in self._warned:
            self._warned.add(path)
            message = f"'{written}' has blanks and stands without quotes, so the shell takes it for several words"
            self.problems.warn(message, path, f'write "{reference}" with quotes around it')

    def _intern(self, members: Iterable[int]) -> int:
        key = tuple(sorted(members))
        number = self._known_sets.setdefault(key, len(self.sets))
        if number == len(self.sets):
            self.sets.append(list(key))
        return number

    def _make_sets(self) -> None:
        """Give every job the sets that it waits for."""
        waits: defaultdict[int, list[int]] = defaultdict(list)
        for (start, count), members in self._common.items():
            number = self._intern(set(members))
            for position in range(start, start + count):
                waits[position].append(number)
        for regex, waiters in self._regex_waits.items():
            self._make_regex_sets(regex, waiters, waits)
        explicit = list(self._explicit)
        sets, lists = shared_sets([self._explicit[position] for position in explicit])
        numbers = [self._intern(members) for members in sets]
        for position, needed in zip(explicit, lists, strict=True):
            waits[position].extend(numbers[number] for number in needed)
        for position, needed in waits.items():
            if needed:
                self.jobs[position]["dependency_sets"] = needed if len(needed) == 1 else list(dict.fromkeys(needed))

    def _make_regex_sets(
        self, regex: str, waiters: list[tuple[int, int, Path]], waits: defaultdict[int, list[int]]
    ) -> None:
        path = waiters[0][2]
        found = self._matches("jobs", regex, path)
        if not found:
            return
        themselves = {
            found[number]
            for start, count, _ in waiters
            for number in range(bisect_left(found, start), bisect_left(found, start + count))
        }
        if len(themselves) > 1:
            self._mutual(regex, sorted(themselves), path)
            return
        others = [position for position in found if position not in themselves]
        if not others:
            self.problems.add(path, f"the regex '{regex}' matches no job but the one that waits for it")
            return
        common = self._intern(others)
        alone = self._intern(themselves) if themselves else None
        for start, count, _ in waiters:
            for position in range(start, start + count):
                waits[position].append(common)
                if alone is not None and position not in themselves:
                    waits[position].append(alone)

    def _mutual(self, regex: str, matching: list[int], path: Path) -> None:
        names = self.names["jobs"]
        first, second = names[matching[0]], names[matching[1]]
        self.problems.add(
            path,
            f"circular dependency: {first} -> {second} -> {first} "
            f"({len(matching)} jobs wait for the regex '{regex}' and match it themselves)",
            "make the regex match only the jobs before, for example by ^ and the beginning of their names",
        )


def _extend(job: dict[str, Any], target: str, positions: list[int]) -> None:
    # The list may be shared with other jobs, so it is replaced and never changed.
    if not positions:
        return
    known = job.get(target)
    job[target] = positions if known is None else list(dict.fromkeys([*known, *positions]))


def wrong_name(name: str) -> str | None:
    """Return what is wrong with a name, None when it may be used."""
    if not name:
        return "a name is empty"
    if len(name) > MAX_NAME:
        return f"a name of {len(name):,} characters is longer than the limit of {MAX_NAME:,}"
    for character in name:
        if character < " " or character == "\x7f":
            return f"control character {character!r} is not allowed in a name"
    return None


def all_waits(jobs: list[dict[str, Any]], sets: list[list[int]], names: list[str]) -> Waits:
    """Return what jobs wait for, with the producers of each file and record as further sets."""
    combined = list(sets)
    waits: list[list[int]] = [job.get("dependency_sets") or [] for job in jobs]
    for noun in ("files", "user_data"):
        producers: defaultdict[int, list[int]] = defaultdict(list)
        for position, job in enumerate(jobs):
            for item in job.get(f"output_{noun}", ()):
                producers[item].append(position)
        numbers = {item: len(combined) + offset for offset, item in enumerate(producers)}
        combined.extend(producers.values())
        for position, job in enumerate(jobs):
            needed = [numbers[item] for item in job.get(f"input_{noun}", ()) if item in numbers]
            if needed:
                waits[position] = [*waits[position], *needed]
    return Waits(names, combined, waits)
