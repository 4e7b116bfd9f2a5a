"""Streams of poses as one: nobody is lost, moved or taken for somebody else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose import Poses
from sdpose.editing import aligned, concatenated, merged, resized
from sdpose.errors import BadKeypoints, BadOption
from sdpose.topology import get


def people(ids: list[int], skeleton: str = "coco17", canvas_wh: tuple[int, int] = (64, 48), **extra: Any) -> Poses:
    """People whose every coordinate is their id."""
    known = get(skeleton)
    points = np.ones((len(ids), len(known), 2)) * np.reshape(ids, (-1, 1, 1))
    boxes = np.reshape(ids, (-1, 1)) + np.tile([0.0, 0, 8, 8], (len(ids), 1))
    found = {"boxes": boxes, "track_ids": np.array(ids, np.int64), "box_scores": np.full(len(ids), 0.5)} | extra
    return Poses(points, np.ones((len(ids), len(known))), known, canvas_wh, **found)


def ids(clip: list[Poses]) -> list[list[int]]:
    return [frame.ids.tolist() for frame in clip]


some_ids = st.lists(st.integers(0, 5), unique=True, max_size=4)


@given(st.integers(0, 4), st.data())
def test_everybody_is_there_once_under_one_name(frames: int, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.lists(some_ids, min_size=frames, max_size=frames), min_size=1, max_size=4))
    streams = [[people(here) for here in stream] for stream in names]
    together = merged(streams)
    assert len(together) == frames
    called: dict[int, tuple[int, int]] = {}
    for index, frame in enumerate(together):
        expected = [(place, who) for place, stream in enumerate(names) for who in stream[index]]
        assert frame.points[:, 0, 0].tolist() == [who for _, who in expected]
        for name, person in zip(frame.ids.tolist(), expected, strict=True):
            assert called.setdefault(name, person) == person
    assert len(set(called.values())) == len(called)
    first = {who for here in names[0] for who in here}
    assert all(person[1] == name for name, person in called.items() if person[0] == 0 and name in first)


def test_numbers_stay_while_nobody_else_has_them() -> None:
    one, two = [people([0]), people([0, 3])], [people([5]), people([3, 5])]
    assert ids(merged([one, two])) == [[0, 5], [0, 3, 1, 5]]
    assert ids(merged([one, [people([5]), people([5])]], track_ids="keep")) == [[0, 5], [0, 3, 5]]
    assert ids(merged([[people([2**63 - 1])], [people([2**63 - 1])]])) == [[2**63 - 1, 0]]


def test_the_same_person_twice_in_a_frame_is_refused() -> None:
    with pytest.raises(BadKeypoints, match="frame 1 would have somebody twice"):
        merged([[people([0]), people([3])], [people([1]), people([3])]], track_ids="keep")


def test_one_frame_serves_all() -> None:
    still, clip = [people([7], track_ids=None)], [people([0]), people([]), people([0, 7])]
    together = merged([clip, still])
    assert ids(together) == [[0, 1], [1], [0, 7, 1]]
    assert [frame.points[-1, 0, 0] for frame in together] == [7, 7, 7]
    assert merged([still, clip])[2].points[:, 0, 0].tolist() == [7, 0, 7]


def test_without_ids_nobody_gets_any() -> None:
    nameless = [people([1], track_ids=None), people([])]
    assert ids(merged([nameless, nameless])) == [[], []]
    known = [people([4]), people([4])]
    assert ids(merged([nameless, known], track_ids="keep")) == [[], []], "in no frame, so that the clip is one"


def test_newcomers_without_ids_get_some_where_others_have_them() -> None:
    nameless = [people([7, 8], track_ids=None), people([]), people([7], track_ids=None)]
    known = [people([1]), people([1, 0]), people([1])]
    together = merged([nameless, known])
    assert ids(together) == [[2, 3, 1], [1, 0], [2, 1]]
    assert together[2].points[:, 0, 0].tolist() == [7, 1]
    assert ids(merged([nameless, nameless, known])) == [[2, 3, 4, 5, 1], [1, 0], [2, 4, 1]]
    assert ids(concatenated([known, nameless], track_ids="distinct")) == [*ids(known), [2, 3], [], [2]]
    assert ids(concatenated([known, nameless], track_ids="keep")) == [*ids(known), [], [], []]
    half = [people([5]), people([6], track_ids=None)]
    assert ids(merged([half, [people([]), people([])]])) == [[5], [0]], "nobody is taken for somebody else"
    with pytest.raises(BadOption, match="distinct, keep"):
        merged([nameless], track_ids="lose")


def test_boxes_are_filled_in_and_scores_are_not_made_up() -> None:
    (frame,) = merged([[people([3])], [people([5], boxes=None, box_scores=None)]])
    assert frame.boxes is not None and frame.box_scores is None
    np.testing.assert_allclose(frame.boxes, [[3, 3, 11, 11], [4, 4, 6, 6]])
    assert merged([[people([3], boxes=None)], [people([5], boxes=None)]])[0].boxes is None
    assert merged([[people([3])], [people([])]])[0].box_scores is not None


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("coco17", "coco17", "coco17"),
        ("coco17", "openpose18", "openpose18"),
        ("coco_wholebody133", "coco17", "coco_wholebody133"),
        ("coco_wholebody133", "openpose18", "openpose134"),
        ("openpose134", "openpose18", "openpose134"),
        ("posetrack15", "openpose18", "openpose134"),
    ],
)
def test_the_smallest_skeleton_that_holds_all_is_taken(one: str, other: str, common: str) -> None:
    for first, second in ((one, other), (other, one)):
        streams = aligned([[people([1], first)], [people([2], second)]])
        assert {stream[0].skeleton.name for stream in streams} == {common}
        assert merged([[people([1], first)], [people([2], second)]])[0].skeleton.name == common
        assert concatenated([[people([1], first)], [people([2], second)]])[1].skeleton.name == common


def test_others_are_resized_to_the_first() -> None:
    large = people([2], canvas_wh=(128, 96))
    (frame,) = merged([[people([1])], [large]])
    assert frame.canvas_wh == (64, 48)
    np.testing.assert_array_equal(frame.points[1], resized(large, 64, 48).points[0])


def test_clips_follow_each_other() -> None:
    one, two = [people([0]), people([])], [people([0, 2], canvas_wh=(128, 96))]
    assert ids(concatenated([one, two])) == [[0], [], [0, 2]]
    assert ids(concatenated([one, two], track_ids="distinct")) == [[0], [], [1, 2]]
    assert [frame.canvas_wh for frame in concatenated([one, two])] == [(64, 48), (64, 48), (128, 96)]
    fitted = concatenated([one, two], canvas="fit")
    assert [frame.canvas_wh for frame in fitted] == [(64, 48)] * 3
    np.testing.assert_array_equal(fitted[2].points, resized(two[0], 64, 48).points)
    assert concatenated([]) == concatenated([[], []], canvas="fit") == []


def test_lengths_have_to_agree() -> None:
    with pytest.raises(BadKeypoints, match="these have 2, 3"):
        merged([[people([0])] * 2, [people([0])] * 3])
    with pytest.raises(BadKeypoints, match="these have 2, 0"):
        merged([[people([0])] * 2, []])
    assert merged([[], []]) == []


def test_options_are_checked() -> None:
    with pytest.raises(BadOption, match="at least one stream"):
        merged([])
    with pytest.raises(BadOption, match="distinct, keep"):
        merged([[people([0])]], track_ids="lose")
    with pytest.raises(BadOption, match="keep, fit"):
        concatenated([[people([0])]], canvas="crop")
