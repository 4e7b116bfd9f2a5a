"""The stage of the networks: frames become poses, of which those that a journal has are not estimated again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, tee
from typing import Any, NamedTuple

import numpy as np

from ...estimate import Estimator
from ...poses import FloatArray, Poses
from ..estimator import VideoEstimator
from ..identity import PeopleTracker, people_of_boxes
from .frames import Finder, Seen
from .journal import Entry

__all__ = ["Estimated", "each_frame", "over_time", "whole_frames"]

_DETECT_AT_ONCE = 8
"""Frames that a detector is given together."""


class Estimated(NamedTuple):
    """A frame with what is known of it."""

    frame: Seen
    entry: Entry


class _Located(NamedTuple):
    """A frame with the boxes (N, 4) of its people, and its entry if an earlier run left one."""

    frame: Seen
    found: FloatArray
    entry: Entry | None


def whole_frames(frames: Sequence[Seen]) -> list[FloatArray]:
    """A finder for which every frame is one person."""
    return [np.array([[0.0, 0.0, *frame.size_wh]]) for frame in frames]


def each_frame(
    estimator: Estimator, frames: Iterable[Seen], find: Finder, entries: Iterator[Entry]
) -> Iterator[Estimated]:
    """Poses that depend on one frame each.

    The frames go through the network in windows that begin at fixed places, whose batches are their own: so a run
    that goes on in the middle estimates in the same batches as one that was never stopped, and to the same bits.

    Args:
        estimator: finds poses in boxes.
        frames: from the first on.
        find: where the people are.
        entries: what a journal has, of the first frames.
    """
    for window in _groups(frames, max(_DETECT_AT_ONCE, estimator.batches.size)):
        known = list(islice(entries, len(window)))
        rest: Iterator[Entry] = iter(())
        if len(known) < len(window):
            boxes = [box for part in _groups(window, _DETECT_AT_ONCE) for box in find(part)]
            poses = estimator.stream((frame.image for frame in window), boxes)
            rest = (Entry(found, None) for found in islice(poses, len(known), None))
        for frame, entry in zip(window, chain(known, rest), strict=True):
            yield Estimated(frame, entry)


def over_time(
    estimator: VideoEstimator,
    start: Estimator | None,
    frames: Iterable[Seen],
    find: Finder,
    entries: Iterator[Entry],
    count: int,
    fps: float,
) -> Iterator[Estimated]:
    """Poses that depend on the frames around: boxes are tracked first, so that each window follows one person.

    Args:
        estimator: looks at several frames at once.
        start: estimates the poses that it starts from, if any.
        frames: from the first on.
        find: where the people are.
        entries: what a journal has, of the first frames.
        count: how many those are.
        fps: frames a second.
    """
    followed = _followed(_located(frames, find, entries), fps)
    # Frames from here on are looked at again, for the sake of those that come after the last that is known.
    window = _DETECT_AT_ONCE if start is None else max(_DETECT_AT_ONCE, start.batches.size)
    begin = max(0, count - 2 * estimator.delta) // window * window
    for located, _ in islice(followed, begin):
        assert located.entry is not None
        yield Estimated(located.frame, located.entry)
    # Each copy is used up at its own pace; one that nobody reads would keep all frames.
    shown, images, people, *beginning = tee(followed, 3 if start is None else 4)
    cuts: set[int] = set()
    poses = estimator.stream(
        _noting(cuts, (located.frame for located, _ in images)),
        (who for _, who in people),
        cuts,
        None if start is None else _starts(start, beginning[0], window),
    )
    for (located, _), fresh in zip(shown, poses, strict=True):
        yield Estimated(located.frame, located.entry or Entry(fresh, located.found))


def _located(frames: Iterable[Seen], find: Finder, entries: Iterator[Entry]) -> Iterator[_Located]:
    for part in _groups(frames, _DETECT_AT_ONCE):
        known: list[Entry | None] = list(islice(entries, len(part)))
        found = [entry.found for entry in known if entry is not None and entry.found is not None]
        if len(found) < len(part):
            found += [np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in find(part)[len(found) :]]
        known += [None] * (len(part) - len(known))
        yield from map(_Located, part, found, known)


def _followed(frames: Iterable[_Located], fps: float) -> Iterator[tuple[_Located, Poses]]:
    """Each frame with its people's boxes and track ids."""
    tracker = PeopleTracker(fps=fps)
    held: deque[_Located] = deque()
    for located in frames:
        held.append(located)
        frame = located.frame
        for people in tracker.add(people_of_boxes(located.found, frame.size_wh), frame.image, frame.cut):
            yield held.popleft(), people
    for people in tracker.finish():
        yield held.popleft(), people


def _noting(cuts: set[int], frames: Iterable[Seen]) -> Iterator[Any]:
    """The pictures; the places of those that begin a shot go into `cuts` before they are given out."""
    for place, frame in enumerate(frames):
        if frame.cut:
            cuts.add(place)
        yield frame.image


def _starts(start: Estimator, frames: Iterable[tuple[_Located, Poses]], window: int) -> Iterator[Poses]:
    """What another network finds in the boxes of each frame."""
    for group in _groups(frames, window):
        yield from start.stream((located.frame.image for located, _ in group), [people.boxes for _, people in group])


def _groups(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group
