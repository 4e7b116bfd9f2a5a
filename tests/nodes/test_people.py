"""Track People and Select People: one identity each, whole or in pieces, and only those who were chosen."""

from __future__ import annotations

import numpy as np
import pytest
import torch

FRAMES = 10
FPS = [24.0]


@pytest.fixture(scope="module")
def clip(pack):
    """Image, boxes and true poses, which have track ids, of two people or more."""
    scene = {"seed": 16, "frames": FRAMES, "animate": True, "width": 128, "height": 96, "style": "any"}
    return pack.run("SDPoseKit_DrawnCharacters", **scene)


@pytest.fixture(scope="module")
def track(pack):
    """Run the node on lists, as ComfyUI does: poses, boxes, report."""

    def run(fill_absent=False, **inputs):
        return pack.run("SDPoseKit_TrackPeople", **inputs, fps=FPS, fill_absent=[fill_absent])

    return run


def nameless(frames):
    """The same poses, as a node that knows nothing of identity gives them."""
    return [
        frame | {"people": [{k: v for k, v in person.items() if k != "track_id"} for person in frame["people"]]}
        for frame in frames
    ]


def ids(frames):
    return [[person["track_id"] for person in frame["people"]] for frame in frames]


def halves(frames):
    return [frames[:4], frames[4:]]


def test_everybody_is_who_the_library_says(pack, clip, track):
    image, _, truth = clip
    poses, boxes, text = track(poses=[nameless(truth)], image=[image])
    sockets, library = pack.part("nodes.sockets"), pack.part("sdpose")
    expected = library.video.track(
        sockets.poses_from_socket(nameless(truth)), frames=sockets.frames_from_image(image), fps=FPS[0]
    )
    assert poses == [sockets.poses_to_socket(expected)]
    people = len(ids(truth)[0])
    assert ids(poses[0]) == [list(range(people))] * FRAMES
    assert [[box["track_id"] for box in frame] for frame in boxes[0]] == ids(poses[0])
    np.testing.assert_allclose(
        [[box["x"], box["y"]] for box in boxes[0][0]], [person["bbox"][:2] for person in poses[0][0]["people"]]
    )
    assert text.startswith(f"{people} people in {FRAMES} frames: 0 ({FRAMES} frames)")


def test_a_list_of_pieces_is_one_clip(clip, track):
    image, drawn_boxes, truth = clip
    (poses,), (boxes,), text = track(poses=[nameless(truth)], image=[image])
    parts = track(poses=halves(nameless(truth)), image=halves(image))
    assert parts == (halves(poses), halves(boxes), text)
    (people,), _, _ = track(boxes=[drawn_boxes], image=[image])
    for some in ([drawn_boxes], halves(drawn_boxes)):
        assert track(boxes=some, image=halves(image))[0] == halves(people)


def test_pieces_in_runs_of_their_own_go_on_with_the_ids(clip, track):
    truth = nameless(clip[2])
    first, _, _ = track(poses=[truth[:4]])
    turned = [frame | {"people": frame["people"][::-1]} for frame in truth[4:]]
    rest, _, _ = track(poses=[turned], before=first)
    assert first[0] + rest[0] == track(poses=[truth])[0][0]


def test_boxes_are_tracked_for_estimate_pose_in_video(pack, clip, track):
    image, boxes, truth = clip
    poses, named, _ = track(boxes=[[frame[::-1] for frame in boxes]], image=[image])
    people = pack.part("nodes.sockets").poses_from_socket(poses[0])
    assert [len(frame) for frame in people] == [len(frame["people"]) for frame in truth]
    assert not any(frame.scores.any() for frame in people)
    np.testing.assert_allclose(
        people[0].boxes, [[b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"]] for b in named[0][0]]
    )
    assert {person["track_id"] for person in poses[0][0]["people"]} == {box["track_id"] for box in named[0][0]}


def test_everybody_in_every_frame_on_request(clip, track):
    truth = nameless(clip[2])
    gone = [frame | {"people": frame["people"][1:]} if 3 <= i < 6 else frame for i, frame in enumerate(truth)]
    as_they_are, boxes, _ = track(poses=[gone])
    filled, filled_boxes, _ = track(fill_absent=True, poses=[gone])
    people = len(truth[0]["people"])
    assert ids(filled[0]) == [list(range(people))] * FRAMES
    assert [len(frame["people"]) for frame in as_they_are[0]] == [len(frame["people"]) for frame in gone]
    absent = [not any(person["pose_keypoints_2d"]) for frame in filled[0] for person in frame["people"]]
    assert sum(absent) == 3
    assert filled_boxes == boxes and [len(frame) for frame in boxes[0]] == [len(frame["people"]) for frame in gone]
    again, _, _ = track(poses=[filled[0]])
    assert again == as_they_are, "who only keeps a place is nobody to follow"


def test_after_a_cut_everybody_is_new(clip, track):
    """Found in the pictures: two scenes, one dark and one light, with people at the same places."""
    truth = nameless(clip[2])[:8]
    generator = torch.Generator().manual_seed(0)
    scenes = torch.cat([torch.rand(4, 96, 128, 3, generator=generator) * 0.2 + level for level in (0, 0.8)])
    people = len(truth[0]["people"])
    cut, _, _ = track(poses=[truth], image=[scenes])
    assert [frame[0] for frame in ids(cut[0])] == [0] * 4 + [people] * 4
    uncut, _, _ = track(poses=[truth])
    assert [frame[0] for frame in ids(uncut[0])] == [0] * 8


@pytest.mark.parametrize(
    ("inputs", "error", "match"),
    [
        (lambda image, boxes, truth: {"boxes": [boxes], "poses": [truth]}, "BadOption", "connect one of them"),
        (lambda image, boxes, truth: {"image": [image]}, "BadOption", "connect one of them"),
        (lambda image, boxes, truth: {"boxes": [boxes]}, "BadBoxes", "connect the image"),
        (lambda image, boxes, truth: {"poses": [truth], "image": [image[:3]]}, "BadImage", "3 pictures"),
        (lambda image, boxes, truth: {"boxes": [boxes] * 3, "image": [image[:5], image[5:]]}, "BadBoxes", "got 3"),
        (lambda image, boxes, truth: {"poses": [truth], "before": [nameless(truth)]}, "BadKeypoints", "track people"),
    ],
    ids=["both", "neither", "boxes-alone", "other-pictures", "other-pieces", "before-untracked"],
)
def test_what_does_not_fit_is_said(pack, clip, track, inputs, error, match):
    with pytest.raises(getattr(pack.part("sdpose.errors"), error), match=match):
        track(**inputs(*clip))


def test_frames_without_anybody(track):
    nobody = [{"canvas_width": 8, "canvas_height": 8, "people": []}] * 3
    assert track(poses=[nobody]) == ([nobody], [[[], [], []]], "0 people in 3 frames")
    assert track(poses=[[]]) == ([[]], [[]], "0 people in 0 frames")


def test_cancel_is_heard_between_frames(clip, track, cancelled):
    with cancelled(at=1):
        track(poses=[clip[2]], image=[clip[0]])


@pytest.fixture(scope="module")
def select(pack):
    """Run the node on lists, as ComfyUI does: poses, boxes, report."""

    def run(poses, rule, **asked):
        return pack.run("SDPoseKit_SelectPeople", poses=poses, rule={"rule": [rule], **asked})

    return run


@pytest.fixture(scope="module")
def named(clip, track):
    """Tracked poses, of whom 0 is away for three frames."""
    (poses,), _, _ = track(poses=[nameless(clip[2])])
    return [
        frame | {"people": [person for person in frame["people"] if person["track_id"] or not 3 <= i < 6]}
        for i, frame in enumerate(poses)
    ]


def boxes_of(frames, who):
    return np.array([p["bbox"] for frame in frames for p in frame["people"] if p["track_id"] == who])


RULES = {
    "track id": ("by_track_id", {"ids": ["2, 0"]}, ([2, 0],)),
    "index": ("by_index", {"indices": ["1"]}, ([1],)),
    "largest": ("by_area", {"count": [2]}, (2,)),
    "left to right": ("by_left_to_right", {"places": ["2"]}, ([2],)),
    "longest lived": ("by_lifetime", {"count": [2]}, (2,)),
    "point": ("by_point", {"x": [100], "y": [40]}, ((100, 40),)),
}


@pytest.mark.parametrize("rule", RULES)
def test_those_are_kept_whom_the_library_chooses(pack, named, select, rule):
    name, asked, arguments = RULES[rule]
    (chosen,), (boxes,), text = select([named], rule, **asked)
    sockets, selection = pack.part("nodes.sockets"), pack.part("sdpose.video.selection")
    expected = selection.select(sockets.poses_from_socket(named), getattr(selection, name)(*arguments))
    assert chosen == sockets.poses_to_socket(expected)
    kept = {who for frame in ids(chosen) for who in frame}
    assert 0 < len(kept) < 3 and [[box["track_id"] for box in frame] for frame in boxes] == ids(chosen)
    assert text.startswith(f"{len(kept)} p") and all(f"{who} (" in text for who in kept)
    pieces, _, _ = select(halves(named), rule, **asked)
    assert pieces == halves(chosen)


def test_a_mask_chooses_whoever_is_in_it(named, select):
    """One mask for all frames, one per frame, or in the pieces of the clip."""
    x1, y1, x2, y2 = boxes_of(named, 1)[0].astype(int)
    mask = torch.zeros(1, 96, 128)
    mask[:, max(0, y1) : y2, max(0, x1) : x2] = 1
    (chosen,), _, _ = select([named], "mask", mask=[mask], inside=[0.5])
    assert 1 in ids(chosen)[0] and len(ids(chosen)[0]) < 3
    every = mask.repeat(FRAMES, 1, 1)
    for masks in ([every], halves(every)):
        assert select([named], "mask", mask=masks, inside=[0.5])[0] == [chosen]
    assert select([named], "mask", mask=[1 - mask], inside=[1.0])[0] != [chosen]


def test_the_nearest_pose_is_found(named, select):
    who = named[0]["people"][1]
    small = {"canvas_width": 64, "canvas_height": 48}
    points = np.reshape(who["pose_keypoints_2d"], (-1, 3)) * [0.5, 0.5, 1]
    reference = [small | {"people": [{"pose_keypoints_2d": points.ravel().tolist()}]}]
    (chosen,), _, _ = select([named], "nearest pose", reference=[reference])
    assert {who for frame in ids(chosen) for who in frame} == {1}


def test_without_ids_the_choice_is_made_frame_by_frame(named, select):
    (chosen,), (boxes,), text = select([nameless(named)], "index", indices=["0"])
    assert [len(frame["people"]) for frame in chosen] == [1] * FRAMES == [len(frame) for frame in boxes]
    assert text == f"{FRAMES} poses in {FRAMES} frames"


def test_nobody_who_fits_is_no_error(named, select):
    (chosen,), _, text = select([named], "track id", ids=["99"])
    assert ids(chosen) == [[]] * FRAMES and text == f"0 people in {FRAMES} frames"


@pytest.mark.parametrize(
    ("rule", "asked", "error", "match"),
    [
        ("track id", {"ids": ["one"]}, "BadOption", "whole numbers.*'one'"),
        ("cleverest", {}, "BadOption", "rule is one of longest lived, .*'cleverest'"),
        ("mask", {"mask": [torch.ones(1, 4, 4), torch.ones(1, 8, 8)], "inside": [0.5]}, "BadOption", "one size"),
        ("nearest pose", {"reference": [[]]}, "BadOption", "no frames"),
    ],
    ids=["ids", "rule", "masks", "reference"],
)
def test_a_rule_that_makes_no_sense_is_named(pack, named, select, rule, asked, error, match):
    with pytest.raises(getattr(pack.part("sdpose.errors"), error), match=match):
        select([named], rule, **asked)


def test_track_ids_need_tracked_people(pack, named, select):
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="track people first"):
        select([nameless(named)], "track id", ids=["0"])
    with pytest.raises(pack.part("sdpose.errors").BadOption, match="rule is one of"):
        pack.run("SDPoseKit_SelectPeople", poses=[named])
