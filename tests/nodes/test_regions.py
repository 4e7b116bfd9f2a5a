"""Boxes, masks and face crops from poses: what the library finds, in the shapes that other nodes take."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ..core.regions.people import BODY

SIZE_WH = (203, 301)
LOOK = {"shape": "limbs", "people": "together", "grow": 0, "feather": 0, "threshold": 0.3, "width": 0, "height": 0}
CROP = {"track_id": -1, "size": 64, "margin": 0.5, "threshold": 0.3, "find_cuts": False}
BACK = ("nose", "left_eye", "right_eye")


@pytest.fixture
def frame(pack):
    """Make one frame: for each person a track id, a shift in pixels and the keypoints not seen -> Poses."""
    library = pack.part("sdpose")
    skeleton = library.topology.get("coco17")
    standing = np.array([BODY[name] for name in skeleton.keypoints], np.float64)

    def make(*people):
        points = np.array([standing + shift for _, shift, _ in people]).reshape(-1, 17, 2)
        scores = [[0.1 if name in hidden else 0.9 for name in skeleton.keypoints] for *_, hidden in people]
        ids = np.array([who for who, *_ in people], np.int64)
        return library.Poses(points, np.reshape(scores, (-1, 17)), skeleton, SIZE_WH, track_ids=ids)

    return make


@pytest.fixture
def clip(frame):
    """Two people; the second turns away in frame 2 and is absent in frame 3, in which the first is alone."""
    away = (4, (50, 20), BACK)
    seen = (4, (50, 20), ())
    return [frame((0, (0, 0), ()), who) for who in (seen, seen, away)] + [frame((0, (0, 0), ()))]


@pytest.fixture(scope="module")
def to_socket(pack):
    return pack.part("nodes.sockets").poses_to_socket


@pytest.fixture
def image(clip):
    pictures = np.random.default_rng(3).integers(0, 256, (len(clip), *SIZE_WH[::-1], 3), dtype=np.uint8)
    return torch.from_numpy(pictures).float() / 255


def test_boxes_are_the_librarys_with_ids_and_inside_the_picture(pack, clip, to_socket):
    regions, boxes_of = pack.part("sdpose.regions"), pack.part("nodes.sockets").boxes_from_socket
    options = {"margin": 0.2, "threshold": 0.3}
    (boxes,) = pack.run("SDPoseKit_PosesToBoxes", poses=to_socket(clip), region="person", **options)
    assert [[box["track_id"] for box in people] for people in boxes] == [[0, 4], [0, 4], [0, 4], [0]]
    assert {box["label"] for people in boxes for box in people} == {"person"}
    for sent, poses in zip(boxes_of(boxes, 4), clip, strict=True):
        expected = regions.region_boxes(poses, "person", **options).boxes
        np.testing.assert_allclose(sent, np.clip(expected, 0, [*SIZE_WH, *SIZE_WH]))


def test_who_shows_no_face_has_no_box_and_the_frame_is_still_there(pack, frame, clip, to_socket):
    outside = frame((0, (0, -200), ()))
    nobody = frame()
    sent = to_socket([*clip, outside, nobody])
    (boxes,) = pack.run("SDPoseKit_PosesToBoxes", poses=sent, region="face", margin=0.2, threshold=0.3)
    assert [[box["track_id"] for box in people] for people in boxes] == [[0, 4], [0, 4], [0], [0], [], []]


def test_boxes_go_into_core_s_crop(pack, clip, image, to_socket):
    from comfy_extras.nodes_sdpose import CropByBBoxes

    (boxes,) = pack.run("SDPoseKit_PosesToBoxes", poses=to_socket(clip), region="head", margin=0.2, threshold=0.3)
    crops = CropByBBoxes.execute(image, boxes, 64, 64, 0).result[0]
    assert crops.shape == (4, 64, 64, 3)


@pytest.mark.parametrize("changes", [{}, {"shape": "hull", "grow": 4}, {"feather": 6, "threshold": 0.95}])
def test_masks_are_the_librarys(pack, clip, to_socket, changes):
    mask = pack.part("sdpose.regions").mask
    sent = to_socket(clip)
    (masks,) = pack.run("SDPoseKit_PosesToMasks", poses=sent, region="upper_body", **LOOK | changes)
    options = {name: (LOOK | changes)[name] for name in ("shape", "grow", "feather", "threshold")}
    expected = np.stack([mask(poses, "upper_body", **options) for poses in clip])
    assert len(masks) == 1 and masks[0].shape == (4, *SIZE_WH[::-1]) and masks[0].dtype == torch.float32
    np.testing.assert_array_equal((masks[0] * 255).round().to(torch.uint8).numpy(), expected)


def test_masks_one_by_one_are_a_batch_for_each_person(pack, clip, to_socket):
    sent = to_socket(clip)
    (together,) = pack.run("SDPoseKit_PosesToMasks", poses=sent, region="head", **LOOK)
    (alone,) = pack.run("SDPoseKit_PosesToMasks", poses=sent, region="head", **LOOK | {"people": "one by one"})
    assert [len(masks) for masks in alone] == [4, 4]
    assert torch.equal(torch.maximum(*alone), together[0])
    assert alone[1][2].any() and not alone[1][3].any()


def test_masks_have_the_size_that_is_asked_for(pack, frame, clip, to_socket):
    (masks,) = pack.run("SDPoseKit_PosesToMasks", poses=to_socket(clip), region="person", **LOOK | {"width": 406})
    assert masks[0].shape == (4, 301, 406)
    for nobody in ([], to_socket([frame()])):
        for people in ("together", "one by one"):
            (masks,) = pack.run("SDPoseKit_PosesToMasks", poses=nobody, region="person", **LOOK | {"people": people})
            assert len(masks) == 1 and len(masks[0]) == 1 and not masks[0].any()


def test_each_face_is_cut_out_of_every_frame(pack, clip, image, to_socket):
    regions = pack.part("sdpose.regions")
    crops, boxes, seen, report = pack.run("SDPoseKit_FaceCrops", poses=to_socket(clip), image=image, **CROP)
    tracks = regions.face_tracks(clip)
    frames = (image.numpy() * 255).round().astype(np.uint8)
    for got, track in zip(crops, tracks.values(), strict=True):
        expected = np.stack(list(regions.face_crops(frames, track, 64)))
        np.testing.assert_array_equal((got * 255).round().to(torch.uint8).numpy(), expected)
    assert [[box["track_id"] for (box,) in person] for person in boxes] == [[0] * 4, [4] * 4]
    assert boxes[1][3] == boxes[1][2] == boxes[1][1]
    assert [flags.amax(dim=(1, 2)).tolist() for flags in seen] == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert all(flags.shape == (4, 64, 64) for flags in seen)
    assert report.splitlines()[1] == "person 4: face in 2 of 4 frames, turned away or hidden in 1, absent in 1"


def test_one_face_by_its_track_id(pack, clip, image, to_socket):
    inputs = {"poses": to_socket(clip), "image": image}
    everybody = pack.run("SDPoseKit_FaceCrops", **inputs, **CROP)
    one = pack.run("SDPoseKit_FaceCrops", **inputs, **CROP | {"track_id": 4})
    assert len(one[0]) == 1 and torch.equal(one[0][0], everybody[0][1])
    with pytest.raises(pack.part("sdpose.errors").BadOption, match="track id 7: there are 0, 4"):
        pack.run("SDPoseKit_FaceCrops", **inputs, **CROP | {"track_id": 7})


def test_poses_of_another_size_are_brought_to_the_picture(pack, clip, image, to_socket):
    larger = [poses.scaled((406, 602)) for poses in clip]
    _, boxes, *_ = pack.run("SDPoseKit_FaceCrops", poses=to_socket(larger), image=image, **CROP)
    _, expected, *_ = pack.run("SDPoseKit_FaceCrops", poses=to_socket(clip), image=image, **CROP)
    for side in ("x", "y", "width", "height"):
        np.testing.assert_allclose(boxes[0][0][0][side], expected[0][0][0][side])


def test_nobody_gives_black_crops_for_every_frame(pack, frame, image, to_socket):
    for track_id in (-1, 3):
        options = CROP | {"track_id": track_id}
        nobody = to_socket([frame()] * 4)
        crops, boxes, seen, report = pack.run("SDPoseKit_FaceCrops", poses=nobody, image=image, **options)
        assert crops[0].shape == (4, 64, 64, 3) and not crops[0].any() and not seen[0].any()
        assert boxes == [[[]] * 4] and report == "nobody in any frame"


def test_nothing_is_held_across_a_cut(pack, frame, to_socket):
    generator = torch.Generator().manual_seed(0)
    dark, light = (torch.rand(4, *SIZE_WH[::-1], 3, generator=generator) * 0.2 + level for level in (0, 0.8))
    clip = [frame((0, (0, 0), ()))] * 4 + [frame((0, (0, 0), BACK))] * 4
    inputs = {"poses": to_socket(clip), "image": torch.cat([dark, light])}
    crops, boxes, *_ = pack.run("SDPoseKit_FaceCrops", **inputs, **CROP | {"find_cuts": True})
    assert [len(here) for here in boxes[0]] == [1] * 4 + [0] * 4 and not crops[0][4:].any()
    _, held, *_ = pack.run("SDPoseKit_FaceCrops", **inputs, **CROP)
    assert [len(here) for here in held[0]] == [1] * 8


def test_what_does_not_fit_is_said(pack, clip, image, to_socket):
    errors = pack.part("sdpose.errors")
    nameless = to_socket([poses.replace(track_ids=None) for poses in clip])
    with pytest.raises(errors.BadKeypoints, match="track the people first"):
        pack.run("SDPoseKit_FaceCrops", poses=nameless, image=image, **CROP)
    with pytest.raises(errors.BadKeypoints, match="track the people first"):
        pack.run("SDPoseKit_PosesToMasks", poses=nameless, region="face", **LOOK | {"people": "one by one"})
    for find_cuts in (False, True):
        with pytest.raises(errors.BadImage, match="3 pictures for poses of 4 frames"):
            options = CROP | {"find_cuts": find_cuts}
            pack.run("SDPoseKit_FaceCrops", poses=to_socket(clip), image=image[:3], **options)


def test_pictures_that_no_memory_holds_are_refused_before_the_first(pack, clip, to_socket):
    """Each canvas by itself is allowed; SEGS of boxes need no canvas at all."""
    large = to_socket([poses.replace(canvas_wh=(16384, 16384)) for poses in clip[:2]]) * 5
    region, segs = {"region": "person"}, {"margin": 0.2, "crop_factor": 3.0, "threshold": 0.3}
    too_much = pytest.raises(pack.part("sdpose.errors").BadOption, match="pixels in all")
    with too_much:
        pack.run("SDPoseKit_PosesToMasks", poses=large, **region, **LOOK)
    with too_much:
        pack.run("SDPoseKit_PosesToMasks", poses=large[:8], **region, **LOOK | {"people": "one by one"})
    with too_much:
        pack.run("SDPoseKit_PosesToSegs", poses=large[:1] * 9, shape="box", **region, **segs | {"crop_factor": 100.0})
    skeleton = {"style": "dwpose", "body": True, "feet": "off", "hands": True, "face": True, "stick_width": 0}
    with too_much:
        pack.run("SDPoseKit_RenderSkeleton", poses=large, **skeleton, scale=1.0, opacity=1.0, threshold=0.3, width=0,
                 height=0)  # fmt: skip
    (found,) = pack.run("SDPoseKit_PosesToSegs", poses=large, shape="box", **region, **segs)
    assert len(found) == 10 and found[0][0] == (16384, 16384) and found[0][1][0].cropped_mask.shape[0] < 2000


def test_cancel_ends_it_between_frames(pack, clip, image, to_socket, cancelled):
    with cancelled(at=3):
        pack.run("SDPoseKit_FaceCrops", poses=to_socket(clip), image=image, **CROP)
