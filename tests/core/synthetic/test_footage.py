"""Drawn film: repeatable, its truth exact, its effects real."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sdpose.errors import BadOption
from sdpose.synthetic import clip
from sdpose.synthetic.chance import streams
from sdpose.synthetic.effects import Effects, Shake, Spells, sample_effects, ticks
from sdpose.synthetic.footage import filmed, footage

SIZE = (96, 96)
SEEDS = range(6)
FRAMES = 30


def film(seed, frames, effects, split="train", style="flat", size_wh=SIZE):
    return list(filmed(seed, frames, size_wh, split, style, 24.0, effects))


def spells(strength, gap=(4, 6), length=(8, 10), seed=0):
    return Spells(np.random.default_rng(seed), gap, length, (strength, strength))


@pytest.fixture(scope="module")
def films():
    return {seed: list(footage(seed, FRAMES, SIZE)) for seed in SEEDS}


def test_films_are_repeatable_and_start_alike(films):
    for seed in (0, 3):
        for first, second in zip(footage(seed, 12, SIZE), films[seed], strict=False):
            assert first.image.tobytes() == second.image.tobytes()
            assert np.array_equal(first.poses.points, second.poses.points)
            assert np.array_equal(first.hard, second.hard) and first.cut == second.cut


def test_splits_share_nothing(films):
    for seed in SEEDS:
        other = next(footage(seed, 1, SIZE, "test"))
        assert other.image.tobytes() not in {frame.image.tobytes() for frame in films[seed]}


def test_every_frame_is_complete(films):
    for frames in films.values():
        assert len(frames) == FRAMES and len({frame.style for frame in frames}) == 1
        assert not frames[0].cut
        for frame in frames:
            n = len(frame.poses)
            assert frame.image.shape == (96, 96, 3) and frame.image.dtype == np.uint8
            assert frame.visibility.shape == (n, 17) and frame.head_boxes.shape == (n, 4)
            assert frame.hard.shape == (n,) and (frame.hard == (frame.occluded | frame.blurred)).all()
            assert len(set(frame.poses.track_ids.tolist())) == n
            assert np.array_equal(frame.poses.scores > 0, frame.visibility > 0)
            assert (frame.visibility > 0).any(axis=1).all()


def test_without_effects_a_film_shows_what_its_clip_shows():
    for seed in SEEDS:
        for frame, drawing in zip(film(seed, 6, Effects()), clip(seed, 6, SIZE, style="flat"), strict=True):
            rows = [frame.poses.track_ids.tolist().index(who) for who in drawing.poses.track_ids.tolist()]
            assert np.array_equal(frame.poses.points[rows], drawing.poses.points)
            assert np.array_equal(frame.visibility[rows], drawing.visibility)
            assert not frame.blurred.any()


def test_time_only_runs_faster_is_skipped_or_held_where_it_says_so():
    def seconds(effects, frames=40):
        return np.array([tick.seconds for tick in ticks(effects, frames, 10.0)])

    plain = seconds(Effects())
    assert np.array_equal(plain, np.arange(40) / 10.0)
    fast = np.diff(seconds(Effects(bursts=spells(3.0)))) * 10
    assert fast.min() == pytest.approx(1) and 2.9 < fast.max() <= 3.0 + 1e-9
    skipped = np.diff(seconds(Effects(skips=spells(2.0, length=(1, 1))))) * 10
    assert set(skipped.round(6).tolist()) == {1.0, 3.0}
    held = [tick.held for tick in ticks(Effects(holds=spells(2.0, gap=(0, 0), length=(100, 100))), 30, 10.0)]
    assert not held[0] and all(a != b for a, b in pairwise(held))


def test_a_repeated_frame_is_the_frame_before_with_its_truth():
    holds = spells(3.0, gap=(0, 0), length=(99, 99))
    frames = film(1, 12, Effects(holds=holds, shutter=0.5))
    held = [tick.held for tick in ticks(Effects(holds=holds), 12, 24.0)]
    assert 6 <= sum(held) <= 9
    for index in range(1, 12):
        same = frames[index].image is frames[index - 1].image
        assert same == held[index]
        assert not held[index] or np.array_equal(frames[index].poses.points, frames[index - 1].poses.points)


def test_what_passes_hides_what_it_covers():
    """Against the same film without obstacles: pixels change where people became hidden, and the truth does not."""
    hidden = 0
    for seed in range(4):
        things = Effects(obstacles=(spells(1.0, gap=(0, 0), length=(12, 12), seed=seed),))
        for frame, bare in zip(film(seed, 14, things), film(seed, 14, Effects()), strict=True):
            assert np.array_equal(frame.poses.points, bare.poses.points)
            assert np.array_equal(frame.poses.boxes, bare.poses.boxes)
            assert np.array_equal(frame.head_boxes, bare.head_boxes)
            assert (frame.visibility <= bare.visibility).all() and not (frame.occluded < bare.occluded).any()
            changed = (frame.image != bare.image).any(axis=2)
            for x, y in frame.poses.points[(frame.visibility == 1) & (bare.visibility == 2)].round().astype(int):
                hidden += 1
                assert changed[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].any()
    assert hidden > 40


def test_occluded_means_a_quarter_of_the_labelled_keypoints():
    shares = {True: [], False: []}
    for seed in range(4):
        things = Effects(obstacles=(spells(1.0, gap=(0, 0), length=(12, 12), seed=seed),))
        for frame, bare in zip(film(seed, 14, things), film(seed, 14, Effects()), strict=True):
            gone = ((frame.visibility == 1) & (bare.visibility == 2)).sum(axis=1) / (frame.visibility > 0).sum(axis=1)
            for share, occluded in zip(gone, frame.occluded, strict=True):
                shares[bool(occluded)].append(share)
    assert max(shares[False]) < 0.25 < max(shares[True])


def test_motion_blurs_the_fast_and_only_while_the_shutter_is_open():
    fast = spells(4.0, gap=(0, 0), length=(99, 99))
    blurred = {
        shutter: [frame for seed in range(3) for frame in film(seed, 8, Effects(shutter=shutter, bursts=fast))]
        for shutter in (0.0, 1.0)
    }
    assert not any(frame.blurred.any() for frame in blurred[0.0])
    assert any(frame.blurred.any() for frame in blurred[1.0])
    for open_, shut in zip(blurred[1.0], blurred[0.0], strict=True):
        assert np.array_equal(open_.poses.points, shut.poses.points)
        if open_.blurred.any():
            assert (open_.image != shut.image).any()


def test_defocus_softens_the_picture_and_counts_from_its_stated_strength():
    def edges(frame):
        return np.abs(np.diff(frame.image.astype(int), axis=1)).sum()

    for disc in (False, True):
        far = film(2, 9, Effects(defocus=spells(0.04, gap=(0, 0), length=(9, 9)), disc=disc))
        slight = film(2, 9, Effects(defocus=spells(0.011, gap=(0, 0), length=(9, 9)), disc=disc))
        sharp = film(2, 9, Effects())
        middle = next(k for k in range(9) if far[k].blurred.all())
        assert edges(far[middle]) < 0.8 * edges(sharp[middle])
        assert not any(frame.blurred.any() for frame in slight)


def test_a_tremble_moves_people_and_picture_alike():
    shaken = film(3, 6, Effects(shake=Shake(((6.0, 0.0, np.pi, np.pi / 2),))))
    still = film(3, 6, Effects())
    for index, (a, b) in enumerate(zip(shaken, still, strict=True)):
        shift = 6.0 if index % 2 == 0 else -6.0
        assert np.allclose(a.poses.points - b.poses.points, (shift, 0), atol=1e-9)
        inner = a.image[:, 12:-12].astype(int), np.roll(b.image, int(shift), axis=1)[:, 12:-12].astype(int)
        assert np.abs(inner[0] - inner[1]).mean() < 0.1 * np.abs(inner[0] - b.image[:, 12:-12]).mean() + 1.0


def test_a_cut_shows_the_same_people_from_elsewhere():
    frames = film(5, 14, Effects(cuts=spells(1.0, gap=(5, 5), length=(1, 1))))
    cuts = [index for index, frame in enumerate(frames) if frame.cut]
    assert cuts and 0 not in cuts
    for index in cuts:
        before, after = frames[index - 1], frames[index]
        assert (before.image != after.image).any(axis=2).mean() > 0.2
        assert set(before.poses.track_ids.tolist()) & set(after.poses.track_ids.tolist())


def test_boxes_hold_the_whole_person_and_move_smoothly_whatever_passes():
    for seed in range(4):
        frames = film(seed, 20, Effects(obstacles=(spells(1.0, gap=(0, 4), seed=seed),)))
        for before, frame, after in zip(frames, frames[1:], frames[2:], strict=False):
            ids = [set(each.poses.track_ids.tolist()) for each in (before, frame, after)]
            for who in ids[0] & ids[1] & ids[2]:
                boxes = [each.poses.boxes[each.poses.track_ids.tolist().index(who)] for each in (before, frame, after)]
                assert np.abs(boxes[0] - 2 * boxes[1] + boxes[2]).max() < 0.06 * 96
            assert (frame.poses.points >= frame.poses.boxes[:, None, :2] - 1e-9).all()
            assert (frame.poses.points <= frame.poses.boxes[:, None, 2:] + 1e-9).all()
            nose = frame.poses.points[:, 0]
            margin = 0.3 * (frame.head_boxes[:, 2:] - frame.head_boxes[:, :2])
            assert (nose > frame.head_boxes[:, :2] - margin).all() and (nose < frame.head_boxes[:, 2:] + margin).all()


def test_films_do_all_of_it_and_half_of_it_stays_plain(films):
    effects = [sample_effects(streams(seed, "train", 8, attempt=1), 96) for seed in range(60)]
    for name in ("shutter", "bursts", "defocus", "skips", "holds", "cuts", "shake", "obstacles"):
        share = np.mean([bool(getattr(one, name)) for one in effects])
        assert 0.1 < share < 0.95, name
    hard = np.concatenate([frame.hard for frames in films.values() for frame in frames])
    assert 0.15 < hard.mean() < 0.75


@pytest.mark.parametrize("wrong", [{"frames": -1}, {"fps": 0}, {"style": "none"}, {"split": "both"}, {"seed": -1}])
def test_wrong_arguments_are_named(wrong):
    with pytest.raises(BadOption, match="expected"):
        footage(**({"seed": 0, "frames": 1, "size_wh": SIZE} | wrong))


def test_no_frames_is_an_empty_film():
    assert list(footage(0, 0)) == []
