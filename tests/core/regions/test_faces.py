"""Face tracks: steady on who keeps still, with those who move, held while a face is away, never across a cut."""

from __future__ import annotations

import numpy as np
import pytest

from sdpose.errors import BadKeypoints, BadOption
from sdpose.evaluation.pck import torso_sizes
from sdpose.poses import Poses
from sdpose.regions import FaceTrack, face_tracks, region_boxes

from .people import CANVAS_WH, Standing

BACK = ("nose", "left_eye", "right_eye")


def centres(track: FaceTrack) -> np.ndarray:
    return (track.boxes[:, :2] + track.boxes[:, 2:]) / 2


def sides(track: FaceTrack) -> np.ndarray:
    return track.boxes[:, 2] - track.boxes[:, 0]


def shaken(poses: Poses, rng: np.random.Generator, noise: float = 0.02, misses: float = 0.0) -> Poses:
    """Noise in torso lengths; some keypoints go unseen, and as many jump half a torso away."""
    torso = torso_sizes(poses.points, poses.scores > 0, np.zeros((1, 4)), poses.skeleton)[0]
    off = rng.random(poses.scores.shape) < misses
    spread = np.where(off, 0.5, noise)[..., None] * torso
    scores = np.where(rng.random(poses.scores.shape) < misses, 0.1, poses.scores)
    return poses.replace(points=poses.points + rng.normal(size=poses.points.shape) * spread, scores=scores)


@pytest.mark.parametrize("misses", [0.0, 0.02])
def test_a_face_at_rest_keeps_its_box_within_a_hundredth(standing: Standing, misses: float) -> None:
    rng = np.random.default_rng(1)
    track = face_tracks([shaken(standing(), rng, misses=misses) for _ in range(96)])[0]
    jitter = np.linalg.norm(centres(track) - centres(track).mean(axis=0), axis=1) / sides(track).mean()
    assert np.sqrt(np.mean(jitter**2)) < 0.01
    assert np.abs(np.diff(centres(track), axis=0)).max() / sides(track).mean() < 0.01
    assert sides(track).std() / sides(track).mean() < 0.02


def test_an_even_movement_is_followed_without_lag(standing: Standing) -> None:
    clip = [standing(shift=(t * 0.8, t * 0.5)) for t in range(96)]
    track, still = face_tracks(clip)[0], face_tracks([standing()])[0]
    steps = np.column_stack([np.arange(96) * 0.8, np.arange(96) * 0.5])
    off = centres(track) - centres(still) - steps
    np.testing.assert_allclose(off[36:-36], 0, atol=1e-6)
    assert np.abs(off).max() <= 0.1001 * sides(still)[0] / 1.5


@pytest.mark.parametrize("path", [(1, 0), (1, 1)], ids=["to-and-fro", "circle"])
def test_fast_movement_stays_in_the_box(standing: Standing, path: tuple[float, float]) -> None:
    """Two fifths of the face per frame, from the first frame on."""
    turn = np.arange(72) * 2 * np.pi / 24
    clip = [standing(shift=(40 * x, 60 + 40 * y)) for x, y in np.column_stack([np.sin(turn), np.cos(turn)]) * path]
    track = face_tracks(clip)[0]
    faces = np.stack([region_boxes(frame, "face").boxes[0] for frame in clip])
    assert track.seen.all()
    assert (track.boxes[:, :2] <= faces[:, :2]).all() and (track.boxes[:, 2:] >= faces[:, 2:]).all()


def test_a_box_is_a_square_around_the_face_with_its_margin(standing: Standing) -> None:
    face = region_boxes(standing(), "face").boxes[0]
    track = face_tracks([standing()], margin=0.25)[0]
    np.testing.assert_allclose(centres(track)[0], (face[:2] + face[2:]) / 2)
    np.testing.assert_allclose(track.boxes[0, 2:] - track.boxes[0, :2], 1.25 * (face[2:] - face[:2]).max())


def test_a_single_mistake_is_passed_over(standing: Standing) -> None:
    clip = [standing(shift=(50, 80)) if t == 12 else standing() for t in range(24)]
    track = face_tracks(clip)[0]
    assert track.seen.all()
    np.testing.assert_allclose(track.boxes, np.tile(track.boxes[0], (24, 1)), atol=1e-6)


@pytest.mark.parametrize("name", ["coco17", "openpose134"])
def test_a_head_turned_away_holds_the_last_box_and_says_so(standing: Standing, name: str) -> None:
    clip = [standing(name, hidden=BACK if 10 <= t < 15 else (), shift=(2 * t, 0)) for t in range(20)]
    track = face_tracks(clip)[0]
    away = np.isin(np.arange(20), range(10, 15))
    assert (track.seen == ~away).all() and (track.turned == away).all() and track.known.all()
    np.testing.assert_array_equal(track.boxes[10:15], np.tile(track.boxes[9], (5, 1)))
    assert (np.diff(centres(track)[:10, 0]) > 0.5).all() and centres(track)[15, 0] > centres(track)[14, 0] + 5


def test_somebody_who_is_gone_is_held_too_but_not_turned(standing: Standing) -> None:
    absent = standing(score=0.0)
    nobody = Poses.empty(absent.skeleton, CANVAS_WH)
    track = face_tracks([absent, standing(), nobody, standing(), absent])[0]
    assert track.seen.tolist() == [False, True, False, True, False]
    assert not track.turned.any() and track.known.all()
    np.testing.assert_allclose(track.boxes, np.tile(track.boxes[1], (5, 1)), atol=1e-6)


def test_nothing_is_held_or_averaged_across_a_cut(standing: Standing) -> None:
    first, second = standing(), standing(shift=(30, 60))
    away = standing(hidden=BACK)
    clip = [first] * 6 + [second] * 6 + [away] * 3
    track = face_tracks(clip, cuts=[6, 12])[0]
    for frames, alone in ((slice(0, 6), first), (slice(6, 12), second)):
        expected = face_tracks([alone])[0].boxes[0]
        np.testing.assert_allclose(track.boxes[frames], np.tile(expected, (6, 1)), atol=1e-6)
    assert not track.known[12:].any() and not track.boxes[12:].any() and track.turned[12:].all()


def test_a_canvas_of_another_size_is_another_shot(standing: Standing) -> None:
    small, large = standing(), standing().scaled((406, 602))
    track = face_tracks([small] * 4 + [large] * 4)[0]
    np.testing.assert_allclose(track.boxes[4:], 2 * track.boxes[:4], atol=1e-6)


def test_pieces_are_the_whole_away_from_the_seam(standing: Standing) -> None:
    rng = np.random.default_rng(2)
    clip = [shaken(standing(shift=(0.3 * t, 0)), rng) for t in range(140)]
    whole = face_tracks(clip)[0].boxes
    reach = 36 + 3
    np.testing.assert_allclose(face_tracks(clip[:80])[0].boxes[: 80 - reach], whole[: 80 - reach], atol=1e-9)
    np.testing.assert_allclose(face_tracks(clip[80:])[0].boxes[reach:], whole[80 + reach :], atol=1e-9)


def test_everybody_has_a_track_by_their_own_id(standing: Standing) -> None:
    one, other = standing(track_id=3), standing(shift=(70, 50), track_id=1)

    def together(*people: Poses) -> Poses:
        parts = {name: np.concatenate([getattr(who, name) for who in people]) for name in ("points", "scores")}
        return people[0].replace(**parts, track_ids=np.concatenate([who.track_ids for who in people]))

    tracks = face_tracks([together(one, other), together(other, one), together(other)])
    assert list(tracks) == [1, 3]
    assert tracks[1].seen.all() and tracks[3].seen.tolist() == [True, True, False]
    np.testing.assert_allclose(centres(tracks[1])[0] - centres(tracks[3])[0], (70, 50), atol=1e-6)


def test_a_lone_person_needs_no_id_and_several_do(standing: Standing) -> None:
    alone = standing(track_id=None)
    assert list(face_tracks([alone, alone[:0], alone])) == [0]
    two = alone[[0, 0]]
    with pytest.raises(BadKeypoints, match=r"frame 1 has 2 people and no track ids: track the people first"):
        face_tracks([alone, two])
    with pytest.raises(BadKeypoints, match="must differ; frame 0"):
        face_tracks([two.replace(track_ids=[4, 4])])


def test_nobody_at_all_has_no_tracks(standing: Standing) -> None:
    assert face_tracks([]) == {}
    assert face_tracks([standing()[:0]] * 3) == {}


def test_a_face_outside_the_picture_is_not_seen(standing: Standing) -> None:
    track = face_tracks([standing(), standing(shift=(150, 0))])[0]
    assert track.seen.tolist() == [True, False]


@pytest.mark.parametrize("options", [{"margin": -0.1}, {"fps": 0.0}])
def test_what_cannot_be_asked_for_is_refused(standing: Standing, options: dict[str, float]) -> None:
    with pytest.raises(BadOption, match="got"):
        face_tracks([standing()], **options)  # type: ignore[arg-type]
