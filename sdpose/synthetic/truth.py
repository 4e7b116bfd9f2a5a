"""What is true about a painted picture: keypoints, what of them can be seen, and tight boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..poses import Poses
from ..topology import COCO17
from .geometry import Array
from .heads import face_points
from .painters import Image, code
from .pieces import PARTS, Figure

_LIMB_POINTS = COCO17.keypoints[5:]
# Parts that show a keypoint when they are the topmost thing painted at its place.
_CARRIERS: dict[str, tuple[str, ...]] = {
    "shoulder": ("{}_upper_arm", "torso"),
    "elbow": ("{}_upper_arm", "{}_forearm"),
    "wrist": ("{}_forearm", "{}_hand"),
    "hip": ("{}_thigh", "torso", "skirt"),
    "knee": ("{}_thigh", "{}_shin"),
    "ankle": ("{}_shin", "{}_foot"),
}
# A face feature is seen while it turns towards the viewer, is hidden when it turns away a little, and is not
# labelled when it turns away more: annotators do not mark eyes on the back of a head.
_SEEN, _LABELLED = 0.05, -0.35
_FEWEST = 3  # people of whom fewer keypoints can be seen are left out


def label(
    figures: Sequence[Figure], parts: Image, track_ids: Sequence[int] | None = None
) -> tuple[Poses, NDArray[np.int8]]:
    """Reads the truth off a painted picture.

    Args:
        figures: In the order of their person index in the part buffer.
        parts: (H, W) part buffer.
        track_ids: One identity per figure.

    Returns:
        Poses of everybody of whom at least three keypoints can be seen, and visibility (N, 17) in COCO's 0, 1, 2.
    """
    size_wh = (parts.shape[1], parts.shape[0])
    points, seen, boxes, tracks = [], [], [], []
    for person, figure in enumerate(figures):
        found, visible = keypoints(figure, parts, person)
        if int((visible == 2).sum()) < _FEWEST:
            continue
        points.append(found)
        seen.append(visible)
        boxes.append(_box(parts, person))
        tracks.append(person if track_ids is None else track_ids[person])
    if not points:
        nobody = Poses.empty(COCO17, size_wh)
        if track_ids is not None:
            nobody = nobody.replace(track_ids=np.zeros(0, np.int64))
        return nobody, np.zeros((0, len(COCO17)), np.int8)
    visibility = np.stack(seen)
    identities = None if track_ids is None else np.array(tracks, np.int64)
    scores = (visibility > 0).astype(np.float64)
    poses = Poses(np.stack(points), scores, COCO17, size_wh, boxes=np.stack(boxes), track_ids=identities)
    return poses, visibility


def _box(parts: Image, person: int) -> Array:
    """Tight box x1, y1, x2, y2 around the painted pixels of one person, props left out."""
    low = code(person, PARTS[0])
    mine = (parts >= low) & (parts < low + len(PARTS)) & (parts != code(person, "prop"))
    rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
    return np.array((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1), dtype=np.float64)


def places(figure: Figure) -> tuple[Array, Array]:
    """Where all 17 keypoints are (17, 2), in pixels, and how squarely those of the face face the viewer (5,)."""
    face, facing = face_points(figure)
    limbs = np.stack([figure.at[name] for name in _LIMB_POINTS])
    return np.concatenate((figure.lens.project(face), limbs)), facing


def keypoints(figure: Figure, parts: Image, person: int) -> tuple[Array, NDArray[np.int8]]:
    """All 17 keypoints (17, 2) in pixels and how each can be seen (17,)."""
    points, facing = places(figure)
    visible = np.zeros(len(COCO17), np.int8)
    height, width = parts.shape
    for index, (x, y) in enumerate(points.tolist()):
        column, row = round(x), round(y)
        if not (0 <= column < width and 0 <= row < height):
            continue
        around = parts[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        if index >= len(facing):
            visible[index] = 2 if _shows(figure, around, person, _LIMB_POINTS[index - len(facing)]) else 1
        elif facing[index] > _LABELLED:
            carried = bool((around == code(person, "head")).any())
            visible[index] = 2 if carried and facing[index] > _SEEN else 1
    return points, visible


def _shows(figure: Figure, around: Image, person: int, name: str) -> bool:
    """Whether a joint's own parts are what is painted at its place."""
    side, joint = name.split("_")
    values = [code(person, part.format(side)) for part in _CARRIERS[joint]]
    if joint in ("shoulder", "hip") and _is_far_side(figure, side, joint):
        values = values[:1]
    return any(bool((around == value).any()) for value in values)


def screened(parts: Image, points: Array, visible: NDArray[np.int8], person: int) -> NDArray[np.bool_]:
    """Which of a person's labelled keypoints (17,) something else covers: another person or a thing in front.

    Args:
        parts: (H, W) part buffer.
        points: (17, 2) pixels.
        visible: (17,) as `keypoints` returns it.
        person: Index of the person in the part buffer.
    """
    out = np.zeros(len(points), np.bool_)
    hidden = np.flatnonzero(visible == 1)
    columns, rows = np.rint(points[hidden]).astype(int).T
    owner = parts[rows, columns]
    low = code(person, PARTS[0])
    out[hidden] = (owner > 0) & ((owner < low) | (owner >= low + len(PARTS)))
    return out


def _is_far_side(figure: Figure, side: str, joint: str) -> bool:
    """Whether the trunk stands between the viewer and this shoulder or hip, as in a side view."""
    other = "right" if side == "left" else "left"
    across = figure.body.joints[f"{side}_{joint}"] - figure.body.joints[f"{other}_{joint}"]
    return float(across[2]) < -0.88 * float(np.linalg.norm(across))
