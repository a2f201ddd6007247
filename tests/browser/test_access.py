"""What people meet who use no mouse, or hear the page: the views checked by axe, and walked through by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from server.outside import DEADLINE

from torc.client.client import Client

from .conftest import Watched
from .lab import Lab, Runner, TorcServer

#: Where Tab stops on the way from one thing to the next, at most.
STOPS = 40
CELL = "import torc\ntorc.attach({workflow_id})"
FORM = """import torc
first = {"name": "first", "command": "echo 1"}
torc.form({"name": "accessible", "jobs": [first, {"name": "second", "command": "echo 2", "depends_on": ["nobody"]}]})"""
#: What other libraries draw is theirs.
FOREIGN = ".jp-Torc-plots"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = (
    r"printf '\033[1;31mred\033[m, \033[32mgreen\033[m, \033[93;44myellow on blue\033[m, \033[38;5;229mpale\033[m'"
)


@pytest.fixture(scope="module")
def ended(server: TorcServer, client: Client, tmp_path_factory: pytest.TempPathFactory) -> int:
    """A workflow that has ended, with a job that failed and one that wrote in colours."""
    jobs = [
        {"name": "paint", "command": COLOURS},
        {"name": "train_with_a_name_that_is_longer_than_its_column_lr_0.001_seed_42", "command": "echo 1"},
        {"name": "broken", "command": "echo 'ValueError: no' >&2; exit 3"},
        {"name": "after", "command": "echo 2", "dependency_sets": [0]},
        *({"name": f"more_{number}", "command": "true"} for number in range(12)),
    ]
    plan = {"workflow": {"name": "seen and heard", "user": "tester"}, "jobs": jobs, "dependency_sets": [[2]]}
    created = int(client.create_workflow_from_plan(plan)["id"])
    client.initialize_workflow(created, body={})
    runner = Runner.start(server, created, tmp_path_factory.mktemp("ended"))
    runner.process.wait(DEADLINE)
    return created


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"], ids=["light", "dark"])
def theme(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    lab.use_theme(request.param)
    yield request.param
    lab.use_theme("JupyterLab Light")


def faults(page: Page, part: str) -> list[str]:
    """Return what axe finds wrong in a part of the page."""
    found = Axe().run(page, {"include": [part], "exclude": [FOREIGN]}, {**RULES, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


def live(page: Page) -> Locator:
    view = page.locator(".jp-Torc:not(.jp-Torc-form)")
    expect(view.locator(".jp-Torc-line-live")).to_be_visible()
    return view


def test_axe_finds_no_fault_in_any_part_of_a_workflow(watched: Watched, lab: Lab, ended: int, theme: str) -> None:
    page = watched.page
    watched.run_notebook(lab.notebook("access.ipynb", CELL.format(workflow_id=ended)))
    view = live(page)
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    found: list[str] = []
    for job in ("paint", "broken"):
        view.locator(".jp-Torc-rows .jp-Torc-row", has_text=job).click()
        expect(view.locator(".jp-Torc-output")).not_to_be_empty()
        if job == "paint":
            assert view.locator(".jp-Torc-output span").all_inner_texts() == ["red", "green", "yellow on blue", "pale"]
        watched.shot(f"access-{job}-{theme[-5:].strip().lower()}")
        found += faults(page, ".jp-Torc")
    view.get_by_role("tab", name="Graph").click()
    expect(view.locator(".jp-Torc-node")).to_have_count(16)
    watched.shot(f"access-graph-{theme[-5:].strip().lower()}")
    found += faults(page, ".jp-Torc")
    view.get_by_role("tab", name="Events").click()
    expect(view.locator(".jp-Torc-events")).to_be_visible()
    found += faults(page, ".jp-Torc")
    view.get_by_role("tab", name="Resources").click()
    expect(view.get_by_role("figure", name="Job 3 broken")).to_be_visible()
    watched.shot(f"access-resources-{theme[-5:].strip().lower()}")
    found += faults(page, ".jp-Torc")
    assert not found, "\n".join(found)


def test_axe_finds_no_fault_in_any_part_of_a_form(watched: Watched, lab: Lab, theme: str) -> None:
    page = watched.page
    watched.run_notebook(lab.notebook("form.ipynb", FORM))
    form = page.locator(".jp-Torc-form")
    expect(form.get_by_role("heading", name="accessible")).to_be_visible()
    found: list[str] = []
    for tabs in form.get_by_role("tablist").all():
        for tab in tabs.get_by_role("tab").all():
            tab.click()
            expect(tab).to_have_attribute("aria-selected", "true")
            found += faults(page, ".jp-Torc-form")
    watched.shot(f"access-form-{theme[-5:].strip().lower()}")
    assert not found, "\n".join(found)


def test_the_keyboard_leads_to_a_job_and_its_log_and_back(watched: Watched, lab: Lab, ended: int) -> None:
    page = watched.page
    watched.run_notebook(lab.notebook("keys.ipynb", CELL.format(workflow_id=ended)))
    view = live(page)
    keys = page.keyboard
    view.get_by_role("searchbox", name="Filter jobs").focus()
    keys.press("Tab")
    grid = view.get_by_role("grid", name="Jobs")
    # The titles of the columns come behind the table itself.
    expect(grid).to_be_focused()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(view.locator(".jp-Torc-current")).to_contain_text("broken")
    keys.press("Enter")
    job = view.get_by_role("region", name="Job broken")
    log = job.get_by_label("The job's stderr")
    expect(log).to_have_text("ValueError: no\n")
    until_focused(page, job.get_by_role("searchbox"))
    keys.type("value")
    expect(job.locator("mark")).to_have_text("Value")
    keys.press("Escape")
    expect(job.locator("mark")).to_have_count(0)
    until_focused(page, log)
    keys.press("Escape")
    expect(job).to_have_count(0)
    expect(grid).to_be_focused()
    until_focused(page, view.get_by_role("tab", name="Jobs"), "Shift+Tab")
    keys.press("ArrowRight")
    expect(view.get_by_role("tab", name="Graph")).to_be_focused()
    node = view.get_by_role("button", name="paint: Completed")
    until_focused(page, node)
    keys.press("Enter")
    expect(view.get_by_role("region", name="Job paint")).to_be_visible()
    until_focused(page, view.get_by_role("button", name="Close this job"))
    keys.press("Enter")
    expect(node).to_be_focused()


def until_focused(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until it is there, from one thing to the next."""
    wanted.wait_for()
    for _ in range(STOPS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    expect(wanted).to_be_focused()
