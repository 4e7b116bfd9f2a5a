"""Scores on drawn film that no model was trained on: accuracy, also of what is hidden or blurred, and jitter.

The films are of the "test" split, which training never draws from. Boxes and track ids are the true ones, for every
model alike, so the scores are the pose model's alone. Accuracy is PoseTrack's mAP (PCKh@0.5) over the 13 joints that
COCO and PoseTrack share; PoseTrack's two others, neck and head top, a COCO model can only extrapolate, so they are
left out. Labelled keypoints count also where they are hidden.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import BadKeypoints, BadOption
from ..poses import FloatArray, Poses
from ..topology import COCO17
from .estimates import Estimate
from .motion import Motion, jitter, motion
from .posetrack import JudgedFrame, average_precision, head_sizes

if TYPE_CHECKING:
    from ..synthetic.footage import Footage

__all__ = ["JOINTS", "evaluate_drawn_video"]

JOINTS = (
    "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
    "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""The joints that are scored."""

FPS = 24.0
"""Of the films, frames a second."""

Mask = npt.NDArray[np.bool_]

_SCORED = np.array([name in JOINTS for name in COCO17.keypoints])


def evaluate_drawn_video(
    estimate: Estimate,
    seed_base: int,
    clips: int,
    *,
    frames: int = 48,
    size_wh: tuple[int, int] = (512, 512),
    progress: bool = False,
    watch: Callable[[Sequence[Footage], Sequence[Poses]], None] | None = None,
) -> dict[str, Any]:
    """Draw `clips` films, find everybody's pose in every frame, and score it.

    Args:
        estimate: what finds poses.
        seed_base: the films are numbers seed_base, seed_base + 1, ...
        clips: how many films.
        frames: of each film.
        size_wh: their size in pixels.
        progress: show a progress bar.
        watch: is shown each film with what was found in it.

    Returns:
        `map` and, by name, `ap` of each joint; `map_plain` and `map_hard` over the (frame, person) pairs that are
        neither occluded nor blurred, or are; `map_occluded` and `map_blurred`; all 0 to 1, None where nothing is
        labelled. `accel`, the mean error of the acceleration, and `jerk`, as `jitter` says. `people` and
        `people_hard`, `people_occluded`, `people_blurred` count pairs. `clips`, `frames`, `seed_base`, `size`;
        `seconds_per_frame` of `estimate` alone.

    Raises:
        BadOption: `clips` or `frames` is below 1, or `seed_base` negative.
        BadKeypoints: `estimate` does not answer with as many frames and people as it was given.
    """
    from tqdm import tqdm

    from ..synthetic.footage import footage

    if clips < 1 or frames < 1 or seed_base < 0:
        raise BadOption(
            "expected clips >= 1, frames >= 1 and seed_base >= 0; "
            f"got clips={clips}, frames={frames}, seed_base={seed_base}"
        )
    tally = _Tally()
    for seed in tqdm(range(seed_base, seed_base + clips), disable=not progress, unit="film"):
        film = list(footage(seed, frames, size_wh, split="test", fps=FPS))
        found = tally.add(film, estimate)
        if watch is not None:
            watch(film, found)
    counts = {"seed_base": seed_base, "clips": clips, "frames": frames, "size": list(size_wh)}
    return {**tally.scores(), **counts, "seconds_per_frame": tally.seconds / (clips * frames)}


class _Tally:
    """What all films so far add up to."""

    def __init__(self) -> None:
        self.judged: list[JudgedFrame] = []
        self.occluded: list[Mask] = []
        self.blurred: list[Mask] = []
        self.motions: list[Motion] = []
        self.seconds = 0.0

    def add(self, film: Sequence[Footage], estimate: Estimate) -> list[Poses]:
        """Estimates and judges one film; returns what was found."""
        truth = [frame.poses for frame in film]
        cuts = [index for index, frame in enumerate(film) if frame.cut]
        start = time.perf_counter()
        found = list(estimate([frame.image for frame in film], truth, cuts))
        self.seconds += time.perf_counter() - start
        _check(found, truth)
        found = [_joints(poses) for poses in found]
        self.motions.append(motion(found, cuts, [_joints(poses) for poses in truth]))
        for frame, poses in zip(film, found, strict=True):
            self.judged.append(_judged(frame, poses))
            self.occluded.append(frame.occluded)
            self.blurred.append(frame.blurred)
        return found

    def scores(self) -> dict[str, Any]:
        """All measures; see `evaluate_drawn_video`."""
        hard = [occluded | blurred for occluded, blurred in zip(self.occluded, self.blurred, strict=True)]
        parts = {
            "plain": [~mask for mask in hard],
            "hard": hard,
            "occluded": self.occluded,
            "blurred": self.blurred,
        }
        everything = average_precision(self.judged)
        result: dict[str, Any] = {"map": _mean(everything)}
        for name, masks in parts.items():
            chosen = [_only(frame, mask) for frame, mask in zip(self.judged, masks, strict=True)]
            result[f"map_{name}"] = _mean(average_precision(chosen))
        result["ap"] = {
            joint: None if np.isnan(ap) else float(ap) for joint, ap in zip(JOINTS, everything, strict=True)
        }
        result["people"] = sum(len(frame.points) for frame in self.judged)
        return {
            **result,
            **{f"people_{name}": int(sum(mask.sum() for mask in masks)) for name, masks in parts.items()},
            **jitter(self.motions, FPS),
        }


def _check(found: Sequence[Poses], truth: Sequence[Poses]) -> None:
    """Raises BadKeypoints unless both have the same people in every frame."""
    if len(found) != len(truth):
        raise BadKeypoints(f"expected poses of {len(truth)} frames, got {len(found)}; answer with one per frame")
    for index, (poses, frame) in enumerate(zip(found, truth, strict=True)):
        expected, came = (None if ids is None else ids.tolist() for ids in (frame.track_ids, poses.track_ids))
        if came != expected:
            raise BadKeypoints(
                f"expected the people {expected} in frame {index}, got {came}; "
                "keep the people, their order and their track ids"
            )


def _joints(poses: Poses) -> Poses:
    """The keypoints that are scored: of all others the scores become 0."""
    body = poses.to(COCO17)
    return body.replace(scores=np.where(_SCORED, body.scores, 0.0))


def _judged(frame: Footage, found: Poses) -> JudgedFrame:
    """One frame for PoseTrack's average precision, on the joints that are scored."""
    return JudgedFrame(
        points=frame.poses.points[:, _SCORED],
        present=frame.visibility[:, _SCORED] > 0,
        head_sizes=head_sizes(frame.head_boxes),
        track_ids=None,
        found=found.points[:, _SCORED],
        found_present=found.scores[:, _SCORED] > 0,
        scores=found.scores[:, _SCORED],
        found_track_ids=None,
    )


def _only(frame: JudgedFrame, people: Mask) -> JudgedFrame:
    """The frame with only some of its people; what was found belongs to the true person of the same row."""
    return JudgedFrame(
        points=frame.points[people],
        present=frame.present[people],
        head_sizes=frame.head_sizes[people],
        track_ids=None,
        found=frame.found[people],
        found_present=frame.found_present[people],
        scores=frame.scores[people],
        found_track_ids=None,
    )


def _mean(aps: FloatArray) -> float | None:
    """mAP: the mean over joints that are annotated somewhere."""
    known = aps[np.isfinite(aps)]
    return float(known.mean()) if known.size else None
