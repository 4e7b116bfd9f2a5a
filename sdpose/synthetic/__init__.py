"""Drawn people with exact keypoints: procedural, seeded, in many styles; for demo, tests, training, benchmarks.

`STYLES` and `HARD_STYLES` are plain tables; only drawing loads OpenCV, when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .looks import HARD_STYLES, STYLES

if TYPE_CHECKING:
    from .clips import clip
    from .scene import drawing
    from .stage import Drawing

__all__ = ["HARD_STYLES", "STYLES", "Drawing", "clip", "drawing"]

_HOME = {"Drawing": "stage", "clip": "clips", "drawing": "scene"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
