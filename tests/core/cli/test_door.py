"""The command as a whole: help, usage, exit codes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

import sdpose as library

from .conftest import ROOT, Result, save_pictures

Run = Callable[..., Result]
Start = Callable[..., subprocess.Popen[str]]

COMMANDS = ("demo", "estimate", "render", "convert-poses", "models", "convert", "evaluate", "train")


def test_help_lists_every_command(sdpose: Run) -> None:
    result = sdpose("--help")
    assert result.code == 0
    assert all(re.search(rf"^    {command}\s", result.out, re.MULTILINE) for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(sdpose: Run, command: str) -> None:
    result = sdpose(command, "--help")
    assert result.code == 0 and f"usage: sdpose {command}" in result.out
    module = import_module(f"sdpose.commands.{command.replace('-', '_')}")
    assert str(module.__doc__).strip() in result.out


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    script = (
        "import sys; from sdpose.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'cv2', 'av', 'diffusers', 'ultralytics'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    helps = [["--help"], *([command, "--help"] for command in ("estimate", "demo", "render", "evaluate"))]
    for words in helps:
        done = subprocess.run([sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_version(sdpose: Run) -> None:
    assert sdpose("--version").out == f"sdpose-kit {library.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["paint"],
        ["estimate"],
        ["estimate", "x.png", "--model", "mini"],
        ["estimate", "x.png", "--model", "mini", "--out", "o", "--canvas", "wide"],
        ["estimate", "x.png", "--model", "mini", "--out", "o", "--canvas", "0x5"],
        ["estimate", "x.png", "--model", "mini", "--out", "o", "--canvas", "9" * 401 + "x5"],
        ["estimate", "x.png", "--model", "mini", "--out", "o", "--canvas", "5x" + "9" * 5000],
        ["estimate", "x.png", "--model", "mini", "--out", "o", "--batch-size", "0"],
        ["render", "x.json", "--out", "o", "--fps", "0"],
        ["render", "x.json", "--out", "o", "--fps", "fast"],
        ["demo", "--out", "o", "--frames", "none"],
        ["evaluate"],
        ["evaluate", "dreams"],
        ["evaluate", "drawn"],
    ],
)
def test_wrong_command_line_is_code_2_and_writes_nothing(
    sdpose: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = sdpose(*words)
    assert result.code == 2 and "usage: sdpose" in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["estimate", "gone.png", "--model", "mini", "--out", "o"], "no file or folder gone.png"),
        (["estimate", "{here}", "--model", "mini", "--out", "o"], "holds no pictures or videos"),
        (["estimate", "{text}", "--model", "mini", "--out", "o"], "neither a picture nor a video"),
        (["estimate", "{here}/a", "--model", "gone", "--out", "o", "--whole-frame"], "no model 'gone'"),
        (["estimate", "{here}/a", "--model", "gone", "--out", "o", "--style", "oil"], "--style is one of dwpose"),
        (["demo", "--model", "gone", "--out", "o"], "no model 'gone'"),
        (["render", "gone.json", "--out", "o"], "gone.json cannot be read"),
        (["convert", "gone", "there"], "no model 'gone'"),
    ],
)
def test_failure_is_code_1_and_one_sentence(
    sdpose: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("hello")
    save_pictures(tmp_path / "a", 1)
    places = {"here": str(tmp_path), "text": str(tmp_path / "note.txt")}
    result = sdpose(*(word.format(**places) for word in words))
    assert result.code == 1 and result.out == ""
    assert result.err.startswith(f"sdpose {words[0]}: ") and message in result.err
    assert result.err.count("\n") == 1 and "Traceback" not in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process there")
def test_ctrl_c_is_code_130_and_the_next_run_goes_on(start: Start, sdpose: Run, tmp_path: Path, weights: Path) -> None:
    save_pictures(tmp_path / "in", 12)
    words = ["estimate", tmp_path / "in", "--model", weights, "--whole-frame", "--out", tmp_path / "out"]
    process = start(*words, "--batch-size", 1)
    record = tmp_path / "out" / ".sdpose-run" / "item-p2.json"
    deadline = time.monotonic() + 300
    while not record.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    if process.returncode == 0:
        pytest.skip("the run was over before it could be stopped")
    assert process.returncode == 130, err
    assert "stopped" in err and "Traceback" not in err and out == ""
    assert not (tmp_path / "out" / "poses.json").exists()
    assert {path.name for path in (tmp_path / "out").rglob(".sdpose-*")} == {".sdpose-run"}, "no temporary files stay"

    again = sdpose(*words)
    assert again.code == 0, again.err
    assert "of 12 inputs were finished by an earlier run" in again.err
    assert "12 frames, 12 people" in again.out
