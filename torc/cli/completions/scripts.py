"""The scripts: one file for each shell, with a program's table put in as that shell writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from torc.cli.completions.model import Node, Program, Word

SHELLS = ("bash", "elvish", "fish", "powershell", "zsh")
_FILES = {
    "bash": "bash.bash",
    "elvish": "elvish.elv",
    "fish": "fish.fish",
    "powershell": "powershell.ps1",
    "zsh": "zsh.zsh",
}


def script(shell: str, program: Program) -> str:
    """Return the completion script of a program for a shell."""
    table = {"bash": _bash, "elvish": _elvish, "fish": _fish, "powershell": _powershell, "zsh": _zsh}[shell](program)
    option = "" if program.name == "torc" else f" --program {program.name}"
    table |= {
        "PROGRAM": program.name,
        "FUNCTION": "_" + program.name.replace("-", "_"),
        "COMMAND": f"torc completions {shell}{option}",
    }
    text = Path(__file__).with_name(_FILES[shell]).read_text(encoding="utf-8")
    return re.sub(r"@([A-Z_]+)@", lambda match: table[match[1]], text)


def _bash(program: Program) -> dict[str, str]:
    def words(items: list[Word]) -> str:
        return " ".join(item.text for item in items)

    def node(item: Node) -> str:
        parts = {
            "commands": words(item.commands),
            "aliases": _pairs(item.aliases),
            "options": words(item.options),
            "values": _pairs(item.values),
            "arguments": " ".join(item.arguments),
            "repeated": "yes" if item.repeated else "",
        }
        given = [f"            {name}={_single(value)}" for name, value in parts.items() if value]
        return "\n".join([f"        {_single(item.path)})", *(given or ["            :"]), "            ;;"])

    return {
        "NODES": "\n".join(map(node, program.nodes)),
        "SHARED_OPTIONS": words(program.shared.options),
        "SHARED_VALUES": _pairs(program.shared.values),
    }


def _zsh(program: Program) -> dict[str, str]:
    def words(items: list[Word], indent: str = "                ") -> str:
        return "\n".join(
            indent + _single(item.text.replace(":", r"\:") + (f":{item.help}" if item.help else "")) for item in items
        )

    def node(item: Node) -> str:
        lines = [f"        {_single(item.path)})"]
        for name, items in (("commands", item.commands), ("options", item.options)):
            if items:
                lines += [f"            {name}=(", words(items), "            )"]
        for name, texts in _lists(item).items():
            if texts:
                lines.append(f"            {name}=({' '.join(map(_single, texts))})")
        if item.repeated:
            lines.append("            repeated=yes")
        return "\n".join([*lines, "            ;;"])

    return {
        "NODES": "\n".join(map(node, program.nodes)),
        "SHARED_OPTIONS": words(program.shared.options, "        "),
        "SHARED_VALUES": " ".join(_single(f"{name}={kind}") for name, kind in program.shared.values.items()),
    }


def _fish(program: Program) -> dict[str, str]:
    def words(items: list[Word]) -> str:
        return " ".join(_backslashed(f"{item.text}\t{item.help}") for item in items)

    def node(item: Node) -> str:
        lines = [f"        case {_backslashed(item.path)}"]
        for name, items in (("commands", item.commands), ("options", item.options)):
            if items:
                lines.append(f"            set {name} {words(items)}")
        for name, texts in _lists(item).items():
            if texts:
                lines.append(f"            set {name} {' '.join(map(_backslashed, texts))}")
        if item.repeated:
            lines.append("            set repeated yes")
        return "\n".join(lines)

    return {
        "NODES": "\n".join(map(node, program.nodes)),
        "SHARED_OPTIONS": words(program.shared.options),
        "SHARED_VALUES": " ".join(_backslashed(f"{name}={kind}") for name, kind in program.shared.values.items()),
    }


def _elvish(program: Program) -> dict[str, str]:
    def words(items: list[Word]) -> str:
        return " ".join(f"[{_doubled(item.text)} {_doubled(item.help)}]" for item in items)

    def pairs(table: dict[str, str]) -> str:
        return " ".join(f"&{_doubled(name)}={_doubled(value)}" for name, value in table.items()) or "&"

    def node(item: Node) -> str:
        parts = {
            "commands": words(item.commands),
            "aliases": pairs(item.aliases),
            "options": words(item.options),
            "values": pairs(item.values),
            "arguments": " ".join(map(_doubled, item.arguments)),
        }
        inside = " ".join(f"&{name}=[{value}]" for name, value in parts.items())
        return f"    &{_doubled(item.path)}=[{inside} &repeated={_doubled('yes' if item.repeated else '')}]"

    return {
        "NODES": "\n".join(map(node, program.nodes)),
        "SHARED_OPTIONS": words(program.shared.options),
        "SHARED_VALUES": pairs(program.shared.values),
    }


def _powershell(program: Program) -> dict[str, str]:
    def words(items: list[Word]) -> str:
        # A tooltip must not be empty.
        return rows((item.text, item.help or item.text) for item in items)

    def rows(pairs: Iterable[tuple[str, str]]) -> str:
        return "; ".join(f", @({_doubled(left)}, {_doubled(right)})" for left, right in pairs)

    def node(item: Node) -> str:
        return (
            f"        {_doubled(item.path)} = @{{\n"
            f"            commands = @({words(item.commands)})\n"
            f"            aliases = @({rows(item.aliases.items())})\n"
            f"            options = @({words(item.options)})\n"
            f"            values = @({rows(item.values.items())})\n"
            f"            arguments = @({', '.join(map(_doubled, item.arguments))})\n"
            f"            repeated = {'$true' if item.repeated else '$false'}\n"
            f"        }}"
        )

    return {
        "NODES": "\n".join(map(node, program.nodes)),
        "SHARED_OPTIONS": words(program.shared.options),
        "SHARED_VALUES": rows(program.shared.values.items()),
    }


def _lists(item: Node) -> dict[str, list[str]]:
    return {
        "aliases": [f"{name}={target}" for name, target in item.aliases.items()],
        "values": [f"{name}={kind}" for name, kind in item.values.items()],
        "arguments": item.arguments,
    }


def _pairs(table: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in table.items())


def _single(text: str) -> str:
    """Quote for bash and zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _doubled(text: str) -> str:
    """Quote for Elvish and PowerShell."""
    return "'" + text.replace("'", "''") + "'"


def _backslashed(text: str) -> str:
    """Quote for fish."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
