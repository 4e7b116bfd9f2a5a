"""COCO's 17 keypoints as PoseTrack's. The other way round is `Poses.to`: eyes and ears come out absent."""

from __future__ import annotations

from ...errors import BadKeypoints
from ...poses import Poses
from ...topology import get

__all__ = ["EXTRAPOLATED", "from_coco"]

EXTRAPOLATED = ("neck", "head_top")
"""What COCO does not have, and `from_coco` works out: a guess, not something that a model found."""


def from_coco(poses: Poses, skeleton: str = "posetrack17") -> Poses:
    """Poses with COCO's keypoints, such as an SDPose body model finds, in one of PoseTrack's skeletons.

    Nose and limbs are copied. The neck lies midway between the shoulders, and the head's top as far beyond the nose as
    the nose is from the neck; both take the mean score of the shoulders (DCPose's rule). A neck without both
    shoulders, and a top without these and the nose, are absent. COCO's eyes and ears have no place: PoseTrack's
    ears are placeholders that are never scored.

    Args:
        poses: of a skeleton with nose and shoulders, and without a neck or a head's top.
        skeleton: "posetrack17" or "posetrack15".

    Raises:
        BadKeypoints: the poses have a neck or a head's top of their own, or no shoulders.
    """
    if any(name in poses.skeleton for name in EXTRAPOLATED) or "left_shoulder" not in poses.skeleton:
        raise BadKeypoints(f"expected COCO's keypoints; got {poses.skeleton.name}, for which Poses.to is right")
    target = get(skeleton)
    copied = poses.to(target)
    points, scores = copied.points.copy(), copied.scores.copy()
    ears = [target.index(name) for name in ("left_ear", "right_ear") if name in target]
    points[:, ears], scores[:, ears] = 0, 0
    neck, top = (target.index(name) for name in EXTRAPOLATED)
    nose, left, right = (target.index(name) for name in ("nose", "left_shoulder", "right_shoulder"))
    shoulders = (scores[:, left] > 0) & (scores[:, right] > 0)
    crowned = shoulders & (scores[:, nose] > 0)
    mean = scores[:, [left, right]].mean(axis=1)
    middle = points[:, [left, right]].mean(axis=1)
    points[:, neck], scores[:, neck] = middle * shoulders[:, None], mean * shoulders
    points[:, top], scores[:, top] = (2 * points[:, nose] - middle) * crowned[:, None], mean * crowned
    return copied.replace(points=points, scores=scores)
