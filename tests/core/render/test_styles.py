"""The style tables: complete, and cheap to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sdpose.render.styles import STYLES
from sdpose.topology import get


@pytest.mark.parametrize("name", STYLES)
def test_every_keypoint_of_the_skeleton_has_its_dot(name: str) -> None:
    skeleton = get("openpose134")
    for layer in STYLES[name].layers:
        dots = [keypoint for keypoint, _ in layer.dots if keypoint not in layer.borrows]
        assert dots == list(skeleton.parts[layer.part])


@pytest.mark.parametrize("name", STYLES)
def test_bones_join_keypoints_that_the_layer_is_given(name: str) -> None:
    skeleton = get("openpose134")
    for layer in STYLES[name].layers:
        known = {*skeleton.parts[layer.part], *layer.borrows}
        assert {keypoint for a, b, _ in layer.bones for keypoint in (a, b)} <= known


@pytest.mark.parametrize(("part", "bones"), [("body", 17), ("feet", 6), ("left_hand", 20), ("face", 0)])
def test_bones_per_part(part: str, bones: int) -> None:
    for style in STYLES.values():
        assert [len(layer.bones) for layer in style.layers if layer.part == part] == [bones]


def test_the_table_of_styles_needs_no_opencv() -> None:
    code = "import sys, sdpose.render; assert sdpose.render.STYLES; assert 'cv2' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
