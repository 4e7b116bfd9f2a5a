"""A frame with one person in it, in any skeleton, seen whole or in part."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.poses import Poses
from sdpose.topology import get

from .people import BODY, CANVAS_WH, Standing, details


@pytest.fixture
def standing() -> Standing:
    """Make one frame with the standing person in it: skeleton's name, keypoints to hide, shift, scores, track id."""

    def make(
        name: str = "coco17",
        hidden: tuple[str, ...] = (),
        shift: tuple[float, float] = (0, 0),
        score: float = 0.9,
        track_id: int | None = 0,
    ) -> Poses:
        skeleton = get(name)
        places = BODY | {"neck": (100, 60), "head_top": (100, 20)} | details()
        points = np.array([places[keypoint] for keypoint in skeleton.keypoints], np.float64) + shift
        scores = np.array([0.1 if keypoint in hidden else score for keypoint in skeleton.keypoints])
        ids = None if track_id is None else np.array([track_id])
        return Poses(points[None], scores[None], skeleton, CANVAS_WH, track_ids=ids)

    return make
