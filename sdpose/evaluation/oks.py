"""OKS and the average precision built on it, by pycocotools; here the dictionaries it wants are prepared."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import MissingDependency
from ..poses import FloatArray
from ..topology import Skeleton

__all__ = ["Judged", "average_precision", "oks"]

AREA_SHARE = 0.53
"""COCO's OKS divides by the person's segmented area; where only a box is known, this share of it stands in for it
(mmpose's rule)."""

STATISTICS = {"ap": 0, "ap50": 1, "ap75": 2, "ar": 5}
"""What is reported, and its place in COCOeval's summary."""


@dataclass(frozen=True)
class Judged:
    """The people of one picture, true and predicted, both with N rows in the same order.

    Attributes:
        points: (N, K, 2) true pixels.
        visibility: (N, K) COCO's flag: 0 unlabelled, 1 hidden, 2 visible.
        boxes: (N, 4) true x1, y1, x2, y2 in pixels.
        predicted: (N, K, 2) predicted pixels.
        scores: (N, K) predicted scores.
    """

    points: FloatArray
    visibility: npt.NDArray[np.int8]
    boxes: FloatArray
    predicted: FloatArray
    scores: FloatArray


def oks(predicted: FloatArray, true: FloatArray, labelled: npt.NDArray[np.bool_], areas: FloatArray,
        skeleton: Skeleton) -> FloatArray:  # fmt: skip
    """Object keypoint similarity of each person (COCO's definition): mean of exp(-d^2 / (2 area (2 sigma)^2)).

    Args:
        predicted: (N, K, 2) pixels.
        true: (N, K, 2) pixels.
        labelled: (N, K) which keypoints count.
        areas: (N,) the people's areas in px^2.
        skeleton: whose sigmas to use.

    Returns:
        (N,) 0 to 1; 0 for a person without a labelled keypoint.
    """
    variances = (2 * np.array(skeleton.sigmas)) ** 2
    squared = ((predicted - true) ** 2).sum(axis=2)
    similarity = np.exp(-squared / (2 * variances * np.maximum(areas, np.finfo(np.float64).eps)[:, None]))
    return np.asarray((similarity * labelled).sum(axis=1) / np.maximum(1, labelled.sum(axis=1)), np.float64)


def average_precision(pictures: Sequence[Judged], skeleton: Skeleton) -> dict[str, float | None]:
    """COCO's keypoint AP and AR over the pictures (OKS 0.50 to 0.95, at most 20 people a picture).

    A prediction's confidence is the mean of its keypoint scores. People without a labelled keypoint are ignored.

    Returns:
        `ap`, `ap50`, `ap75`, `ar`, each 0 to 1, or None when nobody is labelled.

    Raises:
        MissingDependency: pycocotools is not installed.
    """
    people = [(i, picture, n) for i, picture in enumerate(pictures, 1) for n in range(len(picture.boxes))]
    truths = [{"id": number} | _truth(picture, i, n) for number, (i, picture, n) in enumerate(people, 1)]
    if not any(truth["num_keypoints"] for truth in truths):
        return dict.fromkeys(STATISTICS)
    dataset = {
        "images": [{"id": i} for i in range(1, len(pictures) + 1)],
        "annotations": truths,
        "categories": [{"id": 1, "name": "person"}],
    }
    stats = _coco_stats(dataset, [_result(picture, i, n) for i, picture, n in people], skeleton)
    return {name: float(stats[place]) for name, place in STATISTICS.items()}


def _coco_stats(dataset: dict[str, Any], results: list[dict[str, Any]], skeleton: Skeleton) -> FloatArray:
    """The ten numbers COCOeval summarises keypoints with."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise MissingDependency("AP needs pycocotools: pip install '.[train]' in its folder") from error
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools reports its progress with print
        coco = COCO()
        coco.dataset = dataset
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), "keypoints")
        judge.params.kpt_oks_sigmas = np.array(skeleton.sigmas)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return np.asarray(judge.stats, np.float64)


def _truth(picture: Judged, image_id: int, person: int) -> dict[str, Any]:
    x1, y1, x2, y2 = (float(side) for side in picture.boxes[person])
    visibility = picture.visibility[person]
    points = picture.points[person] * (visibility > 0)[:, None]
    return {
        "image_id": image_id,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": (x2 - x1) * (y2 - y1) * AREA_SHARE,
        "num_keypoints": int((visibility > 0).sum()),
        "keypoints": np.column_stack([points, visibility]).ravel().tolist(),
    }


def _result(picture: Judged, image_id: int, person: int) -> dict[str, Any]:
    scores = picture.scores[person]
    return {
        "image_id": image_id,
        "category_id": 1,
        "score": float(scores.mean()),
        "keypoints": np.column_stack([picture.predicted[person], scores]).ravel().tolist(),
    }
