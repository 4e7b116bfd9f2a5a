"""Poses written as OpenPose's frames, in any of the variants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from ...errors import BadKeypoints
from ...poses import FloatArray, Poses
from . import layout, units
from .variants import Variant, variants

__all__ = ["Frame", "to_frames", "write_frames"]

Frame = dict[str, Any]

_VERSION = 1.3
_BODY = "pose_keypoints_2d"
_EXTRAS = {"track_id": "track_ids", "bbox": "boxes", "score": "box_scores"}


def to_frames(people: Iterable[Poses]) -> list[Frame]:
    """Write a clip's poses as frames of ComfyUI's core, in order.

    Args:
        people: one Poses per frame, in any skeleton (a single Poses is one frame).

    Returns:
        One dict per frame, of plain numbers, strings, lists and dicts. Where their numbers may be taken for shares of
        the canvas, as on one of ten pixels, they say their units too.
    """
    return _frames([people] if isinstance(people, Poses) else list(people), variants()["core"])


def write_frames(people: Sequence[Poses], variant: Variant) -> list[Frame] | Frame:
    """Write a clip's poses as frames of a variant, or as the one frame of a bare variant; see `to_frames`.

    Raises:
        BadKeypoints: the variant cannot hold as many people or frames.
    """
    if variant.bare and len(people) != 1:
        raise BadKeypoints(f"{variant.title}: expected one frame; got {len(people)}: pick one frame first")
    for i, poses in enumerate(people):
        if variant.people is not None and len(poses) > variant.people:
            raise BadKeypoints(
                f"frame {i}: {variant.title}: expected {variant.people} person at most; got {len(poses)}: "
                "select who is wanted first"
            )
    frames = _frames(people, variant)
    return frames[0] if variant.bare else frames


def _frames(clip: Sequence[Poses], variant: Variant) -> list[Frame]:
    written = [units.to_shares(poses) if variant.units == "shares" else poses for poses in clip]
    tables = [_table(poses) for poses in written]
    frames = [_frame(poses, table, variant) for poses, table in zip(written, tables, strict=True)]
    held = [place for key, count in variant.parts.items() for place in layout.places(key, count)]
    mark = units.mark([table[:, held] for table in tables], variant.units)
    return frames if mark is None else [frame | {units.MARK: mark} for frame in frames]


def _frame(written: Poses, table: FloatArray, variant: Variant) -> Frame:
    people = [_person(points, variant) for points in table]
    if "person_id" in variant.fixed and written.track_ids is not None:
        _give(people, "person_id", [[number] for number in written.track_ids.tolist()])
    for key, field in _EXTRAS.items() if variant.extras else ():
        if (values := getattr(written, field)) is not None:
            _give(people, key, values.tolist())
    width, height = written.canvas_wh
    known = {"version": _VERSION, "canvas_width": width, "canvas_height": height, "people": people}
    return {key: known[key] for key in variant.frame}


def _give(people: Sequence[Frame], key: str, values: Sequence[Any]) -> None:
    for person, value in zip(people, values, strict=True):
        person[key] = value


def _table(poses: Poses) -> FloatArray:
    """(N, 137, 3) x, y, score; the body's eyes stand for the pupils of a face that has none of its own."""
    whole = poses.to(layout.whole())
    table = np.concatenate([whole.points, whole.scores[..., None]], axis=2)
    has_face = np.any(table[:, whole.skeleton.indices("face")], axis=(1, 2))
    for pupil, eye in layout.PUPILS.items():
        if pupil not in poses.skeleton:
            table[has_face, whole.skeleton.index(pupil)] = table[has_face, whole.skeleton.index(eye)]
    return table


def _person(table: FloatArray, variant: Variant) -> Frame:
    lists = {key: _list(table[list(layout.places(key, count))], key, variant) for key, count in variant.parts.items()}
    return {**deepcopy(variant.fixed), **lists}


def _list(points: FloatArray, key: str, variant: Variant) -> list[Any] | None:
    if variant.missing != "zeros" and key != _BODY and not points.any():
        return None if variant.missing == "null" else []
    written: list[Any] = points.tolist() if variant.nested else points.ravel().tolist()
    return written
