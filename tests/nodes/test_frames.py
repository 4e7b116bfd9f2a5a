"""Pick Frame and Put Frame Back: what the library does, over a clip or the pieces of one."""

from __future__ import annotations

import json

import numpy as np
import pytest

FRAMES = 6


@pytest.fixture(scope="module")
def clip(pack):
    """Two people with track ids who walk."""
    poses, topology = pack.part("sdpose.poses").Poses, pack.part("sdpose.topology")
    rng = np.random.default_rng(0)
    where, known = rng.uniform(20, 70, (2, 17, 2)), {"skeleton": topology.get("coco17"), "canvas_wh": (128, 96)}
    frames = [poses(where + 3 * i, np.full((2, 17), 0.9), **known, track_ids=[4, 7]) for i in range(FRAMES)]
    return pack.part("nodes.sockets").poses_to_socket(frames)


@pytest.fixture(scope="module")
def pick(pack):
    """Run the node on lists, as ComfyUI does: poses, width, height, frames, index."""
    return lambda pieces, index: pack.run("SDPoseKit_PickFrame", poses=pieces, index=[index])


@pytest.fixture(scope="module")
def put_back(pack):
    """The same: poses, report."""

    def run(pieces, *edited, indices="2", between="leave", dialect="auto", width=0, height=0):
        widgets = {"indices": indices, "between": between, "dialect": dialect, "width": width, "height": height}
        grown = {f"edited{i}": value for i, value in enumerate(edited)}
        lists = {key: value if isinstance(value, list) else [value] for key, value in widgets.items()}
        return pack.run("SDPoseKit_PutFrameBack", poses=pieces, edited=grown, **lists)

    return run


def shifted(frame, by):
    """An edited frame: everybody moved to the right, and nothing but points."""
    people = []
    for person in frame["people"]:
        points = np.reshape(person["pose_keypoints_2d"], (18, 3)) + np.array([by, 0, 0])
        people.append({"pose_keypoints_2d": points.ravel().tolist()})
    return {key: frame[key] for key in ("canvas_width", "canvas_height")} | {"people": people}


def x(frames):
    return np.array([[person["pose_keypoints_2d"][0] for person in frame["people"]] for frame in frames])


def test_one_frame_goes_out_and_back(clip, pick, put_back):
    found, width, height, frames, index = pick([clip], -4)
    assert found[0] is clip[2] and (width, height, frames, index) == (128, 96, FRAMES, 2)
    (back,), text = put_back([clip], [shifted(found[0], 5)])
    assert [one is other for one, other in zip(back, clip, strict=True)] == [i != 2 for i in range(FRAMES)]
    np.testing.assert_allclose(x(back)[2], x(clip)[2] + 5)
    assert [person["track_id"] for person in back[2]["people"]] == [4, 7] and text == "1 frame put back"


def test_edits_at_inputs_of_their_own_and_the_frames_between(clip, put_back):
    edits = [[shifted(clip[1], 6)], [[shifted(clip[4], 12)]]]
    (back,), text = put_back([clip], *edits, indices="1, -2", between="blend the edits")
    np.testing.assert_allclose((x(back) - x(clip)).mean(axis=1), [0, 6, 8, 10, 12, 0])
    assert text == "2 frames put back, 2 frames between changed"


def test_more_than_ten_inputs_keep_their_order(clip, put_back):
    long = [clip[i % FRAMES] for i in range(12)]
    edited = [[shifted(frame, i)] for i, frame in enumerate(long)]
    (back,), _ = put_back([long], *edited, indices=", ".join(map(str, range(12))))
    np.testing.assert_allclose((x(back) - x(long))[:, 0], range(12))


def test_a_list_of_pieces_is_one_clip(clip, pick, put_back):
    pieces = [clip[:4], clip[4:]]
    assert pick(pieces, 5)[0][0] is clip[5]
    back, _ = put_back(pieces, [shifted(clip[5], 5)], indices="5")
    assert [len(piece) for piece in back] == [4, 2] and back[0] == clip[:4] and back[1][0] is clip[4]
    np.testing.assert_allclose(x(back[1])[1], x(clip)[5] + 5)


def test_the_clip_s_dialect_stays(pack, clip, pick, put_back):
    write = pack.part("sdpose.formats").write
    people = pack.part("nodes.sockets").poses_from_socket(clip)
    dwposes = write(people, "dwposes")
    found, width, height, frames, _ = pick([dwposes], 2)
    assert len(found["poses"]) == 1 and (width, height, frames) == (0, 0, FRAMES)
    (back,), _ = put_back([dwposes], [shifted(clip[2], 5)], width=128, height=96)
    assert back["poses"][1] is dwposes["poses"][1] and back["poses"][2] is not dwposes["poses"][2]
    (same,), _ = put_back([dwposes], [shifted(clip[2], 5)])
    np.testing.assert_array_equal(same["poses"][2]["bodies"]["candidate"], back["poses"][2]["bodies"]["candidate"])
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="Convert Poses with width and height"):
        put_back([dwposes], [{**dwposes, "poses": dwposes["poses"][2:3]}])


def test_text_is_read_too(clip, pick):
    assert pick([json.dumps(clip)], 1)[0] == [clip[1]]


def test_units_that_may_be_either_are_the_clip_s_or_asked_for(pack, clip, put_back):
    edited = {"canvas_width": 128, "canvas_height": 96, "people": [{"pose_keypoints_2d": [1.2, 0.5, 1.0] * 18}] * 2}
    (back,), _ = put_back([clip], [edited])
    np.testing.assert_allclose(x(back)[2], 1.2)
    formats = pack.part("sdpose.formats")
    with pytest.raises(pack.part("sdpose.errors").BadKeypoints, match="normalised"):
        put_back([formats.write(formats.read(clip), "dwposes")], [edited], width=128, height=96)
    (back,), _ = put_back([clip], [edited], dialect="normalised")
    np.testing.assert_allclose(x(back)[2], 1.2 * 128)


@pytest.mark.parametrize("indices", ["", "two", "6", "1, 1"])
def test_indices_that_are_none_are_refused(pack, clip, put_back, indices):
    with pytest.raises(pack.part("sdpose.errors").BadOption):
        put_back([clip], [clip[0]], indices=indices)


def test_what_was_picked_says_where_it_goes(clip, pick, put_back):
    for asked in (3, -3):
        frame, *_, index = pick([clip], asked)
        (back,), _ = put_back([clip], [shifted(frame[0], 5)], indices=index)
        assert [one is other for one, other in zip(back, clip, strict=True)] == [i != 3 for i in range(FRAMES)]
    several = [shifted(clip[i], 5) for i in (1, 4)]
    assert put_back([clip], several, indices=[1, 4]) == put_back([clip], several, indices="1, 4")


def test_frames_do_not_go_back_where_nobody_said(pack, clip, put_back):
    inputs = {input.id: input for input in pack.nodes["SDPoseKit_PutFrameBack"].GET_SCHEMA().inputs}
    assert inputs["indices"].get_io_type() == "STRING,INT" and inputs["indices"].as_dict()["default"] == ""
    with pytest.raises(pack.part("sdpose.errors").BadOption, match="connect the index of Pick Frame"):
        put_back([clip], [clip[0]], indices="")
