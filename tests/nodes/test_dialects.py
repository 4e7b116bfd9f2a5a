"""Every node that takes poses takes them in every dialect, whole or in pieces, with the same result."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

FRAMES = 4
WH = (128, 96)
SIZE = {"width": WH[0], "height": WH[1]}
KINDS = ["text", "bytes", "normalised", "judian17", "one by one", "posedata", "dwposes"]

STEADY = {"method": "smooth", "strength": 0.5, "body": 1.0, "hands": 1.0, "face": 1.0, "feet": 1.0, "max_gap": 8}
STEADY |= {"gate": 0.05, "outliers": True, "swaps": True, "fps": 24.0}
LOOK = {"style": "dwpose", "threshold": 0.3, "body": True, "feet": "off", "hands": True, "face": True}
MASK = {"region": "person", "shape": "limbs", "people": "together", "grow": 0, "feather": 0, "threshold": 0.3}
CROP = {"track_id": -1, "size": 32, "margin": 0.5, "threshold": 0.3, "find_cuts": False}


@pytest.fixture(scope="module")
def image():
    return torch.zeros(FRAMES, WH[1], WH[0], 3)


@pytest.fixture(scope="module")
def clip(pack):
    """One person with body, hands and face, who walks; no feet and no track id, which POSEDATA and DWPOSES lack."""
    synthetic, get = pack.part("sdpose.synthetic"), pack.part("sdpose.topology").get
    truth = synthetic.drawing(3, size_wh=WH, split="test").poses[0].to(get("openpose134"))
    rng = np.random.default_rng(0)
    held = [k for part in ("body", "face", "left_hand", "right_hand") for k in truth.skeleton.indices(part)]
    bare = truth.replace(boxes=None, box_scores=None, track_ids=None)
    points, scores = rng.uniform(20, 70, bare.points.shape), np.zeros(bare.scores.shape)
    body = list(truth.skeleton.indices("body"))
    points[:, body], scores[:, held] = truth.points[:, body], 0.75
    points[scores == 0] = 0
    return [bare.replace(points=points + (points > 0) * i, scores=scores) for i in range(FRAMES)]


def payload(pack, clip, kind):
    """The clip as some tool would send it."""
    write = pack.part("sdpose.formats").write
    if kind == "one by one":
        return [[frame] for frame in write(clip)]
    if kind in ("text", "bytes"):
        text = json.dumps(write(clip))
        return text if kind == "text" else text.encode()
    return write(clip, kind)


def steady(pack, pieces, image):
    widgets = {name: [value] for name, value in STEADY.items()}
    return pack.run("SDPoseKit_SteadyPoses", poses=pieces, image=[image], **widgets)


def track(pack, pieces, image):
    return pack.run("SDPoseKit_TrackPeople", poses=pieces, image=[image], fps=[24.0], fill_absent=[False])


LISTS = {"steady": steady, "track": track}
"""Nodes that take a clip in pieces, on its pictures."""

SINGLES = {
    "render": lambda pack, poses, image: pack.run(
        "SDPoseKit_RenderSkeleton", poses=poses, **LOOK, **SIZE, stick_width=0, scale=1.0, opacity=0.6
    ),
    "render over": lambda pack, poses, image: pack.run(
        "SDPoseKit_RenderSkeleton", poses=poses, background=image, **LOOK, width=0, height=0, stick_width=0, scale=1.0,
        opacity=0.6,
    ),
    "masks": lambda pack, poses, image: pack.run("SDPoseKit_PosesToMasks", poses=poses, **MASK, **SIZE),
    "faces": lambda pack, poses, image: pack.run("SDPoseKit_FaceCrops", poses=poses, image=image, **CROP),
}  # fmt: skip


def numbers(value):
    """Everything in a node's output as one row of numbers."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return value.flatten().tolist()
    if isinstance(value, dict):
        return [number for key in sorted(value) for number in numbers(value[key])]
    if isinstance(value, (list, tuple)):
        return [number for inner in value for number in numbers(inner)]
    return [] if isinstance(value, str) else [value]


@pytest.mark.parametrize("node", [*LISTS, *SINGLES])
def test_every_dialect_gives_what_core_s_gives(pack, clip, image, node):
    core = pack.part("sdpose.formats").write(clip)
    run = SINGLES[node] if node in SINGLES else lambda pack, poses, image: LISTS[node](pack, [poses], image)
    expected = numbers(run(pack, core, image))
    assert np.any(expected)
    for kind in KINDS:
        found = numbers(run(pack, payload(pack, clip, kind), image))
        np.testing.assert_allclose(found, expected, atol=1e-6, err_msg=kind)


@pytest.mark.parametrize("node", LISTS)
def test_pieces_of_every_dialect_are_one_clip(pack, clip, image, node):
    expected = LISTS[node](pack, [pack.part("sdpose.formats").write(clip)], image)
    for kind in KINDS:
        pieces = [payload(pack, part, kind) for part in (clip[:3], clip[3:])]
        found = LISTS[node](pack, pieces, image)
        np.testing.assert_allclose(numbers(found), numbers(expected), atol=1e-6, err_msg=kind)
        assert [len(piece) for piece in found[0]] == [3, 1], kind


def test_one_frame_without_a_list(pack, clip, image):
    core = pack.part("sdpose.formats").write(clip[:1])
    assert track(pack, [core[0]], image[:1]) == track(pack, [core], image[:1])


def test_a_size_that_nobody_says_is_asked_for(pack, clip):
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="Convert Poses with width and height"):
        pack.run("SDPoseKit_PosesToBoxes", poses=payload(pack, clip, "dwposes"), region="person", margin=0.2,
                 threshold=0.3)  # fmt: skip


def test_pieces_of_several_dialects_are_refused(pack, clip, image):
    pieces = [payload(pack, clip, "dwposes"), pack.part("sdpose.formats").write(clip)]
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="of one dialect"):
        track(pack, pieces, image)
