"""Reading numbers out of parsed JSON; what is wrong with one is said with the place it stands at."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadKeypoints

__all__ = ["numbers", "row", "say", "whole"]


def numbers(value: Any, where: str) -> npt.NDArray[Any]:
    """`value` as an array of finite numbers; of none for null.

    Raises:
        BadKeypoints: it is something else.
    """
    try:
        array = np.asarray([] if value is None else value)
    except ValueError:  # lists of unequal length
        array = np.asarray(None)
    if array.size and (array.dtype.kind not in "iuf" or not np.isfinite(array).all()):
        raise BadKeypoints(f"{where}: expected finite numbers; got {say(value)}")
    return array


def row(value: Any, where: str, count: int = 1, spare: int = 0) -> npt.NDArray[Any]:
    """(count,) numbers, of which up to `spare` more are skipped; (0,) for nothing.

    Raises:
        BadKeypoints: it is something else, or of another length.
    """
    array = numbers(value, where).ravel()
    if array.size and not count <= array.size <= count + spare:
        raise BadKeypoints(f"{where}: expected {count} number(s) or nothing; got {array.size}")
    return array[:count]


def whole(value: Any, where: str) -> npt.NDArray[Any]:
    """(1,) int64, of a whole number of any type; (0,) for nothing.

    Raises:
        BadKeypoints: it is something else.
    """
    array = row(value, where)
    if not all(number == int(number) and -(2**63) <= number < 2**63 for number in array.tolist()):
        raise BadKeypoints(f"{where}: expected whole numbers; got {say(value)}")
    return array.astype(np.int64)


def say(value: Any) -> str:
    """A value for an error message: its type, and its text as far as it is short."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
