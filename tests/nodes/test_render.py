"""Render Skeleton draws what the library draws, at the size that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

LOOK = {
    "style": "dwpose",
    "threshold": 0.3,
    "body": True,
    "feet": "off",
    "hands": True,
    "face": True,
    "width": 0,
    "height": 0,
    "stick_width": 0,
    "scale": 1.0,
    "opacity": 0.6,
}


@pytest.fixture
def clip(pack):
    poses, topology = pack.part("sdpose.poses"), pack.part("sdpose.topology")
    rng = np.random.default_rng(5)
    skeleton = topology.get("coco_wholebody133")
    people = poses.Poses(rng.random((2, 133, 2)) * (96, 64), rng.random((2, 133)), skeleton, (96, 64))
    return [people, poses.Poses.empty(skeleton, (96, 64)), people[0]]


def render(pack, clip, **changes):
    frames = pack.part("nodes.sockets").poses_to_socket(clip)
    (image,) = pack.run("SDPoseKit_RenderSkeleton", poses=frames, **LOOK | changes)
    return (image * 255).round().to(torch.uint8).numpy()


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({}, {}),
        ({"style": "openpose", "threshold": 0.6}, {"style": "openpose", "threshold": 0.6}),
        ({"feet": "bones", "hands": False, "face": False}, {"feet": "bones", "hands": False, "face": False}),
        ({"body": False}, {"body": False}),
        ({"width": 200, "height": 50}, {"canvas_wh": (200, 50)}),
        ({"width": 200}, {"canvas_wh": (200, 64)}),
        ({"stick_width": 2, "scale": 3.0}, {"stick_width": 2, "scale": 3.0}),
        ({"scale": 0.0}, {"scale": "auto"}),
    ],
    ids=["default", "style", "parts", "no-body", "size", "width", "thickness", "auto"],
)
def test_pixels_are_the_librarys(pack, clip, changes, options):
    draw = pack.part("sdpose").draw
    expected = np.stack([draw(poses, **options) for poses in clip])
    np.testing.assert_array_equal(render(pack, clip, **changes), expected)
    assert expected[0].any() and not expected[1].any()


def test_over_the_picture(pack, clip):
    library = pack.part("sdpose")
    pictures = np.random.default_rng(1).integers(0, 256, (3, 64, 96, 3), dtype=np.uint8)
    background = torch.from_numpy(pictures).float() / 255
    drawn = [library.draw(poses) for poses in clip]
    expected = [library.overlay(*pair, opacity=0.5) for pair in zip(pictures, drawn, strict=True)]
    np.testing.assert_array_equal(render(pack, clip, background=background, opacity=0.5), expected)
    one = render(pack, clip, background=background[:1], opacity=0.5)
    np.testing.assert_array_equal(one[1], pictures[0])
    assert one.shape == (3, 64, 96, 3)


def test_the_background_gives_the_size_unless_one_is_asked_for(pack, clip):
    background = torch.zeros(1, 128, 192, 4)
    assert render(pack, clip, background=background).shape == (3, 128, 192, 3)
    assert render(pack, clip, background=background, width=96, height=64).shape == (3, 64, 96, 3)


def test_no_frames_at_all_give_a_black_picture(pack):
    assert not render(pack, []).any()
