"""README.md and docs/ are part of the product: their Python runs, their commands exist, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {page: page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
BLOCKS = [block for text in PAGES.values() for block in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL)]
PYTHON = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [
    line.split("  #")[0].strip()
    for language, code in BLOCKS
    if language == "console"
    for line in code.splitlines()
    if line.startswith("sdpose ")
]
# Commands that need a network, hours, or files that only a user has are checked for their spelling alone.
SPELLING_ONLY = ("train", "wholebody", "--download-detector", " clip.mp4", "photos", "--count 500", "posetrack", "FILE")


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: code.strip().splitlines()[0])
def test_python_runs(code: str, tmp_path: Path) -> None:
    run(sys.executable, "-c", code, cwd=tmp_path)


def test_commands_run_in_the_order_they_are_shown(tmp_path: Path) -> None:
    ran = [command for command in COMMANDS if not any(word in command for word in SPELLING_ONLY)]
    assert len(ran) >= 4
    for command in dict.fromkeys(ran):
        run(sys.executable, "-m", *shlex.split(command), cwd=tmp_path)


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
def test_commands_are_spelled_right(command: str) -> None:
    from sdpose import cli

    words = shlex.split(command)[1:]
    cli._parser(words).parse_args(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", PAGES[page]):
        link = target[0] or target[1]
        if not link.startswith("http"):
            assert (page.parent / link).exists(), link


def test_every_node_is_described() -> None:
    for page in (ROOT / "web" / "docs").glob("*.md"):
        assert page.stem in README, f"{page.stem} is missing from README.md"


def test_requirements_are_the_packages_dependencies() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[(.*?)\]", text, flags=re.DOTALL | re.MULTILINE)
    assert listed is not None
    dependencies = re.findall(r'"([^"]+)"', listed[1])
    assert (ROOT / "requirements.txt").read_text(encoding="utf-8").split() == dependencies
