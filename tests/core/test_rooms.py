"""The house rules that a reader relies on: what the library imports, what it costs to import, how long things are."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sdpose

ROOT = Path(sdpose.__file__).parents[1]
LIBRARY = sorted((ROOT / "sdpose").rglob("*.py"))
PACK = [ROOT / "__init__.py", *sorted((ROOT / "nodes").rglob("*.py"))]
COMFYUI = {"comfy", "comfy_api", "comfy_extras", "comfy_execution", "folder_paths", "server", "execution"}
BANNED = {"mmcv", "mmpose", "mmdet", "mmengine", "onnxruntime"}


def imported(tree: ast.AST) -> list[tuple[int, str]]:
    """(level, top package) of every import in a module."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(0, alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.level, (node.module or "").split(".")[0]))
    return found


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    length = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        length -= (first.end_lineno or 0) - first.lineno + 1
    return length


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_keeps_to_itself(path: Path) -> None:
    for level, package in imported(ast.parse(path.read_text(encoding="utf-8"))):
        assert package not in COMFYUI | BANNED or level > 0
        assert level > 0 or package != "sdpose", "inside the library imports are relative"


@pytest.mark.parametrize("path", LIBRARY + PACK, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 500
    assert text.isascii()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            limit = 25 if node.name == "execute" else 40
            assert code_lines(node) <= limit, f"{node.name} has {code_lines(node)} lines"


def test_every_public_name_is_there() -> None:
    assert sdpose.__all__ == sorted(sdpose.__all__, key=lambda name: (name.lower() == name, name))
    for name in sdpose.__all__:
        assert getattr(sdpose, name) is not None
        assert name in dir(sdpose)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sdpose.nothing  # type: ignore[attr-defined]


def test_importing_the_library_is_cheap() -> None:
    code = (
        "import sys, sdpose, sdpose.cli\n"
        "heavy = {'torch', 'cv2', 'diffusers', 'transformers', 'ultralytics', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
