"""Windows of frames: at clip ends, across gaps, and the boxes that frames are cut by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose.video import steady_box, window
from sdpose.video.windows import around

PRESENT = st.sets(st.integers(0, 12), min_size=1)
WIDTHS = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted)


@pytest.mark.parametrize(
    ("present", "t", "delta", "expected"),
    [
        (range(9), 4, 2, [2, 3, 4, 5, 6]),
        (range(9), 0, 2, [0, 0, 0, 1, 2]),
        (range(9), 8, 2, [6, 7, 8, 8, 8]),
        (range(1), 0, 2, [0, 0, 0, 0, 0]),
        (range(9), 4, 1, [3, 3, 4, 5, 5]),
        (range(9), 4, 0, [4, 4, 4, 4, 4]),
        ({2, 4, 6}, 4, 2, [2, 4, 4, 4, 6]),
        ({3, 4, 5}, 4, 2, [3, 3, 4, 5, 5]),
        ({4, 9}, 4, 2, [4, 4, 4, 4, 4]),
    ],
    ids=["inside", "start", "end", "one frame", "narrower", "alone", "gap beside", "gap beyond", "far away"],
)
def test_nearest_frame_stands_in(present: object, t: int, delta: int, expected: list[int]) -> None:
    assert window(present, t, delta, 2) == expected  # type: ignore[arg-type]


@given(PRESENT, WIDTHS, st.data())
def test_windows_hold_only_what_they_may(present: set[int], widths: list[int], data: st.DataObject) -> None:
    delta, half_width = widths
    t = data.draw(st.sampled_from(sorted(present)))
    frames = window(present, t, delta, half_width)
    assert len(frames) == 2 * half_width + 1 and frames[half_width] == t
    assert frames == sorted(frames)
    assert set(frames) == {frame for frame in present if abs(frame - t) <= delta}, "none is forgotten"
    for place, frame in zip(range(-half_width, half_width + 1), frames, strict=True):
        assert abs(frame - t) <= abs(place)


@given(st.integers(0, 12), st.integers(0, 3))
def test_each_item_comes_with_those_around_it(count: int, reach: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for i in range(count):
            taken.append(i)
            yield i

    seen = []
    for t, near in around(items(), reach):
        assert near == {i: i for i in range(max(0, t - reach), min(count, t + reach + 1))}
        assert len(taken) <= t + reach + 1, "never further ahead than it has to be"
        seen.append(t)
    assert seen == list(range(count))


BOXES = st.lists(st.floats(-50, 50), min_size=4, max_size=4).map(np.array)


@given(st.dictionaries(st.integers(0, 9), BOXES, min_size=1), st.data())
def test_steady_box_without_neighbours_is_the_box_itself(boxes: dict[int, np.ndarray], data: st.DataObject) -> None:
    t = data.draw(st.sampled_from(sorted(boxes)))
    assert (steady_box(boxes, t, 0) == boxes[t]).all()
    assert (steady_box({t: boxes[t]}, t, 3) == boxes[t]).all()


@given(BOXES, BOXES, st.integers(0, 3), st.sets(st.integers(0, 9), min_size=1), st.data())
def test_steady_box_of_even_movement_does_not_lag(
    box: np.ndarray, pace: np.ndarray, delta: int, present: set[int], data: st.DataObject
) -> None:
    boxes = {t: box + t * pace for t in present}
    t = data.draw(st.sampled_from(sorted(present)))
    np.testing.assert_allclose(steady_box(boxes, t, delta), boxes[t], atol=1e-9)


def test_steady_box_evens_out_the_jitter_of_a_detector() -> None:
    rng = np.random.default_rng(0)
    true = {t: np.array([0.0, 0, 40, 80]) + 3 * t for t in range(200)}
    found = {t: box + rng.normal(0, 2, 4) for t, box in true.items()}
    error = [steady_box(found, t, 2) - true[t] for t in range(2, 198)]
    assert 0.8 < np.std(error) * np.sqrt(5) / 2 < 1.2, "an average of five"
