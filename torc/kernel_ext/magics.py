"""The magics ``%torc`` and ``%%torc``; what they do is loaded when they are used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from torc.kernel_ext.notebook import Notebook

_PARAMS = re.compile(r"""--params[= ]\s*["']?\s*(\w+)""")
_CELL_HELP = re.compile(r"%%torc\s(.*\s)?--help\s*$")


@magics_class
class TorcMagics(Magics):
    """The commands of torc in a notebook."""

    #: Lines that :meth:`complete` is asked about; also on the right of an assignment.
    COMPLETED = r"^\s*(?:[\w.]+\s*=\s*)?%%?torc\s"

    shell: InteractiveShell
    _notebook: Notebook | None = None

    @property
    def notebook(self) -> Notebook:
        """What the magics of this notebook share."""
        if self._notebook is None:
            from torc.kernel_ext.notebook import Notebook

            self._notebook = Notebook(variables=self.shell.user_ns)
        return self._notebook

    @no_var_expand
    @line_magic("torc")  # type: ignore[arg-type]
    def line(self, line: str) -> Any:
        """Run a command of torc: ``%torc --help`` lists them.

        ``-o NAME`` puts the result into a variable; ``wf = %torc run workflow.yaml`` does, too.
        """
        from torc.kernel_ext.call import call_line
        from torc.kernel_ext.line import name_workflows

        line = name_workflows(line, self.shell.user_ns, by_variable=line.split()[:1] == ["workflow"])
        # So many calls above is the frame of the cell.
        line = self.shell.var_expand(line, depth=2)  # type: ignore[no-untyped-call]
        return self._bound(*call_line(self.notebook, line))

    @no_var_expand
    @cell_magic("torc")  # type: ignore[arg-type]
    def cell(self, line: str, cell: str) -> Any:
        """Create the workflow that the cell describes, or make the cell's code a job: ``%%torc job NAME``.

        ``%%torc --help`` and ``%%torc job --help`` tell their options.
        """
        from torc.kernel_ext.call import call_cell

        return self._bound(*call_cell(self.notebook, self._expanded(line), cell))

    def _expanded(self, line: str) -> str:
        """Put variables into a line, but leave the places of parameters, which may have the names of variables."""
        for name in _PARAMS.findall(line):
            line = re.sub(rf"\{{({name}(?::[^{{}}]*)?)\}}", r"{{\1}}", line)
        from torc.kernel_ext.line import name_workflows

        line = name_workflows(line, self.shell.user_ns, by_variable=True)
        return str(self.shell.var_expand(line, depth=3))  # type: ignore[no-untyped-call]

    def _bound(self, value: Any, name: str | None) -> Any:
        if name is None:
            return value
        self.shell.user_ns[name] = value
        return None

    @context_matcher()  # type: ignore[untyped-decorator]
    def complete(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return what may stand at the cursor; where that is known, nothing of Python is offered beside it."""
        text = context.text_until_cursor
        if not re.match(self.COMPLETED, text):
            return {"completions": []}
        from torc.kernel_ext.completion import candidates, current_word

        # IPython completes from the last of its own delimiters on.
        hidden = len(current_word(text)) - len(context.token)
        found = [SimpleCompletion(word[hidden:]) for word in candidates(self.notebook, text)]
        return {"completions": found, "suppress": bool(found)}


def give_help_a_body(lines: list[str]) -> list[str]:
    """Let ``%%torc --help`` stand alone: IPython takes no cell magic that has nothing below it."""
    return [*lines, "\n"] if len(lines) == 1 and _CELL_HELP.match(lines[0]) else lines
