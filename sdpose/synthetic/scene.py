"""Composes pictures: who stands where, seen from where; paints them; and states what is visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption
from ..poses import Poses
from ..topology import COCO17
from . import shading
from .anatomy import BodyPlan, sample_plan
from .chance import pick_weighted, streams
from .clothing import Colour, Outfit, sample_outfit
from .figure import figure_pieces
from .finishes import develop, finish
from .geometry import Array
from .heads import face_points
from .kinematics import Body, camera, solve
from .looks import HARD_STYLES, LOOKS, STYLES, Look
from .motion import SEATED, sample_pose
from .painters import Image, Painter, code
from .pieces import PARTS, Figure, Lens
from .scenery import background, foreground

_LIMB_POINTS = tuple(name for name in COCO17.keypoints[5:])
# Parts that show a keypoint when they are the topmost thing painted at its place.
_CARRIERS: dict[str, tuple[str, ...]] = {
    "shoulder": ("{}_upper_arm", "torso"),
    "elbow": ("{}_upper_arm", "{}_forearm"),
    "wrist": ("{}_forearm", "{}_hand"),
    "hip": ("{}_thigh", "torso", "skirt"),
    "knee": ("{}_thigh", "{}_shin"),
    "ankle": ("{}_shin", "{}_foot"),
}
_ATTEMPTS = 8  # compositions tried until somebody can be recognised
_PEOPLE = {1: 11.0, 2: 5.0, 3: 2.4, 4: 1.0, 5: 0.6}


@dataclass(frozen=True)
class Drawing:
    """A drawn picture and what is true about it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        poses: COCO-17 poses of everybody who can be seen: points are exact even where hidden, scores are 1 where
            a keypoint is labelled and 0 where it is not, boxes are tight around the visible body and clothes.
        visibility: (N, 17) int8: 2 visible, 1 hidden (behind oneself, others or things), 0 not labelled (outside
            the picture, or a face feature turned well away).
        style: A name from `STYLES`.
        hard: Whether the style is one of `HARD_STYLES` or three or more people share the picture.
    """

    image: Image
    poses: Poses
    visibility: NDArray[np.int8]
    style: str
    hard: bool


@dataclass(frozen=True)
class Actor:
    """One person of a scene."""

    plan: BodyPlan
    outfit: Outfit
    body: Body
    lens: Lens
    seated: bool = False


def drawing(seed: int, size_wh: tuple[int, int] = (512, 512), split: str = "train", style: str | None = None) -> Drawing:
    """Draws one picture of one to five people.

    The scene depends on seed and split alone; size and style only change how it is shown (except in the rare
    scene in which nobody can be recognised, which is composed anew).

    Args:
        seed: A whole number >= 0.
        size_wh: Width and height in pixels, at least 8.
        split: "train" or "test", which never share a random stream.
        style: A name from `STYLES`; None picks one.

    Raises:
        BadOption: On an unknown split or style, a negative seed or a size that cannot be drawn.
    """
    size_wh = checked_size(size_wh)
    for attempt in range(_ATTEMPTS):
        rng, scenery, pixels = streams(seed, split, 3, attempt)
        look = _look(scenery, style)
        actors = _cast(rng, size_wh)
        result = paint(actors, look, size_wh, scenery, pixels)
        if len(result.poses):
            break
    return result


def checked_size(size_wh: tuple[int, int]) -> tuple[int, int]:
    """The size as two ints; raises BadOption below 8 or above 8192 pixels."""
    width, height = (int(side) for side in size_wh)
    if not (8 <= width <= 8192 and 8 <= height <= 8192):
        raise BadOption(f"expected a size of 8 to 8192 pixels a side, got {width} by {height}; choose another size")
    return width, height


def _look(rng: np.random.Generator, style: str | None) -> Look:
    """The look of that name, or a random one."""
    chosen = STYLES[int(rng.integers(len(STYLES)))]
    name = chosen if style is None else style
    if name not in LOOKS:
        raise BadOption(f"expected a style out of {', '.join(STYLES)}, got {name!r}; pass one of them or None")
    return LOOKS[name]


def sample_view(rng: np.random.Generator) -> tuple[float, float, float]:
    """Camera yaw, pitch and roll in degrees: front, three-quarter, side and back views."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    kind = pick_weighted(rng, {"front": 0.34, "quarter": 0.26, "side": 0.18, "back": 0.22})
    yaw = {"front": rng.normal(0, 14), "quarter": side * rng.uniform(25, 65), "side": side * rng.uniform(65, 115),
           "back": 180 + rng.normal(0, 32)}[kind]  # fmt: skip
    pitch = rng.uniform(30, 65) if rng.random() < 0.06 else rng.normal(4, 11)
    return float(yaw), float(pitch), float(rng.normal(0, 4))


def _cast(rng: np.random.Generator, size_wh: tuple[int, int]) -> list[Actor]:
    """Everybody in the picture, the farthest first."""
    count = pick_weighted(rng, _PEOPLE)
    closeness = float(rng.uniform(0.0, 0.35))
    order = rng.permutation(count)
    actors = []
    for index in range(count):
        plan = sample_plan(rng)
        outfit = sample_outfit(rng, plan.anime)
        angles, pose = sample_pose(rng)
        seated = pose in SEATED and rng.random() < 0.8
        body = solve(plan, angles, camera(*sample_view(rng)))
        slot = ((float(order[index]) + 0.5) / count, count)
        actors.append(Actor(plan, outfit, body, _frame(rng, plan, body, closeness, size_wh, slot), seated))
    return sorted(actors, key=lambda actor: actor.lens.scale)


def extent(plan: BodyPlan, body: Body, lens: Lens) -> tuple[Array, Array]:
    """Lower and upper corner (2,) in pixels around all joints and the head."""
    head = body.joints["head"] + body.frames["head"][:, 1] * plan.head * 0.5
    ends = [head + np.array(d) * plan.head * 0.5 for d in ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0))]
    points = lens.project(np.stack([*body.joints.values(), *ends]))
    return points.min(axis=0), points.max(axis=0)


def _frame(
    rng: np.random.Generator,
    plan: BodyPlan,
    body: Body,
    closeness: float,
    size_wh: tuple[int, int],
    slot: tuple[float, int],
) -> Lens:
    """Chooses size and place in the picture; sometimes close up, cut off by the edges."""
    size = np.array(size_wh, dtype=np.float64)
    low, high = extent(plan, body, Lens(1.0, (0.0, 0.0), closeness))
    span = np.maximum(high - low, 0.05)
    place, count = slot
    roomy = np.array((size[0] / count ** 0.6, size[1]))
    close = rng.random() < (0.22 if count == 1 else 0.12)
    share = rng.uniform(1.15, 1.9) if close else rng.uniform(0.45, 0.97)
    scale = share * float((roomy / span).min())
    drift = rng.normal(0, 1, 2) * (0.10, 0.05)
    centre = size * (np.array((place, 0.5)) + drift)
    middle = (low + high) / 2
    if close:
        # Close-ups look at the upper body more often than not.
        focus = body.joints["neck" if rng.random() < 0.7 else "pelvis"]
        middle = Lens(1.0, (0.0, 0.0), closeness).project(focus)
    elif rng.random() < 0.85:
        half = np.minimum(span * scale / 2, size / 2)
        centre = np.clip(centre, half, size - half)
    offset = centre - middle * scale
    return Lens(scale, (float(offset[0]), float(offset[1])), closeness)


def paint(
    actors: Sequence[Actor],
    look: Look,
    size_wh: tuple[int, int],
    scenery: np.random.Generator,
    pixels: np.random.Generator,
    track_ids: Sequence[int] | None = None,
) -> Drawing:
    """Paints actors over a background and reads off what can be seen.

    Args:
        actors: The farthest first.
        look: The style.
        size_wh: Pixels.
        scenery: The stream for background, light and ink.
        pixels: The stream for everything that is drawn per pixel.
        track_ids: One identity per actor, for clips.
    """
    paper = _paper(scenery, look)
    light_angle = float(scenery.uniform(-2.6, -0.5))
    light = (float(np.cos(light_angle)), float(np.sin(light_angle)))
    strength = float(scenery.uniform(0.25, 0.6))
    painter = Painter(background(scenery, size_wh, look, paper), look, scenery, paper)
    figures = [Figure.seen(actor.plan, actor.outfit, actor.body, actor.lens, actor.seated) for actor in actors]
    for person, figure in enumerate(figures):
        painter.paint(figure_pieces(figure), person, figure.lens.scale)
    if scenery.random() < 0.15:
        foreground(painter, scenery)
    scale = float(np.mean([figure.lens.scale for figure in figures]))
    if look.shade == "cel":
        shading.cel(painter.image, painter.parts, light, scale, strength)
    elif look.shade == "soft":
        shading.soft(painter.image, painter.parts, light, scale, 0.8 * strength + 0.1)
    image = develop(finish(painter.image, look.finish, pixels, scale), pixels)
    poses, visibility = _truth(figures, painter.parts, size_wh, track_ids)
    return Drawing(image, poses, visibility, look.name, look.name in HARD_STYLES or len(actors) >= 3)


def _paper(rng: np.random.Generator, look: Look) -> Colour:
    """White or tinted paper."""
    r, g, b = (255 - rng.integers(0, 34, 3) * (rng.random() < 0.6)).astype(int).tolist()
    return r, g, b


def _truth(
    figures: Sequence[Figure], parts: Image, size_wh: tuple[int, int], track_ids: Sequence[int] | None
) -> tuple[Poses, NDArray[np.int8]]:
    """Poses and visibility of everybody of whom at least three keypoints can be seen."""
    points, seen, boxes, tracks = [], [], [], []
    for person, figure in enumerate(figures):
        box = _box(parts, person)
        places, visible = _keypoints(figure, parts, person)
        if box is None or int((visible == 2).sum()) < 3:
            continue
        points.append(places)
        seen.append(visible)
        boxes.append(box)
        tracks.append(person if track_ids is None else track_ids[person])
    if not points:
        return Poses.empty(COCO17, size_wh), np.zeros((0, len(COCO17)), np.int8)
    visibility = np.stack(seen)
    poses = Poses(np.stack(points), (visibility > 0).astype(np.float64), COCO17, size_wh, boxes=np.array(boxes),
                  track_ids=None if track_ids is None else np.array(tracks, np.int64))  # fmt: skip
    return poses, visibility


def _box(parts: Image, person: int) -> Array | None:
    """Tight box x1, y1, x2, y2 around the painted pixels of one person, props left out."""
    low = code(person, PARTS[0])
    mine = (parts >= low) & (parts < low + len(PARTS)) & (parts != code(person, "prop"))
    rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
    if len(rows) == 0:
        return None
    return np.array((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1), dtype=np.float64)


def _keypoints(figure: Figure, parts: Image, person: int) -> tuple[Array, NDArray[np.int8]]:
    """All 17 keypoints (17, 2) in pixels and how each can be seen (17,)."""
    face, facing = face_points(figure)
    points = np.concatenate((figure.lens.project(face), np.stack([figure.at[name] for name in _LIMB_POINTS])))
    visible = np.zeros(len(COCO17), np.int8)
    height, width = parts.shape
    for index, (x, y) in enumerate(points):
        column, row = round(float(x)), round(float(y))
        if not (0 <= column < width and 0 <= row < height):
            continue
        around = parts[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        if index < len(facing):
            carried = bool((around == code(person, "head")).any())
            turned = float(facing[index])
            visible[index] = (2 if carried and turned > 0.05 else 1) if turned > -0.35 else 0
        else:
            visible[index] = 2 if _shows(figure, around, person, _LIMB_POINTS[index - len(facing)]) else 1
    return points, visible


def _shows(figure: Figure, around: Image, person: int, name: str) -> bool:
    """Whether a joint's own parts are what is painted at its place."""
    side, joint = name.split("_")
    values = [code(person, part.format(side)) for part in _CARRIERS[joint]]
    if joint in ("shoulder", "hip") and _is_far_side(figure, side, joint):
        values = values[:1]
    return any(bool((around == value).any()) for value in values)


def _is_far_side(figure: Figure, side: str, joint: str) -> bool:
    """Whether the trunk stands between the viewer and this shoulder or hip, as in a side view."""
    other = "right" if side == "left" else "left"
    across = figure.body.joints[f"{side}_{joint}"] - figure.body.joints[f"{other}_{joint}"]
    return float(across[2]) < -0.88 * float(np.linalg.norm(across))
