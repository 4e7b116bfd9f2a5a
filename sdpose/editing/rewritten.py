"""Frames of a clip written anew as the others of the clip are, with whatever else stood in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import Undecided
from ..formats import PROFILES, dwposes, openpose, posedata, profile_of, write
from ..formats.openpose.reading import frames_in
from ..formats.openpose.traits import lists_in
from ..formats.openpose.units import Units
from ..poses import IntArray, Poses
from .retouched import NOBODY

__all__ = ["rewriter"]

_FRAME = ("version", "canvas_width", "canvas_height", "people")

_Rewrite = Callable[[Poses, Any, IntArray, "Units | None"], Any]


def rewriter(payload: Any) -> _Rewrite:
    """What writes frames as those of a clip are written.

    Args:
        payload: the clip, which can be read.

    Returns:
        A function of the people of a frame, that frame as it stands in the clip, whom of it the people are, and its
        units -> the frame anew, by itself as `frames_of` gives it.
    """
    if openpose.fits(payload):
        return _of_frames(payload)
    profile = profile_of(payload)
    no_less = None if PROFILES[profile].threshold is None else 0.0

    def rewritten(poses: Poses, was: Any, rows: IntArray, units: Units | None) -> Any:
        if profile == "dwposes":
            return dwposes.write([poses], swap_hands=bool(was.get("swap_hands")))
        frame = write([poses], profile, threshold=no_less)
        return _beside_metas(was, frame) if profile == "posedata" else frame

    return rewritten


def _of_frames(payload: Any) -> _Rewrite:
    frames = frames_in(payload) or ()
    try:
        like = openpose.variants()[profile_of(payload)]
    except Undecided:  # of which units are said
        like = openpose.variants()["core"]
    traits = openpose.traits_of(frames, like)
    lists = lists_in(person for frame in frames for person in frame["people"])

    def rewritten(poses: Poses, was: Any, rows: IntArray, units: Units | None) -> Any:
        keys = tuple(key for key in _FRAME if was.get(key) is not None)
        variant = replace(traits, frame=keys, units=units or traits.units)
        shown = poses if variant.scores == "raw" else poses.replace(scores=np.where(poses.scores > 0, 1.0, 0.0))
        (frame,) = frames_in(openpose.write_frames([shown], variant)) or ()
        pairs = zip(frame["people"], rows.tolist(), strict=True)
        people = [
            _asked(person, lists) if row == NOBODY else _beside(was["people"][row], _asked(person, was["people"][row]))
            for person, row in pairs
        ]
        return _beside(was, frame | {"people": people})

    return rewritten


def _asked(person: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Somebody without lists that are not known and hold nothing."""
    return {
        key: value
        for key, value in person.items()
        if key in known or "keypoints" not in key or _holds_points(key, value)
    }


def _holds_points(key: Any, value: Any) -> bool:
    return "keypoints" in str(key) and value is not None and bool(np.any(value))


def _beside(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """`now` in the order of `was`, and with what that has beside keypoints; lists of others stay only if empty."""
    kept = {key: now.get(key, value) for key, value in was.items() if key in now or not _holds_points(key, value)}
    return {**kept, **now}


def _beside_metas(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """A frame of POSEDATA with whatever else the objects and dicts of the old one have."""
    found = dict(now)
    for key, metas in now.items():
        if key in was and isinstance(was[key], Sequence) and isinstance(metas, list):
            found[key] = [_beside_meta(*pair) for pair in zip(was[key], metas, strict=False)]
    return found


def _beside_meta(was: Any, now: Any) -> Any:
    """A meta of the old one's kind, as far as that lets itself be copied and changed."""
    fields = now if isinstance(now, Mapping) else vars(now)
    if isinstance(was, Mapping):
        return {**was, **fields}
    try:
        found = copy(was)
        for name, value in fields.items():
            setattr(found, name, value)
    except Exception:  # noqa: BLE001 - objects of other packs raise what they like
        return now
    return found if isinstance(found, type(was)) and found is not was else posedata.PoseMeta(**fields)
