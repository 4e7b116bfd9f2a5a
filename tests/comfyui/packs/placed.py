"""Whether a picture shows a skeleton where the keypoints are: the one check of every drawing node of every pack."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sdpose import Poses, draw
from sdpose.topology import get

NEAR = 2.5
"""Pixels within which something has to be drawn around a keypoint: half a stick, and rounding."""

REACH = 8
"""Pixels from the nearest keypoint or bone beyond which nothing may be drawn: a stick or a dot, and rounding."""

LIT = 20
"""Levels of 255 above which a pixel is drawn; renderers that fade uncertain bones stay above it."""

STRAY = 0.01
"""The share of the drawn pixels that may lie further away: corners of round joints."""

LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))

OTHER_SIDE = 0.4
"""The share of the limbs that may have the colour of the other side: those that are behind another limb."""

NOBODY = "nobody has to be drawn, so nothing is shown"

BODY, HANDS, FACE = ("body",), ("left_hand", "right_hand"), ("face",)


@dataclass(frozen=True)
class Drawn:
    """What a node has to draw of everybody it was given.

    Attributes:
        parts: the parts that it draws, or single keypoints.
        above: the score from which on a point has to be drawn.
        below: the score below which none may be drawn.
        bones: whether a point alone is not drawn, only the bones between points.
    """

    parts: tuple[str, ...] = (*BODY, *HANDS, *FACE)
    above: float = 0.31
    below: float = 0.29
    bones: bool = False


def misplaced(picture: np.ndarray, poses: Poses, drawn: Drawn) -> list[str]:
    """What is wrong with a picture of these people; nothing, when it is right.

    Every keypoint that has to be drawn has something drawn around it, next to nothing is drawn anywhere else, limbs
    have the colours of their sides, and there is something to be drawn at all: a blank picture of nobody is `NOBODY`.
    A picture of another size shows the whole canvas.

    Args:
        picture: (H, W, 3) uint8, a skeleton on black.
        poses: who has to be in it.
        drawn: what of them.
    """
    height, width = picture.shape[:2]
    people = poses.to(get("openpose134")).scaled((width, height))
    lit = picture.max(axis=2) > LIT
    wanted = due(people, drawn)
    if not lit.any():
        return ["the picture is blank"] if wanted else [NOBODY]
    distance = cv2.distanceTransform((~lit).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    missing = [name for name, (x, y) in wanted if distance[round(y), round(x)] > NEAR]
    stray = float((lit & ~_ground(people, drawn.below)).sum() / lit.sum())
    wrong = [f"nothing is drawn at {', '.join(missing)}"] if missing else []
    wrong += [f"{stray:.1%} of what is drawn lies nowhere near a bone"] if stray > STRAY else []
    turned = exchanged(picture, people, drawn) if set(BODY) <= set(drawn.parts) else 0.0
    return wrong + ([f"{turned:.0%} of the limbs have the colour of the other side"] if turned > OTHER_SIDE else [])


def exchanged(picture: np.ndarray, people: Poses, drawn: Drawn) -> float:
    """The share of the limbs whose colour is that of the same limb at the other side, as our own drawing has them."""
    names = {name for name, _ in due(people, drawn)}
    own, other = draw(people), draw(people.replace(**_other_sides(people)))
    far = []
    for person in range(len(people)):
        for side in ("left", "right"):
            for ends in LIMBS:
                named = [f"{side}_{end}" for end in ends]
                if names >= {f"{name} of person {person}" for name in named}:
                    columns = [people.skeleton.index(name) for name in named]
                    x, y = np.rint(people.points[person, columns].mean(axis=0)).astype(int)
                    seen, right, wrong = (_hue(image[y, x]) for image in (picture, own, other))
                    far.append(seen @ wrong > seen @ right)
    return float(np.mean(far)) if far else 0.0


def _other_sides(people: Poses) -> dict[str, np.ndarray]:
    """The same points and scores with left and right exchanged."""
    order = list(people.skeleton.flip_indices)
    return {"points": people.points[:, order], "scores": people.scores[:, order]}


def _hue(pixel: np.ndarray) -> np.ndarray:
    """(3,) a colour, however bright."""
    colour = pixel.astype(float)
    return np.asarray(colour / max(1.0, float(np.linalg.norm(colour))))


def due(people: Poses, drawn: Drawn) -> list[tuple[str, np.ndarray]]:
    """The keypoints that have to be drawn, each with its name: certain ones, well inside of the canvas."""
    people = people.to(get("openpose134"))
    table = people.skeleton
    wanted = sorted({index for part in drawn.parts for index in table.indices(part) or (table.index(part),)})
    inside = ((people.points >= 2) & (people.points <= np.array(people.canvas_wh) - 3)).all(axis=2)
    shown = inside & (people.scores >= drawn.above)
    if drawn.bones:
        bound = np.zeros_like(shown)
        for one, other in table.link_indices:
            both = shown[:, one] & shown[:, other]
            bound[:, one] |= both
            bound[:, other] |= both
        shown = bound
    return [
        (f"{table.keypoints[index]} of person {person}", people.points[person, index])
        for person in range(len(people))
        for index in wanted
        if shown[person, index]
    ]


def _ground(people: Poses, below: float) -> np.ndarray:
    """(H, W) bool: where somebody's keypoints and bones may be drawn."""
    width, height = people.canvas_wh
    ground = np.zeros((height, width), np.uint8)
    for points, scores in zip(np.rint(people.points).astype(int).tolist(), people.scores, strict=True):
        for point, score in zip(points, scores, strict=True):
            if score >= below:
                cv2.circle(ground, point, REACH, 1, -1)
        for one, other in people.skeleton.link_indices:
            if min(scores[one], scores[other]) >= below:
                cv2.line(ground, points[one], points[other], 1, 2 * REACH)
    return ground.astype(bool)
