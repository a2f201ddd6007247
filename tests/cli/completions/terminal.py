"""Shells in a terminal of their own, as somebody would use them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

SECONDS = 60.0
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Terminal:
    """A program on the other end of a pseudo-terminal."""

    def __init__(self, arguments: list[str], environ: Mapping[str, str], directory: Path) -> None:
        program = shutil.which(arguments[0])
        assert program, f"{arguments[0]} is not installed: apt-get install {arguments[0]}"
        self._read = b""
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(directory)
            os.execve(program, arguments, dict(environ))
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._terminal, text.encode())

    def until(self, mark: str) -> str:
        """Return what is shown up to and including ``mark``."""
        deadline = time.monotonic() + SECONDS
        while mark.encode() not in self._read:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"no {mark} in {self._read[-2000:]!r}"
            self._read += os.read(self._terminal, 65536)
        shown, self._read = self._read.split(mark.encode(), 1)
        return _ESCAPES.sub("", (shown + mark.encode()).decode(errors="replace"))

    def close(self) -> None:
        """End the program."""
        os.kill(self._pid, signal.SIGKILL)
        os.close(self._terminal)
        os.waitpid(self._pid, 0)


class Shell:
    """A shell in which completions are loaded; ``line`` tells what Tab makes of a line."""

    def __init__(self, arguments: list[str], setup: str, environ: Mapping[str, str], directory: Path) -> None:
        self.terminal = Terminal(arguments, environ, directory)
        # The marks are taken apart, so that the echo of these lines does not look like their output.
        self.terminal.type(setup + "; echo REA''DY\n")
        self.terminal.until("READY")

    def line(self, text: str) -> tuple[str, str]:
        """Return the line after Tab, and what else was shown meanwhile."""
        self.terminal.type(text + "\t\x07")
        shown = self.terminal.until("</LINE>")
        between, _, line = shown.partition("<LINE>")
        return line.removesuffix("</LINE>"), between


def bash(script: Path, environ: Mapping[str, str], directory: Path) -> Shell:
    """Return an interactive bash whose Control-G prints the line and empties it."""
    probe = """_probe() { printf '<LI''NE>%s</LI''NE>' "$READLINE_LINE"; READLINE_LINE=; READLINE_POINT=0; }"""
    setup = f"""{probe}; bind -x '"\\C-g": _probe'; bind 'set bell-style none'; source {script}"""
    return Shell(["bash", "--norc", "--noprofile", "-i"], setup, environ, directory)


def zsh(script: Path, environ: Mapping[str, str], directory: Path) -> Shell:
    """Return an interactive zsh whose Control-G prints the line and empties it; the script is autoloaded."""
    functions = directory / "zfunc"
    functions.mkdir(exist_ok=True)
    (functions / "_torc").write_text(script.read_text())
    probe = """_probe() { print -rn -- "<LI""NE>$BUFFER</LI""NE>"; zle kill-whole-line }; zle -N _probe"""
    setup = f"""PS1=; fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D; {probe}; bindkey '^G' _probe"""
    return Shell(["zsh", "-f", "-i"], setup, environ, directory)


Start = Callable[[Path, Mapping[str, str], Path], Shell]


def elvish(commands: str, environ: Mapping[str, str], directory: Path) -> str:
    """Return what commands print in an interactive Elvish, where alone its editor can be asked."""
    output = directory / "elvish.out"
    file = directory / "commands.elv"
    file.write_text(f"{{ {commands} }} > {output} 2>&1\necho DO''NE\n")
    terminal = Terminal(["elvish", "-norc", "-i"], environ, directory)
    try:
        terminal.type(f"eval (slurp < {file})\r")
        terminal.until("DONE")
    finally:
        terminal.close()
    return output.read_text()
