"""Everything through the kernel, as in VS Code: a form where Jupyter's server knows nothing of torc."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from torc.client.client import Client

from .conftest import Watched
from .lab import Lab, TorcServer
from .test_forms import build_diamond, open_form


@pytest.fixture(scope="module")
def lab(server: TorcServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    environment = {**server.environment, "TORC_VIEWS": "widget"}
    started = Lab(tmp_path_factory.mktemp("lab"), environment, has_door=False)
    yield started
    started.close()


def shows_that_the_diamond_ran(page: Page) -> None:
    view = page.locator(".jp-Torc:not(.jp-Torc-form)")
    rows = view.locator(".jp-Torc-rows .jp-Torc-row")
    expect(view.locator(".jp-Torc-line-live")).to_be_visible()
    expect(rows.filter(has_text="Completed")).to_have_count(4, timeout=60_000)
    expect(page.locator(".jp-Torc-form").get_by_text("and started it")).to_be_visible()


def test_a_workflow_is_created_and_run_through_the_kernel_and_found_again_after_a_reload(
    context: BrowserContext, lab: Lab, client: Client
) -> None:
    watched = Watched(context.new_page())
    page = watched.page
    (lab.root / "raw.txt").write_text("pear\napple\n")
    form = open_form(watched, lab, "comm")
    build_diamond(form)
    expect(form.locator(".jp-Torc-verdict")).to_contain_text("4 jobs, nothing wrong")
    form.get_by_role("button", name="Create & run").click()
    shows_that_the_diamond_ran(page)
    watched.shot("comm-ran")
    with page.expect_response(lambda reply: reply.request.method == "PUT" and "comm.ipynb" in reply.url):
        page.keyboard.press("Control+s")
    page.goto(f"{lab.url}lab/tree/comm.ipynb?reset")
    shows_that_the_diamond_ran(page)
    watched.shot("comm-reloaded")
    (created,) = client.list_workflows(name="comm")["items"]
    assert len(client.list_jobs(workflow_id=created["id"])["items"]) == 4
    page.close()
    # That nobody answers at torc's address here is noted by the browser itself.
    assert [problem for problem in watched.problems if "404" not in problem] == []
    assert watched.outside == []
