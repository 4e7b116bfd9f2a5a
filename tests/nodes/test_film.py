"""Pose Video: a file in, files out, and what the library does in between."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

FRAMES = 6
OPTIONS = {"detect_threshold": 0.5, "track": True, "steady": 0.5, "style": "dwpose", "threshold": 0.0}
OPTIONS |= {"overlay": True, "batch_size": 0}


@pytest.fixture(scope="module")
def clip(pack):
    """Image and boxes of three people."""
    scene = {"seed": 16, "frames": FRAMES, "animate": True, "width": 128, "height": 96, "style": "any"}
    return pack.run("SDPoseKit_DrawnCharacters", **scene)


@pytest.fixture(scope="module")
def file(pack, clip, tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "clip.mp4"
    with pack.part("sdpose.media").VideoWriter(path, Fraction(24)) as writer:
        for frame in pack.part("nodes.sockets").frames_from_image(clip[0]):
            writer.write(frame)
    return path


@pytest.fixture(scope="module")
def video(file):
    from comfy_api.latest import InputImpl

    return InputImpl.VideoFromFile(str(file))


@pytest.fixture(scope="module")
def model(pack, tmp_path_factory):
    """An untrained SDPose that sees small crops."""
    models = pack.part("sdpose.models")
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("sdpose") / "random.safetensors"
    models.save_model(models.build_model(replace(models.SDPoseConfig.mini(), input_wh=(48, 64))), path)
    return pack.part("nodes.residency").resident(path)


@pytest.fixture(scope="module")
def diffpose(pack, diffpose_file):
    return pack.part("nodes.residency").resident_diffpose(diffpose_file)


@pytest.fixture(scope="module")
def film(pack, model):
    """Run the node: skeleton, overlay, poses, report."""

    def run(video, **changes):
        return pack.run("SDPoseKit_PoseVideo", **{"video": video, "model": model} | OPTIONS | changes)

    return run


def frames(pack, video):
    return list(pack.part("sdpose.media").Video(video.get_stream_source()))


def ids(found):
    return [[person["track_id"] for person in frame["people"]] for frame in found]


def test_files_and_poses_are_what_the_library_makes(pack, clip, file, video, model, film):
    skeleton, over, poses, text = film(video, boxes=clip[1], batch_size=1)
    library, sockets = pack.part("sdpose"), pack.part("nodes.sockets")
    source = library.media.Video(file)
    found = library.Estimator(model, batch_size=1)(list(source), sockets.boxes_from_socket(clip[1]))
    tracked = library.video.track(found, frames=source)
    expected = library.video.steady(tracked, library.video.Steadiness())
    assert poses == sockets.poses_to_socket(expected) and ids(poses) == [[0, 1, 2]] * FRAMES
    drawn = [library.draw(frame, threshold=0.0) for frame in expected]
    for made, exact in (
        (skeleton, drawn),
        (over, [library.overlay(*pair) for pair in zip(source, drawn, strict=True)]),
    ):
        pictures = frames(pack, made)
        assert len(pictures) == FRAMES
        assert np.abs(np.subtract(pictures, exact, dtype=float)).mean() < 8  # what H.264 does to thin lines
    assert skeleton.get_frame_rate() == 24 and text.startswith(f"3 people in {FRAMES} frames, the model waited for ")
    temp = pack.base / "temp"
    assert all(Path(made.get_stream_source()).parent == temp for made in (skeleton, over))


def test_nobody_named_is_one_person_per_frame(film, video):
    _, _, poses, _ = film(video, overlay=False)
    assert ids(poses) == [[0]] * FRAMES and poses[0]["people"][0]["bbox"] == [0, 0, 128, 96]


def test_a_detector_finds_the_people(pack, film, video, monkeypatch):
    detect = pack.part("sdpose.detect")
    asked = []

    class TwoOnTheLeft:
        def __init__(self, source, threshold, device, fallback):
            asked.append((source, threshold, fallback))

        def batch(self, images):
            found = detect.Detection(np.array([[0, 0, 40, 90], [30, 0, 70, 90]], float), np.ones(2), "detector")
            return [found for _ in images]

    monkeypatch.setattr(pack.part("sdpose"), "Detector", TwoOnTheLeft)
    _, _, poses, _ = film(video, detector=Path("people.pt"), detect_threshold=0.25)
    assert asked == [(Path("people.pt"), 0.25, "none")] and ids(poses) == [[0, 1]] * FRAMES


def test_windows_of_diffpose_follow_tracked_people(film, clip, video, diffpose):
    short, boxes = video.as_trimmed(duration=0.125), [frame[:2] for frame in clip[1][:3]]
    found = [film(short, model=diffpose, boxes=some)[2] for some in (boxes, [boxes[0], boxes[1][::-1], boxes[2]])]
    assert ids(found[0]) == [[0, 1]] * 3 and found[0] == found[1]


def test_a_trim_is_kept(film, video):
    trimmed = video.as_trimmed(start_time=0.125, duration=0.0833)
    skeleton, over, poses, _ = film(trimmed)
    assert len(poses) == 2 and [made.get_frame_count() for made in (skeleton, over)] == [2, 2]


def test_a_video_in_memory(film, clip, video):
    from comfy_api.latest import InputImpl, Types

    made = InputImpl.VideoFromComponents(Types.VideoComponents(images=clip[0], frame_rate=Fraction(24)))
    assert len(film(made)[2]) == FRAMES
    held = io.BytesIO(Path(video.get_stream_source()).read_bytes())
    assert film(InputImpl.VideoFromFile(held))[2] == film(video)[2]


@pytest.mark.parametrize("edits", [True, False], ids=["edited", "older-comfyui"])
def test_a_video_that_is_not_its_file_is_saved_first(file, film, video, edits):
    """Newer ComfyUI crops and scales only when it saves; an older one does not say what it is trimmed to."""

    class Other:
        def get_stream_source(self):
            raise AssertionError("the file is not the video")

        def save_to(self, path):
            Path(path).write_bytes(file.read_bytes())

    if edits:
        Other.has_pending_frame_edits = lambda self: True
        Other.get_active_trim_window = lambda self: (0.0, 0.0)
    assert film(Other())[2] == film(video)[2]


def test_without_an_overlay_what_hangs_on_it_does_not_run(film, video):
    from comfy_execution.graph import ExecutionBlocker

    skeleton, over, _, _ = film(video, overlay=False)
    assert isinstance(over, ExecutionBlocker) and over.message is None
    assert not Path(skeleton.get_stream_source().replace("skeleton", "overlay")).exists()


def test_raw_poses_on_request(pack, clip, film, video, model, file):
    _, _, poses, _ = film(video, boxes=clip[1], track=False, steady=0.0, batch_size=1)
    library, sockets = pack.part("sdpose"), pack.part("nodes.sockets")
    found = library.Estimator(model, batch_size=1)(list(library.media.Video(file)), sockets.boxes_from_socket(clip[1]))
    assert poses == sockets.poses_to_socket(found)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"boxes": [[]], "detector": Path("people.pt")}, "BadOption", "connect one of them"),
        ({"track": False}, "BadOption", "track as well"),
        ({"boxes": 3}, "BadBoxes", "got int 3"),
    ],
    ids=["two-ways", "steady-untracked", "no-boxes"],
)
def test_what_does_not_fit_is_said(pack, film, video, changes, error, match):
    before = set((pack.base / "temp").iterdir())
    with pytest.raises(getattr(pack.part("sdpose.errors"), error), match=match):
        film(video, **changes)
    assert set((pack.base / "temp").iterdir()) == before


def test_a_file_that_is_no_video_is_named(pack, film, tmp_path):
    from comfy_api.latest import InputImpl

    (tmp_path / "notes.mp4").write_text("not a video")
    with pytest.raises(pack.part("sdpose.errors").BadVideo, match=r"notes\.mp4"):
        film(InputImpl.VideoFromFile(str(tmp_path / "notes.mp4")))


@pytest.mark.parametrize("boxes", [None, [[]]], ids=["people", "nobody"])
def test_cancel_stops_it_where_it_is(film, video, boxes, cancelled):
    with cancelled(at=3):
        film(video, boxes=boxes, batch_size=1)
