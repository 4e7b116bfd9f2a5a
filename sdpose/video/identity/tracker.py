"""Who is who in a clip: tracklets of a library, linked again by pose, place and colour."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from ...errors import BadImage, BadOption
from ...poses import IntArray, Poses
from ...topdown import paired
from ...topology import Skeleton
from ..places import tracked
from .cast import MEMORY_SECONDS, Cast
from .person import Person
from .sightings import body_boxes, sightings

__all__ = ["LOOK_AHEAD", "PeopleTracker", "track"]

LOOK_AHEAD = 8
"""Frames that are held back, so that who newcomers are, and who was who in a crossing, is told by what follows."""


@dataclass
class _Held:
    """A frame that is held back, and who its people are taken for."""

    poses: Poses
    people: list[Person]


class PeopleTracker:
    """Gives the people of a clip their identities, frame by frame.

    Within a shot a person keeps its id through crossings and absences; nobody in one shot is taken for anybody in
    another. Ids count up from 0 in the order in which people appear, those of one frame from left to right. Nobody is
    dropped and nobody added: everyone who comes gets an id, and the ids that came are not looked at.

    A tracker library follows boxes. Where people overlap, or are missed, that swaps them; so what goes on with whom is
    the best assignment of everybody, by the boxes, by OKS to the pose that each person's own motion predicts, and by
    colours. Keypoints count as much as they predicted well lately, so that poor ones do no harm. Frames are held back
    for a while: whoever appears is compared with those who were lost, and people who parted after an overlap with
    their colours from before.

        tracker = PeopleTracker()
        for frame, poses in zip(frames, estimated):
            for tracked in tracker.add(poses, frame):
                ...
        rest = tracker.finish()

    Memory does not grow with the length of the clip: who is lost for `MEMORY_SECONDS` is forgotten.

    Args:
        fps: frames a second.
        before: the tracked frames of the piece of the clip that came before, or the last seconds of them: their
            identities go on. Ids above the highest among them are new.

    Raises:
        BadOption: fps is not above 0.
        BadKeypoints: the frames before have no track ids, or one twice in a frame.
        MissingDependency: the tracker library is not installed.
    """

    def __init__(self, *, fps: float = 24.0, before: Sequence[Poses] = ()) -> None:
        if not 0 < fps < math.inf:
            raise BadOption(f"fps is the number of frames a second, above 0; got {fps!r}")
        self._cast = Cast(fps)
        self._held: deque[_Held] = deque()
        self._view: tuple[Skeleton, tuple[int, int]] | None = None
        self._t = self._next = 0
        self._resume(before, max(1, round(MEMORY_SECONDS * fps)))

    def add(self, poses: Poses, frame: Any = None, cut: bool = False) -> list[Poses]:
        """Take the next frame.

        Args:
            poses: its people, in any order; boxes, if they have any, are used, else made from the keypoints.
            frame: the picture, uint8 (h, w, 3), if colours are to help; it is not kept.
            cut: it begins a new shot.

        Returns:
            The frames that are final now, in order, with `track_ids`, people sorted by them.

        Raises:
            BadImage: the frame is not such a picture.
        """
        final = self.finish() if cut else []
        poses = poses[_in_order(poses)]
        skeleton, canvas_wh = self._seen_on(poses)
        people = self._cast.enter(self._t, sightings(poses, skeleton, canvas_wh, frame), skeleton)
        self._held.append(_Held(poses, people))
        self._t += 1
        self._decide(self._t - LOOK_AHEAD)
        while len(self._held) > LOOK_AHEAD:
            final.append(self._released())
        return final

    def finish(self) -> list[Poses]:
        """The frames that are still held back. A frame added afterwards begins a new shot."""
        self._decide(self._t)
        final = [self._released() for _ in range(len(self._held))]
        self._cast.cut()
        return final

    def _seen_on(self, poses: Poses) -> tuple[Skeleton, tuple[int, int]]:
        """In what all frames are compared: the skeleton and canvas of the first one."""
        self._view = self._view or (poses.skeleton, poses.canvas_wh)
        return self._view

    def _decide(self, ripe: int) -> None:
        """Relabel held frames as far as it turns out who is who; newcomers of before frame `ripe` are decided on."""
        oldest = self._t - len(self._held)
        for change in self._cast.decide(self._t - 1, oldest, ripe):
            for held in list(self._held)[max(0, change.since - oldest) :]:
                held.people = [change.people.get(person, person) for person in held.people]

    def _released(self) -> Poses:
        """The oldest held frame, with its ids."""
        held = self._held.popleft()
        for person in held.people:
            if person.number is None:
                person.number, self._next = self._next, self._next + 1
        return _numbered(held.poses, np.array([person.number for person in held.people], np.int64))

    def _resume(self, before: Sequence[Poses], reach: int) -> None:
        for index, poses in enumerate(tracked(before)):
            numbers = poses.ids.tolist()
            strangers = bool(numbers) and min(numbers) >= self._next
            self._next = max([self._next, *(number + 1 for number in numbers)])
            if index < len(before) - reach:
                continue
            if strangers:
                self._cast.cut()  # Nobody of before is in it: another shot.
            skeleton, canvas_wh = self._seen_on(poses)
            self._cast.resume(self._t, sightings(poses, skeleton, canvas_wh), numbers)
            self._t += 1


def track(
    clip: Sequence[Poses],
    *,
    frames: Iterable[Any] | None = None,
    cuts: Container[int] = (),
    fps: float = 24.0,
    before: Sequence[Poses] = (),
) -> list[Poses]:
    """Track ids for a whole clip; as `PeopleTracker` does it frame by frame.

    Args:
        clip: the people of each frame.
        frames: as many pictures, uint8 (h, w, 3), if colours are to help.
        cuts: indices of the frames that begin a new shot.
        fps: frames a second.
        before: the tracked frames that came before the clip.

    Returns:
        One `Poses` per frame with `track_ids`, people sorted by them.

    Raises:
        BadImage: a frame is not such a picture, or there are more or fewer of them.
        BadOption: fps is not above 0.
        BadKeypoints: the frames before have no track ids, or one twice in a frame.
        MissingDependency: the tracker library is not installed.
    """
    tracker = PeopleTracker(fps=fps, before=before)
    found: list[Poses] = []
    pictures = repeat(None, len(clip)) if frames is None else frames
    for index, (poses, frame) in enumerate(paired(clip, pictures, "frames", BadImage)):
        found += tracker.add(poses, frame, cut=index in cuts)
    return [*found, *tracker.finish()]


def _in_order(poses: Poses) -> list[int]:
    """The people from left to right, so that the order they came in does not matter."""
    keys = np.column_stack([body_boxes(poses), poses.points[..., 0], poses.points[..., 1], poses.scores])
    return [int(row) for row in np.lexsort(keys.T[::-1])]


def _numbered(poses: Poses, numbers: IntArray) -> Poses:
    """The people with their ids, sorted by them."""
    order = np.argsort(numbers)
    return poses[order].replace(track_ids=numbers[order])
