"""Forms that build a workflow, in a real JupyterLab."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

import torc
from torc.client.client import Client

from .conftest import Watched
from .lab import Lab

#: What a person would have in mind: name, command, jobs that it needs.
DIAMOND = [
    ("split", "sort ${files.input.raw} | tee ${files.output.left} > ${files.output.right}", []),
    ("one", "wc -l < ${files.input.left} > ${files.output.lines}", []),
    ("two", "wc -w < ${files.input.right}", []),
    ("join", "cat lines.txt", ["one", "two"]),
]
FILES = ("raw", "left", "right", "lines")


def open_form(watched: Watched, lab: Lab, name: str, *more: str) -> Locator:
    watched.run_notebook(lab.notebook(f"{name}.ipynb", f"import torc\nform = torc.form('{name}')\nform", *more))
    form = watched.page.locator(".jp-Torc-form")
    expect(form.get_by_role("heading", name=name)).to_be_visible()
    return form


def part(form: Locator, name: str) -> None:
    form.get_by_role("tab", name=name).first.click()


def fill_job(form: Locator, name: str, command: str, needs: list[str]) -> None:
    form.get_by_label("Name (required)").fill(name)
    form.get_by_label("Command (required)").fill(command)
    for needed in needs:
        form.get_by_label("Needs", exact=True).fill(needed)
        form.get_by_label("Needs", exact=True).press("Enter")


def build_diamond(form: Locator) -> None:
    part(form, "Jobs")
    for number, (name, command, needs) in enumerate(DIAMOND):
        if number:
            form.get_by_role("button", name="Add job").click()
            expect(form.get_by_label("Name (required)")).to_be_focused()
        fill_job(form, name, command, needs)
    part(form, "Files")
    for name in FILES:
        form.get_by_role("button", name="Add file").click()
        form.get_by_label("Name (required)").fill(name)
        form.get_by_label("Path (required)").fill(f"{name}.txt")


def run_below(page: Page, cell: str) -> None:
    """Run another cell at the end of the notebook."""
    cells = page.locator(".jp-CodeCell .cm-content")
    before = cells.count()
    page.locator(".jp-Notebook-footer").click()
    expect(cells).to_have_count(before + 1)
    cells.last.fill(cell)
    cells.last.press("Control+Enter")


@pytest.fixture
def clipboard(context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])


def test_a_diamond_is_built_by_form_runs_and_its_yaml_is_the_same_workflow(
    watched: Watched, lab: Lab, client: Client, clipboard: None
) -> None:
    page = watched.page
    (lab.root / "raw.txt").write_text("pear\napple\n")
    form = open_form(watched, lab, "diamond")
    build_diamond(form)
    expect(form.locator(".jp-Torc-verdict")).to_contain_text("4 jobs, nothing wrong")
    expect(form.locator(".jp-Torc-stages li")).to_contain_text(
        ["Workflow Start1 job: split", "When job 'split' completes2 jobs: one, two", "join"]
    )
    watched.shot("form-diamond")
    form.get_by_role("tab", name="Graph").click()
    expect(form.locator(".jp-Torc-node")).to_have_count(4)
    watched.shot("form-graph")
    form.locator(".jp-Torc-node", has_text="join").click()
    expect(form.get_by_label("Name (required)")).to_have_value("join")
    part(form, "Workflow")
    form.get_by_role("button", name="Copy as YAML").click()
    expect(form.get_by_text("Copied as YAML")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")

    form.get_by_role("button", name="Create & run").click()
    view = page.locator(".jp-Torc:not(.jp-Torc-form)")
    rows = view.locator(".jp-Torc-rows .jp-Torc-row")
    expect(rows.filter(has_text="join")).to_contain_text("Completed")
    expect(rows.filter(has_text="Completed")).to_have_count(4)
    expect(form.get_by_text("and started it")).to_be_visible()
    watched.shot("form-ran")
    made = torc.Workflow.from_text(copied)
    workflow_id = max(item["id"] for item in client.list_workflows(name="diamond")["items"])
    assert [job["name"] for job in client.list_jobs(workflow_id=workflow_id)["items"]] == [one for one, _, _ in DIAMOND]
    assert client.get_workflow(workflow_id)["submission_directory"] == str(lab.root)
    assert made.plan().data["total_stages"] == 3

    cell = f"""
import json
again = torc.Workflow.from_text({copied!r})
same = (form.workflow.id, form.definition().checked().plan == again.checked().plan, form.to_yaml() == again.to_yaml())
print("told:", json.dumps(same))
"""
    run_below(page, cell)
    expect(page.get_by_text(f"told: {json.dumps([workflow_id, True, True])}")).to_be_visible()
    magic = copy(page, form, "magic")
    assert magic == f"%%torc\n{copied}"
    run_below(page, "%load_ext torc")
    run_below(page, magic)
    run_below(page, "print('by magic:', _.id, _.plan().data == again.plan().data)")
    expect(page.get_by_text(f"by magic: {workflow_id + 1} True")).to_be_visible()


def test_what_is_wrong_stands_at_its_field_and_nothing_is_created_of_it(
    watched: Watched, lab: Lab, client: Client, clipboard: None
) -> None:
    lab.use_theme("JupyterLab Dark")
    page = watched.page
    form = open_form(watched, lab, "mistakes")
    lab.use_theme("JupyterLab Light")
    verdict = form.locator(".jp-Torc-verdict")
    expect(verdict).to_have_text("○ 2 fields to be filled in")
    part(form, "Jobs")
    fill_job(form, "<script>alert(1)</script>", "echo '<img src=x onerror=alert(1)>'", [])
    expect(verdict).to_contain_text("1 job, nothing wrong")
    form.get_by_role("button", name="Duplicate").click()
    name = form.get_by_label("Name (required)")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(form.locator(".jp-Torc-wrong")).to_contain_text("duplicate job name '<script>alert(1)</script>'")
    name.fill("b")
    form.get_by_label("Needs", exact=True).fill("b")
    form.get_by_label("Needs", exact=True).press("Enter")
    expect(form.get_by_label("Problems")).to_contain_text("circular dependency: job 'b' waits for itself")
    form.get_by_label("Memory").fill("2 gallons")
    expect(form.locator(".jp-Torc-wrong")).to_contain_text("'2 gallons' is not a memory size")
    watched.shot("form-mistakes-dark")
    before = client.list_workflows()["total_count"]
    part(form, "Workflow")
    form.get_by_role("button", name="Create & run").click()
    expect(form.locator("[aria-invalid=true]")).to_be_focused()
    assert client.list_workflows()["total_count"] == before
    form.get_by_label("Memory").fill("2g")
    form.get_by_role("button", name="Take away b", exact=True).click()
    form.get_by_label("Name, next of parameters").fill("i")
    form.get_by_label("Value, i of parameters").fill("1:200")
    name.fill("b_{i}")
    expect(verdict).to_contain_text("201 jobs, nothing wrong")
    form.get_by_role("tab", name="Graph").click()
    expect(form.locator(".jp-Torc-node")).to_have_count(2)
    form.get_by_role("tab", name="Expanded").click()
    expect(form.locator(".jp-Torc-expanded tbody tr")).to_have_count(100)
    watched.shot("form-many-dark")
    assert copy(page, form, "magic").startswith("%%torc job 'b_{i}' --bash --memory 2g --params i=1:200\n")


def test_a_text_is_loaded_and_a_scheduler_copied(watched: Watched, lab: Lab, clipboard: None) -> None:
    page = watched.page
    form = open_form(watched, lab, "loaded")
    form.get_by_role("tab", name="Load").click()
    box = form.get_by_label("A specification in YAML")
    box.fill("name: [")
    form.get_by_role("button", name="Load").click()
    expect(form.get_by_role("alert")).to_contain_text("line 2, column 1")
    box.fill(
        "name: cluster\njobs:\n  - {name: a, comand: b}\n"
        "slurm_schedulers:\n  - {name: gpu, account: me, gres: 'gpu:2'}\n"
    )
    form.get_by_role("button", name="Load").click()
    expect(form.get_by_role("heading", name="cluster")).to_be_visible()
    part(form, "Jobs")
    form.get_by_role("button", name="Remove comand").click()
    form.get_by_label("Command (required)").fill("true")
    expect(form.locator(".jp-Torc-verdict")).to_contain_text("1 job, nothing wrong")
    part(form, "Slurm")
    watched.shot("form-scheduler")
    assert copy(page, form, "magic") == "%torc scheduler gpu --account me --gres gpu:2\n"
    assert copy(page, form, "Python") == 'wf.scheduler("gpu", account="me", gres="gpu:2")\n'


def copy(page: Page, form: Locator, form_of_text: str) -> str:
    form.get_by_role("button", name=f"Copy as {form_of_text}").click()
    expect(form.get_by_text(f"Copied as {form_of_text}")).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))
