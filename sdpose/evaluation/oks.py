"""OKS and the average precision built on it, by pycocotools; here the dictionaries it wants are prepared."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..poses import FloatArray
from ..topology import Skeleton

__all__ = ["Judged", "average_precision", "oks"]

AREA_SHARE = 0.53
"""COCO's OKS divides by the person's segmented area; where only a box is known, this share of it stands in (mmpose's rule)."""


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
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truths = [_truth(picture, i, person) for i, picture in enumerate(pictures, 1) for person in range(len(picture.boxes))]
    results = [_result(picture, i, person) for i, picture in enumerate(pictures, 1) for person in range(len(picture.boxes))]
    if not any(truth["num_keypoints"] for truth in truths):
        return {"ap": None, "ap50": None, "ap75": None, "ar": None}
    for number, truth in enumerate(truths, 1):
        truth["id"] = number
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools reports its progress with print
        coco = COCO()
        coco.dataset = {
            "images": [{"id": i} for i in range(1, len(pictures) + 1)],
            "annotations": truths,
            "categories": [{"id": 1, "name": "person"}],
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), "keypoints")
        judge.params.kpt_oks_sigmas = np.array(skeleton.sigmas)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return {name: float(judge.stats[place]) for name, place in (("ap", 0), ("ap50", 1), ("ap75", 2), ("ar", 5))}


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
