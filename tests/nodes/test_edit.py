"""Poses transformed, combined, filtered and compared: the nodes do what the library does, in pieces or whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ..core.regions.people import BODY, details

SIZE_WH = (220, 300)
LOOK = {"style": "dwpose", "threshold": 0.3, "body": True, "feet": "off", "hands": True, "face": True}
LOOK |= {"width": 0, "height": 0, "stick_width": 0, "scale": 1.0, "opacity": 0.6}
FILTER = {"threshold": 0.0, "mean_score": 0.0, "points": 0, "places": False}
PARTS = ("body", "feet", "face", "left_hand", "right_hand")
FILTER |= dict.fromkeys(PARTS, True) | {f"{part}_threshold": 0.0 for part in PARTS}
COMPARE = {"match": "auto", "threshold": 0.3, "limit": 0.05, "style": "dwpose", "width": 0, "height": 512}


@pytest.fixture(scope="module")
def person(pack):
    """Make a frame with a whole person, so many pixels from the place where one stands -> POSE_KEYPOINT frame."""
    library = pack.part("sdpose")
    skeleton = library.topology.get("openpose134")
    places = BODY | {"neck": (100, 60)} | details()
    standing = np.round(np.array([places[name] for name in skeleton.keypoints]) / 2) * 2

    def make(*people, size_wh=SIZE_WH, scores=0.9):
        """People as track id (or None) and shift."""
        points = np.array([standing + shift for _, shift in people]).reshape(-1, 134, 2)
        ids = [who for who, _ in people]
        known = {} if None in ids else {"track_ids": np.array(ids, np.int64)}
        poses = library.Poses(points, np.full(points.shape[:2], scores), skeleton, size_wh, **known)
        return pack.part("nodes.sockets").poses_to_socket([poses])[0]

    return make


def ids(frames):
    return [[person["track_id"] for person in frame["people"]] for frame in frames]


def middles(frames):
    """The x of everybody's nose."""
    return [[person["pose_keypoints_2d"][0] for person in frame["people"]] for frame in frames]


PAD = {"left": 8, "top": 16, "right": 0, "bottom": 24}
OPERATIONS = {
    "crop": ({"x": 30, "y": 16, "width": 120, "height": 500}, "cropped", (30, 16, 120, 500)),
    "resize": ({"width": 200, "height": 0, "crop": "center"}, "resized", (200, 0, "center")),
    "scale by": ({"scale_by": 1.5}, "resized_by", (1.5,)),
    "pad": (PAD, "padded", (8, 16, 0, 24)),
    "flip": ({"direction": "vertical", "sides": "keep"}, "flipped", ("vertical", "keep")),
    "rotate": ({"rotation": "270 degrees"}, "turned", (3,)),
    "offset": ({"dx": -20.5, "dy": 9.0}, "shifted", (-20.5, 9)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_the_librarys(pack, person, name):
    inputs, function, arguments = OPERATIONS[name]
    poses = [person((0, (0, 0)), (1, (16, 40))), person()]
    clip = pack.part("nodes.sockets").poses_from_socket(poses)
    expected = [getattr(pack.part("sdpose.editing"), function)(frame, *arguments) for frame in clip]
    operation = {"operation": name, **inputs}
    (moved,) = pack.run("SDPoseKit_TransformPoses", poses=poses, operation=operation, drop_outside=False)
    assert moved == pack.part("nodes.sockets").poses_to_socket(expected) and moved != poses


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"])
@pytest.mark.parametrize("size", [(80, 60, "disabled"), (51, 117, "center"), (300, 100, "center")])
def test_a_spot_stays_under_its_keypoint_whatever_the_method(pack, method, size):
    """The middle of a blurred spot in a picture that core resized is where the keypoint goes."""
    from comfy.utils import common_upscale

    library = pack.part("sdpose")
    columns, rows = np.meshgrid(np.arange(160), np.arange(120))
    spot = np.exp(-((columns - 83.25) ** 2 + (rows - 57.5) ** 2) / (2 * 3.0**2)).astype(np.float32)
    picture = common_upscale(torch.from_numpy(spot)[None, None].repeat(1, 3, 1, 1), size[0], size[1], method, size[2])
    weights = picture[0, 0].clamp(min=0).numpy().astype(np.float64)
    rows, columns = np.indices(weights.shape)
    skeleton = library.topology.get("openpose18")
    poses = library.Poses(np.full((1, 18, 2), (83.25, 57.5)), np.ones((1, 18)), skeleton, (160, 120))
    moved = library.editing.resized(poses, *size)
    middle = (weights * columns).sum() / weights.sum(), (weights * rows).sum() / weights.sum()
    np.testing.assert_allclose(moved.points[0, 0], middle, atol=0.3 * max(1.0, *np.divide(size[:2], (160, 120))))


def test_who_leaves_the_picture_is_dropped_when_that_is_asked_for(pack, person):
    poses = [person((0, (0, 0)), (1, (0, 0))), person()]
    operation = {"operation": "offset", "dx": 500.0, "dy": -2.5}
    (kept,) = pack.run("SDPoseKit_TransformPoses", poses=poses, operation=operation, drop_outside=False)
    assert ids(kept) == [[0, 1], []] and middles(kept) == [[600, 600], []]
    (dropped,) = pack.run("SDPoseKit_TransformPoses", poses=poses, operation=operation, drop_outside=True)
    assert ids(dropped) == [[], []] and dropped[0]["canvas_width"] == SIZE_WH[0]


def test_an_unknown_operation_is_named(pack, person):
    error = pack.part("sdpose.errors").BadOption
    for operation in (None, {"operation": "shear"}):
        with pytest.raises(error, match="crop, resize, scale by"):
            pack.run("SDPoseKit_TransformPoses", poses=[person()], operation=operation, drop_outside=False)


def compare(pack, a, b, background=None, **changes):
    """Compare Poses on one piece each: the image and the report."""
    images, text = pieces_compared(pack, [a], [b], None if background is None else [background], **changes)
    return images[0], text


def pieces_compared(pack, a, b, background=None, **changes):
    widgets = {name: [value] for name, value in (COMPARE | changes).items()}
    return pack.run("SDPoseKit_ComparePoses", a=a, b=b, background=background, **widgets)


def merge(pack, *streams, track_ids="distinct"):
    poses = {f"poses{i}": pieces for i, pieces in enumerate(streams)}
    return pack.run("SDPoseKit_MergePoses", poses=poses, track_ids=[track_ids])


def test_streams_are_merged_in_the_pieces_of_the_longest(pack, person):
    still = [person((0, (60, 0)))]
    first = [person((0, (0, 0)))] * 3
    pieces = [[person((4, (20, 0)))] * 2, [person((4, (22, 0)))]]
    (one, two), text = merge(pack, [still], [first], pieces)
    assert ids(one) == [[0, 1, 4]] * 2 and ids(two) == [[0, 1, 4]]
    assert middles(two) == [[160, 100, 122]] and text == "9 poses in 3 frames"
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="these have 3, 2"):
        merge(pack, [first], [first[:2]])


def test_newcomers_without_track_ids_are_said(pack, person):
    known, newcomer = [person((0, (0, 0)))] * 2, [person((None, (30, 0)))] * 2
    (merged,), text = merge(pack, [known], [newcomer])
    assert ids(merged) == [[0, 1]] * 2 and "people without a track id got one" in text
    (merged,), text = merge(pack, [known], [newcomer], track_ids="keep")
    assert "track_id" not in merged[0]["people"][0] and "without track ids, because not everybody had one" in text
    for streams in ([known], [known]), ([newcomer], [newcomer]):
        assert "track id" not in merge(pack, *streams)[1]
    inputs = {"poses": {"poses0": [known], "poses1": [newcomer]}, "canvas": ["keep"]}
    clip, text = pack.run("SDPoseKit_ConcatenatePoses", **inputs, track_ids=["distinct"])
    assert ids(clip) == [[0], [0], [1], [1]] and "got one" in text
    assert "track id" not in pack.run("SDPoseKit_ConcatenatePoses", **inputs, track_ids=["keep"])[1]


def test_more_than_ten_streams_stay_in_order(pack, person):
    (merged,), _ = merge(pack, *([[person((i, (i, 0)))]] for i in range(12)))
    assert ids(merged) == [list(range(12))]


def test_clips_and_pieces_of_clips_are_concatenated(pack, person):
    one, two = [person((0, (0, 0)))], [person((0, (20, 0))), person()]
    inputs = {"poses0": [one, two], "poses1": [two]}
    clip, text = pack.run("SDPoseKit_ConcatenatePoses", poses=inputs, canvas=["keep"], track_ids=["keep"])
    assert clip == [*one, *two, *two] and text == "3 poses in 5 frames, 2 of them empty"
    clip, _ = pack.run("SDPoseKit_ConcatenatePoses", poses=inputs, canvas=["keep"], track_ids=["distinct"])
    assert ids(clip) == [[0], [0], [], [1], []]
    large = [person((0, (0, 0)), size_wh=(440, 600))]
    fitted, _ = pack.run(
        "SDPoseKit_ConcatenatePoses", poses={"poses0": [one], "poses1": [large]}, canvas=["fit"], track_ids=["keep"]
    )
    assert [frame["canvas_width"] for frame in fitted] == [220, 220] and middles(fitted)[1] == [49.75]


def test_streams_that_do_not_say_their_canvas_are_on_that_of_another(pack, person):
    clip = [person((0, (0, 0)))] * 2
    write, read = pack.part("sdpose.formats").write, pack.part("nodes.sockets").poses_from_socket
    shares = write(read(clip), "dwposes")
    for one, other in ((clip, shares), (shares, clip)):
        (merged,), _ = merge(pack, [one], [other])
        assert [frame["canvas_height"] for frame in merged] == [300, 300]
        np.testing.assert_allclose(middles(merged), 100)
        inputs = {"poses": {"poses0": [one], "poses1": [other]}, "canvas": ["keep"], "track_ids": ["keep"]}
        np.testing.assert_allclose(middles(pack.run("SDPoseKit_ConcatenatePoses", **inputs)[0]), 100)
        _, text = compare(pack, one, other)
        assert "0.0 px apart" in text
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="Convert Poses with width and height"):
        merge(pack, [shares], [shares])


def test_only_what_is_chosen_is_left(pack, person):
    poses = [person((0, (0, 0))), person((0, (0, 0)), scores=0.2)]
    (all_of_it, text) = pack.run("SDPoseKit_FilterPoses", poses=poses, **FILTER)
    assert all_of_it == poses and text == "2 poses in 2 frames"
    (clip, _) = pack.run("SDPoseKit_FilterPoses", poses=poses, **FILTER | {"face": False, "right_hand": False})
    for frame in clip:
        (one,) = frame["people"]
        assert not any(one["face_keypoints_2d"]) and not any(one["hand_right_keypoints_2d"])
        assert any(one["hand_left_keypoints_2d"]) and any(one["foot_keypoints_2d"])
    (clip, text) = pack.run("SDPoseKit_FilterPoses", poses=poses, **FILTER | {"threshold": 0.3, "points": 1})
    assert ids(clip) == [[0], []] and text == "1 pose in 2 frames, 1 of them empty"
    (clip, _) = pack.run("SDPoseKit_FilterPoses", poses=poses, **FILTER | {"mean_score": 0.3, "places": True})
    assert ids(clip) == [[0], [0]] and not any(clip[1]["people"][0]["pose_keypoints_2d"])
    (clip, _) = pack.run("SDPoseKit_FilterPoses", poses=poses, **FILTER | {"body_threshold": 0.3})
    assert not any(clip[1]["people"][0]["pose_keypoints_2d"]) and any(clip[1]["people"][0]["face_keypoints_2d"])


def test_two_versions_are_shown_and_measured(pack, person):
    a, b = [person((0, (0, 0)))] * 2, [person((0, (6, 8))), person((0, (0, 0)), (1, (30, 20)))]
    image, text = compare(pack, a, b)
    assert image.shape == (2, 300, 660, 3)
    shown = [pack.run("SDPoseKit_RenderSkeleton", poses=poses, **LOOK | {"feet": "dots"})[0] for poses in (a, b)]
    assert torch.equal(image[:, :, :440], torch.cat(shown, dim=2))
    lines = text.splitlines()
    assert lines[0].startswith("2 frames: 2 poses in both, 5.0 px apart")
    assert lines[1].startswith("frame 0: 1 pose in both, 10.0 px apart") and "PCK@0.05 0%" in lines[1]
    assert lines[2].endswith("only in b: 1 pose and 0 points of those in both") and len(lines) == 3


def test_pictures_are_behind_and_give_the_size_that_is_missing(pack, person):
    a = [person((0, (0, 0)))]
    background = torch.full((1, 150, 110, 3), 0.5)
    image, _ = compare(pack, a, a, background)
    assert image.shape == (1, 300, 660, 3) and image[0, 0, 0, 0] > image[0, 0, -1, 0] > 0
    unsized = {"version": 1.3, "people": a[0]["people"]}
    image, text = compare(pack, unsized, unsized, background)
    assert image.shape == (1, 150, 330, 3) and text.startswith("1 frame: 1 pose in both, 0.0 px apart")


def test_pieces_are_compared_as_one_clip_and_come_in_pieces(pack, person):
    first, second = [person((0, (0, 0)))] * 2, [person((0, (6, 8)))]
    whole, text = compare(pack, [*first, *second], [*first, first[0]])
    images, same = pieces_compared(pack, [first, second], [[*first, first[0]]])
    assert [len(image) for image in images] == [2, 1] and torch.equal(torch.cat(images), whole) and same == text
    pictures = [torch.full((2, 300, 220, 3), 0.5), torch.full((1, 150, 110, 3), 1.0)]
    images, _ = pieces_compared(pack, first, [first[0], second[0]], pictures)
    assert [tuple(image.shape) for image in images] == [(1, 300, 660, 3)] * 2 and images[1][0, 0, 0, 0] < 0.6
    images, _ = pieces_compared(pack, [first, second], [first, second], pictures)
    assert images[1].shape == (1, 300, 660, 3) and images[1][0, 0, 0, 0] == 1


def test_panels_are_as_large_as_is_asked(pack, person):
    a = [person((0, (0, 0)))]
    sizes = {(0, 0): (300, 220), (0, 150): (150, 110), (55, 150): (75, 55), (0, 512): (300, 220)}
    texts = set()
    for (width, height), (high, wide) in sizes.items():
        image, text = compare(pack, a, a, width=width, height=height)
        assert image.shape == (1, high, 3 * wide, 3) and image.any()
        texts.add(text)
    assert len(texts) == 1


def test_no_frames_at_all_give_a_picture_of_nobody(pack):
    image, text = compare(pack, [], [])
    assert image.shape == (1, 64, 192, 3) and not image.any() and text == "0 frames: 0 poses in both"
    crop = {"operation": {"operation": "crop", **OPERATIONS["crop"][0]}, "drop_outside": True}
    for node, inputs in (("TransformPoses", crop), ("FilterPoses", FILTER)):
        assert pack.run(f"SDPoseKit_{node}", poses=[], **inputs)[0] == []


def test_panels_that_no_memory_holds_are_refused_before_the_first(pack, person):
    large = [person((0, (0, 0)), size_wh=(16384, 16384))] * 3
    with pytest.raises(pack.part("sdpose.errors").BadOption, match="pixels in all"):
        compare(pack, large, large, height=0)


def test_cancel_is_heard_between_pictures(pack, person, cancelled):
    with cancelled(at=3):
        compare(pack, [person()] * 5, [person()] * 5)
