"""Pixel for pixel what the reference renderers draw. Nothing is excepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sdpose.formats.openpose import from_frames
from sdpose.render import draw

GOLDENS = Path(__file__).parents[2] / "goldens" / "draw"
CASES = sorted(path.stem for path in GOLDENS.glob("*.json"))
RENDERERS: dict[str, dict[str, Any]] = {
    "aux_dwpose": {"style": "dwpose"},
    "aux_dwpose_body": {"style": "dwpose", "hands": False, "face": False},
    "aux_dwpose_xinsr": {"style": "xinsr"},
    "comfy_default": {"style": "openpose"},
    "comfy_feet": {"style": "openpose", "feet": True, "face_point_size": 2, "threshold": 0.5},
}


def test_the_goldens_are_there() -> None:
    assert len(CASES) == 11


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("case", CASES)
def test_equals_the_reference_pixel_for_pixel(case: str, renderer: str) -> None:
    (poses,) = from_frames(json.loads((GOLDENS / f"{case}.json").read_text()))
    expected = cv2.imread(str(GOLDENS / f"{case}.{renderer}.png"))[..., ::-1]
    np.testing.assert_array_equal(draw(poses, **RENDERERS[renderer]), expected)
