"""The clip of `tests/goldens/dialects` and what each tool's payload of it holds; see the README there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from sdpose.poses import Poses
from sdpose.topology import Skeleton, get

__all__ = ["FOLDER", "assert_same", "golden", "names", "truth"]

FOLDER = Path(__file__).parents[2] / "goldens" / "dialects"
_PEOPLE = json.loads((FOLDER / "people.json").read_text(encoding="utf-8"))


def golden(name: str) -> dict[str, Any]:
    """What one tool made of the clip."""
    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def names() -> list[str]:
    """All of them."""
    return sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "people")


def truth(case: dict[str, Any]) -> list[Poses]:
    """The clip as far as a payload holds it."""
    skeleton = get(case["skeleton"])
    clip = []
    for i, frame in enumerate(case["frames"]):
        people = _PEOPLE["frames"][frame]
        chosen = range(len(people)) if case["people"] is None else case["people"][i]
        tables = [_table(dict(zip(_PEOPLE["keypoints"], people[k], strict=True)), skeleton, case) for k in chosen]
        table = np.reshape(tables, (-1, len(skeleton), 3))
        clip.append(Poses(table[..., :2], table[..., 2], skeleton, tuple(_PEOPLE["canvas_wh"])))
    return clip


def _table(person: dict[str, list[float]], skeleton: Skeleton, case: dict[str, Any]) -> np.ndarray:
    """(K, 3) what is held of one person."""
    held = {name for part in case["parts"] for name in skeleton.parts[part]} - set(case.get("without", ()))
    table = np.array([person[name] if name in held else [0.0] * 3 for name in skeleton.keypoints])
    table[table[:, 2] < (case["threshold"] or 0)] = 0
    if not any(table[i, 2] for i in skeleton.indices("face") if "pupil" not in skeleton.keypoints[i]):
        table[["pupil" in name for name in skeleton.keypoints]] = 0  # where no face is found, no pupils are
    if case["scores"] == "binary":
        table[:, 2] = table[:, 2] > 0
    return table


def assert_same(read: list[Poses], expected: list[Poses], tolerance: float = 0.0) -> None:
    """The same frames, people, keypoints, boxes, scores and ids, to that many pixels."""
    assert len(read) == len(expected)
    for i, (a, b) in enumerate(zip(read, expected, strict=True)):
        assert (a.skeleton, a.canvas_wh, len(a)) == (b.skeleton, b.canvas_wh, len(b)), f"frame {i}"
        for field in ("points", "scores", "boxes", "box_scores", "track_ids"):
            one, other = getattr(a, field), getattr(b, field)
            if not len(a) and (one is None or other is None):  # with nobody there, nothing and unknown are the same
                continue
            assert (one is None) == (other is None), f"frame {i}, {field}"
            if one is not None:
                np.testing.assert_allclose(one, other, rtol=0, atol=tolerance, err_msg=f"frame {i}, {field}")
