"""Which frames a payload holds: people's or animals', in pixels or shares, and in whose variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...poses import Poses
from . import layout, units
from .reading import frames_in, read_frames, read_quietly
from .traits import is_nested

__all__ = ["fits", "is_animals", "read", "read_any", "read_shares", "units_of", "variant_of"]

_ANY_WH = (1, 1)  # stands for a canvas whose size does not matter


def fits(payload: Any) -> bool:
    """Whether a payload is frames of people, or one such frame: the first entry tells. Never raises."""
    first = _first(payload)
    return first is not None and "people" in first


def is_animals(payload: Any) -> bool:
    """Whether a payload is frames of AP-10K's animals, as controlnet_aux writes them. Never raises."""
    first = _first(payload)
    return first is not None and "animals" in first and "people" not in first


def _first(payload: Any) -> Mapping[str, Any] | None:
    frames = frames_in(payload)
    return frames[0] if frames and isinstance(frames[0], Mapping) else None


def read(payload: Any, canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """Frames in pixels -> one Poses per frame; see `from_frames`.

    Args:
        payload: the frames, or one.
        canvas_wh: width and height in pixels, of frames that do not say it.

    Raises:
        BadKeypoints: see `from_frames`.
    """
    return read_frames(payload, canvas_wh)


def read_shares(payload: Any, canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """Frames in shares of their canvas -> one Poses per frame, in pixels; arguments and errors as for `read`."""
    clip = read_frames(payload, canvas_wh)
    return units.in_pixels(clip, ["shares"] * len(clip))


def read_any(payload: Any, canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """Frames in whichever units each is; arguments and errors as for `read`.

    Raises:
        BadKeypoints: also where the units are not said and cannot be told, see `units`.
    """
    clip = read_frames(payload, canvas_wh)
    return units.in_pixels(clip, units.units_in(clip, frames_in(payload) or ()))


def units_of(payload: Any) -> units.Units:
    """The units of frames, whatever their canvas: shares when every frame with somebody in it has these, else pixels.

    Raises:
        BadKeypoints: see `read_any`.
    """
    return _units(read_quietly(payload, _ANY_WH), frames_in(payload) or ())


def _units(clip: Sequence[Poses], frames: Sequence[Mapping[str, Any]]) -> units.Units:
    found = zip(clip, units.units_in(clip, frames), strict=True)
    return "shares" if {of for poses, of in found if len(poses)} == {"shares"} else "pixels"


def variant_of(payload: Any) -> str:
    """The variant that a payload of frames is written in, by the first of these that holds.

    - Nobody in any frame: OpenPose Studio's when it is one frame without a list, else core's.
    - Nested points, and one person per frame at most: Magos'. Pixels without a canvas: OpenPose's own files.
    - Shares of the canvas: controlnet_aux's OpenPose when it is plain, else normalised. (Plain is: scores of 0 and 1
      alone, and no list of feet.)
    - An empty list for a part: judian17's.
    - Plain: OpenPose Studio's when it is one frame without a list, else controlnet_aux's.
    - Null for a part: an editor's. No list of feet: SCAIL's. Else core's.

    Args:
        payload: frames that can be read.

    Raises:
        BadKeypoints: they cannot.
    """
    clip, frames = read_quietly(payload, _ANY_WH), frames_in(payload) or ()
    people = [person for frame in frames for person in frame["people"]]
    lists = [person[key] for person in people for key in layout.PARTS if key in person]
    has_feet = any("foot_keypoints_2d" in person for person in people)
    is_plain = not has_feet and all(np.isin(poses.scores, (0, 1)).all() for poses in clip)
    in_shares = _units(clip, frames) == "shares"
    is_bare = isinstance(payload, Mapping) and "people" in payload
    rules = {
        "magos": any(map(is_nested, lists)) and max(map(len, clip)) <= 1,
        "openpose_files": not in_shares and any(frame.get("canvas_width") is None for frame in frames),
        "aux_openpose": in_shares and is_plain,
        "normalised": in_shares,
        "judian17": any(points is not None and len(points) == 0 for points in lists),
        "studio": is_plain and is_bare,
        "aux": is_plain and len(people) > 0,
        "editor": any(points is None for points in lists),
        "scail": not has_feet and len(people) > 0,
        "core": True,
    }
    return next(name for name, holds in rules.items() if holds)
