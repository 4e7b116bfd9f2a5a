"""The same row for the same person, in every frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose import Poses
from sdpose.errors import BadKeypoints
from sdpose.topology import get
from sdpose.video import placed

SKELETON = get("coco17")


def people(ids: list[int], canvas_wh: tuple[int, int] = (64, 48), **extra: object) -> Poses:
    """People whose every coordinate is their id, plus 1."""
    points = np.ones((len(ids), 17, 2)) * (np.reshape(ids, (-1, 1, 1)) + 1)
    boxes = np.ones((len(ids), 4)) * (np.reshape(ids, (-1, 1)) + 1)
    known = {"boxes": boxes, "track_ids": np.array(ids, np.int64), "box_scores": np.full(len(ids), 0.5)} | extra
    return Poses(points, np.ones((len(ids), 17)), SKELETON, canvas_wh, **known)  # type: ignore[arg-type]


@given(st.lists(st.lists(st.sampled_from([0, 2, 3, 7]), unique=True, max_size=4), max_size=8))
def test_everyone_has_one_place_in_every_frame(clip: list[list[int]]) -> None:
    frames = placed([people(ids) for ids in clip])
    everyone = sorted({who for ids in clip for who in ids})
    assert len(frames) == len(clip)
    for ids, frame in zip(clip, frames, strict=True):
        assert frame.track_ids is not None and frame.boxes is not None and frame.box_scores is not None
        assert frame.track_ids.tolist() == everyone
        for row, who in enumerate(everyone):
            here = float(who in ids)
            assert (frame.points[row] == (who + 1) * here).all() and (frame.boxes[row] == (who + 1) * here).all()
            assert (frame.scores[row] == here).all() and frame.box_scores[row] == 0.5 * here


def test_frames_keep_their_canvas() -> None:
    frames = placed([people([0]), people([], (10, 20)), people([1], (30, 40))])
    assert [frame.canvas_wh for frame in frames] == [(64, 48), (10, 20), (30, 40)]


def test_nobody_anywhere_stays_nobody() -> None:
    assert placed([]) == []
    assert [len(frame) for frame in placed([Poses.empty(SKELETON, (8, 8))] * 2)] == [0, 0]


def test_boxes_are_left_out_where_some_are_unknown() -> None:
    frames = placed([people([0], boxes=None), people([1])])
    assert all(frame.boxes is None and frame.box_scores is not None for frame in frames)


def test_frames_without_anybody_may_be_without_ids() -> None:
    assert [len(frame) for frame in placed([people([4]), Poses.empty(SKELETON, (8, 8))])] == [1, 1]


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        ([people([0], track_ids=None)], "track people first"),
        ([people([0]), people([1, 1])], "must differ"),
        ([people([0]), people([0]).to(get("openpose18"))], "one skeleton"),
    ],
)
def test_clips_without_usable_ids_are_refused(clip: list[Poses], message: str) -> None:
    with pytest.raises(BadKeypoints, match=message):
        placed(clip)
