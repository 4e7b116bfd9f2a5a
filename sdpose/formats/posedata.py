"""POSEDATA, as kijai's WanAnimatePreprocess and Magos' nodes hand it on: one person per frame.

    {"pose_metas": [meta, ...],            # one per frame: what is drawn, and what Magos changes
     "pose_metas_original": [dict, ...],   # the same as it was estimated: x, y, score with coordinates from 0 to 1
     "retarget_image": None, "refer_pose_meta": None}

A meta is an object, or a dict where Magos finds no class for it, with `width`, `height` and in pixels of these
`kps_body` (20, 2), `kps_lhand` and `kps_rhand` (21, 2) and `kps_face` (69, 2); scores are beside them, under the same
name with `_p` behind. The dicts have `keypoints_body` (20, 3), `keypoints_left_hand` and so on instead.

The body is OpenPose's 18 and, for the left foot and then the right, the middle between the big toe and the small one:
both are read as that point. A face of 69 begins with the right heel, because the pack cuts COCO-WholeBody's list one
point too early; Magos' faces are the 68 without it, or 70 of which the last two are zeros or eyes. Left and right are
the person's own. A part may be missing or None, and so may a point, or its coordinates.

Read in WanAnimatePreprocess 1.0.2 and Magos 0.2.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BadKeypoints
from ..poses import FloatArray, Poses
from ..topology import Skeleton, get
from .canvas import pixels, size
from .values import rows, say

__all__ = ["PoseMeta", "fits", "read", "write"]

_TOES = (("left_big_toe", "left_small_toe"), ("right_big_toe", "right_small_toe"))
_HEEL = "right_heel"

# A meta's key -> the key in the dicts of what was estimated, the skeleton's part, and how many points it may have.
_PARTS = {
    "kps_body": ("keypoints_body", "body", (20, 18)),
    "kps_lhand": ("keypoints_left_hand", "left_hand", (21,)),
    "kps_rhand": ("keypoints_right_hand", "right_hand", (21,)),
    "kps_face": ("keypoints_face", "face", (69, 68, 70)),
}


@dataclass(eq=False)
class PoseMeta:
    """One frame's person: what the nodes that draw or retarget POSEDATA take from it, and no more.

    Attributes:
        width, height: the canvas in pixels.
        kps_body: (20, 2) pixels; `kps_lhand` and `kps_rhand` (21, 2), `kps_face` (69, 2) likewise.
        kps_body_p: (20,) raw scores; `kps_lhand_p`, `kps_rhand_p` and `kps_face_p` likewise.
    """

    width: int
    height: int
    kps_body: FloatArray
    kps_body_p: FloatArray
    kps_lhand: FloatArray
    kps_lhand_p: FloatArray
    kps_rhand: FloatArray
    kps_rhand_p: FloatArray
    kps_face: FloatArray
    kps_face_p: FloatArray


def fits(payload: Any) -> bool:
    """Whether a payload looks like POSEDATA."""
    return isinstance(payload, Mapping) and "pose_metas" in payload


# Reading.


def read(payload: Mapping[str, Any], canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """POSEDATA as poses, one person or nobody per frame.

    Args:
        payload: see the module.
        canvas_wh: width and height for frames that do not say theirs, in a payload that does not either.

    Returns:
        One Poses of OpenPose's 134 points per frame. A frame in which every point and score is zero has nobody.

    Raises:
        BadKeypoints: something else than that; the message names the frame and the field.
    """
    metas = payload.get("pose_metas") if isinstance(payload, Mapping) else None
    if not isinstance(metas, (list, tuple)):
        raise BadKeypoints(f"pose_metas: expected a list, one entry per frame; got {say(metas)}")
    return [_poses(meta, payload, canvas_wh, f"frame {i}") for i, meta in enumerate(metas)]


def _poses(meta: Any, payload: Mapping[str, Any], canvas_wh: tuple[int, int] | None, where: str) -> Poses:
    of = _getter(meta, where)
    in_pixels = of("kps_body") is not None
    if not in_pixels and of("keypoints_body") is None:
        raise BadKeypoints(f"{where}: expected an object or a dict with {', '.join(_PARTS)}; got {say(meta)}")
    sized = of if of("width") is not None or of("height") is not None else payload.get
    wh = size(sized, ("width", "height"), where, canvas_wh)
    skeleton = get("openpose134")
    table = np.zeros((len(skeleton), 3))
    for key, (estimated, part, counts) in _PARTS.items():
        found = _in_pixels(of, key, counts, where) if in_pixels else _in_shares(of, estimated, counts, wh, where)
        _place(found, part, table, skeleton)
    if not table.any():
        return Poses.empty(skeleton, wh)
    return Poses(table[None, :, :2], table[None, :, 2], skeleton, wh)


def _getter(meta: Any, where: str) -> Callable[[str], Any]:
    """What gives a dict's entries and an object's attributes alike; None for what it does not have."""

    def attribute(key: str) -> Any:
        try:
            return getattr(meta, key, None)
        except Exception as error:  # objects of other packs raise what they like
            raise BadKeypoints(f"{where}, {key}: the object does not give it ({error})") from error

    return meta.get if isinstance(meta, Mapping) else attribute


def _in_pixels(of: Callable[[str], Any], key: str, counts: Sequence[int], where: str) -> FloatArray:
    """(K, 3) x, y and score of a part; 1 is the score of points without one, and 0 of points that are None."""
    points, missing = rows(of(key), (2,), f"{where}, {key}")
    _check_count(points, counts, f"{where}, {key}")
    if of(key) is None or of(f"{key}_p") is None:
        return np.column_stack([points, ~missing])
    scores, unscored = rows(of(f"{key}_p"), (), f"{where}, {key}_p")
    if len(scores) == len(points) + 1 == 69:  # Magos takes the heel out of a face, but leaves its score
        scores, unscored = scores[1:], unscored[1:]
    if len(scores) != len(points):
        raise BadKeypoints(f"{where}, {key}_p: expected {len(points)}, one per point; got {len(scores)}")
    return np.column_stack([points, scores]) * ~(missing | unscored)[:, None]


def _in_shares(
    of: Callable[[str], Any], key: str, counts: Sequence[int], wh: tuple[int, int], where: str
) -> FloatArray:
    """(K, 3) x, y in pixels and score of a part whose coordinates go from 0 to 1."""
    table, _ = rows(of(key), (3,), f"{where}, {key}")
    _check_count(table, counts, f"{where}, {key}")
    table[:, :2] = pixels(table[:, :2], wh, f"{where}, {key}")
    return table


def _check_count(points: FloatArray, counts: Sequence[int], where: str) -> None:
    if len(points) not in (0, *counts):
        raise BadKeypoints(f"{where}: expected {' or '.join(map(str, counts))} points; got {len(points)}")


def _place(found: FloatArray, part: str, table: FloatArray, skeleton: Skeleton) -> None:
    """Put a part's points (K, 3) into the table of the whole skeleton."""
    places = list(skeleton.indices(part))
    if part == "face" and len(found) == len(places) + 1:
        table[skeleton.index(_HEEL)], found = found[0], found[1:]
    if part == "body" and len(found) > len(places):
        for toe, names in zip(found[len(places) :], _TOES, strict=True):
            table[[skeleton.index(name) for name in names]] = toe
    table[places[: len(found)]] = found[: len(places)]


# Writing.


def write(people: Iterable[Poses]) -> dict[str, Any]:
    """A clip as POSEDATA.

    Of the feet, it holds the middle of each foot's toes and the right heel; and no boxes or track ids. A toe that is
    absent does not count; a frame with nobody in it is all zeros.

    Args:
        people: one Poses per frame, in any skeleton.

    Raises:
        BadKeypoints: a frame has several people.
    """
    metas = [_meta(poses, f"frame {i}") for i, poses in enumerate(people)]
    estimated = [_estimated(meta) for meta in metas]
    return {"retarget_image": None, "pose_metas": metas, "refer_pose_meta": None, "pose_metas_original": estimated}


def _meta(poses: Poses, where: str) -> PoseMeta:
    if len(poses) > 1:
        raise BadKeypoints(
            f"{where}: POSEDATA holds one person per frame, got {len(poses)}; choose one, as Select People does"
        )
    whole = poses.to(get("openpose134"))
    table = np.zeros((len(whole.skeleton), 3))
    for person in whole:
        table = np.column_stack([person.points[0], person.scores[0]])
    rows = {key: table[list(whole.skeleton.indices(part))] for key, (_, part, _) in _PARTS.items()}
    toes = [_middle(table[[whole.skeleton.index(name) for name in names]]) for names in _TOES]
    rows["kps_body"] = np.vstack([rows["kps_body"], *toes])
    rows["kps_face"] = np.vstack([table[whole.skeleton.index(_HEEL)], rows["kps_face"]])
    fields: dict[str, Any] = dict(zip(("width", "height"), poses.canvas_wh, strict=True))
    for key, part in rows.items():
        fields |= {key: part[:, :2].copy(), f"{key}_p": part[:, 2].copy()}
    return PoseMeta(**fields)


def _middle(toes: FloatArray) -> FloatArray:
    """(3,) x, y, score midway between those of two toes that are there, or else both."""
    there = toes[:, 2] > 0
    middle: FloatArray = toes[there if there.any() else slice(None)].mean(axis=0)
    return middle


def _estimated(meta: PoseMeta) -> dict[str, Any]:
    """A meta as the dict of what was estimated."""
    wh = meta.width, meta.height
    parts = {
        estimated: np.column_stack([getattr(meta, key) / wh, getattr(meta, f"{key}_p")])
        for key, (estimated, *_) in _PARTS.items()
    }
    return {"width": meta.width, "height": meta.height, **parts}
