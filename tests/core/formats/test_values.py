"""Numbers out of parsed JSON: what is none is refused with its place, at no cost that grows with how it is written."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch

from sdpose.errors import BadKeypoints
from sdpose.formats.values import is_number, numbers, row, say, whole


def doubled(levels: int = 60) -> list[Any]:
    """A list of two lists, each of the same two lists, and so on: 2 ** levels numbers, if somebody counted."""
    value: list[Any] = [1.0, 2.0]
    for _ in range(levels):
        value = [value, value]
    return value


def cycle() -> list[Any]:
    value: list[Any] = []
    value.extend([value, value])
    return value


class Unspeakable:
    """Has neither a text nor numbers."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise RuntimeError("no numbers")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ([], []),
        (7, 7),
        ([1, 2.5], [1, 2.5]),
        ((1, 2), [1, 2]),
        ([[1, 2], (3, 4)], [[1, 2], [3, 4]]),
        (np.arange(3), [0, 1, 2]),
        ([np.float32(1.5), np.int8(2)], [1.5, 2]),
        ([np.arange(2), np.arange(2)], [[0, 1], [0, 1]]),
        (torch.tensor([1.0, 2.0]), [1, 2]),
        ([torch.tensor(1.0), 2], [1, 2]),
    ],
)
def test_numbers_come_in_lists_and_arrays(value: Any, expected: Any) -> None:
    np.testing.assert_array_equal(numbers(value, "here"), expected)


BAD = [
    True,
    "7",
    b"7",
    ["1", "2"],
    [True, 1.0],
    [[True, 1.0]],
    [np.True_],
    [1, None],
    [[1, 2], [3]],
    [[[1, 2]]],
    {"x": 1},
    {1, 2},
    [{}],
    1j,
    float("nan"),
    [1, float("inf")],
    10**400,
    [10**400, 1.5],
    object(),
    Unspeakable(),
    [Unspeakable()],
    torch.ones(2, requires_grad=True),
    torch.ones(2, dtype=torch.bfloat16),
    np.array(["a"]),
    np.array([None]),
    np.array([True]),
    cycle(),
    doubled(),
    [cycle()] * 3,
]


@pytest.mark.parametrize("value", BAD, ids=[type(value).__name__ for value in BAD])
def test_what_are_no_numbers_is_refused_at_once(value: Any) -> None:
    start = time.perf_counter()
    for reading in (numbers, row, whole):
        with pytest.raises(BadKeypoints, match="frame 3, x: expected finite numbers; got") as raised:
            reading(value, "frame 3, x")
        assert len(str(raised.value)) < 200
    assert time.perf_counter() - start < 1  # a hang, not a speed


def test_rows_have_their_length() -> None:
    assert row([1, 2], "x", count=2).tolist() == [1, 2]
    assert row([1, 2, 3], "x", count=2, spare=1).tolist() == [1, 2]
    with pytest.raises(BadKeypoints, match=r"x: expected 2 number\(s\) or nothing; got 3"):
        row([1, 2, 3], "x", count=2)


@pytest.mark.parametrize("value", [1.5, [2**63], -(2**63) - 1, 1e19])
def test_whole_numbers_fit_64_bits(value: Any) -> None:
    with pytest.raises(BadKeypoints, match=r"x: expected (whole|finite) numbers"):
        whole(value, "x")
    assert whole([-(2**63)], "x").tolist() == [-(2**63)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "NoneType None"),
        ("x", "str 'x'"),
        (1.5, "float 1.5"),
        ([1, [2]], "list [1, [2]]"),
        (10**400, "int of 1329 bits"),
        (10**5000, "int of 16610 bits"),
        (Unspeakable(), "Unspeakable <Unspeakable instance"),
    ],
    ids=["null", "text", "float", "list", "large", "larger", "no text"],
)
def test_values_are_said_with_their_type(value: Any, said: str) -> None:
    assert say(value).startswith(said)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**6,
        list(range(10**5)),
        doubled(),
        cycle(),
        {i: doubled() for i in range(1000)},
        [10**5000] * 9,
        b"x" * 999,
    ],
    ids=["text", "list", "doubled", "cycle", "dict", "ints", "bytes"],
)
def test_texts_of_values_stay_short_and_cheap(value: Any) -> None:
    start = time.perf_counter()
    assert len(say(value)) < 80
    assert time.perf_counter() - start < 1


def test_an_option_is_a_finite_number_or_none() -> None:
    assert all(map(is_number, [0, -2.5, 10**30, np.float32(1), np.int64(3)]))
    for other in (True, np.True_, None, "1", b"1", float("nan"), float("-inf"), 10**400, [1], np.ones(1), 1j):
        assert not is_number(other)
