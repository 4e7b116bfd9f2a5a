"""Estimate Pose in Video: what the library's estimator finds, whichever way the people are named."""

from __future__ import annotations

import numpy as np
import pytest
import torch

FRAMES = 4
OPTIONS = {"steps": 1, "noises": 1, "delta": 1, "seed": 3, "find_cuts": True, "start_step": 249, "batch_size": 0}


@pytest.fixture(scope="module")
def model(pack, diffpose_file):
    return pack.part("nodes.residency").resident_diffpose(diffpose_file)


@pytest.fixture(scope="module")
def clip(pack):
    """Image, boxes and true poses, which have track ids."""
    scene = {"seed": 7, "frames": FRAMES, "animate": True, "width": 128, "height": 96, "style": "any"}
    return pack.run("SDPoseKit_DrawnCharacters", **scene)


@pytest.fixture(scope="module")
def estimate(pack, model):
    """Run the node: image and changes to the options -> POSE_KEYPOINT."""

    def run(image, **changes):
        return pack.run("SDPoseKit_EstimateVideoPose", model=model, image=image, **OPTIONS | changes)[0]

    return run


def points(frames):
    return np.array([[person["pose_keypoints_2d"] for person in frame["people"]] for frame in frames])


def test_poses_are_what_the_library_finds(pack, model, clip, estimate):
    image, boxes, _ = clip
    sockets, library = pack.part("nodes.sockets"), pack.part("sdpose")
    found = estimate(image, boxes=boxes, steps=2, noises=2)
    estimator = library.VideoEstimator(model, steps=2, noises=2, delta=1, seed=3)
    places = sockets.boxes_from_socket(boxes, FRAMES)
    assert found == sockets.poses_to_socket(estimator(sockets.frames_from_image(image), places))
    people = [{person["track_id"]: person["bbox"] for person in frame["people"]} for frame in found]
    assert len(people) == FRAMES and all(list(frame) == list(people[0]) for frame in people)
    np.testing.assert_allclose([list(frame.values()) for frame in people], places)
    assert estimate(image, boxes=boxes, steps=2, noises=2, seed=4) != found


def test_people_are_those_of_tracks(pack, clip, estimate):
    """On pictures of another size too, and by the ids that they bring."""
    image, boxes, truth = clip
    by_tracks = estimate(image, tracks=truth)
    np.testing.assert_allclose(points(by_tracks), points(estimate(image, boxes=boxes)), atol=1e-3)
    named = [[person["track_id"] for person in frame["people"]] for frame in by_tracks]
    assert named == [[person["track_id"] for person in frame["people"]] for frame in truth]
    sockets = pack.part("nodes.sockets")
    larger = sockets.poses_to_socket([poses.scaled((256, 288)) for poses in sockets.poses_from_socket(truth)])
    np.testing.assert_allclose(points(estimate(image, tracks=larger)), points(by_tracks), atol=1e-3)


def test_people_are_those_that_the_boxes_name(clip, estimate):
    image, boxes, _ = clip
    named = [[box | {"track_id": 40 + i} for i, box in enumerate(frame)] for frame in boxes]
    found = estimate(image, boxes=named)
    assert [[p["track_id"] for p in frame["people"]] for frame in found] == [
        [box["track_id"] for box in frame] for frame in named
    ]
    np.testing.assert_array_equal(points(found), points(estimate(image, boxes=boxes)))


def test_poses_to_start_from_say_where_people_are(clip, estimate):
    image, boxes, truth = clip
    alone = estimate(image, start_poses=truth)
    np.testing.assert_allclose(points(alone), points(estimate(image, start_poses=truth, boxes=boxes)), atol=1e-3)
    assert points(alone).shape == points(truth).shape
    assert not np.allclose(points(alone), points(estimate(image, tracks=truth)))
    assert not np.allclose(points(alone), points(estimate(image, start_poses=truth, start_step=900)))


def test_nobody_named_is_one_person_per_frame(clip, estimate):
    image, _, _ = clip
    found = estimate(image)
    assert [[person["bbox"] for person in frame["people"]] for frame in found] == [[[0, 0, 128, 96]]] * FRAMES


def test_a_cut_parts_two_scenes(estimate):
    """Person by person, so that a frame's numbers are the same to the bit whatever else is estimated."""
    generator = torch.Generator().manual_seed(0)
    dark, light = (torch.rand(4, 96, 128, 3, generator=generator) * 0.2 + level for level in (0, 0.8))
    both = torch.cat([dark, light])
    apart = np.concatenate([points(estimate(image, batch_size=1)) for image in (dark, light)])
    np.testing.assert_array_equal(points(estimate(both, batch_size=1)), apart)
    uncut = points(estimate(both, batch_size=1, find_cuts=False))
    changed = [bool((one != other).any()) for one, other in zip(uncut, apart, strict=True)]
    assert changed == [False, False, False, True, True, False, False, False]


@pytest.mark.parametrize(
    ("inputs", "error", "match"),
    [
        (lambda boxes, truth: {"boxes": boxes, "tracks": truth}, "BadOption", "connect one of them"),
        (lambda boxes, truth: {"tracks": truth[:3]}, "BadBoxes", "one entry per frame"),
        (lambda boxes, truth: {"boxes": boxes, "start_poses": truth[:3]}, "BadKeypoints", "one entry per frame"),
    ],
    ids=["boxes-and-tracks", "tracks-of-another-clip", "start-of-another-clip"],
)
def test_what_does_not_fit_is_said(pack, clip, estimate, inputs, error, match):
    image, boxes, truth = clip
    with pytest.raises(getattr(pack.part("sdpose.errors"), error), match=match):
        estimate(image, **inputs(boxes, truth))


def test_cancel_ends_it_between_batches(clip, estimate, cancelled):
    with cancelled(at=3):
        estimate(clip[0], boxes=clip[1], batch_size=1)
