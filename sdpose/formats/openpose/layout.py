"""Where OpenPose's lists hold which keypoints: the keys, and by how many points there are, their names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ...poses import Poses
from ...topology import Skeleton, get

__all__ = ["PARTS", "PUPILS", "key_of", "orders", "places", "whole"]

PARTS = {
    "pose_keypoints_2d": "body",
    "foot_keypoints_2d": "feet",
    "face_keypoints_2d": "face",
    "hand_right_keypoints_2d": "right_hand",
    "hand_left_keypoints_2d": "left_hand",
}
"""JSON key -> the part that it holds, in the order in which ComfyUI's core writes them."""

PUPILS = {"right_pupil": "right_eye", "left_pupil": "left_eye"}
"""The last two of a face's 70 points -> what stands there where a model does not look for pupils: the body's eyes."""


def whole() -> Skeleton:
    """The skeleton that has every keypoint which OpenPose's lists may hold."""
    return get("openpose137")


@cache
def orders(key: str) -> Mapping[int, tuple[str, ...]]:
    """How many points a list of that key may have -> their names, in order."""
    names = whole().parts[PARTS[key]]
    if key == "face_keypoints_2d":
        return {len(names): names, len(names) - len(PUPILS): tuple(name for name in names if name not in PUPILS)}
    if key == "pose_keypoints_2d":
        body, body25 = get("openpose18").keypoints, names + whole().parts["feet"]
        coco = get("coco17").keypoints  # OpenPose Studio's, for poses without a neck
        return {len(body): body, len(body25): body25, len(coco): coco}
    return {len(names): names}


def key_of(keypoint: str, person: Poses) -> str:
    """The key whose list holds a keypoint of somebody who was read; feet are behind the middle of the hips, if any."""
    skeleton = person.skeleton
    (part,) = (part for part, names in skeleton.parts.items() if keypoint in names)
    if part == "feet" and "mid_hip" in skeleton and person.points[:, skeleton.index("mid_hip")].any():
        part = "body"
    return next(key for key, held in PARTS.items() if held == part)


@cache
def places(key: str, count: int) -> tuple[int, ...]:
    """The positions in `whole` of the points of a list of that key and length."""
    return tuple(whole().index(name) for name in orders(key)[count])
