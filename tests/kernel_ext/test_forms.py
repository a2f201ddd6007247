"""What the kernel does for a form, and the cells that a form writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import torc
from torc.errors import SpecError
from torc.kernel_ext.call import call_cell, call_line
from torc.kernel_ext.forms import WorkflowForm
from torc.kernel_ext.magics import TorcMagics
from torc.kernel_ext.notebook import Notebook
from torc.server.embedded import host
from torc.spec.model import ENTRY_MODELS, Header
from torc.spec.write import plain
from torc.spec.write.magic import entry_to_magic
from torc.views.live import WIDGET_MIME
from torc.workflow import connection
from torc.workflow.connection import Connection
from torc.workflow.workflow import Workflow

FIELDS = Path(__file__).parents[2] / "jupyter_extension" / "src" / "core" / "forms" / "fields.ts"
SPECIFICATION: dict[str, Any] = {"name": "w", "jobs": [{"name": "a", "command": "echo a > a.txt"}]}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(connection, "_current", None)
    for name in ("TORC_API_URL", "TORC_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with host(tmp_path / "torc.db") as (url, token):
        monkeypatch.setenv("TORC_API_TOKEN", str(token))
        yield torc.connect(url)


@pytest.fixture
def form(server: Connection) -> Iterator[WorkflowForm]:
    opened = torc.form("w")
    yield opened
    opened.close()


def test_the_forms_have_every_key_of_a_specification() -> None:
    text = FIELDS.read_text(encoding="utf-8")
    shared = {
        name: set(re.findall(r"key: '(\w+)'", block))
        for name, block in re.findall(r"const (AMOUNTS|PARAMETERS): [^=]*= (\[.*?\n\];)", text, re.DOTALL)
    }
    workflow = text[text.index("export const WORKFLOW") : text.index("export const SECTIONS")]
    assert set(re.findall(r"key: '(\w+)'", workflow)) == set(Header.model_fields)
    sections = re.split(r"noun: '(\w+)'", text[text.index("export const SECTIONS") :])[1:]
    assert sections[::2] == list(ENTRY_MODELS)
    for noun, block in zip(sections[::2], sections[1::2], strict=True):
        found = set(re.findall(r"key: '(\w+)'", block))
        found.update(*(keys for name, keys in shared.items() if f"...{name}" in block))
        assert found == set(ENTRY_MODELS[noun].model_fields), noun


def test_saved_notebook_has_a_snapshot_of_the_form(form: WorkflowForm) -> None:
    data, _ = form._repr_mimebundle_()
    assert WIDGET_MIME in data
    assert data["text/plain"] == "<Form of workflow 'w': 0 jobs>"
    assert "Not complete yet: " in data["text/html"]
    form.specification = {"name": "<b>", "jobs": [{"name": "a", "command": "echo <i>"}]}
    data, _ = form._repr_mimebundle_()
    assert data["text/plain"] == "<Form of workflow '<b>': 1 job>"
    assert "<svg" in data["text/html"]
    assert "command: echo &lt;i&gt;" in data["text/html"]
    assert "<b>" not in data["text/html"]


def test_what_the_page_says_is_readable_here(form: WorkflowForm) -> None:
    assert form.specification == {"name": "w", "jobs": [{"name": "", "command": ""}]}
    with pytest.raises(SpecError, match="'name' is empty"):
        form.to_yaml()
    form.specification = {**SPECIFICATION, "jobs": [{"name": "a", "command": "b", "depends_on": ["later"]}]}
    assert "depends_on:\n      - later\n" in form.to_yaml()
    assert 'wf.job("a", "b", needs=["later"])' in form.to_code()
    assert '"later"' in form.to_json() and "later" in form.to_kdl()
    with pytest.raises(SpecError, match="no job 'later'"):
        form.definition()
    form.specification = SPECIFICATION
    assert form.definition().plan().data["total_jobs"] == 1


def test_a_form_begins_with_what_is_there(server: Connection) -> None:
    described = Workflow("begun")
    described.job("a", "true")
    for begin in (described, plain(described.spec)):
        opened = torc.form(begin)
        assert opened.specification == {"name": "begun", "jobs": [{"name": "a", "command": "true"}]}
        opened.close()


def test_what_the_page_created_is_known_here_and_run_here(
    form: WorkflowForm, server: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(form._relay, "_send", said.append)
    body = {"specification": SPECIFICATION, "submission_directory": form.directory, "user": form.user}
    created = server.client.create_workflow_from_specification(body=body)["id"]
    form._take(form, {"id": 0, "kind": "created", "workflow_id": created}, None)
    form._take(form, {"id": 5, "kind": "run", "workflow_id": created}, None)
    assert said == [{"id": 0, "value": None}, {"id": 5, "value": None}]
    assert form.workflow is not None
    assert form.workflow.wait(60).is_successful
    assert Path("a.txt").read_text() == "a\n"
    form._take(form, {"id": 6, "kind": "run", "workflow_id": 99}, None)
    assert (said[2]["id"], said[2]["error"]["status"]) == (6, 404)


def test_the_magic_shows_a_form_and_takes_over_what_it_creates(server: Connection) -> None:
    notebook = Notebook()
    opened, _ = call_line(notebook, "form sweep")
    assert opened.specification["name"] == "sweep"
    created = server.client.create_workflow_from_specification(body={"specification": SPECIFICATION})["id"]
    opened._take(opened, {"id": 0, "kind": "created", "workflow_id": created}, None)
    assert notebook.current.id == created
    notebook.workflow = described = Workflow("described")
    described.job("a", "true")
    again, _ = call_line(notebook, "form")
    assert again.specification == plain(described.spec)
    for one in (opened, again):
        one.close()


WRITTEN = """
wf = torc.Workflow("w", params={"depth": "[1,2]"})
wf.file("raw", "raw data.csv")
wf.file("model_{lr}", "out/{lr}.bin", params={"lr": "[0.1,0.01]"})
wf.data("settings", {"a": 1})
wf.scheduler("gpu", account="my {account}", gres="gpu:2", walltime="01:00:00")
wf.job("clean", "wc ${files.input.raw} > /dev/null")
wf.job(
    "train_{lr}", "echo '{lr}' $HOME\\necho done", needs=["clean"], inputs=["raw", "settings"], outputs=["model_{lr}"],
    cpus=4, memory="8g", runtime="10m", params={"lr": "[0.1,0.01]"}, env={"HOW": "it's {x}"}, scheduler="gpu",
)
wf.job("plain", "true", env={"PLACE": "$HOME/bin"}, priority=3)
wf.job("zip_{i}_{depth}", "true", params={"i": "1:2"}, use_parameters=["depth"], parameter_mode="zip",
       depends_on_regexes=["^train_0(,|.)"])
"""


def test_cells_of_single_jobs_and_schedulers_describe_the_same_workflow() -> None:
    names: dict[str, Any] = {"torc": torc}
    exec(WRITTEN, names)
    wanted = names["wf"]
    notebook = Notebook(workflow=Workflow("w", params={"depth": "[1,2]"}))
    made = notebook.described
    made.data("settings", {"a": 1})
    shell = _Expanding()
    for noun in ("slurm_schedulers", "jobs"):
        for position in range(len(getattr(wanted.spec, noun))):
            text = entry_to_magic(wanted.spec, noun, position)
            assert text is not None
            line, _, cell = text.partition("\n")
            if noun == "jobs":
                call_cell(notebook, TorcMagics._expanded(shell, line.removeprefix("%%torc ")), cell)
            else:
                call_line(notebook, shell.shell.var_expand(line.removeprefix("%torc "), depth=0))
    assert made.spec.slurm_schedulers == wanted.spec.slurm_schedulers
    ours, theirs = made.checked(), wanted.checked()
    assert ours.waits == theirs.waits
    left_out = ("command", "resource_requirements", "input_files", "output_files")
    for one, other in zip(ours.plan["jobs"], theirs.plan["jobs"], strict=True):
        assert {key: value for key, value in one.items() if key not in left_out} == {
            key: value for key, value in other.items() if key not in left_out
        }
        assert one["command"].endswith(f"\n{other['command']}\n")


class _Expanding:
    """What the magic needs of a shell: variables are put into lines as IPython does it."""

    def __init__(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell

        self.shell = InteractiveShell()


@pytest.mark.parametrize(
    "job",
    [
        {"invocation_script": "run.sh"},
        {"env": {"A": "two\nlines"}},
        {"env": {"A": " space"}},
        {"env": {"A": "{b} $c"}},
        {"depends_on": ["a,b"]},
        {"resource_requirements": {"num_cpus": 2}},
    ],
)
def test_what_the_magic_cannot_say_is_not_half_said(job: dict[str, Any]) -> None:
    workflow = Workflow("w")
    workflow.job("j", "true", **job)
    assert entry_to_magic(workflow.spec, "jobs", 0) is None
