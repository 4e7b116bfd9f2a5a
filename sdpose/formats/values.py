"""Reading numbers out of parsed JSON; what is wrong with one is said with the place it stands at.

Whatever comes is answered or refused in time that grows with what is written there and no faster: lists that hold
themselves, or one another in great numbers, are never followed.
"""

from __future__ import annotations

import contextlib
import math
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadKeypoints

__all__ = ["everybodys", "is_number", "numbers", "row", "rows", "say", "whole"]

_MOST = 60
"""How many characters of a value are put into a message."""


def is_number(value: Any) -> bool:
    """Whether an option is a finite number; no text, True, False or array. Never raises."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    with contextlib.suppress(OverflowError):
        return math.isfinite(value)
    return False


def numbers(value: Any, where: str) -> npt.NDArray[Any]:
    """`value` as an array of finite numbers; of none for null.

    Args:
        value: a number, a list of them, a list of such lists, or an array of any kind.
        where: the place it stands at, for the message.

    Raises:
        BadKeypoints: it is something else.
    """
    array = np.zeros(0) if value is None else _array(value)
    if array is None or (array.size and (array.dtype.kind not in "iuf" or not np.isfinite(array).all())):
        raise BadKeypoints(f"{where}: expected finite numbers; got {say(value)}")
    return array


def _array(value: Any) -> npt.NDArray[Any] | None:
    """An array of what is no deeper than a list of lists; None of anything else."""
    if isinstance(value, (list, tuple)) and not set(map(type, value)) <= {int, float}:
        if not all(map(_is_plain, value)):
            return None
    elif isinstance(value, bool):
        return None
    # Arrays of other libraries raise what they like when they are asked for their numbers.
    with contextlib.suppress(Exception):
        return np.asarray(value)
    return None


def _is_plain(entry: Any) -> bool:
    """Whether an entry of a list is a number, or a list or array of numbers; True and False are none."""
    inner = entry if isinstance(entry, (list, tuple)) else (entry,)
    return not any(isinstance(number, (list, tuple, bool, np.bool_, str, bytes)) for number in inner)


def rows(value: Any, columns: tuple[int, ...], where: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """A list whose entries may be null as (K, *columns) numbers, and which (K,) are null or hold one: these are zeros.

    Raises:
        BadKeypoints: it is something else, or entries are of another length.
    """
    listed = value.tolist() if isinstance(value, np.ndarray) and value.dtype == object else value
    missing: list[bool] = []
    if isinstance(listed, (list, tuple)):
        missing = [
            any(number is None for number in (row if isinstance(row, (list, tuple)) else [row])) for row in listed
        ]
        nothing = np.zeros(columns).tolist()
        listed = [nothing if gone else row for row, gone in zip(listed, missing, strict=True)]
    table = numbers(listed, where).astype(np.float64)
    if table.ndim == 0 or (table.shape[1:] != columns if table.size else missing):
        raise BadKeypoints(
            f"{where}: expected a list of {' by '.join(map(str, ('K', *columns)))} numbers; got {say(value)}"
        )
    return table.reshape(-1, *columns), np.array(missing or np.zeros(len(table)), np.bool_)


def row(value: Any, where: str, count: int = 1, spare: int = 0) -> npt.NDArray[Any]:
    """(count,) numbers, of which up to `spare` more are skipped; (0,) for nothing.

    Raises:
        BadKeypoints: it is something else, or of another length.
    """
    array = numbers(value, where).ravel()
    if array.size and not count <= array.size <= count + spare:
        raise BadKeypoints(f"{where}: expected {count} number(s) or nothing; got {array.size}")
    return array[:count]


def everybodys(pieces: Sequence[npt.NDArray[Any]], *shape: int) -> npt.NDArray[Any] | None:
    """(N, *shape) the numbers of N people, or None when somebody has none.

    Args:
        pieces: of each person; (0,) for nothing.
        shape: of one person's; none for a single number.
    """
    return np.concatenate(pieces).reshape(-1, *shape) if all(piece.size for piece in pieces) else None


def whole(value: Any, where: str) -> npt.NDArray[Any]:
    """(1,) int64, of a whole number of any type; (0,) for nothing.

    Raises:
        BadKeypoints: it is something else.
    """
    array = row(value, where)
    if not all(number == int(number) and -(2**63) <= number < 2**63 for number in array.tolist()):
        raise BadKeypoints(f"{where}: expected whole numbers; got {say(value)}")
    return array.astype(np.int64)


class _Short(reprlib.Repr):
    """Texts of values that stay short, and cheap to make, whatever the values hold."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = self.maxother = self.maxlong = _MOST

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if x.bit_length() < 1024 else f"of {x.bit_length()} bits"


_SHORT = _Short()


def say(value: Any) -> str:
    """A value for an error message: its type, and its text as far as it is short."""
    try:
        text = _SHORT.repr(value)
    except Exception:  # noqa: BLE001 - a value whose own text cannot be made
        text = "(that has no text)"
    return f"{type(value).__name__} {text if len(text) <= _MOST else text[: _MOST - 3] + '...'}"
