"""Clips of poses whose motion is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sdpose.poses import FloatArray, Poses
from sdpose.topology import Skeleton, get

COCO17 = get("coco17")
TORSO = 40.0


def body(skeleton: Skeleton = COCO17, seed: int = 0) -> FloatArray:
    """(K, 2) keypoints of somebody about 100 pixels tall."""
    return np.random.default_rng(seed).uniform((60, 60), (110, 160), (len(skeleton), 2))


def clip(points: FloatArray, scores: FloatArray | None = None, **fields: Any) -> list[Poses]:
    """One person with id 7 from points (T, K, 2), with a box, in frames of 200 x 220 pixels."""
    scores = np.full(points.shape[:2], 0.9) if scores is None else scores
    skeleton = next(get(name) for name in ("coco17", "openpose134") if len(get(name)) == points.shape[1])
    return [
        Poses(
            frame[None],
            score[None],
            skeleton,
            (200, 220),
            boxes=np.concatenate((frame.min(axis=0), frame.max(axis=0)))[None],
            box_scores=np.array([0.8]),
            track_ids=np.array([7]),
        ).replace(**fields)
        for frame, score in zip(points, scores, strict=True)
    ]


def together(*clips: Sequence[Poses]) -> list[Poses]:
    """The people of several clips in one, with ids 0, 1, ..."""
    return [
        Poses(
            np.concatenate([frame.points for frame in frames]),
            np.concatenate([frame.scores for frame in frames]),
            frames[0].skeleton,
            frames[0].canvas_wh,
            boxes=np.concatenate([frame.boxes for frame in frames]),
            track_ids=np.arange(len(frames)),
        )
        for frames in zip(*clips, strict=True)
    ]


def still(count: int, skeleton: Skeleton = COCO17, seed: int = 0) -> FloatArray:
    """(T, K, 2) of somebody who does not move."""
    return np.repeat(body(skeleton, seed)[None], count, axis=0)


def trembling(points: FloatArray, deviation: float, seed: int = 1) -> FloatArray:
    return points + np.random.default_rng(seed).normal(0, deviation, points.shape)


def all_points(poses: Sequence[Poses]) -> FloatArray:
    """(T, K, 2) of the only person."""
    return np.stack([frame.points[0] for frame in poses])


def all_scores(poses: Sequence[Poses]) -> FloatArray:
    return np.stack([frame.scores[0] for frame in poses])


def same(one: Sequence[Poses], other: Sequence[Poses]) -> list[bool]:
    """Frame by frame, whether everything is bit for bit the same."""
    names = ("points", "scores", "boxes", "box_scores", "track_ids")
    return [
        all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)
        for a, b in zip(one, other, strict=True)
    ]
