"""Some of the people of a clip, by rules.

In a clip with track ids a rule picks identities, for the whole clip: the selection never changes body. Without ids it
picks anew in every frame.

    main = select(clip, by_area())
    left_two = select(clip, by_left_to_right([0, 1]))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import BadKeypoints, BadOption
from ..poses import FloatArray, Poses
from .identity.sightings import body_boxes, present
from .places import tracked

__all__ = [
    "Rule",
    "by_area",
    "by_index",
    "by_left_to_right",
    "by_lifetime",
    "by_mask",
    "by_point",
    "by_reference",
    "by_track_id",
    "select",
]

Frames = Mapping[int, Poses]
"""Frames by their index in the clip; everybody has an id."""

_Measure = Callable[[Poses], FloatArray]


@dataclass(frozen=True)
class Rule:
    """Says who is chosen; made by the functions of this module.

    Attributes:
        chosen: frames -> the ids of those it picks.
        of_ids: it speaks of track ids, so that people without any cannot be chosen by it.
    """

    chosen: Callable[[Frames], Iterable[int]]
    of_ids: bool = False


def select(clip: Sequence[Poses], rule: Rule) -> list[Poses]:
    """The people that a rule picks.

    Args:
        clip: every frame's people, all with track ids or all without.
        rule: from one of the functions `by_...`.

    Returns:
        As many frames, each with those of its people that are picked, as they were. Where nobody fits, nobody is in
        them.

    Raises:
        BadKeypoints: some people have ids and others none, or the rule asks for ids and there are none.
        BadOption: a mask for fewer frames than the clip has.
    """
    frames = list(clip)
    if any(frame.track_ids is not None for frame in frames if len(frame)):
        chosen = set(rule.chosen({t: present(frame) for t, frame in enumerate(tracked(frames))}))
        return [_keep(frame, chosen) for frame in frames]
    if not any(len(frame) for frame in frames):
        return frames
    if rule.of_ids:
        raise BadKeypoints("these people have no track ids to choose by: track people first, or choose by another rule")
    rows = (frame.replace(track_ids=np.arange(len(frame))) for frame in frames)
    return [frames[t][sorted(set(rule.chosen({t: frame})))] for t, frame in enumerate(rows)]


def _keep(frame: Poses, chosen: set[int]) -> Poses:
    return frame[[row for row, who in enumerate(frame.ids.tolist()) if who in chosen]]


def by_track_id(ids: Iterable[int]) -> Rule:
    """Those with these track ids."""
    wanted = _whole("ids", ids)
    return Rule(lambda frames: wanted, of_ids=True)


def by_index(places: Iterable[int]) -> Rule:
    """Those at these places, from 0: in the order of the ids, which is the row in `placed`, or else the frame's row."""
    wanted = _whole("places", places, least=0)
    return Rule(lambda frames: [who for place, who in enumerate(_everyone(frames)) if place in wanted])


def by_area(count: int = 1) -> Rule:
    """The largest: those whose boxes cover most of the picture, on average over the frames they are in."""

    def area(frame: Poses) -> FloatArray:
        boxes = body_boxes(frame)
        return np.asarray((boxes[:, 2:] - boxes[:, :2]).prod(axis=1) / np.prod(frame.canvas_wh))

    return _first(count, lambda frames: _means(frames, area), greatest=True)


def by_left_to_right(places: Iterable[int]) -> Rule:
    """Those at these places from the left, from 0, by the median of the middle of their boxes."""
    wanted = _whole("places", places, least=0)

    def middle(frame: Poses) -> FloatArray:
        boxes = body_boxes(frame)
        return np.asarray((boxes[:, 0] + boxes[:, 2]) / 2 / frame.canvas_wh[0])

    def chosen(frames: Frames) -> list[int]:
        middles = _values(frames, middle)
        order = sorted(middles, key=lambda who: (float(np.median(middles[who])), who))
        return [who for place, who in enumerate(order) if place in wanted]

    return Rule(chosen)


def by_lifetime(count: int = 1) -> Rule:
    """Those who are in the most frames."""
    return _first(
        count, lambda frames: {who: len(seen) for who, seen in _values(frames, _present).items()}, greatest=True
    )


def by_point(point_xy: Sequence[float], frames: Iterable[int] | None = None) -> Rule:
    """The one at a point, in pixels: in whose box it lies, or to whom it is nearest.

    Of several boxes around it, the one with the nearest keypoint counts. Who is at the point in most frames is chosen.

    Args:
        point_xy: x and y.
        frames: indices of the frames to look at; default all, as when the clip has none of them.
    """
    point = _numbers("point", point_xy, (2,))
    given = None if frames is None else _whole("frames", frames, least=0)

    def chosen(clip: Frames) -> list[int]:
        looked_at = [t for t in clip if given is None or t in given] or list(clip)
        nearest: dict[int, list[float]] = {}
        for t in looked_at:
            if len(clip[t]):
                away = _away(clip[t], point)
                row = int(away.argmin())
                nearest.setdefault(int(clip[t].ids[row]), []).append(float(away[row]))
        order = sorted(nearest, key=lambda who: (-len(nearest[who]), float(np.mean(nearest[who])), who))
        return order[:1]

    return Rule(chosen)


def by_mask(mask: Any, share: float = 0.5) -> Rule:
    """Those who are inside a mask: with this share of their keypoints (of their box, where they have none) or more.

    Args:
        mask: (H, W), or (T, H, W) with one for each frame; more than half of its greatest value is inside, and it is
            stretched to the picture.
        share: above 0, up to 1; on average over the frames a person is in.
    """
    inside = np.asarray(mask)
    if inside.ndim not in (2, 3) or 0 in inside.shape or inside.dtype.kind not in "biuf":
        raise BadOption(f"a mask has shape (H, W) or (T, H, W), and some pixels; got {inside.dtype} {inside.shape}")
    if not 0 < share <= 1:
        raise BadOption(f"share is above 0 and at most 1; got {share!r}")
    inside = (inside > inside.max() / 2).reshape(-1, *inside.shape[-2:])

    def chosen(frames: Frames) -> list[int]:
        if 1 < len(inside) <= max(frames, default=0):
            raise BadOption(f"there are masks for {len(inside)} frames and the clip is longer: give one for each frame")
        shares: dict[int, list[float]] = {}
        for t, frame in frames.items():
            for who, value in zip(frame.ids.tolist(), _covered(frame, inside[min(t, len(inside) - 1)]), strict=True):
                shares.setdefault(who, []).append(value)
        return [who for who, values in shares.items() if np.mean(values) >= share]

    return Rule(chosen)


def by_reference(reference: Poses, count: int = 1) -> Rule:
    """Those whose pose comes nearest to a reference in any frame, wherever and however large they are.

    The distance is that of Procrustes analysis without rotation: the keypoints that both have are moved to a common
    middle and scaled to a common size. Who lacks half of the reference's keypoints or more is not compared.

    Args:
        reference: one person.
        count: how many to choose.
    """
    if len(reference) != 1 or (reference.scores > 0).sum() < 2:
        raise BadOption(f"a reference pose is one person with keypoints; got {len(reference)} people")

    def distance(frame: Poses) -> FloatArray:
        return np.array([_unlike(reference.to(frame.skeleton), person) for person in frame])

    def nearest(frames: Frames) -> dict[int, float]:
        found = {who: float(min(values)) for who, values in _values(frames, distance).items()}
        return {who: value for who, value in found.items() if np.isfinite(value)}

    return _first(count, nearest, greatest=False)


def _first(count: int, values: Callable[[Frames], Mapping[int, float]], greatest: bool) -> Rule:
    """The rule that picks the `count` people with the greatest or least values; of equals the lower id."""
    (number,) = _whole("count", [count], least=1)

    def chosen(frames: Frames) -> list[int]:
        known = values(frames)
        return sorted(known, key=lambda who: (-known[who] if greatest else known[who], who))[:number]

    return Rule(chosen)


def _everyone(frames: Frames) -> list[int]:
    return sorted({who for frame in frames.values() for who in frame.ids.tolist()})


def _values(frames: Frames, measure: _Measure) -> dict[int, list[float]]:
    """What is measured of each person, over the frames it is in."""
    found: dict[int, list[float]] = {}
    for frame in frames.values():
        for who, value in zip(frame.ids.tolist(), measure(frame).tolist(), strict=True):
            found.setdefault(who, []).append(value)
    return found


def _means(frames: Frames, measure: _Measure) -> dict[int, float]:
    return {who: float(np.mean(values)) for who, values in _values(frames, measure).items()}


def _present(frame: Poses) -> FloatArray:
    return np.ones(len(frame))


def _away(frame: Poses, point: FloatArray) -> FloatArray:
    """Pixels (N,) from the point to the nearest keypoint, the middle of the box without any; far outside the box."""
    boxes = body_boxes(frame)
    outside = np.linalg.norm(np.maximum(np.maximum(boxes[:, :2] - point, point - boxes[:, 2:]), 0), axis=1)
    to_middle = np.linalg.norm((boxes[:, :2] + boxes[:, 2:]) / 2 - point, axis=1)
    to_points = np.where(frame.scores > 0, np.linalg.norm(frame.points - point, axis=2), np.inf)
    near = to_points.min(axis=1, initial=np.inf)
    beyond = float(np.hypot(*frame.canvas_wh)) * (outside > 0)  # Whoever's box holds the point comes first.
    return np.asarray(np.where(np.isfinite(near), near, to_middle) + beyond)


def _covered(frame: Poses, inside: npt.NDArray[np.bool_]) -> list[float]:
    """The share of each person's keypoints, or of its box, that lies inside a mask (H, W)."""
    scale = np.array(inside.shape[::-1]) / frame.canvas_wh
    found = []
    for person, box in zip(frame, body_boxes(frame), strict=True):
        points = person.points[person.scores > 0]
        if not len(points):
            steps = box[:2] + (box[2:] - box[:2]) * (np.arange(16)[:, None] + 0.5) / 16
            points = np.stack(np.meshgrid(*steps.T), axis=-1).reshape(-1, 2)
        columns, rows = np.floor(points * scale).astype(int).T
        within = (columns >= 0) & (columns < inside.shape[1]) & (rows >= 0) & (rows < inside.shape[0])
        found.append(float(inside[rows[within], columns[within]].sum() / len(points)))
    return found


def _unlike(reference: Poses, person: Poses) -> float:
    """Root mean square distance of two poses of one person each, both of size 1 about their middle."""
    wanted = reference.scores[0] > 0
    shared = wanted & (person.scores[0] > 0)
    if shared.sum() < 2 or shared.sum() <= wanted.sum() / 2:
        return np.inf
    one, other = (_unit(poses.points[0][shared]) for poses in (reference, person))
    return float(np.sqrt(((one - other) ** 2).sum(axis=1).mean()))


def _unit(points: FloatArray) -> FloatArray:
    middle = points - points.mean(axis=0)
    size = np.sqrt((middle**2).sum(axis=1).mean())
    return np.asarray(middle / size if size > 0 else middle)


def _whole(name: str, values: Iterable[int], least: int | None = None) -> list[int]:
    given = [values] if isinstance(values, int) else list(values)
    if not all(isinstance(value, (int, np.integer)) and (least is None or value >= least) for value in given):
        raise BadOption(f"{name}: expected whole numbers{'' if least is None else f' from {least}'}; got {given!r}")
    return [int(value) for value in given]


def _numbers(name: str, values: Sequence[float], shape: tuple[int, ...]) -> FloatArray:
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        array = np.full(1, np.nan)
    if array.shape != shape or not np.isfinite(array).all():
        raise BadOption(f"{name}: expected {shape[0]} numbers; got {values!r}")
    return array
