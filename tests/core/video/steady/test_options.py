"""What may be asked for, and what a keypoint's strength is."""

from __future__ import annotations

from typing import Any

import pytest

from sdpose.errors import BadOption
from sdpose.topology import get
from sdpose.video import Steadiness


@pytest.mark.parametrize(
    "options",
    [
        {"method": "median"},
        {"strength": 1.1},
        {"strength": float("nan")},
        {"gate": -0.1},
        {"max_gap": 25},
        {"max_gap": 2.5},
        {"parts": {"tail": 1.0}},
        {"parts": {"face": -1.0}},
        {"parts": {"face": float("nan")}},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadOption):
        Steadiness(**options)


def test_parts_multiply_the_strength_up_to_the_most() -> None:
    skeleton = get("coco_wholebody133")
    strengths = Steadiness(strength=0.4, parts={"hands": 0.5, "face": 5.0}).strengths(skeleton)
    for part, expected in {"body": 0.4, "feet": 0.4, "face": 1.0, "left_hand": 0.2, "right_hand": 0.2}.items():
        assert strengths[list(skeleton.indices(part))] == pytest.approx(expected)
