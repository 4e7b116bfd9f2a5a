"""Skeleton pictures: `draw` people in a style, `overlay` the result on the picture they came from.

`STYLES` is a plain table; only `draw` and `overlay` load OpenCV, when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .styles import STYLES

if TYPE_CHECKING:
    from .drawing import draw, overlay

__all__ = ["STYLES", "draw", "overlay"]


def __getattr__(name: str) -> Any:
    if name in ("draw", "overlay"):
        from . import drawing

        return getattr(drawing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
