"""KDL documents to nodes, both versions of the language.

ckdl reads when it is installed; the reader of this module takes over when it is not, and whenever ckdl refuses a
text or positions are needed. It accepts what either version allows, so ``true`` and ``#true``, ``r"raw"``
and ``#"raw"#`` may stand in one file.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, NoReturn

from torc.spec.limits import Limits
from torc.spec.readers import MAX_DIGITS, Lines, ReadError, has_surrogates, optional

COMPILED = optional("ckdl")

_NEWLINE = r"(?:\r\n|[\n\r\x85\x0b\x0c\u2028\u2029])"
_BLANK = re.compile(r"[ \t\ufeff\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LINE_END = re.compile(_NEWLINE)
_LINE_COMMENT = re.compile(r"//[^\n\r\x85\x0b\x0c\u2028\u2029]*")
_CONTINUATION = re.compile(rf"\\[ \t]*(?://[^\n\r]*)?(?:{_NEWLINE}|$)")
_BARE = re.compile(r"[^\s\\/(){};\[\]=\"#\ufeff\x85\x00-\x20]+")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_MULTILINE = re.compile(rf'"""[ \t]*{_NEWLINE}((?:[^"\\]|\\.|"(?!""))*)"""', re.DOTALL)
_RAW = re.compile(r'(r?)(#*)(?:"""[ \t]*\r?\n(.*?)"""\2(?!#)|"(.*?)"\2(?!#))', re.DOTALL)
_KEYWORD = re.compile(r"#(true|false|null|inf|-inf|nan)(?![\w-])")
_NUMBER = re.compile(
    r"[+-]?(?:0x[0-9a-fA-F][0-9a-fA-F_]*|0o[0-7][0-7_]*|0b[01][01_]*"
    r"|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?)(?![^\s\\/(){};=\"#])"
)
_WORD = re.compile(r"[-+.\w]+")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(\s+)|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "/": "/", "b": "\b", "f": "\f", "s": " "}
_WORDS = {"true": True, "false": False, "null": None}
#: What an equals sign can stand in without making a property.
_EQUALS = re.compile(
    r'r?(#*)"""(?:.*?)"""\1|r(#*)".*?"\2|(#+)".*?"\3|"(?:[^"\\]|\\.)*"|//[^\n\r]*|/\*.*?\*/|(=)', re.DOTALL
)


@dataclass(slots=True)
class Node:
    """A node with the place where its name and its properties begin."""

    name: str
    args: list[Any] = field(default_factory=list)
    props: dict[str, Any] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    place: tuple[int, int] | None = None
    prop_places: dict[str, tuple[int, int]] = field(default_factory=dict)


def read_nodes(
    text: str, limits: Limits, *, places: bool = False, compiled: ModuleType | None = COMPILED
) -> list[Node]:
    """Return the nodes of a document."""
    if compiled is not None and not places:
        nodes = _read_compiled(text, limits, compiled)
        if nodes is not None:
            return nodes
    return Reader(text, limits).read()


def _read_compiled(text: str, limits: Limits, compiled: ModuleType) -> list[Node] | None:
    """Return what ckdl reads, or None when the slower reader has to look."""
    # ckdl hands nested nodes over recursively, and it does not report properties that are given twice.
    if text.count("{") > limits.depth and _nesting(text) > limits.depth:
        return None
    try:
        document = compiled.parse(text, version="detect")
    except (compiled.ParseError, ValueError, UnicodeError, RecursionError):
        return None
    converter = _Converter(text)
    nodes = [converter.convert(node) for node in document.nodes]
    properties = sum(1 for match in _EQUALS.finditer(text) if match[4])
    return nodes if converter.fit and properties == converter.properties else None


def _nesting(text: str) -> int:
    deepest = depth = 0
    for match in re.finditer(r"[{}]", text):
        depth += 1 if match[0] == "{" else -1
        deepest = max(deepest, depth)
    return deepest


class _Converter:
    """Makes our nodes from ckdl's and notes what needs the other reader."""

    def __init__(self, text: str) -> None:
        self.fit = True
        self.properties = 0
        self._text = text

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self._text))

    def convert(self, node: Any) -> Node:
        """Return the node with its children."""
        self.properties += len(node.properties)
        return Node(
            node.name,
            [self._plain(value) for value in node.args],
            {key: self._plain(value) for key, value in node.properties.items()},
            [self.convert(child) for child in node.children],
        )

    def _plain(self, value: Any) -> Any:
        plain = getattr(value, "value", value)
        if isinstance(plain, str):
            self.fit = self.fit and not has_surrogates(plain)
        elif isinstance(plain, float):
            # ckdl may miss the nearest number; one that stands in the text as Python writes it is right.
            self.fit = self.fit and math.isfinite(plain) and repr(plain) in self._words
        elif isinstance(plain, int):
            self.fit = self.fit and abs(plain) < 10**MAX_DIGITS
        elif plain is not None:
            self.fit = False
        return plain


class Reader:
    """KDL in Python, without recursion."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.lines = Lines(text)
        self.at = 1 if text.startswith("\ufeff") else 0

    def read(self) -> list[Node]:
        """Return all nodes."""
        root = Node("")
        # The flag tells whether the open node is commented out by a slashdash.
        stack: list[tuple[Node, bool]] = [(root, False)]
        while True:
            self._skip_lines()
            if self.at >= len(self.text):
                break
            if self.text[self.at] == "}":
                self._close(stack)
                continue
            hidden = self._slashdash()
            node = self._node_head()
            if not hidden:
                stack[-1][0].children.append(node)
            self._entries(node, stack)
        if len(stack) > 1:
            line, column = stack[-1][0].place or (1, 1)
            self._fail(f"'}}' is missing for the node that begins at {line}:{column}")
        return root.children

    def _close(self, stack: list[tuple[Node, bool]]) -> None:
        if len(stack) == 1:
            self._fail("'}' without '{'")
        node, _ = stack.pop()
        self.at += 1
        self._entries(node, stack)

    def _fail(self, message: str, at: int | None = None, hint: str | None = None) -> NoReturn:
        line, column = self.lines.place(min(self.at if at is None else at, len(self.text)))
        raise ReadError(message, line, column, hint=hint)

    def _skip_lines(self) -> None:
        while self.at < len(self.text):
            match = _LINE_END.match(self.text, self.at) or _LINE_COMMENT.match(self.text, self.at)
            if match:
                self.at = match.end()
            elif self.text[self.at] == ";":
                self.at += 1
            elif not self._skip_blank():
                return

    def _skip_blank(self) -> bool:
        """Skip spaces, block comments and continued lines; tell whether anything was skipped."""
        start = self.at
        while True:
            match = _BLANK.match(self.text, self.at) or _CONTINUATION.match(self.text, self.at)
            if match and match.end() > self.at:
                self.at = match.end()
            elif self.text.startswith("/*", self.at):
                self._block_comment()
            else:
                return self.at > start

    def _block_comment(self) -> None:
        start, depth = self.at, 0
        for match in re.compile(r"/\*|\*/").finditer(self.text, self.at):
            depth += 1 if match[0] == "/*" else -1
            if not depth:
                self.at = match.end()
                return
        self._fail("a comment is not closed", start)

    def _slashdash(self) -> bool:
        if not self.text.startswith("/-", self.at):
            return False
        self.at += 2
        self._skip_lines()
        return True

    def _annotation(self) -> None:
        if self.text.startswith("(", self.at):
            end = self.text.find(")", self.at)
            if end < 0:
                self._fail("')' is missing")
            self.at = end + 1
            self._skip_blank()

    def _node_head(self) -> Node:
        self._annotation()
        start = self.at
        name = self._text() if self._string_ahead() else self._bare()
        if name is None:
            self._fail(f"expected the name of a node, not {self.text[start : start + 1]!r}", start)
        return Node(name, place=self.lines.place(start))

    def _entries(self, node: Node, stack: list[tuple[Node, bool]]) -> None:
        """Read arguments and properties up to the node's end or the beginning of its children."""
        while True:
            spaced = self._skip_blank()
            if self.at >= len(self.text) or self.text[self.at] in ";}" or _LINE_END.match(self.text, self.at):
                return
            if self.text.startswith("//", self.at):
                return
            hidden = self._slashdash()
            if self.text.startswith("{", self.at):
                self.at += 1
                if len(stack) > self.limits.depth:
                    self._fail(f"nested deeper than the limit of {self.limits.depth} levels")
                target = Node(node.name, place=node.place) if hidden else node
                stack.append((target, hidden))
                return
            if not spaced:
                self._fail("expected a space or the end of the node")
            self._entry(Node("") if hidden else node)

    def _entry(self, node: Node) -> None:
        start = self.at
        self._annotation()
        is_text = self._string_ahead()
        value = self._text() if is_text else self._value()
        if not self.text.startswith("=", self.at):
            if not is_text and isinstance(value, _Bare):
                value = _WORDS.get(value, str(value))
            node.args.append(value)
            return
        key = str(value) if isinstance(value, str) else self._fail("expected a name before '='", start)
        if key in node.props:
            self._fail(f"duplicate key '{key}'", start, "keep one of the two")
        self.at += 1
        self._annotation()
        value = self._text() if self._string_ahead() else self._value()
        node.props[key] = _WORDS.get(value, str(value)) if isinstance(value, _Bare) else value
        node.prop_places[key] = self.lines.place(start)

    def _string_ahead(self) -> bool:
        return bool(self.text.startswith('"', self.at) or re.compile(r'r?#*"').match(self.text, self.at))

    def _text(self) -> str:
        for pattern in (_MULTILINE, _STRING):
            match = pattern.match(self.text, self.at)
            if match and not (pattern is _STRING and self.text.startswith('"""', self.at)):
                break
        else:
            return self._raw()
        start, self.at = self.at, match.end()
        body = self._dedent(match[1], start) if pattern is _MULTILINE else match[1]
        text = _ESCAPE.sub(lambda one: self._unescaped(one, start), body)
        if has_surrogates(text):
            self._fail("half of a surrogate pair is not a character", start)
        return text

    def _raw(self) -> str:
        match = _RAW.match(self.text, self.at)
        if not match or not (match[1] or match[2]):
            self._fail("a string is not closed")
        start, self.at = self.at, match.end()
        return match[4] if match[3] is None else self._dedent(match[3], start)

    def _dedent(self, body: str, start: int) -> str:
        lines = re.split(_NEWLINE, body)
        indent = lines.pop()
        if indent.strip():
            self._fail('the closing """ must stand on a line of its own', start)
        for line in lines:
            if line.strip() and not line.startswith(indent):
                self._fail("a line of the string is indented less than its closing quotes", start)
        return "\n".join(line[len(indent) :] if line.strip() else "" for line in lines)

    def _unescaped(self, match: re.Match[str], start: int) -> str:
        if match[1]:
            code = int(match[1], 16)
            return chr(code) if code < 0x110000 else self._fail("not a character: \\u{" + match[1] + "}", start)
        if match[2]:
            return ""
        if match[3] in _ESCAPES:
            return _ESCAPES[match[3]]
        self._fail(f"unknown escape '\\{match[3]}'", start + 1, "write \\\\ for a backslash")

    def _value(self) -> Any:
        keyword = _KEYWORD.match(self.text, self.at)
        if keyword:
            if keyword[1] not in _WORDS:
                self._fail(f"{keyword[0]} is not a number that can be stored")
            self.at = keyword.end()
            return _WORDS[keyword[1]]
        number = _NUMBER.match(self.text, self.at)
        if number:
            value = self._number(number[0].replace("_", ""))
            self.at = number.end()
            return value
        start = self.at
        bare = self._bare()
        if bare is None or bare[0].isdigit():
            self._fail(f"unexpected {self.text[start : start + 1]!r}", start, "put quotes around text")
        return _Bare(bare)

    def _number(self, text: str) -> int | float:
        digits = text.lstrip("+-")
        if digits[:2] in ("0x", "0o", "0b"):
            return int(text.replace(digits, digits[2:]), {"x": 16, "o": 8, "b": 2}[digits[1]])
        if len(digits) > MAX_DIGITS:
            self._fail(f"a number of more than {MAX_DIGITS} digits", hint="put quotes around text")
        if digits.isdigit():
            return int(text)
        number = float(text)
        return number if math.isfinite(number) else self._fail(f"{text} is beyond the range of numbers")

    def _bare(self) -> str | None:
        match = _BARE.match(self.text, self.at)
        if not match:
            return None
        self.at = match.end()
        return match[0]


class _Bare(str):
    """A word without quotes."""
