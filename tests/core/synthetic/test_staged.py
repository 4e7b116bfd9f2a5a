"""Staged films: each shows what its kind promises, and what is true about it is exact."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdpose.errors import BadOption
from sdpose.synthetic.staged import KINDS, staged
from sdpose.synthetic.staged.paths import keeping_still, orbiting

SIZE = (72, 64)
FRAMES = 48
SEEDS = (40,)


@pytest.fixture(scope="module")
def films():
    """Films of a kind, drawn when they are first asked for."""
    drawn = {}

    def of(kind):
        if kind not in drawn:
            drawn[kind] = [list(staged(seed, FRAMES, SIZE, kind=kind)) for seed in SEEDS]
        return drawn[kind]

    return of


def place(frame, who, what="points"):
    ids = frame.poses.track_ids.tolist()
    return getattr(frame.poses, what)[ids.index(who)] if who in ids else None


def everybody(film):
    return sorted({who for frame in film for who in frame.poses.track_ids.tolist()})


def test_kinds_take_turns():
    for seed, kind in enumerate(KINDS):
        asked, taken = (next(staged(seed, 1, SIZE, kind=name)) for name in (kind, None))
        assert asked.image.tobytes() == taken.image.tobytes()


def test_films_are_repeatable_start_alike_and_splits_share_nothing():
    for kind in ("occlusion", "hold"):
        long, short = list(staged(3, 9, SIZE, kind=kind)), list(staged(3, 5, SIZE, kind=kind))
        for one, other in zip(short, long, strict=False):
            assert one.image.tobytes() == other.image.tobytes() and one.held == other.held
            assert np.array_equal(one.poses.points, other.poses.points)
        assert next(staged(3, 1, SIZE, "train", kind)).image.tobytes() != long[0].image.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_two_people_or_more_and_a_complete_truth(films, kind):
    for film in films(kind):
        assert len(film) == FRAMES and not film[0].cut and not film[0].held
        assert len({frame.style for frame in film}) == 1
        assert 2 <= max(len(frame.poses) for frame in film) <= 12
        for frame in film:
            n = len(frame.poses)
            assert (
                frame.image.shape == (64, 72, 3) and frame.visibility.shape == (n, 17) and frame.covered.shape == (n,)
            )
            assert len(set(frame.poses.track_ids.tolist())) == n
            assert np.array_equal(frame.occluded, frame.covered >= 0.25)
            assert np.array_equal(frame.poses.scores > 0, frame.visibility > 0)
        assert any(frame.cut for frame in film) == (kind == "cut")
        assert any(frame.held for frame in film) == (kind == "hold")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("cut", "hold")])
def test_an_identity_is_one_body_that_moves_smoothly(films, kind):
    for film in films(kind):
        for before, after in pairwise(film):
            for who in set(before.poses.track_ids.tolist()) & set(after.poses.track_ids.tolist()):
                hips = [place(frame, who)[11:13].mean(axis=0) for frame in (before, after)]
                assert np.linalg.norm(hips[1] - hips[0]) < 0.12 * SIZE[1]


def test_people_cross(films):
    for film in films("crossing"):
        order = [np.sign(place(frame, 0)[0, 0] - place(frame, 1)[0, 0]) for frame in film if len(frame.poses) >= 2]
        assert {-1.0, 1.0} <= set(order)


def test_people_and_things_hide_people_for_a_second_at_most(films):
    longest = []
    for film in [*films("occlusion"), list(staged(43, FRAMES, SIZE, kind="occlusion"))]:
        for who in everybody(film):
            hidden = "".join("x" if (share := place_covered(frame, who)) is not None and share >= 0.9 else " "
                             for frame in film)  # fmt: skip
            longest.append(max(len(run) for run in hidden.split(" ")))
    assert 2 <= max(longest) <= 30


def place_covered(frame, who):
    ids = frame.poses.track_ids.tolist()
    return frame.covered[ids.index(who)] if who in ids else None


def test_the_fast_are_faster_than_others(films):
    def speed(kind):
        (film,) = films(kind)
        wrists = [
            np.linalg.norm(place(after, who) - place(before, who), axis=1).max() / np.ptp(place(before, who)[:, 1])
            for before, after in pairwise(film)
            for who in set(before.poses.track_ids.tolist()) & set(after.poses.track_ids.tolist())
        ]
        return np.percentile(wrists, 90)

    assert speed("fast") > 1.2 * speed("crossing") > 1.2 * speed("static")


def test_behind_a_cut_the_picture_is_another_and_everybody_is_new(films):
    for film in films("cut"):
        cuts = [index for index, frame in enumerate(film) if frame.cut]
        assert 1 <= len(cuts) <= 2 and min(cuts) > 2 and max(cuts) < FRAMES - 3
        for start, stop in pairwise([0, *cuts, FRAMES]):
            shot, rest = film[start:stop], film[:start]
            assert not set(everybody(shot)) & set(everybody(rest))
        for cut in cuts:
            assert (film[cut].image != film[cut - 1].image).any(axis=2).mean() > 0.2


def test_a_held_drawing_is_the_frame_before_with_its_truth(films):
    lengths = set()
    for film in films("hold"):
        run = 1
        for before, frame in pairwise(film):
            same = before.image.tobytes() == frame.image.tobytes()
            assert same == frame.held
            assert not frame.held or np.array_equal(before.poses.points, frame.poses.points)
            lengths.add(run) if not frame.held else None
            run = run + 1 if frame.held else 1
    assert {2, 3} <= lengths and max(lengths) >= 5


def test_who_leaves_comes_back_within_half_a_second_to_one_and_a_half():
    for seed, size in ((40, SIZE), (41, (128, 48))):
        film = list(staged(seed, FRAMES, size, kind="return"))
        lines = ["".join(" x"[place(frame, who) is None] for frame in film) for who in everybody(film)]
        longest = [max(line.split(), key=len) for line in lines if "x" in line]
        assert longest and all(11 <= len(run) <= 36 for run in longest)
        assert all(line[0] == " " and " " in line[line.index(run) + len(run) :]
                   for line, run in zip([line for line in lines if "x" in line], longest, strict=True))  # fmt: skip


def test_a_crowd_has_five_to_twelve(films):
    counts = [len(everybody(film)) for film in films("crowd")]
    counts += [len(next(staged(seed, 1, SIZE, kind="crowd")).poses) for seed in range(10)]
    assert min(counts) <= 7 and max(counts) >= 10 and all(5 <= count <= 12 for count in counts)


def test_who_is_static_does_not_move_at_all_but_the_film_runs_on(films):
    for film in films("static"):
        for before, frame in pairwise(film):
            assert np.array_equal(before.poses.points, frame.poses.points)
            assert np.array_equal(before.poses.boxes, frame.poses.boxes)
            assert before.image.tobytes() != frame.image.tobytes()


@given(st.floats(0, 60), st.floats(0.2, 1.0), st.floats(-3, 3).filter(lambda rate: abs(rate) > 0.1), st.floats(0, 6))
def test_who_goes_round_faces_the_way_they_go(seconds, reach, rate, phase):
    path = orbiting((0.3, -0.2), (reach, 0.5 * reach), rate, phase)
    here, soon = path(seconds), path(seconds + 1e-5)
    ahead = np.array((soon.x - here.x, soon.z - here.z))
    yaw = np.radians(here.yaw)
    assert np.array((np.sin(yaw), np.cos(yaw))) @ ahead > 0.99 * np.linalg.norm(ahead)


def test_who_keeps_still_keeps_still():
    assert keeping_still((1.0, 2.0), 5.0)(7.0) == keeping_still((1.0, 2.0), 5.0)(0.0)


@pytest.mark.parametrize(
    "wrong", [{"frames": -1}, {"fps": 0}, {"kind": "none"}, {"split": "both"}, {"seed": -1}, {"size_wh": (2, 2)}]
)
def test_wrong_arguments_are_named(wrong):
    with pytest.raises(BadOption, match="expected"):
        staged(**({"seed": 0, "frames": 1, "size_wh": SIZE} | wrong))
