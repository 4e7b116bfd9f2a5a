"""How large a payload's canvas is, and coordinates that are shares of it."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from ..errors import BadKeypoints, BadOption, Undecided
from ..poses import FloatArray
from .values import say

__all__ = ["checked", "needed", "pixels", "size"]

_LARGEST = 2**31 - 1


def size(
    get: Callable[[str], Any], keys: tuple[str, str], where: str, canvas_wh: tuple[int, int] | None
) -> tuple[int, int]:
    """Width and height in pixels as something gives them under two keys, or `canvas_wh` where it gives neither.

    Raises:
        BadKeypoints: it gives something else, or neither it nor `canvas_wh` does.
    """
    if get(keys[0]) is None and get(keys[1]) is None:
        return needed(canvas_wh, where)
    width, height = (_side(get(key), f"{where}, {key}") for key in keys)
    return width, height


def needed(canvas_wh: tuple[int, int] | None, where: str) -> tuple[int, int]:
    """`canvas_wh`, for something that does not say its canvas itself.

    Raises:
        Undecided: there is none.
        BadOption: see `checked`.
    """
    if canvas_wh is None:
        raise Undecided(f"{where}: it does not say how large the picture is", "canvas_wh")
    return checked(canvas_wh)


def checked(canvas_wh: Any, name: str = "canvas_wh") -> tuple[int, int]:
    """The width and the height that an option gives.

    Raises:
        BadOption: it is something else than two whole numbers of pixels, at least 1.
    """
    sides = [_whole(side) for side in canvas_wh] if isinstance(canvas_wh, (list, tuple)) else []
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        raise BadOption(f"{name} is a width and a height, whole numbers of pixels, at least 1; got {say(canvas_wh)}")
    return sides[0], sides[1]


def _side(value: Any, where: str) -> int:
    side = _whole(value)
    if side is None:
        raise BadKeypoints(f"{where}: expected a whole number of pixels, at least 1; got {say(value)}")
    return side


def _whole(value: Any) -> int | None:
    number: Any = value if isinstance(value, Real) and not isinstance(value, bool) else 0
    return int(number) if 1 <= number <= _LARGEST and number == int(number) else None


def pixels(shares: FloatArray, canvas_wh: tuple[int, int], where: str) -> FloatArray:
    """Shares of a canvas (..., 2) as pixels.

    Raises:
        BadKeypoints: they are too large for that.
    """
    with np.errstate(over="ignore"):
        points: FloatArray = np.asarray(shares, np.float64) * canvas_wh
    if not np.isfinite(points).all():
        raise BadKeypoints(f"{where}: expected coordinates from 0 to 1; got one of {np.abs(shares).max():.3g}")
    return points
