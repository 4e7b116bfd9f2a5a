"""The people of a frame as regions see them: by the names of the keypoints that are seen, and by who they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..boxes import around
from ..errors import BadKeypoints
from ..evaluation.pck import torso_sizes
from ..poses import FloatArray, Poses
from ..topology import get

__all__ = ["Person", "identities", "people"]

_FAR = 2.0**20
"""A keypoint so many pixels away is a fault, not a pose; OpenCV fills in 32-bit fixed point."""

_HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
# The head's keypoints by the landmarks that lie there (Sagonas et al., ICCVW 2013), for poses with a face only.
_AS_LANDMARKS = {
    "nose": ("face-30",),
    "right_eye": tuple(f"face-{i}" for i in range(36, 42)),
    "left_eye": tuple(f"face-{i}" for i in range(42, 48)),
}


@dataclass(frozen=True)
class Person:
    """One person of one frame.

    Attributes:
        seen: keypoint -> point (2,) in pixels, those with a score above 0 and not under the threshold; named as in
            the whole-body OpenPose skeleton, and `head_top`.
        torso: length of the torso in pixels, as PCK measures it; 0 when fewer than two points are seen.
        eyes: whether the skeleton has eyes at all.
    """

    seen: Mapping[str, FloatArray]
    torso: float
    eyes: bool

    def points(self, names: Iterable[str]) -> FloatArray:
        """(M, 2): those of the named keypoints that are seen, in order."""
        found = [self.seen[name] for name in names if name in self.seen]
        return np.reshape(np.array(found, np.float64), (len(found), 2))


def people(poses: Poses, threshold: float) -> list[Person]:
    """Everybody in a frame, in order.

    Args:
        poses: in any skeleton.
        threshold: keypoints with a lower score are not seen; nor are those with a score of 0 or less.
    """
    whole = poses.to(get("openpose134"))
    names, points, scores = list(whole.skeleton.keypoints), whole.points, whole.scores
    if "head_top" in poses.skeleton:
        top = poses.skeleton.index("head_top")
        names.append("head_top")
        points = np.concatenate([points, poses.points[:, top : top + 1]], axis=1)
        scores = np.concatenate([scores, poses.scores[:, top : top + 1]], axis=1)
    seen = np.asarray((scores > 0) & (scores >= threshold) & (np.abs(points) < _FAR).all(axis=2), np.bool_)
    head = [whole.skeleton.index(name) for name in _HEAD]
    torsos = torso_sizes(points, seen, around(points, seen), whole.skeleton)
    found = []
    for n, torso in enumerate(torsos.tolist()):
        named = {name: points[n, k] for k, name in enumerate(names) if seen[n, k]}
        if (whole.scores[n, head] <= 0).all():
            named |= _head_of_landmarks(named)
        found.append(Person(named, torso, eyes="left_eye" in poses.skeleton))
    return found


def identities(frame: Poses, index: int) -> list[int]:
    """The track ids of frame `index` of a clip; 0 for a lone person without one.

    Raises:
        BadKeypoints: there are several people and no track ids, or one id twice.
    """
    if frame.track_ids is None:
        if len(frame) > 1:
            raise BadKeypoints(
                f"frame {index} has {len(frame)} people and no track ids: track the people first, so that each "
                "region stays the same person's"
            )
        return [0] * len(frame)
    ids = [int(who) for who in frame.track_ids]
    if not frame.numbered:
        raise BadKeypoints(f"track ids of one frame must differ; frame {index} has {ids}: track the people again")
    return ids


def _head_of_landmarks(seen: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Nose and eyes (2,) from the landmarks of a face whose person has no keypoints of the head."""
    return {
        name: np.mean([seen[mark] for mark in marks], axis=0)
        for name, marks in _AS_LANDMARKS.items()
        if all(mark in seen for mark in marks)
    }
