"""Steady Poses: what the library does, over a clip or the pieces of one, with what the pictures tell."""

from __future__ import annotations

import numpy as np
import pytest
import torch

FRAMES = 12
OPTIONS = {"method": "smooth", "strength": 0.5, "body": 1.0, "hands": 1.0, "face": 1.0, "feet": 1.0}
OPTIONS |= {"max_gap": 8, "gate": 0.2, "outliers": True, "swaps": True, "fps": 24.0}


@pytest.fixture(scope="module")
def image(pack):
    return pack.run(
        "SDPoseKit_DrawnCharacters", seed=16, frames=FRAMES, animate=True, width=128, height=96, style="any"
    )[0]


@pytest.fixture(scope="module")
def trembling(pack):
    """Poses of two people who stand still, were it not for noise; tracked."""
    poses, topology = pack.part("sdpose.poses").Poses, pack.part("sdpose.topology")
    rng = np.random.default_rng(0)
    where = rng.uniform(20, 70, (2, 17, 2)) + np.reshape([0, 0, 40, 0], (2, 1, 2))
    scores, boxes = np.full((2, 17), 0.9), [[15, 15, 75, 75], [55, 15, 115, 75]]
    known = {"skeleton": topology.get("coco17"), "canvas_wh": (128, 96), "boxes": boxes, "track_ids": [0, 1]}
    clip = [poses(where + rng.normal(0, 1, where.shape), scores, **known) for _ in range(FRAMES)]
    return pack.part("nodes.sockets").poses_to_socket(clip)


@pytest.fixture(scope="module")
def steady(pack):
    """Run the node on lists, as ComfyUI does: poses, report."""

    def run(poses, image=None, **changes):
        widgets = {name: [value] for name, value in (OPTIONS | changes).items()}
        return pack.run("SDPoseKit_SteadyPoses", poses=poses, image=image, **widgets)

    return run


def points(frames):
    """(T, N, 18, 2)."""
    flat = [[person["pose_keypoints_2d"] for person in frame["people"]] for frame in frames]
    return np.reshape(flat, (len(frames), -1, 18, 3))[..., :2]


def nameless(frames):
    return [
        frame | {"people": [{k: v for k, v in person.items() if k != "track_id"} for person in frame["people"]]}
        for frame in frames
    ]


def halves(frames):
    return [frames[:5], frames[5:]]


def held(image, times=2):
    """Every drawing for so many frames, and as many frames as before."""
    return image.repeat_interleave(times, dim=0)[:FRAMES]


def test_poses_are_what_the_library_gives(pack, trembling, steady):
    (found,), text = steady([trembling])
    sockets, video = pack.part("nodes.sockets"), pack.part("sdpose").video
    assert found == sockets.poses_to_socket(video.steady(sockets.poses_from_socket(trembling), video.Steadiness()))
    assert np.diff(points(found), n=2, axis=0).std() < np.diff(points(trembling), n=2, axis=0).std() / 2
    assert text == f"{2 * FRAMES} poses in {FRAMES} frames"


def test_it_begins_with_what_the_library_does_by_default(pack):
    widgets = {
        slot.id: getattr(slot, "default", None) for slot in pack.nodes["SDPoseKit_SteadyPoses"].GET_SCHEMA().inputs
    }
    steadiness = pack.part("sdpose").video.Steadiness()
    for name in ("method", "strength", "max_gap", "gate", "outliers", "swaps"):
        assert widgets[name] == OPTIONS[name] == getattr(steadiness, name)


@pytest.mark.parametrize("changes", [{"strength": 0.9}, {"body": 0.0}, {"method": "one_euro"}], ids=str)
def test_options_reach_the_library(pack, trembling, steady, changes):
    (found,), _ = steady([trembling], **changes)
    sockets, video = pack.part("nodes.sockets"), pack.part("sdpose").video
    named = {"parts": changes} if "body" in changes else changes
    expected = video.steady(sockets.poses_from_socket(trembling), video.Steadiness(**named))
    assert found == sockets.poses_to_socket(expected) and found != steady([trembling])[0][0]


def test_off_changes_nothing(trembling, steady):
    assert steady([trembling], method="off")[0] == [trembling]


def test_a_list_of_pieces_is_one_clip(trembling, image, steady):
    (found,), text = steady([trembling], [image])
    assert steady(halves(trembling), halves(image)) == (halves(found), text)
    apart = [frame for piece in halves(trembling) for frame in steady([piece])[0][0]]
    assert apart != found


def test_held_drawings_keep_still(trembling, image, steady):
    (found,), text = steady([trembling], [held(image)])
    assert (points(found)[0::2] == points(found)[1::2]).all()
    assert text.endswith(f", 0 cuts, {FRAMES // 2} held frames")
    (moving,), _ = steady([trembling], [image])
    assert (points(moving)[0::2] != points(moving)[1::2]).any()


def test_nothing_is_mixed_across_a_cut(trembling, steady):
    generator = torch.Generator().manual_seed(0)
    scenes = torch.cat([torch.rand(6, 96, 128, 3, generator=generator) * 0.2 + level for level in (0, 0.8)])
    (found,), text = steady([trembling], [scenes])
    apart = [steady([part])[0][0] for part in (trembling[:6], trembling[6:])]
    assert found == [frame for part in apart for frame in part] and text.endswith(", 1 cut, 0 held frames")


def test_people_without_ids_are_tracked_first(trembling, image, steady):
    (found,), text = steady([nameless(trembling)], [image])
    assert [[person["track_id"] for person in frame["people"]] for frame in found] == [[0, 1]] * FRAMES
    np.testing.assert_allclose(points(found), points(steady([trembling], [image])[0][0]))
    assert ", tracked first, " in text


def test_nobody_and_nothing(steady):
    nobody = [{"canvas_width": 8, "canvas_height": 8, "people": []}] * 3
    assert steady([nobody]) == ([nobody], "0 poses in 3 frames, 3 of them empty")
    assert steady([[]]) == ([[]], "0 poses in 0 frames")


def test_pictures_of_another_clip_are_refused(pack, trembling, image, steady):
    with pytest.raises(pack.part("sdpose.errors").BadImage, match="3 pictures for poses of 12 frames"):
        steady([trembling], [image[:3]])
