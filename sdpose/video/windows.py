"""Which frames a frame is seen together with: windows along a track, and the boxes they are cut by."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from ..poses import FloatArray

__all__ = ["around", "steady_box", "window"]

_Item = TypeVar("_Item")


def around(items: Iterable[_Item], reach: int) -> Iterator[tuple[int, dict[int, _Item]]]:
    """For each item its index t, and by index the items t - reach to t + reach that there are.

    Items are taken only `reach` ahead, and never more than 2 * reach + 1 are held.
    """
    near: dict[int, _Item] = {}
    count = 0
    for item in items:
        near[count] = item
        count += 1
        if count > reach:
            yield count - 1 - reach, dict(near)
            near.pop(count - 1 - 2 * reach, None)
    for t in range(max(0, count - reach), count):
        yield t, dict(near)
        near.pop(t - reach, None)


def window(present: Container[int], t: int, delta: int, half_width: int | None = None) -> list[int]:
    """The frames that frame `t` of one person is estimated from, earliest first.

    Frame t + k stands at place k, for k from -half_width to half_width. Where it may not, because it is further away
    than `delta` or not `present`, the nearest frame between it and t that is present stands in, at last t itself. So
    the picture before the start of a clip is its first one, and with a `delta` below `half_width` the outermost
    frame allowed repeats.

    Args:
        present: the frames of t's shot in which the person has a box: what lies beyond a cut, or beyond the ends of
            the clip, is not among them.
        t: the frame.
        delta: how many frames before and after t may be used.
        half_width: what the network was built for; default `delta`.

    Returns:
        2 * half_width + 1 frames; the middle one is t.
    """
    reach = delta if half_width is None else half_width
    places = range(-reach, reach + 1)
    return [_nearest(present, t, max(-delta, min(delta, place))) for place in places]


def _nearest(present: Container[int], t: int, offset: int) -> int:
    towards = -1 if offset > 0 else 1
    return next((frame for frame in range(t + offset, t, towards) if frame in present), t)


def steady_box(boxes: Mapping[int, FloatArray], t: int, delta: int) -> FloatArray:
    """The box (4,) to cut frame `t` by: the average of the person's boxes near it.

    Frame t + k counts only together with t - k, for k up to `delta`: so the average stays centred on a person who
    moves evenly, at the ends of a track too. With delta = 0 it is the person's own box, exactly.

    Args:
        boxes: frame -> box (4,), of the same person and shot; t is among them.
        t: the frame.
        delta: how far to look.
    """
    pairs = [k for k in range(1, delta + 1) if t - k in boxes and t + k in boxes]
    near = [boxes[t], *(boxes[t + sign * k] for k in pairs for sign in (-1, 1))]
    mean: FloatArray = np.mean(near, axis=0)
    return mean
