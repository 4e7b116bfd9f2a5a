"""The page as a person uses it: templates, Run, help; in the classic look and in Nodes 2.0."""

from __future__ import annotations

import pytest

from ..comfyui.server import PACK, ROOT

WORKFLOWS = sorted(path.stem for path in (ROOT / "example_workflows").glob("*.json"))
LOOKS = [pytest.param(False, id="classic"), pytest.param(True, id="nodes-2")]

OPENED = "(name) => app.extensionManager.workflow.activeWorkflow.path.includes(name)"
TEXTS = """() => app.graph._nodes.flatMap(node => node.widgets ?? [])
    .filter(widget => widget.name.includes('text-preview')).map(widget => widget.value)"""
REPORTING = (
    "Estimate|SavePoses|TrackPeople|SelectPeople|SteadyPoses|PoseVideo|PickFrame|PutFrameBack|ComparePoses|ConvertPoses"
)
REPORTERS = f"() => app.graph._nodes.filter(node => /_({REPORTING})/.test(node.type)).length"
BADGES = "() => document.querySelectorAll('.lg-node').length"
SELECT = "(type) => app.canvas.selectItems([app.graph._nodes.find(node => node.type === type)])"


def open_template(page, name):
    """Through the template browser, clicking as a person does."""
    page.evaluate("() => { app.extensionManager.command.execute('Comfy.BrowseTemplates') }")
    dialog = page.tab.get_by_role("dialog")
    dialog.get_by_text(PACK, exact=True).first.click()
    card = dialog.locator(f"[data-testid='template-workflow-{name}']").first
    thumbnail = card.locator("img").first
    thumbnail.wait_for()
    page.tab.wait_for_function("(img) => img.naturalWidth > 0", arg=thumbnail.element_handle())
    card.click()
    page.tab.wait_for_function(OPENED, arg=name)
    page.tab.wait_for_timeout(500)


def press_run(page):
    """The Run button; the history of what it started."""
    before = set(page.server.request("/history"))
    page.tab.locator("[data-testid='queue-button']").first.click()
    for _ in range(1200):
        if new := set(page.server.request("/history")) - before:
            return page.server.wait(new.pop())
        page.tab.wait_for_timeout(100)
    raise AssertionError("Run started nothing that ended")


@pytest.mark.parametrize("nodes_2", LOOKS)
def test_examples_open_from_the_templates_and_run(page, nodes_2):
    page.open(nodes_2)
    for name in WORKFLOWS:
        open_template(page, name)
        assert bool(page.evaluate(BADGES)) == nodes_2  # only Nodes 2.0 makes nodes of HTML
        entry = press_run(page)
        assert entry["status"]["status_str"] == "success", entry["status"]["messages"][-1]
        assert sum(len(output.get("images", [])) for output in entry["outputs"].values()) >= 3
        page.tab.wait_for_function(f"() => ({TEXTS})().length == ({REPORTERS})()")
        said = page.evaluate(TEXTS)
        assert any(" in " in text and "frame" in text for text in said) and any("saved" in text for text in said)


@pytest.mark.parametrize("nodes_2", LOOKS)
def test_help_is_shown(page, nodes_2):
    page.open(nodes_2)
    open_template(page, WORKFLOWS[0])
    page.evaluate(SELECT, "SDPoseKit_EstimatePose")
    page.tab.locator("[data-testid='info-button']").first.click()
    page.tab.get_by_role("heading", name="How boxes are read").wait_for()
    for page_file in (ROOT / "web" / "docs").glob("*.md"):
        served = page.server.request(f"/extensions/{PACK}/docs/{page_file.name}", raw=True)
        assert served == page_file.read_bytes()
