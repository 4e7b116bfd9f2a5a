"""Boxes of every shape in: what each is read as, and what is refused rather than guessed."""

from __future__ import annotations

import json
import random
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from sdpose.errors import BadBoxes, BadOption
from sdpose.formats.boxes import FLATS, FORMS, Boxes, read_boxes

from ..mutations import mutated, places

A, B = [10.0, 20.0, 40.0, 80.0], [50.5, 0.0, 60.25, 8.0]
ONE = {"x": 10, "y": 20, "width": 30, "height": 60}
TWO = {"x": 50.5, "y": 0.0, "width": 9.75, "height": 8.0}
STARTS = [{"startX": 10, "startY": 80, "endX": 40, "endY": 20}, {"startX": 60.25, "startY": 0, "endX": 50.5, "endY": 8}]


def seg(bbox: Any, **known: Any) -> Any:
    """An object as Impact Pack's SEG is one: a tuple with names would do as well."""
    return SimpleNamespace(bbox=bbox, cropped_mask=None, crop_region=[0, 0, 64, 96], **known)


def corners(found: list[Boxes]) -> list[list[list[float]]]:
    return [boxes.corners.tolist() for boxes in found]


def mask(*boxes: list[int]) -> torch.Tensor:
    """MASK (B, 96, 64) of one box each."""
    masks = torch.zeros(len(boxes), 96, 64)
    for shown, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
        shown[y1:y2, x1:x2] = 1
    return masks


# What is the same in every frame.
EVERYBODY = {
    "bounding boxes": [ONE, TWO],
    "one frame of bounding boxes": [[ONE, TWO]],
    "text": json.dumps([ONE, TWO]),
    "bytes": json.dumps([[ONE, TWO]]).encode(),
    "points editor": STARTS,
    "newer points editor": {"bboxes": STARTS, "rotation": 0.0},
    "corners of one frame": [[A, B]],
    "corners in tuples": [[tuple(A), tuple(B)]],
    "array of one frame": np.array([[A, B]]),
    "tensors": [[torch.tensor(A), torch.tensor(B)]],
    "array in a list": [np.array([A, B])],
    "grounding": [{"bboxes": [A, B], "labels": ["a person", "a hat"]}],
    "detection": [[A, B]],
    "words": [{"label": "one", "box": [10, 20, 40, 20, 40, 80, 10, 80]}, {"label": "two", "box": B}],
    "words as the model says": {"quad_boxes": [[10, 20, 40, 22, 38, 80, 10, 78], [*B]], "labels": ["one", "two"]},
    "segs": ((96, 64), [seg(np.array(A), confidence=0.5, label="person"), seg(B)]),
}


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("frames", [1, 2, 3])
def test_everybody_of_every_frame(name: str, frames: int) -> None:
    assert corners(read_boxes(EVERYBODY[name], frames)) == [[A, B]] * frames


PER_FRAME = {
    "bounding boxes": [[ONE], [], [ONE, TWO]],
    "corners": [[A], [], [A, B]],
    "corners with null": [[A], None, [A, B]],
    "one box where there is one": [A, [0, 0, 0, 0], [A, B]],
    "arrays": [np.array([A]), np.zeros((0, 4)), torch.tensor([A, B], dtype=torch.float64)],
    "grounding": [{"bboxes": [A], "labels": ["x"]}, {"bboxes": [], "labels": []}, {"bboxes": [A, B], "labels": []}],
    "segs": [((96, 64), [seg(A)]), ((96, 64), []), [[96, 64], [seg(A), seg(B)]]],
    "text": json.dumps([[ONE], [], [ONE, TWO]]),
}


@pytest.mark.parametrize("name", PER_FRAME)
def test_a_list_of_frames(name: str) -> None:
    assert corners(read_boxes(PER_FRAME[name])) == [[A], [], [A, B]]
    assert corners(read_boxes(PER_FRAME[name], 5)) == [[A], [], [A, B], [A, B], [A, B]]
    with pytest.raises(BadBoxes, match="got 3 lists for 2 frame"):
        read_boxes(PER_FRAME[name], 2)


@pytest.mark.parametrize(
    "single", [A, tuple(A), ONE, STARTS[0], np.array(A), torch.tensor(A), [ONE], [A], json.dumps(A)]
)
def test_one_box_holds_for_every_frame(single: Any) -> None:
    assert corners(read_boxes(single)) == [[A]]
    assert corners(read_boxes(single, 4)) == [[A]] * 4


@pytest.mark.parametrize(
    "nobody", [None, "null", [], [[]], [{}], [None], np.zeros((0, 4)), [0, 0, 0, 0], [[0, 0, 0, 0]], "[]"]
)
def test_nobody(nobody: Any) -> None:
    assert corners(read_boxes(nobody)) == [[]]
    assert corners(read_boxes(nobody, 3)) == [[], [], []]
    assert [boxes.corners.shape for boxes in read_boxes(nobody, 2)] == [(0, 4)] * 2


def test_a_box_that_was_not_drawn_to_its_end_is_none() -> None:
    unfinished = {"startX": 3, "startY": 4, "endX": None, "endY": None}
    assert corners(read_boxes([STARTS[0], unfinished])) == [[A]]


def test_no_more_boxes_than_frames_are_asked_about() -> None:
    """A face in each frame, or all faces in one: the same list, and only its sender knows."""
    flat = [A, B]
    for frames in (2, 3, 100, None):
        for sent in (flat, np.array(flat), torch.tensor(flat), [np.array(A), B], json.dumps(flat)):
            with pytest.raises(BadBoxes, match="'one per frame' or 'everybody'"):
                read_boxes(sent, frames)
    assert corners(read_boxes([A, B, A], 2)) == [[A, B, A]] * 2, "more than frames: not one of each"
    assert corners(read_boxes(flat, 3, flat="one per frame")) == [[A], [B], [B]]
    assert corners(read_boxes(flat, 2, flat="one per frame")) == [[A], [B]]
    assert corners(read_boxes(flat, flat="one per frame")) == [[A], [B]]
    assert corners(read_boxes(flat, 2, flat="everybody")) == [[A, B], [A, B]]
    assert corners(read_boxes(np.array(flat), 2, flat="one per frame")) == [[A], [B]]
    assert corners(read_boxes(flat, 3, flat="everybody")) == [[A, B]] * 3
    assert corners(read_boxes([ONE, TWO], 2, flat="one per frame")) == [[A], [B]]


def test_corners_without_area_may_be_sizes() -> None:
    sizes = [[50, 60, 10, 20], [5, 6, 70, 80]]
    with pytest.raises(BadBoxes, match=r"frame 0, person 0, x1, y1, x2, y2: 50, 60, 10, 20 .*form to 'xywh'"):
        read_boxes(sizes, 1)
    assert corners(read_boxes(sizes, 1, form="xywh")) == [[[50, 60, 60, 80], [5, 6, 75, 86]]]
    assert corners(read_boxes(sizes[:1], 1, form="xyxy")) == [[[10, 20, 50, 60]]]
    with pytest.raises(BadBoxes, match="width and height are 0 or more"):
        read_boxes([50, 60, -10, 20], form="xywh")


def test_scores_ids_and_labels() -> None:
    (boxes,) = read_boxes([[{**ONE, "score": 0.5, "track_id": 3}, {**TWO, "score": 1, "track_id": 4, "label": "cat"}]])
    assert boxes.scores is not None and boxes.scores.tolist() == [0.5, 1.0]
    assert boxes.track_ids is not None and boxes.track_ids.tolist() == [3, 4]
    assert boxes.labels == ("", "cat")
    (boxes,) = read_boxes([[[*A, 0.25], [*B, 0.75]]])
    assert boxes.scores is not None and boxes.scores.tolist() == [0.25, 0.75] and boxes.labels is None
    (boxes,) = read_boxes(EVERYBODY["grounding"])
    assert boxes.labels == ("a person", "a hat")
    (boxes,) = read_boxes(EVERYBODY["words as the model says"])
    assert boxes.labels == ("one", "two")


def test_scores_and_ids_are_those_of_the_whole_clip() -> None:
    scored, bare = read_boxes([[{**ONE, "score": 0.5, "track_id": 3}], [{**TWO, "score": 0.5}]])
    assert scored.scores is not None and scored.track_ids is None and bare.track_ids is None
    known, nobody = read_boxes([[{**ONE, "track_id": 3}], []])
    assert known.track_ids is not None and nobody.track_ids is not None and nobody.track_ids.shape == (0,)


def test_segs_know_their_picture() -> None:
    (boxes,) = read_boxes(((96, 64), [seg(A, confidence=0.5, label="person")]))
    assert boxes.canvas_wh == (64, 96) and boxes.labels == ("person",)
    (twice,) = read_boxes(((96, 64), [seg(A)]), images_wh=[(128, 192)])
    assert corners([twice]) == [[[20, 40, 80, 160]]] and twice.canvas_wh == (128, 192)


def test_shares_of_a_picture_need_its_size() -> None:
    words = [{"label": "exit", "box": [0.1, 0.2, 0.5, 0.2, 0.5, 0.4, 0.1, 0.4]}]
    with pytest.raises(BadBoxes, match=r"frame 0, box: places from 0 to 1 .*images_wh"):
        read_boxes(words)
    (boxes,) = read_boxes(words, images_wh=[(100, 200)])
    np.testing.assert_allclose(boxes.corners, [[10, 40, 50, 80]])


# --- masks

SHOWN = [[3, 4, 20, 30], [10, 0, 64, 96]]


def test_masks() -> None:
    both = mask(*SHOWN)
    assert corners(read_boxes(both, 2)) == [[SHOWN[0]], [SHOWN[1]]]
    assert corners(read_boxes(both, 1)) == [SHOWN]
    assert corners(read_boxes(both[0], 3)) == [[SHOWN[0]]] * 3 == corners(read_boxes(both[:1], 3))
    assert corners(read_boxes(list(both.numpy()), 2)) == [[SHOWN[0]], [SHOWN[1]]]
    assert corners(read_boxes([both, both[1]], 2)) == [SHOWN, [SHOWN[1]]]
    assert read_boxes(both, 1)[0].canvas_wh == (64, 96)
    assert corners(read_boxes(both[:1], images_wh=[(128, 96)])) == [[[6, 4, 40, 30]]]
    for frames in (3, None):
        with pytest.raises(BadBoxes, match="got 2 masks in one list"):
            read_boxes(both, frames)
    assert corners(read_boxes(both, flat="one per frame")) == [[SHOWN[0]], [SHOWN[1]]]
    assert corners(read_boxes(both, 3, flat="everybody")) == [SHOWN] * 3


def test_what_a_mask_shows() -> None:
    soft = mask(SHOWN[0]) * 0.6 + mask([0, 0, 64, 96]) * 0.3
    assert corners(read_boxes(soft)) == [[SHOWN[0]]]
    assert corners(read_boxes(mask(SHOWN[0]).bool())) == [[SHOWN[0]]]
    assert corners(read_boxes((mask(SHOWN[0]) * 255).to(torch.uint8))) == [[SHOWN[0]]]
    assert corners(read_boxes(torch.zeros(2, 96, 64), 2)) == [[], []]
    parts = mask([3, 4, 20, 30]) + mask([40, 50, 64, 96])
    assert corners(read_boxes(parts)) == [[[3, 4, 64, 96]]]
    assert corners(read_boxes(parts, form="blobs")) == [[[3, 4, 20, 30], [40, 50, 64, 96]]]


def test_a_narrow_mask_may_be_boxes() -> None:
    narrow = np.array([[0, 0, 1, 1], [0, 0, 1, 1]], np.float32)
    with pytest.raises(BadBoxes, match="may be boxes or a mask: set form"):
        read_boxes(narrow, 1)
    assert corners(read_boxes(narrow, 1, form="mask")) == [[[2, 0, 4, 2]]]
    assert corners(read_boxes(narrow, 1, form="xyxy")) == [[[0, 0, 1, 1]] * 2]
    assert corners(read_boxes(narrow.astype(bool), 1)) == [[[2, 0, 4, 2]]]


# --- what is refused


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "got object"),
        (7, "got int 7"),
        ("everybody", "in JSON.*everybody"),
        ("", "in JSON"),
        ("[" * 100_000, "in JSON"),
        ("[[" + "9" * 5000 + ", 1, 2, 3]]", "in JSON|finite"),
        (b"\xff\xfe", "in JSON"),
        ([[ONE, 3]], "frame 0, person 1: a box is x1, y1, x2, y2.*got int 3"),
        ([[ONE], [TWO, {"x": 1, "y": 2}]], "frame 1, person 1: .*width is missing"),
        ([[ONE, {**ONE, "height": "tall"}]], "frame 0, person 1, height: expected finite numbers"),
        ([[{**ONE, "width": -1}]], "frame 0, person 0: width and height are 0 or more"),
        ([[{**ONE, "x": 1e308, "width": 1e308}]], "add up to infinity"),
        ([[{**ONE, "score": [1, 2]}]], "frame 0, person 0, score"),
        ([[{**ONE, "track_id": 1.5}]], "frame 0, person 0, track_id"),
        ([[{**ONE, "label": ["cat"]}]], "frame 0, person 0, label"),
        ([[[1, 2, 3]]], "frame 0, person 0: a box is 4 numbers"),
        ([[[1, 2, 3, True]]], "frame 0, person 0, x1, y1, x2, y2"),
        ([[[1, 2, 3, 10**400]]], "frame 0, person 0, x1, y1, x2, y2"),
        ([[[1, 2, float("nan"), 4]]], "finite"),
        ([[{"label": "word", "box": [1, 2, 3]}]], "frame 0, person 0, box"),
        ({"bboxes": 3, "labels": []}, "frame 0: bboxes and labels are lists"),
        ({"bboxes": [A], "labels": [["x"]]}, "frame 0, person 0, labels"),
        ([{"bboxes": [A]}, {"bboxes": ["x"]}], "frame 1, person 0"),
        ({"quad_boxes": [[1, 2]], "labels": []}, "frame 0, person 0, quad_boxes"),
        ({"startX": 1, "startY": 2, "endX": 3, "endY": 4, "previewWidth": 300}, "preview of another size"),
        (((0, 64), []), "frame 0: SEGS begin with the height and width"),
        (((96, 64), [seg([1, 2, 3])]), "frame 0, person 0, bbox"),
        (((96, 64), [seg(A, confidence="sure")]), "frame 0, person 0, confidence"),
        (((float("nan"), 64), []), "frame 0, height and width"),
        (np.zeros((2, 3, 4, 5)), "value: boxes are rows of"),
        (np.array(["a"]), "array of numbers"),
        ([np.zeros((9, 8)), np.zeros((7, 8))], "masks"),
        ([[np.zeros((9, 8)), np.zeros((7, 8))]], "of one size"),
        (torch.zeros(2, 0, 9), "masks"),
    ],
)
def test_what_is_no_box_is_named(value: Any, message: str) -> None:
    with pytest.raises(BadBoxes, match=message) as error:
        read_boxes(value, 1)
    assert len(str(error.value)) < 300


def test_a_list_that_holds_itself_is_refused() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(BadBoxes, match="frame 0"):
        read_boxes(cycle)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(BadBoxes, match="frame 0"):
        read_boxes(deep)


def test_options_are_checked() -> None:
    with pytest.raises(BadOption, match="form is one of auto, xyxy"):
        read_boxes([], form="corners")
    with pytest.raises(BadOption, match="flat is one of auto, everybody"):
        read_boxes([], flat="both")
    with pytest.raises(BadOption, match="give one for each"):
        read_boxes([], 3, images_wh=[(4, 4)])
    for frames in (-1, 2.0, "2", True):
        with pytest.raises(BadOption, match="frames are counted from 0"):
            read_boxes([], frames)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [None, 4, "44", (4,), (4, 4, 4), (0, 4), (4, -1), (4, 2.5), (4, "4"), (4, 10**401)])
def test_sizes_of_pictures_are_checked(size: Any) -> None:
    with pytest.raises(BadOption, match="images_wh 1 is a width and a height"):
        read_boxes([[A]], images_wh=[(4, 4), size])
    with pytest.raises(BadOption, match="images_wh is a list"):
        read_boxes([[A]], images_wh=size if not isinstance(size, tuple) and size is not None else 5)


SAID = re.compile(
    r"(frame|entry) \d+(:|, (person \d+|box|height and width|bboxes|quad_boxes))|value:|expected|text must be|got \d+ "
)
"""The place that is wrong, or else what is wrong with all of it."""

GOOD: list[Any] = [
    *(value for value in EVERYBODY.values() if isinstance(value, (list, dict))),
    *(value for value in PER_FRAME.values() if isinstance(value, list)),
    [[{**ONE, "score": 0.5, "track_id": 3, "label": "person"}], [{**TWO, "score": 0.25, "track_id": 1}]],
    [[96, 64], [seg(A, confidence=0.5, label="hand")]],
]


@pytest.mark.parametrize("seed", range(10))
def test_changed_payloads_are_read_or_refused(seed: int) -> None:
    """In all 8,000 of them: boxes, or BadBoxes with a short text; never anything else, and never for long."""
    chance = random.Random(seed)
    for _ in range(800):
        payload = chance.choice(GOOD)
        lists = [place for place in places(payload) if not _in_tuple(payload, place)]
        changed = mutated(payload, chance.choice(lists), chance)
        options = {"form": chance.choice(FORMS), "flat": chance.choice(FLATS)}
        sizes = chance.choice([None, [(64, 96)] * 3])
        try:
            found = read_boxes(changed, chance.choice([None, 3]), images_wh=sizes, **options)
        except BadBoxes as error:
            assert SAID.match(str(error)) and len(str(error)) < 400, error
        else:
            assert all(isinstance(boxes, Boxes) and np.isfinite(boxes.corners).all() for boxes in found)


def _in_tuple(payload: Any, place: tuple[Any, ...]) -> bool:
    """Whether something in there cannot be changed."""
    for step in place:
        if isinstance(payload, tuple):
            return True
        payload = payload[step]
    return False


@pytest.mark.parametrize("seed", range(4))
def test_arrays_of_any_shape_are_read_or_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(250):
        shape = tuple(rng.choice([0, 1, 2, 4, 5, 9], rng.integers(0, 5)))
        array = np.asarray(rng.choice([1.0, 50.0]) * rng.random(shape))
        array[rng.random(shape) < rng.choice([0, 0.1])] = rng.choice([np.nan, np.inf, -1e30])
        sent = [array, torch.from_numpy(array.astype(np.float32)), [array, array]][rng.integers(3)]
        try:
            found = read_boxes(sent, images_wh=[(64, 96)] * 2, form=str(rng.choice(FORMS)), flat=str(rng.choice(FLATS)))
        except BadBoxes:
            continue
        assert len(found) == 2 and all(np.isfinite(boxes.corners).all() for boxes in found)


def test_text_may_begin_with_a_mark_of_its_encoding() -> None:
    for sent in ("\ufeff[[1, 2, 3, 4]]", "\ufeff[[1, 2, 3, 4]]".encode()):
        assert corners(read_boxes(sent)) == [[[1, 2, 3, 4]]]


def test_numbers_of_other_kinds() -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.int64, torch.uint8):
        assert corners(read_boxes(torch.tensor([1, 2, 30, 40], dtype=dtype))) == [[[1, 2, 30, 40]]]
    assert corners(read_boxes([np.float32(1), np.int64(2), torch.tensor(30.0), 40])) == [[[1, 2, 30, 40]]]
