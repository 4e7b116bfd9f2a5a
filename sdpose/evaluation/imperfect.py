"""What a mediocre detector and pose model would find in a drawn film: the truth, with mistakes of known size.

Their sizes are in torso lengths, as PCK measures them, and do not depend on how large people are in the picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..boxes import clip_boxes
from ..errors import BadOption
from ..poses import FloatArray, Poses
from .pck import torso_sizes

if TYPE_CHECKING:
    from ..synthetic.footage import Footage

__all__ = ["Mistakes", "imperfect", "in_picture"]

UNSEEN = 0.9
"""People of whose labelled keypoints others and things hide so much are not found."""


@dataclass(frozen=True)
class Mistakes:
    """How wrong it is.

    Attributes:
        noise: deviation of every coordinate of keypoints and boxes, torso lengths.
        lost: the share of the keypoints that are not found: they lie far off, with a low score.
        wrong: the share of the keypoints that are found in a wrong place, with a good score.

    Keypoints that are not labelled, outside the picture or on the far side of a head, are guessed: with a low score,
    and `GUESSED` times the noise.

    Raises:
        BadOption: a negative deviation, or shares outside 0..1.
    """

    noise: float = 0.02
    lost: float = 0.02
    wrong: float = 0.01

    def __post_init__(self) -> None:
        if not (0 <= self.noise < float("inf") and 0 <= self.lost <= 1 and 0 <= self.wrong <= 1 - self.lost):
            raise BadOption(f"expected noise >= 0 and shares lost and wrong of 0 to 1 in all, got {self}")


GUESSED = 5.0

_FAR, _OFF = (1.0, 3.0), (0.3, 1.0)  # torso lengths from the truth: of lost, and of wrong keypoints
_LOW = (0.05, 0.2)  # scores of lost keypoints
_SEEN, _HIDDEN, _VARYING = 0.9, 0.5, 0.04  # mean scores and their deviation


def in_picture(frame: Footage) -> Poses:
    """The true people of a frame, their boxes cut off where the picture ends."""
    poses = frame.poses
    return poses if poses.boxes is None else poses.replace(boxes=clip_boxes(poses.boxes, poses.canvas_wh))


def imperfect(film: Iterable[Footage], mistakes: Mistakes, seed: int) -> list[Poses]:
    """Everybody who can be found in each frame, in any order and without track ids.

    Args:
        film: its frames.
        mistakes: how wrong keypoints and boxes are.
        seed: of the mistakes; they do not depend on anything but it and the film.
    """
    rng = np.random.default_rng([0x6D6973, seed])
    return [_found(frame, mistakes, rng) for frame in film]


def _found(frame: Footage, mistakes: Mistakes, rng: np.random.Generator) -> Poses:
    truth = in_picture(frame)
    labelled = truth.scores > 0
    boxes = np.zeros((len(truth), 4)) if truth.boxes is None else truth.boxes
    torsos = torso_sizes(truth.points, labelled, boxes, truth.skeleton)
    points, scores = _keypoints(frame, torsos, mistakes, rng)
    boxes = boxes + rng.normal(0.0, mistakes.noise, boxes.shape) * torsos[:, None]
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1.0)
    found = truth.replace(
        points=points, scores=scores, boxes=boxes, box_scores=rng.uniform(0.6, 1.0, len(truth)), track_ids=None
    )
    return found[rng.permutation(np.flatnonzero(frame.covered < UNSEEN))]


def _keypoints(
    frame: Footage, torsos: FloatArray, mistakes: Mistakes, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Points (N, K, 2) and scores (N, K) as they are found."""
    truth, guessed = frame.poses.points, frame.visibility == 0
    shape = guessed.shape
    chance, angle, share = rng.random(shape), rng.uniform(0, 2 * np.pi, shape), rng.random(shape)
    lost, wrong = chance < mistakes.lost, chance >= 1.0 - mistakes.wrong
    near, far = (np.where(lost, _FAR[k], _OFF[k]) for k in (0, 1))
    away = np.where(lost | wrong, near + share * (far - near), 0.0)
    ways = np.stack((np.cos(angle), np.sin(angle)), axis=-1) * away[..., None]
    spread = mistakes.noise * np.where(guessed, GUESSED, 1.0)[..., None]
    points = truth + (rng.normal(0.0, 1.0, truth.shape) * spread + ways) * torsos[:, None, None]
    good = np.where(frame.visibility == 2, _SEEN, _HIDDEN) + rng.normal(0.0, _VARYING, shape)
    return points, np.where(lost | guessed, rng.uniform(*_LOW, shape), np.clip(good, 0.3, 1.0))
