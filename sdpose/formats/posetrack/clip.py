"""A clip of PoseTrack: its frames, with the people in them and what the files say beside their poses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import BadKeypoints
from ...poses import FloatArray, Poses

__all__ = ["UNSCORED", "Clip", "Frame", "file_names", "our_names"]

UNSCORED = -9999.0
"""The score PoseTrack's tool takes for a keypoint without one."""

# Our keypoint -> what the files call it; the others have the same name.
_SPELLINGS = {"neck": "head_bottom"}


@dataclass(frozen=True)
class Frame:
    """One frame and its N people with K keypoints.

    Attributes:
        file_name: the picture, as the file has it.
        poses: 15 keypoints (2017) or 17 (2018, 2021), with track ids if everybody has one. Scores are those of the
            file; a keypoint given without one has 1, an absent one 0 and lies at (0, 0). Boxes are those of the file,
            and for somebody without one reach 15 % beyond the given keypoints at each side (else, are the head's box).
        given: (N, K) which keypoints the file gives.
        visible: (N, K) which of these it does not flag as hidden.
        scored: (N, K) which of these it gives a score.
        head_boxes: (N, 4) x1, y1, x2, y2 in pixels; NaN for somebody without.
        ignore_regions: (M, 2) corners of each region in which nothing counts.
        is_labelled: the file's flag; where it has none, whether it lists anybody.
        lists_people: whether the file lists anybody, if only without keypoints. PoseTrack scores these frames only.
        image_id: the file's number of the picture, or None.

    Raises:
        BadKeypoints: shapes disagree.
    """

    file_name: str
    poses: Poses
    given: npt.NDArray[np.bool_]
    visible: npt.NDArray[np.bool_]
    scored: npt.NDArray[np.bool_]
    head_boxes: FloatArray
    ignore_regions: tuple[FloatArray, ...] = ()
    is_labelled: bool = True
    lists_people: bool = True
    image_id: int | None = None

    def __post_init__(self) -> None:
        shapes = dict.fromkeys(("given", "visible", "scored"), self.poses.scores.shape)
        for name, shape in {**shapes, "head_boxes": (len(self.poses), 4)}.items():
            if getattr(self, name).shape != shape:
                raise BadKeypoints(f"{name} must have shape {shape}, got {getattr(self, name).shape}")

    @classmethod
    def found(cls, file_name: str, poses: Poses, image_id: int | None = None) -> Frame:
        """A frame of results: keypoints with a score above 0 are given, all with their scores."""
        given = poses.scores > 0
        heads = np.full((len(poses), 4), np.nan)
        return cls(file_name, poses, given, given, given, heads, lists_people=len(poses) > 0, image_id=image_id)


@dataclass(frozen=True)
class Clip:
    """The frames of one file, in order.

    Attributes:
        frames: at least one.
        extrapolated: the keypoints that no model found, but that were worked out from others.
    """

    frames: tuple[Frame, ...]
    extrapolated: tuple[str, ...] = ()


def file_names(keypoints: Iterable[str]) -> list[str]:
    """What PoseTrack's files call our keypoints."""
    return [_SPELLINGS.get(name, name) for name in keypoints]


def our_names(keypoints: Iterable[str]) -> list[str]:
    """What we call the files' keypoints."""
    known = {theirs: ours for ours, theirs in _SPELLINGS.items()}
    return [known.get(name, name) for name in keypoints]
