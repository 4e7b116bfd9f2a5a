"""Random clips through the wires and files that are not OpenPose's: what each can hold comes back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose import formats
from sdpose.errors import BadKeypoints
from sdpose.formats import dwposes
from sdpose.poses import Poses
from sdpose.topology import get

from .made_up import assert_same
from .test_profiles import clips, one_frame

SKELETONS = ("coco17", "coco_wholebody133", "openpose18", "openpose134", "openpose137", "posetrack17")


def zeroed(poses: Poses, gone: np.ndarray) -> Poses:
    return poses.replace(points=np.where(gone[..., None], 0, poses.points), scores=np.where(gone, 0, poses.scores))


def without(poses: Poses, *names: str) -> Poses:
    gone = np.isin(poses.skeleton.keypoints, names)
    return zeroed(poses, np.broadcast_to(gone, poses.scores.shape))


def bare(poses: Poses) -> Poses:
    return poses.replace(boxes=None, box_scores=None, track_ids=None)


@settings(max_examples=60)
@given(clips(people=20), st.booleans())
def test_dwposes_hold_body_face_and_hands(clip: list[Poses], swap_hands: bool) -> None:
    payload = dwposes.write(clip, swap_hands=swap_hands)
    assert formats.profile_of(payload) == "dwposes"
    wide = [poses.to(get("openpose134")) for poses in clip]
    feet = get("openpose134").parts["feet"]
    held = [bare(without(zeroed(poses, poses.scores <= 0), *feet)) for poses in wide]
    size = max(clip[0].canvas_wh) * 4
    assert_same(formats.read(payload, canvas_wh=clip[0].canvas_wh), held, tolerance=1e-12 * size)
    for frame, poses in zip(payload["poses"], clip, strict=True):
        shapes = {key: np.shape(value) for key, value in {**frame, **frame["bodies"]}.items() if key != "bodies"}
        n = len(poses)
        assert shapes == {
            "candidate": (n, 18, 2), "subset": (n, 18), "hands": (2 * n, 21, 2), "faces": (n, 70, 2),
            "body_score": (n, 18), "hand_score": (2 * n, 21), "face_score": (n, 70),
        }  # fmt: skip


@settings(max_examples=60)
@given(clips(people=1))
def test_posedata_hold_all_of_one_person_but_some_of_the_feet(clip: list[Poses]) -> None:
    payload = formats.write(clip, "posedata")
    read = formats.read(payload)
    skeleton = get("openpose134")
    toes = [name for name in skeleton.parts["feet"] if "toe" in name]
    for poses, back in zip(clip, read, strict=True):
        wide = poses.to(skeleton)
        if not wide.points.any() and not wide.scores.any():
            assert len(back) == 0
            continue
        assert_same([without(back, *toes)], [bare(without(wide, *toes, "left_heel"))])
        for side in ("left", "right"):
            pair = [skeleton.index(f"{side}_{which}_toe") for which in ("big", "small")]
            there = wide.scores[0, pair] > 0
            chosen = there if there.any() else np.array([True, True])
            for toe in pair:
                np.testing.assert_allclose(back.points[0, toe], wide.points[0, pair][chosen].mean(axis=0), rtol=1e-12)
                assert (back.scores[0, toe] > 0) == there.any()
    assert_same(formats.read(formats.write(read, "posedata")), read)
    for meta, original in zip(payload["pose_metas"], payload["pose_metas_original"], strict=True):
        for key, count in (("kps_body", 20), ("kps_lhand", 21), ("kps_rhand", 21), ("kps_face", 69)):
            assert (getattr(meta, key).shape, getattr(meta, f"{key}_p").shape) == ((count, 2), (count,))
        assert original["keypoints_body"].shape == (20, 3) and original["keypoints_face"].shape == (69, 3)


def test_posedata_hold_one_person() -> None:
    frame = one_frame(np.random.default_rng(0), "coco17", 2, (64, 48))
    with pytest.raises(BadKeypoints, match=r"frame 1: POSEDATA holds one person per frame, got 2; .*Select People"):
        formats.write([frame[:1], frame], "posedata")


def through_json(clip: list[Poses], profile: str, **options: Any) -> list[Poses]:
    payload = json.loads(json.dumps(formats.write(clip, profile), allow_nan=False))
    assert formats.profile_of(payload) == profile
    return formats.read(payload, **options)


@settings(max_examples=60)
@given(clips(people=20))
def test_coco_files_hold_what_is_labelled_and_every_score(clip: list[Poses]) -> None:
    faces = "face" in clip[0].skeleton.parts
    back = through_json(clip, "coco", canvas_wh=(1, 1))
    skeleton = get("coco_wholebody133" if faces and any(map(len, clip)) else "coco17")
    for poses, read in zip(clip, back, strict=True):
        wide = poses.to(skeleton)
        expected = wide.replace(points=np.where(wide.scores[..., None] > 0, wide.points, 0))
        assert_same([read.replace(boxes=None)], [expected.replace(boxes=None)])
        if poses.boxes is not None and len(poses):
            np.testing.assert_allclose(read.boxes, poses.boxes, rtol=1e-12, atol=1e-9)


@settings(max_examples=60)
@given(clips(people=20))
def test_coco_results_hold_every_point_of_frames_that_are_not_empty(clip: list[Poses]) -> None:
    filled = [poses for poses in clip if len(poses)]
    if not filled:
        assert formats.write(clip, "coco_results") == []
        return
    back = through_json(clip, "coco_results", canvas_wh=clip[0].canvas_wh)
    skeleton = get("coco_wholebody133" if "face" in clip[0].skeleton.parts else "coco17")
    for poses, read in zip(filled, back, strict=True):
        scored = read if poses.box_scores is not None else read.replace(box_scores=None)
        assert_same([scored.replace(boxes=None)], [poses.to(skeleton).replace(boxes=None)])


@settings(max_examples=60)
@given(clips(people=20))
def test_posetrack_files_hold_the_points_that_are_there(clip: list[Poses]) -> None:
    tracked = [poses.replace(track_ids=np.arange(len(poses)) * 7) for poses in clip]
    back = through_json(tracked, "posetrack", canvas_wh=(1, 1))
    for poses, read in zip(tracked, back, strict=True):
        names = [name for name in poses.skeleton.keypoints if name in read.skeleton and "ear" not in name]
        ours, theirs = ([table.skeleton.index(name) for name in names] for table in (poses, read))
        there = poses.scores[:, ours] > 0
        np.testing.assert_array_equal(read.points[:, theirs], np.where(there[..., None], poses.points[:, ours], 0))
        np.testing.assert_array_equal(read.scores[:, theirs], np.where(there, poses.scores[:, ours], 0))
        np.testing.assert_array_equal(read.ids, poses.ids)
        assert read.canvas_wh == poses.canvas_wh


def test_posetrack_files_need_track_ids_and_a_frame() -> None:
    frame = one_frame(np.random.default_rng(0), "coco17", 2, (64, 48)).replace(track_ids=None)
    with pytest.raises(BadKeypoints, match="wants a track id for everybody"):
        formats.write(frame, "posetrack")
    with pytest.raises(BadKeypoints, match="at least one frame"):
        formats.write([], "posetrack")


def test_posetrack_files_say_which_points_were_worked_out() -> None:
    frame = one_frame(np.random.default_rng(0), "coco17", 2, (64, 48)).replace(track_ids=[1, 2])
    assert formats.write(frame, "posetrack")["extrapolated"] == ["head_bottom", "head_top"]
    wide = one_frame(np.random.default_rng(0), "openpose18", 2, (64, 48)).replace(track_ids=[1, 2])
    assert "extrapolated" not in formats.write(wide, "posetrack")


@settings(max_examples=60)
@given(clips(frames=1, people=20))
def test_old_editors_files_hold_places_of_body_face_and_hands(clip: list[Poses]) -> None:
    (back,) = through_json(clip, "old_editor")
    wide = clip[0].to(back.skeleton)
    gone = (wide.scores < 0.3) | ~wide.points.any(axis=2) | (wide.points == -1).all(axis=2)
    held = without(zeroed(wide, gone), *wide.skeleton.parts.get("feet", ()))
    assert_same([back], [bare(held.replace(scores=(held.scores > 0).astype(float)))])


@pytest.mark.parametrize("profile", sorted(formats.PROFILES))
@pytest.mark.parametrize("skeleton", SKELETONS)
def test_every_skeleton_goes_into_every_profile(profile: str, skeleton: str) -> None:
    rng = np.random.default_rng(2)
    table = get(skeleton)
    frame = Poses(rng.uniform(1, 40, (1, len(table), 2)), np.ones((1, len(table))), table, (64, 48), track_ids=[5])
    (back,) = formats.read(formats.write(frame, profile), canvas_wh=(64, 48))
    names = [
        name for name in get("coco17").parts["body"] if name in table and name in back.skeleton and "ear" not in name
    ]
    ours, theirs = ([poses.skeleton.index(name) for name in names] for poses in (frame, back))
    assert len(names) > 12 or skeleton == "posetrack17"
    np.testing.assert_allclose(back.points[:, theirs], frame.points[:, ours], atol=1e-9)
