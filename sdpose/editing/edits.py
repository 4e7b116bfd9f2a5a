"""Edited frames, in the dialect of whatever edited them: what they say, and what they would say if nobody had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import Undecided
from ..formats import dialects, openpose, profile_of, read, write
from ..formats.dialects import unpacked
from ..formats.openpose.units import MARK, Units
from ..poses import Poses

__all__ = ["Edit", "edits_in", "ids_in", "read_clip", "units_in"]

_OF_FRAMES = ("openpose", "normalised")
"""The dialects of OpenPose frames."""

_Through = Callable[[Poses], Poses]


@dataclass(frozen=True)
class Edit:
    """One edited frame.

    Attributes:
        poses: (N, K) what it says.
        ids: the track id of each of its people, None of those without.
        through: somebody, alone -> what the frame's dialect holds of them, in its skeleton and on their canvas.
    """

    poses: Poses
    ids: list[int | None]
    through: _Through

    def given(self, was: Poses) -> tuple[Poses, npt.NDArray[np.bool_]]:
        """What the editor was given.

        Args:
            was: (M,) the frame before it was edited.

        Returns:
            (M, K) its people, as the dialect of the edited frame holds them; and (K,) what that holds of anybody.
        """
        skeleton, count = self.poses.skeleton, len(was.skeleton)
        diagonal = np.linspace(0.1, 0.9, count)[:, None] * was.canvas_wh
        anybody = Poses(diagonal[None], np.ones((1, count)), was.skeleton, was.canvas_wh)
        plain = was.replace(boxes=None, box_scores=None, track_ids=None)
        found = [self._held(person) for person in (*plain, anybody)]
        points, scores = (np.concatenate([getattr(poses, name) for poses in found]) for name in ("points", "scores"))
        return Poses(points[:-1], scores[:-1], skeleton, was.canvas_wh), scores[-1] > 0

    def _held(self, person: Poses) -> Poses:
        found = self.through(person).to(self.poses.skeleton)
        if len(found) == 1:
            return found
        nothing = np.zeros((1, len(found.skeleton)))  # a dialect may have no place for somebody without points
        return Poses(np.zeros((*nothing.shape, 2)), nothing, found.skeleton, person.canvas_wh)


def read_clip(found: Any, dialect: str, canvas_wh: tuple[int, int] | None) -> list[Poses]:
    """A clip that is to be edited; where it may be read in two ways, in that dialect.

    Raises:
        BadKeypoints: see `formats.read`.
        BadOption: there is no such dialect.
    """
    try:
        return read(found, canvas_wh=canvas_wh)
    except Undecided as error:
        if error.option != "dialect" or dialect == "auto":
            raise
        return read(found, dialect, canvas_wh)


def units_in(found: Any, dialect: str) -> list[Units]:
    """The units of each OpenPose frame of a clip that can be read; in that dialect where frames may be in both."""
    frames = openpose.frames_in(found) or ()
    told = _told([frame for frame in frames if frame.get(MARK) is None]) or dialect
    return ["shares" if (frame.get(MARK) or told) == "normalised" else "pixels" for frame in frames]


def edits_in(payload: Any, was: Any, units: Units | None, dialect: str, canvas_wh: tuple[int, int]) -> list[Edit]:
    """The edited frames of one payload.

    Args:
        payload: the edited frames, in any dialect.
        was: the frame that the first of them replaces.
        units: of that, if it is of OpenPose's.
        dialect: of the edited frames, where they may be read in two ways; see `_dialect`.
        canvas_wh: of edited frames that do not say it.

    Raises:
        BadKeypoints: see `formats.read`.
        BadOption: there is no such dialect.
    """
    found = unpacked(payload)
    if not openpose.fits(found):
        named = "auto" if dialect in _OF_FRAMES else dialect
        profile = profile_of(found) if named == "auto" else named

        def through(person: Poses) -> Poses:
            numbered = person.replace(track_ids=np.zeros(1, np.int64))  # PoseTrack holds nobody without an id
            return read(write([numbered], profile, threshold=0.0), named, person.canvas_wh)[0]

        return [Edit(poses, _ids(poses), through) for poses in read(found, named, canvas_wh)]
    read_as = _dialect(found, was, units, dialect)
    frames = openpose.frames_in(found) or ()
    clips = zip(read(found, read_as, canvas_wh), frames, strict=True)
    return [Edit(poses, openpose.track_ids_in(frame), _through_frame(frame)) for poses, frame in clips]


def _through_frame(frame: Mapping[str, Any]) -> _Through:
    """What a frame that is written as this one, with the same lists, holds of somebody."""
    plain = openpose.Variant("", ("canvas_width", "canvas_height", "people"), {})
    variant = openpose.traits_of([frame], plain)

    def through(person: Poses) -> Poses:
        return openpose.from_frames(openpose.write_frames([person], replace(variant, extras=False)))[0]

    return through


def _dialect(found: Any, was: Any, units: Units | None, dialect: str) -> str:
    """The dialect of edited OpenPose frames: as they tell, and where they may mean two things, as is said.

    Where nothing is said either, they are in the units of the clip; and so are frames that fit one pixel, if that which
    they replace does.
    """
    if dialect not in ("auto", *_OF_FRAMES):
        return dialect
    seen = _told(found)
    if dialect != "auto":
        return "openpose" if seen == "openpose" else dialect
    if seen is None and units:
        return "normalised" if units == "shares" else "openpose"
    unsaid = {key: value for key, value in was.items() if key != MARK} if units == "pixels" else {}
    if seen == "normalised" and unsaid and _told([unsaid]) != "openpose":
        return "openpose"
    return seen or dialect


def _told(found: Any) -> str | None:
    """The dialect of OpenPose frames, None where it may be one of two."""
    try:
        return dialects.recognise(found)
    except Undecided:
        return None


def ids_in(frame: Any, poses: Poses) -> list[int | None]:
    """The track id of everybody in a frame of a clip, as it stands there and as it was read; None of those without."""
    return openpose.track_ids_in(frame) if openpose.fits(frame) else _ids(poses)


def _ids(poses: Poses) -> list[int | None]:
    return [None] * len(poses) if poses.track_ids is None else [*poses.track_ids.tolist()]
