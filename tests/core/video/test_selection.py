"""Rules that pick people: for a whole clip by identity, or frame by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sdpose import Poses
from sdpose.errors import BadKeypoints, BadOption
from sdpose.topology import get
from sdpose.video import people_of_boxes, placed, select
from sdpose.video.selection import (
    Rule,
    by_area,
    by_index,
    by_left_to_right,
    by_lifetime,
    by_mask,
    by_point,
    by_reference,
    by_track_id,
)

WH = (100, 60)
WIDTHS = {5: 10.0, 6: 30.0, 9: 20.0}
EVERY_RULE = [
    by_track_id([0]),
    by_index([0]),
    by_area(),
    by_left_to_right([0]),
    by_lifetime(),
    by_point((3, 3)),
    by_mask(np.ones((4, 4))),
    by_reference(people_of_boxes([[0, 0, 9, 9]], WH).replace(scores=np.ones((1, 17)))),
]


def frame(where: dict[int, float], tracked: bool = True) -> Poses:
    """People by id, with the left edge of each; 5 is the smallest and 6 the largest."""
    boxes = [[x, 10, x + WIDTHS[who], 50] for who, x in where.items()]
    people = people_of_boxes(boxes, WH)
    return people.replace(track_ids=list(where)) if tracked else people


CLIP = [frame({5: 10, 6: 30}), frame({6: 40, 5: 20}), frame({9: 0, 6: 50, 5: 30}), frame({9: 80})]


def ids(clip: Sequence[Poses]) -> list[list[int]]:
    return [[] if each.track_ids is None else each.track_ids.tolist() for each in clip]


@pytest.mark.parametrize(
    ("rule", "chosen"),
    [
        (by_track_id([6, 5]), {5, 6}),
        (by_track_id([77]), set()),
        (by_index([0, 2]), {5, 9}),
        (by_index([3]), set()),
        (by_area(), {6}),
        (by_area(2), {6, 9}),
        (by_left_to_right([0]), {5}),
        (by_left_to_right([1, 2]), {6, 9}),
        (by_lifetime(), {5}),
        (by_lifetime(2), {5, 6}),
        (by_lifetime(9), {5, 6, 9}),
        (by_point((45, 30)), {6}),
        (by_point((1, 1), frames=[2]), {9}),
        (by_point((99, 30), frames=[0]), {6}),
        (by_point((99, 30), frames=[3, 50]), {9}),
        (by_point((99, 30), frames=[50]), {6}),
    ],
)
def test_rules_choose_identities_for_the_whole_clip(rule: Rule, chosen: set[int]) -> None:
    assert ids(select(CLIP, rule)) == [[who for who in every if who in chosen] for every in ids(CLIP)]


def test_without_ids_each_frame_is_chosen_from_anew() -> None:
    clip = [frame({5: 10, 6: 30}, tracked=False), frame({6: 0, 9: 60}, tracked=False)]
    found = select(clip, by_left_to_right([0]))
    assert [each.boxes.tolist() for each in found if each.boxes is not None] == [[[10, 10, 20, 50]], [[0, 10, 30, 50]]]
    assert all(each.track_ids is None for each in found)
    assert [len(each) for each in select(clip, by_point((65, 20)))] == [1, 1]


def test_the_nearest_keypoint_decides_between_boxes_that_share_the_point() -> None:
    points = np.zeros((2, 17, 2))
    points[0], points[1] = (12, 12), (30, 30)
    scores = np.zeros((2, 17))
    scores[:, 3] = 1
    both = people_of_boxes([[0, 0, 50, 50]] * 2, WH).replace(points=points, scores=scores, track_ids=[0, 1])
    assert ids(select([both], by_point((14, 14)))) == [[0]] and ids(select([both], by_point((26, 26)))) == [[1]]


def test_a_mask_chooses_those_inside_it() -> None:
    mask = np.zeros((6, 10), np.uint8)
    mask[:, :4] = 255
    assert ids(select(CLIP, by_mask(mask))) == [[5], [5], [9, 5], [9]], "9 is inside half of the time"
    assert ids(select(CLIP, by_mask(mask == 0))) == [[6], [6], [9, 6], [9]]
    assert ids(select(CLIP, by_mask(mask, share=0.1))) == [[5, 6], [6, 5], [9, 6, 5], [9]]
    assert ids(select(CLIP, by_mask(mask * 0))) == [[], [], [], []]


def test_a_mask_may_change_from_frame_to_frame() -> None:
    masks = np.zeros((4, 6, 10), bool)
    for t in range(4):
        masks[t, :, 1 + t : 2 + t] = True  # Wherever person 5 is.
    assert ids(select(CLIP, by_mask(masks))) == [[5], [5], [5], []]
    with pytest.raises(BadOption, match="2 frames"):
        select(CLIP, by_mask(masks[:2]))


def test_a_mask_counts_keypoints_where_there_are_any() -> None:
    points = np.full((1, 17, 2), 5.0)
    points[0, 4:, 0] = 90
    person = people_of_boxes([[0, 0, 99, 59]], WH).replace(points=points, scores=np.ones((1, 17)), track_ids=[3])
    left = np.arange(100)[None] < 50
    assert ids(select([person], by_mask(left))) == [[]] and ids(select([person], by_mask(~left))) == [[3]]


def test_a_reference_pose_is_found_anywhere_and_at_any_size() -> None:
    rng = np.random.default_rng(0)
    poses = rng.uniform(10, 40, (3, 17, 2))
    everyone = Poses(poses, np.ones((3, 17)), get("coco17"), WH, track_ids=np.array([4, 7, 8]))
    wanted = everyone[1].replace(points=poses[1:2] * 3.5 + (40, -7), track_ids=None)
    noisy = everyone.replace(points=poses + rng.normal(0, 0.5, poses.shape))
    assert ids(select([everyone[[0, 2]], noisy], by_reference(wanted))) == [[], [7]]
    assert ids(select([everyone], by_reference(wanted.to(get("openpose18"))))) == [[7]]
    hardly = noisy.replace(scores=np.ones((3, 17)) * (np.arange(17) < 8))
    assert ids(select([hardly], by_reference(wanted))) == [[]], "too few keypoints to compare"


@pytest.mark.parametrize("rule", EVERY_RULE)
def test_nobody_to_choose_from_gives_empty_frames(rule: Rule) -> None:
    empty = Poses.empty(get("coco17"), WH)
    assert [len(each) for each in select([empty, empty], rule)] == [0, 0]
    assert select([], rule) == []
    blank = people_of_boxes([[0, 0, 0, 0]], WH)
    assert len(select([blank.replace(track_ids=[1])], rule)) == 1


def test_ids_cannot_be_chosen_by_where_there_are_none() -> None:
    with pytest.raises(BadKeypoints, match="track people first"):
        select([frame({5: 1}, tracked=False)], by_track_id([5]))


@pytest.mark.parametrize(
    "rule",
    [
        lambda: by_area(0),
        lambda: by_lifetime(-1),
        lambda: by_index([-1]),
        lambda: by_left_to_right([0.5]),  # type: ignore[list-item]
        lambda: by_point((1, 2, 3)),
        lambda: by_point((1, float("nan"))),
        lambda: by_point("here"),  # type: ignore[arg-type]
        lambda: by_mask(np.zeros(3)),
        lambda: by_mask(np.zeros((3, 0))),
        lambda: by_mask(np.ones((3, 3)), share=0),
        lambda: by_reference(Poses.empty(get("coco17"), WH)),
    ],
)
def test_senseless_rules_are_refused(rule: object) -> None:
    with pytest.raises(BadOption):
        rule()  # type: ignore[operator]


@pytest.mark.parametrize("rule", [by_area(), by_area(2), by_left_to_right([0]), by_lifetime(), by_point((20, 20))])
def test_those_who_only_keep_a_place_do_not_count(rule: Rule) -> None:
    everybody = [{who for frame in select(clip, rule) for who in frame.track_ids} for clip in (CLIP, placed(CLIP))]
    assert everybody[0] == everybody[1]
