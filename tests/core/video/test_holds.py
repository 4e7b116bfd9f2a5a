"""Held drawings found in passing: which they are, through an encoder too, and what is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from sdpose.errors import BadImage
from sdpose.media import Video, VideoWriter
from sdpose.synthetic import clip
from sdpose.video import Holds

Frames = list[npt.NDArray[np.uint8]]


def drawings(count: int, seed: int = 3, size_wh: tuple[int, int] = (256, 192)) -> Frames:
    return [drawing.image for drawing in clip(seed, count, size_wh, "test")]


def shown(pictures: Frames, counts: list[int]) -> tuple[Frames, list[int]]:
    """Each picture for so many frames, and the frames that repeat the one before."""
    frames = [picture for picture, count in zip(pictures, counts, strict=True) for _ in range(count)]
    begins = {0, *np.cumsum(counts).tolist()}
    return frames, [index for index in range(len(frames)) if index not in begins]


def waving(pixels_per_frame: float, count: int = 10, radius: int = 4) -> Frames:
    """A drawing that stands still but for a small hand."""
    background = drawings(1)[0]
    frames = []
    for t in range(count):
        frame = background.copy()
        centre = (round((90 + pixels_per_frame * t) * 16), 60 * 16)
        cv2.circle(frame, centre, radius * 16, (250, 120, 20), -1, cv2.LINE_AA, 4)
        frames.append(frame)
    return frames


def encoded(frames: Frames, path: Path) -> Frames:
    with VideoWriter(path, 24) as writer:
        for frame in frames:
            writer.write(frame)
    return list(Video(path))


def repeats(frames: Frames) -> list[int]:
    holds = Holds()
    passed = list(holds.watch(frames))
    assert all(a is b for a, b in zip(passed, frames, strict=True)), "the frames themselves, in order"
    return list(holds)


def test_held_drawings_are_found_and_nothing_else() -> None:
    frames, expected = shown(drawings(7), [1, 2, 3, 1, 1, 4, 2])
    assert repeats(frames) == expected


@pytest.mark.parametrize("seed", [3, 4])
def test_held_drawings_are_found_after_encoding(tmp_path: Path, seed: int) -> None:
    frames, expected = shown(drawings(7, seed), [2, 2, 3, 1, 1, 4, 2])
    assert repeats(encoded(frames, tmp_path / "held.mp4")) == expected


@pytest.mark.parametrize("pace", [0.5, 1.0, 3.0])
def test_a_small_hand_that_moves_slowly_is_not_held(tmp_path: Path, pace: float) -> None:
    assert repeats(waving(pace)) == []
    if pace >= 1:  # an encoder of so small a picture moves it in leaps
        assert repeats(encoded(waving(pace), tmp_path / "hand.mp4")) == []


def test_very_slow_motion_ends_a_hold_once_it_adds_up() -> None:
    frames = waving(0.02, 100)
    assert len(repeats(frames)) < len(frames) - 1


def test_grain_is_no_hold() -> None:
    rng = np.random.default_rng(0)
    still = drawings(1)[0].astype(np.float64)
    grainy = [(still + rng.normal(0, 3, still.shape)).clip(0, 255).astype(np.uint8) for _ in range(6)]
    assert repeats(grainy) == []


def test_frames_of_another_size_are_no_repeats() -> None:
    picture = np.full((60, 80, 3), 90, np.uint8)
    assert repeats([picture, picture, picture[:50], picture[:50]]) == [1, 3]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_films_pass(count: int) -> None:
    assert repeats(drawings(1) * count) == list(range(1, count))


def test_a_frame_comes_when_it_is_known_whether_it_repeats() -> None:
    taken: list[int] = []

    def frames() -> Iterator[npt.NDArray[np.uint8]]:
        for frame in shown(drawings(3), [2, 2, 2])[0]:
            taken.append(len(taken))
            yield frame

    holds = Holds()
    for index, _ in enumerate(holds.watch(frames())):
        assert (index in holds) == (index % 2 == 1)
        assert len(taken) <= index + 2


@pytest.mark.parametrize("frame", [np.full((8, 8, 3), np.nan), np.zeros((8, 8), np.uint8)])
def test_frames_that_are_not_pictures_are_refused(frame: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(BadImage, match="to_rgb8"):
        repeats([frame])
