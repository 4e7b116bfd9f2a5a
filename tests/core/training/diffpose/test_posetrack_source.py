"""PoseTrack's sequences as training clips."""

import json

import cv2
import numpy as np
import pytest

from sdpose.errors import BadImage, BadKeypoints
from sdpose.formats import posetrack
from sdpose.poses import Poses
from sdpose.topology import get
from sdpose.training import train
from sdpose.training.diffpose import DiffPoseTrainConfig
from sdpose.training.diffpose.posetrack import PoseTrackClips

PEOPLE = get("posetrack17")
EARS = [PEOPLE.index(name) for name in ("left_ear", "right_ear")]


def sequence(folder, name, frames=4, people=2):
    """An annotation file and its pictures; person 0 is missing from the second frame, ears are never given."""
    rng = np.random.default_rng(len(name))
    written = []
    (folder / "images" / name).mkdir(parents=True)
    for t in range(frames):
        file_name = f"images/{name}/{t:06d}.png"
        cv2.imwrite(str(folder / file_name), np.full((120, 160, 3), 30 + 40 * t, np.uint8))
        ids = np.array([1, 0] if t != 1 else [1])[: people if t != 1 else 1]
        points = rng.uniform(20, 100, (len(ids), 17, 2))
        given = np.ones((len(ids), 17), bool)
        given[:, EARS] = False
        points[~given] = 0
        visible = given.copy()
        visible[:, 0] = False
        low, high = np.full((len(ids), 2), 20.0), np.full((len(ids), 2), 100.0)
        poses = Poses(points, given.astype(float), PEOPLE, (160, 120), np.hstack([low, high]), track_ids=ids)
        heads = np.tile([40.0, 20.0, 60.0, 44.0], (len(ids), 1))
        written.append(posetrack.Frame(file_name, poses, given, visible, given, heads, image_id=t))
    (folder / "annotations").mkdir(exist_ok=True)
    posetrack.write(folder / "annotations" / f"{name}.json", posetrack.Clip(tuple(written)))


@pytest.fixture
def folder(tmp_path):
    for name in ("000001_walk", "000002_run", "000003_jump"):
        sequence(tmp_path, name)
    return tmp_path


def test_people_become_tracks(folder):
    clip = PoseTrackClips(folder / "annotations", folder, 0).clip(0)
    assert [track.frames.tolist() for track in clip.tracks] == [[0, 1, 2, 3], [0, 2, 3]]
    for track in clip.tracks:
        assert track.points.shape == (len(track.frames), 17, 2)
        assert (track.visibility[:, EARS] == 0).all()
        assert (track.visibility[:, 0] == 1).all() and (track.visibility[:, 1] == 2).all()
        assert track.heads == pytest.approx(0.6 * np.hypot(20, 24))
        assert track.boxes.tolist() == [[20, 20, 100, 100]] * len(track.frames)
    assert clip.frames[2].shape == (120, 160, 3) and clip.frames[2][0, 0, 0] == 110
    assert len(clip.frames[1:3]) == 2


def test_people_without_a_box_are_left_out(folder):
    path = next(iter(sorted((folder / "annotations").glob("*.json"))))
    data = json.loads(path.read_text())
    for person in data["annotations"]:
        if person["track_id"] == 0:
            person["bbox"] = [5.0, 5.0, 0.0, 10.0]
    path.write_text(json.dumps(data))
    clips = PoseTrackClips(folder / "annotations", folder, 0)
    counts = sorted(len(clips.clip(index).tracks) for index in range(len(clips)))
    assert counts == [1, 2, 2]


def test_every_sequence_comes_once_before_any_comes_again(folder):
    clips = PoseTrackClips(folder / "annotations", folder, 5)
    for epoch in range(3):
        assert len({id(clips.clip(3 * epoch + k)) for k in range(3)}) == 3
    orders = [[id(clips.clip(3 * epoch + k)) for k in range(3)] for epoch in range(8)]
    assert len({tuple(order) for order in orders}) > 1


def test_a_run_on_posetrack(folder, tiny_file, tmp_path):
    config = DiffPoseTrainConfig(
        init=str(tiny_file), posetrack=str(folder / "annotations"), images=str(folder), steps=1, batch_size=2,
        workers=0, validate_every=1, validate_count=9, window=2, held_out=str(folder / "annotations"),
    )  # fmt: skip
    result = train(config, tmp_path / "run", progress=False)
    assert result.score is not None and 0 <= result.score <= 1


def test_nothing_to_train_on_is_said(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadKeypoints, match="there are none"):
        PoseTrackClips(tmp_path / "empty", folder, 0)
    for picture in (folder / "images").rglob("*.png"):
        picture.unlink()
    with pytest.raises(BadImage):
        PoseTrackClips(folder / "annotations", folder, 0).clip(0).frames[0]
