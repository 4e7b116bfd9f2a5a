"""What a format loses of poses, told by reading them back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import numpy as np
import pytest

from sdpose import formats
from sdpose.formats.losses import dropped, losses, written_for
from sdpose.poses import Poses
from sdpose.topology import get

SKELETON = get("openpose134")


def people() -> Poses:
    scores = np.full((2, 134), 0.5)
    points = np.random.default_rng(0).uniform(1, 90, (2, 134, 2))
    return Poses(points, scores, SKELETON, (100, 100), np.tile([1.0, 2, 90, 95], (2, 1)), np.ones(2), np.arange(2))


def test_nothing() -> None:
    clip = [people(), Poses.empty(SKELETON, (100, 100))]
    assert losses(clip, formats.read(formats.write(clip))) == [] == losses([], [])


@pytest.mark.parametrize(
    ("profile", "lost"),
    [
        ("scail", ["feet", "track ids", "boxes", "box scores"]),
        ("aux", ["feet", "raw scores", "track ids", "boxes", "box scores"]),
        ("judian17", ["track ids", "boxes", "box scores"]),
    ],
)
def test_parts_scores_and_extras(profile: str, lost: list[str]) -> None:
    assert losses([people()], formats.read(formats.write([people()], profile))) == lost


@pytest.mark.parametrize(("gone", "said"), [(1, "1 point"), (3, "3 points")])
def test_single_points(gone: int, said: str) -> None:
    scores = people().scores.copy()
    scores[0, :gone] = 0
    assert losses([people()], [people().replace(scores=scores)]) == [said]


def test_a_narrower_skeleton_is_no_loss_of_what_was_not_there() -> None:
    body = people().to(get("openpose18"))
    assert losses([body], [body.to(SKELETON)]) == []
    assert losses([body.to(SKELETON)], [body]) == []


EXTRAS = ["track ids", "boxes", "box scores"]
DROPPED = {
    **{key: [] for key in ("core", "normalised", "editor", "coco")},
    **{key: ["feet", "raw scores", *EXTRAS] for key in ("aux", "aux_openpose", "studio", "old_editor")},
    **{key: ["feet", *EXTRAS] for key in ("scail", "magos", "dwposes")},
    "coco_results": ["1 frame with nobody"],
    "judian17": EXTRAS,
    "posedata": ["2 points", *EXTRAS],  # two left heels
    "openpose_files": ["boxes", "box scores"],
    "posetrack": ["feet", "face", "left hand", "right hand", "4 points", "box scores"],
}


@pytest.mark.parametrize("profile", formats.PROFILES)
def test_every_profile_is_asked_what_it_drops(profile: str) -> None:
    """In a clip of frames that no single payload of some profiles holds, of which one has nobody."""
    lost = dropped([people()[0], Poses.empty(SKELETON, (100, 100)), people()[1].replace(canvas_wh=(120, 110))], profile)
    assert lost == DROPPED[profile]
    assert written_for([people()[0]], profile).startswith(f"written for {profile}")


def test_a_line_names_what_was_dropped() -> None:
    assert written_for([people()], "judian17") == "written for judian17, without track ids, boxes, box scores"
    assert written_for([people()], "core") == "written for core"
    assert "raw scores" in dropped([people()], "core", scores="binary")


def test_what_a_threshold_leaves_out_is_lost() -> None:
    assert dropped([people()], "core") == [] and dropped([], "core") == []
    assert dropped([people()], "core", threshold=0.6) == [part.replace("_", " ") for part in SKELETON.parts]


def test_people_who_are_missing_are_counted() -> None:
    assert losses([people(), people()], [people()[0], people()]) == ["1 person"]
    assert losses([people()], [people()[[]]]) == ["2 people"]


def _calls(work: Callable[[], object]) -> int:
    """How many functions are called while something is done."""
    count = 0

    def seen(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_with_the_frames_and_not_with_their_square() -> None:
    few, many = ([people()] * count for count in (25, 100))
    assert 3 < _calls(lambda: losses(many, many)) / _calls(lambda: losses(few, few)) < 5
