"""Boxes from JSON, in every form that people have them in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose.commands.box_files import parse_frames, read_boxes
from sdpose.commands.inputs import Item
from sdpose.errors import BadBoxes

from .conftest import save_video

NUMBER = st.floats(-1e4, 1e4, allow_nan=False) | st.integers(-10_000, 10_000)
BOX = st.tuples(NUMBER, NUMBER, st.floats(0, 1e4), st.floats(0, 1e4)).map(
    lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
)
FRAME = st.lists(BOX, max_size=4)


def parse_frame(data: Any) -> np.ndarray:
    """The boxes of the only frame."""
    (boxes,) = parse_frames([data], still=False)
    return boxes


def _core(box: list[float]) -> dict[str, Any]:
    """As ComfyUI's BOUNDING_BOX."""
    return {
        "x": box[0],
        "y": box[1],
        "width": box[2] - box[0],
        "height": box[3] - box[1],
        "label": "person",
        "score": 1,
    }


@given(FRAME)
def test_both_kinds_of_box_are_the_same(frame: list[list[float]]) -> None:
    corners = parse_frame(frame)
    assert corners.shape == (len(frame), 4) and corners.dtype == np.float64
    assert np.array_equal(corners, np.array(frame, np.float64).reshape(-1, 4))
    assert np.allclose(parse_frame([_core(box) for box in frame]), corners, atol=1e-9)


@given(BOX)
def test_a_single_box_needs_no_list(box: list[float]) -> None:
    assert np.array_equal(parse_frame(box), parse_frame([box]))
    assert np.array_equal(parse_frame(_core(box)), parse_frame([_core(box)]))


@given(st.lists(FRAME, max_size=5))
def test_frames_keep_their_number_and_order(frames: list[list[list[float]]]) -> None:
    parsed = parse_frames(frames, still=False)
    assert [len(frame) for frame in parsed] == [len(frame) for frame in frames]


@given(FRAME.filter(bool))
def test_a_picture_takes_its_boxes_or_a_list_of_one_frame(frame: list[list[float]]) -> None:
    for form in (frame, [frame], [_core(box) for box in frame], [[_core(box) for box in frame]]):
        (parsed,) = parse_frames(form, still=True)
        assert np.allclose(parsed, parse_frame(frame), atol=1e-9)


@given(st.lists(BOX, min_size=1, max_size=5))
def test_a_video_takes_one_box_per_frame(boxes: list[list[float]]) -> None:
    assert [len(frame) for frame in parse_frames(boxes, still=False)] == [1] * len(boxes)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["x", "y", "width", "height", "a"]), inner)
        ),
        max_leaves=12,
    ),
    st.booleans(),
)
def test_any_json_is_boxes_or_a_clear_error(data: Any, still: bool) -> None:
    try:
        parsed = parse_frames(data, still)
    except BadBoxes as error:
        assert len(str(error)) < 300
    else:
        assert all(frame.shape[1:] == (4,) and np.isfinite(frame).all() for frame in parsed)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([[1, 2, 3]], "x1, y1, x2, y2"),
        ([[1, 2, 3, "4"]], "x1, y1, x2, y2"),
        ([[1, 2, 3, True]], "x1, y1, x2, y2"),
        ([[1, 2, 3, float("nan")]], "finite"),
        ([{"x": 1, "y": 2}], "width and height"),
        ([{"x": 1, "y": 2, "width": None, "height": 3}], "width and height"),
        ("everybody", "everybody"),
    ],
)
def test_what_is_no_box_is_shown(frame: Any, message: str) -> None:
    with pytest.raises(BadBoxes, match=message):
        parse_frame(frame)


@pytest.mark.parametrize("nobody", [None, []])
def test_nobody(nobody: Any) -> None:
    assert parse_frame(nobody).shape == (0, 4)
    assert [len(frame) for frame in parse_frames([nobody], still=True)] == [0]
    assert [len(frame) for frame in parse_frames(nobody, still=True)] == [0]


# --- files for several inputs


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    save_video(tmp_path / "clip.mp4", 3)
    return [
        Item(Path("in/a.png"), "a", False),
        Item(tmp_path / "clip.mp4", "clip", True),
        Item(Path("other/a.png"), "a_2", False),
    ]


def _read(tmp_path: Path, data: Any, items: list[Item]) -> dict[str, list[list[list[float]]]]:
    path = tmp_path / "boxes.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return {name: [frame.tolist() for frame in frames] for name, frames in read_boxes(path, items).items()}


A, B = [1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]


def test_list_in_input_order(tmp_path: Path, items: list[Item]) -> None:
    boxes = _read(tmp_path, [[A], [B], [], [A, B], None], items)
    assert boxes == {"a": [[A]], "clip": [[B], [], [A, B]], "a_2": [[]]}


def test_dict_by_name_path_or_stem(tmp_path: Path, items: list[Item]) -> None:
    boxes = _read(tmp_path, {"a": [A], "clip.mp4": [[], [B], []], "other/a.png": [B, A], "unused": []}, items)
    assert boxes == {"a": [[A]], "clip": [[], [B], []], "a_2": [[B, A]]}


def test_single_picture_takes_everything(tmp_path: Path, items: list[Item]) -> None:
    for data in ([A, B], [[A, B]], {"a.png": [A, B]}):
        assert _read(tmp_path, data, items[:1]) == {"a": [[A, B]]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", r"boxes\.json is not JSON"),
        ([[A]], r"boxes\.json: there are boxes for 1 frames, but the inputs have 5"),
        ({"a": [A], "clip": []}, r"no entry for a\.png|no entry for"),
        ({"a": [[A], [B]], "clip": [], "other/a.png": []}, "one picture, but its entry has 2 frames"),
        ({"a": [A], "clip": 7, "other/a.png": []}, "one entry per frame, got int 7"),
        (12, "got int 12"),
    ],
)
def test_file_that_does_not_fit(tmp_path: Path, items: list[Item], data: Any, message: str) -> None:
    if isinstance(data, dict) and "other/a.png" not in data:
        items[2] = Item(Path("other/b.png"), "b", False)
    with pytest.raises(BadBoxes, match=message):
        _read(tmp_path, data, items)


def test_missing_file(tmp_path: Path, items: list[Item]) -> None:
    with pytest.raises(BadBoxes, match=r"gone\.json cannot be read"):
        read_boxes(tmp_path / "gone.json", items)
