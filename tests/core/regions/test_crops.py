"""Crops: exact where they are cut whole, averaged where they shrink, and back where they came from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose.errors import BadBoxes, BadImage, BadOption
from sdpose.regions import crop, face_crops, face_tracks, paste

from .people import Standing


def picture(size_wh: tuple[int, int] = (61, 47), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size_wh[1], size_wh[0], 3), dtype=np.uint8)


def ramp(size_wh: tuple[int, int] = (64, 48)) -> np.ndarray:
    """Red tells x and green y, in twos; 1 at the middle of the first pixel."""
    x, y = np.meshgrid(np.arange(size_wh[0]), np.arange(size_wh[1]))
    return np.stack([2 * x + 1, 2 * y + 1, 0 * x], axis=-1).astype(np.uint8)


def test_a_box_of_whole_pixels_at_its_own_size_is_those_pixels() -> None:
    frame = picture()
    np.testing.assert_array_equal(crop(frame, (7, 11, 27, 31), 20), frame[11:31, 7:27])


def test_shrinking_averages() -> None:
    frame = picture()
    expected = frame[8:40, 4:36].reshape(8, 4, 8, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(crop(frame, (4, 8, 36, 40), 8), expected, atol=1)


@given(
    x=st.floats(4, 20),
    y=st.floats(4, 10),
    side=st.floats(6, 30),
    size=st.integers(4, 70),
)
def test_samples_lie_where_the_box_has_them(x: float, y: float, side: float, size: int) -> None:
    cut = crop(ramp(), (x, y, x + side, y + side), size).astype(float)
    along = (np.arange(size) + 0.5) * side / size
    np.testing.assert_allclose(cut[..., 0], np.broadcast_to(2 * (x + along), (size, size)), atol=1.1)
    np.testing.assert_allclose(cut[..., 1], np.broadcast_to(2 * (y + along), (size, size)).T, atol=1.1)


def test_beyond_the_picture_its_edge_goes_on() -> None:
    frame = picture()
    cut = crop(frame, (-10, -10, 10, 10), 20)
    np.testing.assert_array_equal(cut[10:, 10:], frame[:10, :10])
    np.testing.assert_array_equal(cut[:10, :10], np.broadcast_to(frame[0, 0], (10, 10, 3)))
    far = crop(frame, (1000, 1000, 1020, 1020), 20)
    np.testing.assert_array_equal(far, np.broadcast_to(frame[-1, -1], (20, 20, 3)))
    assert crop(frame, (-1e5, -1e5, 1e5, 1e5), 32).shape == (32, 32, 3)


@pytest.mark.parametrize("size", [12, 24, 96])
def test_a_crop_goes_back_where_it_came_from(size: int) -> None:
    frame, box = ramp(), (10.3, 8.6, 34.3, 32.6)
    back = paste(frame, crop(frame, box, size), box, feather=0.0)
    np.testing.assert_allclose(back.astype(int), frame.astype(int), atol=3)


def test_pasting_changes_the_box_only_and_fades_in_from_its_edges() -> None:
    frame = np.zeros((48, 64, 3), np.uint8)
    white = np.full((512, 512, 3), 255, np.uint8)
    back = paste(frame, white, (10, 8, 30, 28), feather=0.25)
    assert not frame.any()
    outside = np.ones((48, 64), bool)
    outside[8:28, 10:30] = False
    assert not back[outside].any()
    assert (back[18, 15:25] == 255).all()
    assert (np.diff(back[18, 10:15, 0].astype(int)) > 0).all() and back[18, 10, 0] < 60


def test_pasting_over_the_picture_s_edge_keeps_what_is_inside() -> None:
    white = np.full((16, 16, 3), 255, np.uint8)
    back = paste(np.zeros((48, 64, 3), np.uint8), white, (-8, -8, 8, 8), feather=0)
    assert (back[:8, :8] == 255).all() and not back[8:].any() and not back[:, 8:].any()
    assert not paste(np.zeros((48, 64, 3), np.uint8), white, (100, 100, 116, 116)).any()


def test_every_frame_gives_a_crop_held_ones_too_and_black_without_a_box(standing: Standing) -> None:
    away = standing(hidden=("nose", "left_eye", "right_eye"))
    track = face_tracks([standing(), away, away], cuts=[2])[0]
    frames = [picture(away.canvas_wh, seed) for seed in range(3)]
    cuts = list(face_crops(iter(frames), track, 32))
    for t in range(2):
        np.testing.assert_array_equal(cuts[t], crop(frames[t], track.boxes[0], 32))
    assert not cuts[2].any() and cuts[2].shape == (32, 32, 3)


@pytest.mark.parametrize(("count", "said"), [(1, "got 1"), (3, "more than 2")])
def test_frames_of_another_clip_are_refused(standing: Standing, count: int, said: str) -> None:
    track = face_tracks([standing(), standing()])[0]
    with pytest.raises(BadBoxes, match=said):
        list(face_crops([picture()] * count, track))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: crop(picture(), (0, 0, 10, 12)), BadBoxes),
        (lambda: crop(picture(), (5, 5, 5, 5)), BadBoxes),
        (lambda: crop(picture(), (0, 0, np.nan, 1)), BadBoxes),
        (lambda: crop(picture(), (0, 0, 9, 9), 0), BadOption),
        (lambda: crop(picture().astype(float), (0, 0, 9, 9)), BadImage),
        (lambda: paste(picture(), picture(), (0, 0, 9, 9)), BadImage),
        (lambda: paste(picture(), picture((9, 9)), (0, 0, 9, 9), feather=0.6), BadOption),
    ],
)
def test_what_cannot_be_cut_is_refused(call, error) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match="got"):
        call()
