"""Scores on drawn characters that no model was trained on, for each style apart.

The drawings are of the "test" split, which training never draws from. Boxes are the true ones, so the scores
are the pose model's alone. Left out are people without a labelled keypoint, as COCO does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import tee
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import BadOption
from ..topology import Skeleton
from .oks import Judged, average_precision
from .pck import pck, relative_errors, torso_sizes

if TYPE_CHECKING:
    from ..models.network import SDPose
    from ..synthetic import Drawing

__all__ = ["evaluate_drawn", "score"]

THRESHOLDS = (0.1, 0.2)
KEYPOINTS = "coco17"


def evaluate_drawn(
    model: SDPose, seed_base: int, count: int, *, size_wh: tuple[int, int] = (512, 512), flip: bool = False,
    progress: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Draw `count` pictures, find everybody's pose in them, and score it.

    Args:
        model: any SDPose; of a wholebody model the 17 body keypoints are scored.
        seed_base: the drawings are numbers seed_base, seed_base + 1, ...
        count: how many drawings.
        size_wh: their size in pixels.
        flip: average with the mirrored crop (the flip test).
        progress: show a progress bar.

    Returns:
        The values of `score` over everybody; the same over `plain` and `hard` drawings; and under `styles` for each
        style by name. Also `seed_base`, `count`, `drawings` (those with somebody labelled).

    Raises:
        BadOption: `count` is below 1 or `seed_base` negative.
    """
    if count < 1 or seed_base < 0:
        raise BadOption(f"expected count >= 1 and seed_base >= 0; got count={count}, seed_base={seed_base}")
    judged: list[Judged] = []
    labels: list[tuple[str, bool]] = []
    for drawing, verdict in _judge(model, _drawings(seed_base, count, size_wh, progress), flip):
        judged.append(verdict)
        labels.append((drawing.style, drawing.hard))
    skeleton = model.skeleton if len(model.skeleton) == 17 else _body()
    chosen: dict[str, list[Judged]] = {style: [] for style in sorted({style for style, _ in labels})}
    sides: dict[bool, list[Judged]] = {False: [], True: []}
    for verdict, (style, hard) in zip(judged, labels, strict=True):
        chosen[style].append(verdict)
        sides[hard].append(verdict)
    return {
        "seed_base": seed_base,
        "count": count,
        "drawings": len(judged),
        **score(judged, skeleton),
        "plain": score(sides[False], skeleton),
        "hard": score(sides[True], skeleton),
        "styles": {style: score(pictures, skeleton) for style, pictures in chosen.items()},
    }


def score(pictures: Sequence[Judged], skeleton: Skeleton) -> dict[str, Any]:
    """All measures over some pictures; each a share of 0 to 1, or None where nothing could be measured.

    Returns:
        `people`; `ap`, `ap50`, `ap75`, `ar` (OKS); `pck_0.1` and `pck_0.2` over labelled keypoints, hidden ones
        included; `pck_0.1_visible` and `pck_0.2_visible` over the visible ones alone.
    """
    people = sum(len(picture.boxes) for picture in pictures)
    names = [f"pck_{limit:g}" for limit in THRESHOLDS]
    if people == 0:
        return {"people": 0} | dict.fromkeys(["ap", "ap50", "ap75", "ar", *names, *(f"{n}_visible" for n in names)])
    points, visibility, boxes, predicted = (
        np.concatenate([getattr(picture, part) for picture in pictures])
        for part in ("points", "visibility", "boxes", "predicted")
    )
    errors = relative_errors(predicted, points, torso_sizes(points, visibility > 0, boxes, skeleton))
    visible = pck(errors, visibility == 2, THRESHOLDS)
    return {
        "people": people,
        **average_precision(pictures, skeleton),
        **pck(errors, visibility > 0, THRESHOLDS),
        **{f"{name}_visible": value for name, value in visible.items()},
    }


def _drawings(seed_base: int, count: int, size_wh: tuple[int, int], progress: bool) -> Iterator[Drawing]:
    """The drawings, with the people nobody can be judged on taken out, and without those then empty."""
    from tqdm import tqdm

    from ..synthetic import drawing

    for seed in tqdm(range(seed_base, seed_base + count), disable=not progress, unit="drawing"):
        drawn = drawing(seed, size_wh, split="test")
        if (drawn.visibility > 0).any():
            yield drawn


def _judge(model: SDPose, drawings: Iterator[Drawing], flip: bool) -> Iterator[tuple[Drawing, Judged]]:
    """Each drawing with true and predicted poses, in order; a few drawings are in memory at a time."""
    from ..estimate import Estimator

    for_frames, for_boxes, for_truth = tee(drawings, 3)
    frames: Iterable[Any] = (drawn.image for drawn in for_frames)
    boxes = (_labelled(drawn)[2] for drawn in for_boxes)
    for drawn, poses in zip(for_truth, Estimator(model, flip=flip).stream(frames, boxes), strict=True):
        found = poses.to(_body())
        points, visibility, true_boxes = _labelled(drawn)
        yield drawn, Judged(points, visibility, true_boxes, found.points, found.scores)


def _labelled(drawn: Drawing) -> tuple[Any, Any, Any]:
    """Points, visibility and boxes of the people with a labelled keypoint."""
    keep = (drawn.visibility > 0).any(axis=1)
    boxes = drawn.poses.boxes
    assert boxes is not None, "drawn people always have boxes"
    return drawn.poses.points[keep], drawn.visibility[keep], boxes[keep]


def _body() -> Skeleton:
    from ..topology import get

    return get(KEYPOINTS)
