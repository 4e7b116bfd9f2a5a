"""Cuts found in passing: where they are, where there are none, and nothing held for long."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from sdpose.errors import BadImage
from sdpose.synthetic import clip
from sdpose.synthetic.staged import staged
from sdpose.video import Shots

Frames = list[npt.NDArray[np.uint8]]


def shot(seed: int, count: int, grain: float = 0.0, pace: int = 0) -> Frames:
    """A coarse picture that a camera pans over."""
    rng = np.random.default_rng(seed)
    scene = rng.integers(40, 215, (6, 40, 3)).repeat(16, axis=0).repeat(16, axis=1)
    noise = rng.normal(0, grain, (count, 96, 128, 1)) if grain else np.zeros((count, 1, 1, 1))
    return [(scene[:, t * pace : t * pace + 128] + noise[t]).clip(0, 255).astype(np.uint8) for t in range(count)]


def cuts(frames: Frames) -> list[int]:
    shots = Shots()
    passed = list(shots.watch(frames))
    assert all(a is b for a, b in zip(passed, frames, strict=True)), "the frames themselves, in order"
    return list(shots)


@pytest.mark.parametrize("options", [{}, {"grain": 25.0}, {"pace": 3}], ids=["still", "grain", "pan"])
def test_cuts_are_found_and_nothing_else(options: dict[str, float]) -> None:
    film = [frame for seed, count in enumerate((5, 12, 8)) for frame in shot(seed, count, **options)]  # type: ignore[arg-type]
    assert cuts(film) == [5, 17]


def test_cuts_between_drawn_films() -> None:
    film = [drawing.image for seed in (3, 4, 5) for drawing in clip(seed, 8, (128, 128), "test")]
    assert cuts(film) == [8, 16]


def test_a_new_drawing_after_a_hold_is_no_cut() -> None:
    """It changes a lot, and nothing does around it."""
    film = [[frame.image for frame in staged(seed, 24, (192, 192), kind="hold")] for seed in (7106, 930012, 970036)]
    assert [cuts(one) for one in film] == [[], [], []]
    assert cuts(film[0] + film[1]) == [24]


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_short_films_pass(count: int) -> None:
    assert cuts(shot(0, count)) == []


def test_a_cut_at_the_very_end_is_not_seen() -> None:
    assert cuts(shot(0, 8) + shot(1, 2)) == []
    assert cuts(shot(0, 8) + shot(1, 3)) == [8]


def test_a_frame_comes_when_it_is_known_whether_it_begins_a_shot() -> None:
    taken: list[int] = []

    def frames() -> Iterator[npt.NDArray[np.uint8]]:
        for frame in shot(0, 6) + shot(1, 6):
            taken.append(len(taken))
            yield frame

    shots = Shots()
    for index, _ in enumerate(shots.watch(frames())):
        assert (index in shots) == (index == 6)
        assert len(taken) <= index + 3


def test_frames_of_another_size_begin_a_shot_like_any() -> None:
    film = shot(0, 6) + [np.ascontiguousarray(frame[:60, :100]) for frame in shot(1, 6)]
    assert cuts(film) == [6]


@pytest.mark.parametrize("frame", [np.full((8, 8, 3), np.nan), np.zeros((8, 8), np.uint8)])
def test_frames_that_are_not_pictures_are_refused(frame: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(BadImage, match="to_rgb8"):
        cuts([frame])
