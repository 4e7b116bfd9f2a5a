"""One id per person: through crossings, absences, returns and cuts; nobody dropped, nobody added."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdpose import Poses
from sdpose.errors import BadBoxes, BadImage, BadKeypoints, BadOption, MissingDependency
from sdpose.formats import openpose
from sdpose.poses import FloatArray
from sdpose.synthetic.footage import Footage
from sdpose.synthetic.staged import staged
from sdpose.topology import get
from sdpose.video import PeopleTracker, people_of_boxes, track
from sdpose.video.identity import LOOK_AHEAD

WH = (400, 200)
Picture = npt.NDArray[np.uint8]
RED, GREEN = (200, 30, 30), (20, 160, 60)

# A body of height 1 with its feet at 0: standing, and with the arms up.
STANDING = np.array([
    [0, -.94], [.02, -.96], [-.02, -.96], [.04, -.95], [-.04, -.95], [.11, -.8], [-.11, -.8], [.15, -.64], [-.15, -.64],
    [.16, -.48], [-.16, -.48], [.07, -.5], [-.07, -.5], [.08, -.26], [-.08, -.26], [.09, -.02], [-.09, -.02],
])  # fmt: skip
WAVING = STANDING.copy()
WAVING[[7, 8, 9, 10]] = [[0.22, -0.95], [-0.22, -0.95], [0.2, -1.1], [-0.2, -1.1]]


def people(*bodies: tuple[FloatArray, float], noise: float = 0.0, rng: np.random.Generator | None = None) -> Poses:
    """People 120 pixels high, each a body and where it stands."""
    points = np.array([body * 120 + (x, 170) for body, x in bodies]).reshape(-1, 17, 2)
    points += noise * (np.random.default_rng(0) if rng is None else rng).normal(size=points.shape)
    return Poses(points, np.full(points.shape[:2], 0.9), get("coco17"), WH)


def boxes(*lefts: float) -> Poses:
    """People of 40 by 100 pixels of whom only the box is known."""
    return people_of_boxes([[x, 60, x + 40, 160] for x in lefts], WH)


def painted(*people: tuple[float, tuple[int, int, int]]) -> Picture:
    """A picture of those boxes, the last in front."""
    picture = np.full((WH[1], WH[0], 3), 128, np.uint8)
    for left, colour in people:
        picture[60:160, max(0, round(left)) : max(0, round(left) + 40)] = colour
    return picture


def ids(clip: Sequence[Poses]) -> list[list[int]]:
    return [[] if frame.track_ids is None else frame.track_ids.tolist() for frame in clip]


def whereabouts(clip: Sequence[Poses]) -> list[dict[int, int]]:
    """The left edge of everybody's box by id, in every frame."""
    return [
        dict(
            zip(found, np.round(frame.boxes[:, 0]).astype(int).tolist() if frame.boxes is not None else [], strict=True)
        )
        for found, frame in zip(ids(clip), clip, strict=True)
    ]


def followed(clip: Sequence[Poses], truth: Sequence[Poses]) -> dict[int, set[int]]:
    """True id -> the ids found for that person; people are recognised by their first keypoint."""
    found: dict[int, set[int]] = {}
    for tracked, true in zip(clip, truth, strict=True):
        for person, who in zip(tracked, ids([tracked])[0], strict=True):
            away = np.abs(true.points[:, 0] - person.points[0, 0]).sum(axis=1)
            found.setdefault(ids([true])[0][int(away.argmin())], set()).add(who)
    return found


# What holds for any clip.

_LEFTS = st.lists(st.lists(st.integers(0, 12).map(lambda step: 30.0 * step), max_size=4), max_size=14)


@settings(max_examples=20)
@given(_LEFTS, st.sets(st.integers(0, 13)), st.randoms(use_true_random=False))
def test_everybody_comes_out_once_whatever_the_order_they_came_in(lefts: Any, cuts: set[int], chance: Any) -> None:
    clip = [boxes(*row) for row in lefts]
    found = track(clip, cuts=cuts)
    assert len(found) == len(clip)
    for came, left in zip(clip, found, strict=True):
        assert came.boxes is not None and left.boxes is not None and left.track_ids is not None
        assert sorted(came.boxes.tolist()) == sorted(left.boxes.tolist())
        assert (np.diff(left.track_ids) > 0).all(), "sorted, and nobody twice"
    seen = [who for frame in ids(found) for who in frame]
    assert sorted(set(seen)) == list(range(len(set(seen))))
    assert [who for i, who in enumerate(seen) if who not in seen[:i]] == sorted(set(seen)), "in order of appearance"
    shuffled = [frame[chance.sample(range(len(frame)), len(frame))] for frame in clip]
    assert whereabouts(track(shuffled, cuts=cuts)) == whereabouts(found)


@settings(max_examples=10)
@given(_LEFTS)
def test_frames_come_in_order_and_are_held_back_no_longer_than_said(lefts: Any) -> None:
    tracker, found = PeopleTracker(), []
    for index, row in enumerate(lefts):
        found += tracker.add(boxes(*row))
        assert index + 1 - len(found) <= LOOK_AHEAD
    assert ids([*found, *tracker.finish()]) == ids(track([boxes(*row) for row in lefts]))


def test_memory_does_not_grow_with_the_length_of_the_clip() -> None:
    """Strangers all over the picture, of all sizes, in every frame: at 1 frame a second 5 frames are remembered."""
    rng, tracker, sizes = np.random.default_rng(0), PeopleTracker(fps=1), []
    for _ in range(48):
        middles, half = rng.uniform(100, 1900, (2, 2)), np.exp(rng.uniform(2, 5, (2, 2)))
        tracker.add(people_of_boxes(np.concatenate([middles - half, middles + half], axis=1), (2000, 2000)))
        sizes.append(len(pickle.dumps(tracker)))
    assert max(sizes[24:]) <= 1.2 * max(sizes[:24])


# Who goes on with whom.


def test_a_person_has_its_id_from_its_first_frame_on() -> None:
    clip = [boxes(10), boxes(12, 200), boxes(14, 203), boxes(16, 206, 350), boxes(18, 209), boxes(212)]
    assert ids(track(clip)) == [[0], [0, 1], [0, 1], [0, 1, 2], [0, 1], [1]]


def test_ids_that_came_are_replaced() -> None:
    clip = [boxes(10, 200).replace(track_ids=[7, 3]), boxes(10, 200).replace(track_ids=[3, 9])]
    assert ids(track(clip)) == [[0, 1], [0, 1]]


@pytest.mark.parametrize("turning", [True, False])
@pytest.mark.parametrize("boxed", [True, False])
def test_people_who_meet_keep_their_ids(turning: bool, boxed: bool) -> None:
    """They stop and turn round, or walk through each other: boxes cannot tell which."""
    rng = np.random.default_rng(7)
    clip, truth = [], []
    for t in range(-20, 20):
        aside = 5 + 140 * (t / 20) ** 2 if turning else 7 * t
        both = people((STANDING, 200 + aside), (WAVING, 200 - aside), noise=1.0, rng=rng)
        if boxed:
            box = [[x - 30, 30, x + 30, 175] for x in (200 + aside, 200 - aside)]
            both = both.replace(boxes=np.array(box) + rng.normal(size=(2, 4)))
        truth.append(both.replace(track_ids=[0, 1]))
        clip.append(both[rng.permutation(2)])
    found = followed(track(clip), truth)
    assert sorted(map(sorted, found.values())) == [[0], [1]]


def test_wrong_keypoints_do_not_make_it_worse_than_boxes_alone() -> None:
    rng = np.random.default_rng(1)
    clip = [
        boxes(10 + 6 * t, 350 - 6 * t).replace(
            points=rng.uniform(0, 200, (2, 17, 2)), scores=rng.uniform(0.1, 0.9, (2, 17))
        )
        for t in range(20)
    ]
    found = whereabouts(track(clip))
    assert all(frame == {0: 10 + 6 * t, 1: 350 - 6 * t} for t, frame in enumerate(found))


def test_people_without_colours_who_were_hidden_go_on_as_they_moved() -> None:
    clip = [boxes(10 + 8 * t, 300 - 8 * t) if not 14 <= t <= 22 else boxes(10 + 8 * t) for t in range(36)]
    found = whereabouts(track(clip))
    assert found[-1] == {0: 10 + 8 * 35, 1: 300 - 8 * 35}


@pytest.mark.parametrize("swap", [False, True])
def test_colours_tell_who_is_who_after_an_overlap(swap: bool) -> None:
    """Two meet, stand in one place, and part; in what follows only their clothes tell whether they changed sides."""
    clip, frames = [], []
    for t in range(34):
        left, right = (100 + min(t, 12) * 8, 300 - min(t, 12) * 8)
        if t > 20:
            left, right = left - (t - 20) * 8, right + (t - 20) * 8
        red, green = (right, left) if swap and t > 14 else (left, right)
        clip.append(boxes(left, right))
        frames.append(painted((green, GREEN), (red, RED)))
    found = whereabouts(track(clip, frames=frames))
    last = {0: 196 - 104, 1: 204 + 104}
    assert found[0] == {0: 100, 1: 300}
    assert found[-1] == ({0: last[1], 1: last[0]} if swap else last)


# Who comes back.


def absent(gap: int, colour: tuple[int, int, int], back: float = 5.0) -> tuple[list[Poses], list[Picture]]:
    """One who stands, and a red one who leaves the picture and is back, in some colour, after a gap."""
    lefts = [60 - 10 * t for t in range(9)] + [None] * gap + [back + 3 * t for t in range(12)]
    clip = [boxes(250) if left is None else boxes(250, left) for left in lefts]
    shades = [RED] * (9 + gap) + [colour] * 12
    frames = [
        painted((250, (90, 90, 200)), *([] if left is None else [(left, shade)]))
        for left, shade in zip(lefts, shades, strict=True)
    ]
    return clip, frames


@pytest.mark.parametrize(("gap", "colour", "same"), [(30, RED, True), (30, GREEN, False), (150, RED, False)])
def test_who_comes_back_is_recognised(gap: int, colour: tuple[int, int, int], same: bool) -> None:
    clip, frames = absent(gap, colour)
    assert ids(track(clip, frames=frames))[-1] == ([0, 1] if same else [1, 2])


@pytest.mark.parametrize("fps", [0.01, 0.1, 0.19, 1.0])
def test_who_stays_is_known_from_frame_to_frame_however_few_there_are_a_second(fps: float) -> None:
    assert ids(track([people((STANDING, 100), (WAVING, 300))] * 12, fps=fps)) == [[0, 1]] * 12


def test_the_only_one_lost_is_the_only_one_found_when_nothing_speaks_against_it() -> None:
    assert ids(track(absent(20, RED)[0]))[-1] == [0, 1]
    far = absent(3, RED, back=-400)[0]
    assert ids(track(far))[-1] == [1, 2], "too far away for so short a time"


def test_of_two_who_come_back_each_is_the_one_it_looks_like() -> None:
    colours = [RED, GREEN]
    before = [((20, 320), colours)] * 10
    after = [((24, 316), colours[::-1])] * 10
    gap: list[Any] = [((), [])] * 24
    clip = [boxes(*lefts) for lefts, _ in [*before, *gap, *after]]
    frames = [painted(*zip(lefts, shades, strict=True)) for lefts, shades in [*before, *gap, *after]]
    assert whereabouts(track(clip, frames=frames))[-1] == {0: 316, 1: 24}
    assert whereabouts(track(clip))[-1] == {0: 24, 1: 316}, "without colours by place"


def test_after_a_cut_everybody_is_new() -> None:
    clip = [boxes(50, 200)] * 12
    assert ids(track(clip, cuts=[5])) == [[0, 1]] * 5 + [[2, 3]] * 7
    clip = [boxes(50, 200)] * 5 + [boxes()] * 3 + [boxes(50)] * 4
    assert ids(track(clip, cuts=[7]))[-1] == [2]


# In pieces.


@pytest.mark.parametrize("seam", [9, 17, 20, 30])
def test_a_clip_in_pieces_has_the_ids_of_the_whole(seam: int) -> None:
    rng = np.random.default_rng(4)
    clip = [
        people((STANDING, 60 + 7 * t), (WAVING, 340 - 7 * t), *([(STANDING, 380.0)] * (t > 24)), noise=1.0, rng=rng)
        for t in range(42)
    ]
    whole = track(clip)
    first = track(clip[:seam])
    assert ids([*first, *track(clip[seam:], before=first)]) == ids(whole)


def test_ids_after_a_seam_are_new_to_all_that_came_before() -> None:
    first = track([boxes(50)] * 3 + [boxes(300)] * 150, cuts=[3])
    assert ids(track([boxes(300), boxes(300, 50)], before=first)) == [[1], [1, 2]]


def test_nobody_is_taken_for_somebody_before_a_cut_in_the_piece_before() -> None:
    first = track([boxes(50)] * 8 + [boxes(300)] * 8, cuts=[8])
    assert ids(track([boxes(300), boxes(300, 50)] * 6, before=first))[-1] == [1, 2]


# Whatever comes.


def test_frames_of_other_sizes_show_the_same_people() -> None:
    clip = [boxes(50, 200), boxes(52, 203), boxes(54, 206)]
    clip[1] = clip[1].scaled((1600, 600))
    found = track(clip)
    assert ids(found) == [[0, 1]] * 3
    assert [frame.canvas_wh for frame in found] == [WH, (1600, 600), WH]


def test_pose_keypoints_of_anyone_can_be_tracked() -> None:
    clip = [people((STANDING, 60 + 2 * t), (WAVING, 300)) for t in range(10)]
    foreign = openpose.from_frames(openpose.to_frames(clip))
    assert foreign[0].boxes is None
    found = track(foreign)
    assert ids(found) == [[0, 1]] * 10
    assert all(frame.boxes is None and frame.skeleton == get("openpose18") for frame in found)


def test_people_of_whom_nothing_is_known_have_ids_too() -> None:
    nothing = boxes(50).replace(boxes=np.zeros((1, 4)))
    both = people_of_boxes([[0, 0, 0, 0], [50, 60, 90, 160]], WH)
    found = track([both, nothing, boxes(50), both])
    assert [len(frame) for frame in found] == [2, 1, 1, 2]
    assert ids(found) == [[0, 1], [0], [1], [0, 1]]


def test_no_frames_one_frame_and_nobody() -> None:
    assert track([]) == []
    assert ids(track([boxes(1)])) == [[0]]
    nobody = track([Poses.empty(get("coco17"), WH)] * 3)
    assert ids(nobody) == [[], [], []] and all(frame.track_ids is not None for frame in nobody)


def test_people_of_boxes_have_boxes_and_no_keypoints() -> None:
    found = people_of_boxes([[1, 2, 3, 4]], WH, [0.5])
    assert found.boxes is not None and found.box_scores is not None
    assert not found.scores.any() and found.boxes.tolist() == [[1, 2, 3, 4]] and found.box_scores.tolist() == [0.5]
    with pytest.raises(BadBoxes, match="one for each box"):
        people_of_boxes([[1, 2, 3, 4]], WH, [0.5, 0.6])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"fps": 0}, BadOption),
        ({"fps": float("nan")}, BadOption),
        ({"before": [boxes(1)]}, BadKeypoints),
        ({"frames": [painted()]}, BadImage),
        ({"frames": [painted()] * 3}, BadImage),
        ({"frames": [np.zeros((4, 4))] * 2}, BadImage),
    ],
)
def test_what_cannot_be_used_is_refused(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        track([boxes(1), boxes(1)], **options)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trackers", None)
    with pytest.raises(MissingDependency, match="pip install trackers"):
        PeopleTracker()


# Drawn people.


@cache
def film(kind: str) -> list[Footage]:
    return list(staged(31, 36, (96, 96), kind=kind))


@pytest.mark.parametrize("kind", ["crossing", "return"])
@pytest.mark.parametrize("coloured", [True, False])
def test_drawn_people_keep_their_ids(kind: str, coloured: bool) -> None:
    rng = np.random.default_rng(0)
    clip, truth = [], []
    for frame in film(kind):
        poses = frame.poses[np.flatnonzero((frame.visibility == 2).sum(axis=1) > 2)]  # Whom a detector would find.
        clip.append(poses[rng.permutation(len(poses))])
        truth.append(poses)
    found = followed(track(clip, frames=[frame.image for frame in film(kind)] if coloured else None), truth)
    assert sorted(len(names) for names in found.values()) == [1] * len(found)
    assert len(set().union(*found.values())) == len(found)
