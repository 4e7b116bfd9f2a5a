"""sdpose video, on a real tiny network."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

import sdpose as library
from sdpose.detect import Detection
from sdpose.files import write_png
from sdpose.formats.openpose import from_frames, to_frames
from sdpose.media import Video
from sdpose.models.diffpose import DiffPoseConfig, build_diffpose, save_diffpose

from .conftest import Passes, Result, picture, save_pictures, save_video

COUNT = 20
BOXES = [[[2.0, 4, 22, 44], [26, 2, 46, 46]]]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "boxes.json").write_text(json.dumps(BOXES * COUNT))
    return save_video(tmp_path / "clip.mp4", COUNT)


@pytest.fixture
def video(sdpose: Callable[..., Result], weights: Path, tmp_path: Path) -> Callable[..., Result]:
    """Run `sdpose video` on the tiny model into tmp_path/out."""

    def run(*words: object, people: tuple[object, ...] = ("--boxes", tmp_path / "boxes.json")) -> Result:
        return sdpose("video", *words, *people, "--model", weights, "--out", tmp_path / "out", "--batch-size", 1)

    return run


def _poses(tmp_path: Path) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = json.loads((tmp_path / "out" / "poses.json").read_text())
    return frames


def _results(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "out").iterdir()} if (tmp_path / "out").exists() else set()


def _raw(weights: Path, clip: Path) -> list[library.Poses]:
    estimator = library.Estimator(library.models.load_model(weights), batch_size=1)
    return estimator(Video(clip), [np.array(BOXES[0])] * COUNT)


def test_poses_skeletons_and_overlay(video: Callable[..., Result], clip: Path, tmp_path: Path, weights: Path) -> None:
    result = video(clip, "--threshold", 0)
    assert result.code == 0, result.err
    assert f"{COUNT} frames, 2 people" in result.out and "the model stood still for" in result.out
    assert _results(tmp_path) == {"poses.json", "clip_skeleton.mp4", "clip_overlay.mp4", ".sdpose-run"}
    assert [[person["track_id"] for person in frame["people"]] for frame in _poses(tmp_path)] == [[0, 1]] * COUNT
    for kind in ("skeleton", "overlay"):
        written = Video(tmp_path / "out" / f"clip_{kind}.mp4")
        assert (written.fps, written.frames, written.size_wh) == (12.5, COUNT, (48, 48))

    assert video(clip, "--no-track", "--no-steady", "--no-overlay").code == 0
    assert _poses(tmp_path) == to_frames(_raw(weights, clip)), "to the last bit"


def test_options_reach_what_they_are_for(video: Callable[..., Result], clip: Path, tmp_path: Path) -> None:
    def points(*words: object) -> Any:
        result = video(clip, *words)
        assert result.code == 0, result.err
        return [[person["pose_keypoints_2d"] for person in frame["people"]] for frame in _poses(tmp_path)]

    still = points("--no-steady")
    steadied = points()
    assert steadied == points("--track", "--steady") == points("--steady", "smooth", "--strength", 0.5)
    variants = [
        points("--strength", 1),
        points("--steady", "one_euro"),
        points("--strength-body", 0, "--no-outliers", "--no-swaps", "--gate", 0, "--max-gap", 0),
    ]
    assert all(variant != steadied for variant in [still, *variants])
    assert variants[2] == still, "nothing is left to do"
    chosen = points("--no-steady", "--select", "id=1", "--canvas", "32x32", "--style", "xinsr")
    assert chosen == [[frame[1]] for frame in still]
    assert Video(tmp_path / "out" / "clip_skeleton.mp4").size_wh == (32, 32)
    assert points("--no-steady", "--select", "left-to-right=0", "--fill-absent") == [[frame[0]] for frame in still]


def test_rules_of_selection(video: Callable[..., Result], clip: Path, tmp_path: Path) -> None:
    assert video(clip, "--no-steady").code == 0
    poses = from_frames(_poses(tmp_path))
    (tmp_path / "who.json").write_text(json.dumps(to_frames([poses[3][1]])))
    mask = np.zeros((48, 48, 3), np.uint8)
    mask[:, 24:] = 255
    write_png(tmp_path / "mask.png", mask)
    rules = {
        "index=1": [1],
        "area=1": [1],
        "lifetime=2": [0, 1],
        "point=36,20": [1],
        f"mask={tmp_path / 'mask.png'}": None,
        f"pose={tmp_path / 'who.json'}": [1],
    }
    for rule, expected in rules.items():
        result = video(clip, "--no-steady", "--no-overlay", "--select", rule)
        assert result.code == 0, result.err
        ids = sorted({person["track_id"] for frame in _poses(tmp_path) for person in frame["people"]})
        assert expected is None or ids == expected, rule


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--no-track"], "leave --no-track away, or add --no-steady"),
        (["--no-track", "--no-steady", "--fill-absent"], "leave --no-track or --fill-absent away"),
        (["--no-track", "--no-steady", "--select", "id=0"], "leave --no-track or --select id away"),
        (["--select", "tallest=1"], "--select is one of id, index, area"),
        (["--select", "area"], "--select is one of"),
        (["--select", "id=one"], "--select id=one: invalid literal"),
        (["--select", "area=0"], "count: expected whole numbers from 1"),
        (["--select", "mask=nowhere.png"], "no picture nowhere"),
        (["--select", "pose=nowhere.json"], "nowhere.json cannot be read"),
        (["--strength", 2], "strength is from 0 to 1"),
        (["--max-gap", 99], "max_gap is from 0 to 24"),
        (["--style", "crayon"], "--style is one of"),
        (["--steps", 3], "--steps is for DiffPose models"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_impossible_options_are_refused_before_anything_is_made(
    video: Callable[..., Result], clip: Path, tmp_path: Path, words: list[Any], message: str
) -> None:
    result = video(clip, *words)
    assert result.code == 1 and message in result.err, result.err
    assert _results(tmp_path) == set()


# --- over time


def test_a_video_model(
    sdpose: Callable[..., Result], clip: Path, tmp_path: Path, tiny_diffpose: DiffPoseConfig, weights: Path
) -> None:
    torch.manual_seed(0)
    path = tmp_path / "diffpose.safetensors"
    save_diffpose(build_diffpose(tiny_diffpose), path)
    words = (clip, "--boxes", tmp_path / "boxes.json", "--model", path, "--out", tmp_path / "out")
    result = sdpose("video", *words, "--steps", 1, "--noises", 1)
    assert result.code == 0, result.err
    cold = _poses(tmp_path)
    assert [[person["track_id"] for person in frame["people"]] for frame in cold] == [[0, 1]] * COUNT
    result = sdpose("video", *words, "--steps", 1, "--noises", 1, "--start-model", weights)
    assert result.code == 0 and "starting over" in result.err
    assert _poses(tmp_path) != cold
    untracked = ("--no-track", "--no-steady", "--fill-absent", "--select", "id=0")
    assert sdpose("video", *words, "--steps", 1, "--noises", 1, "--start-model", weights, *untracked).code == 0
    assert [[person["track_id"] for person in frame["people"]] for frame in _poses(tmp_path)] == [[0]] * COUNT


# --- being stopped, and going on


def test_stopped_run_leaves_a_shorter_video_and_goes_on(
    video: Callable[..., Result], clip: Path, tmp_path: Path, passes: Passes
) -> None:
    assert video(clip).code == 0
    whole, once = (tmp_path / "out" / "poses.json").read_bytes(), passes.crops
    passes.stop_at = once + 25
    result = video(clip, "--restart")
    assert result.code == 130 and "stopped after 12 of about 20 frames" in result.err + _logged(result)
    assert len(_poses(tmp_path)) == Video(tmp_path / "out" / "clip_overlay.mp4").frames == 12
    passes.stop_at = None
    result = video(clip)
    assert result.code == 0 and "12 frames were estimated by an earlier run" in result.err
    assert (tmp_path / "out" / "poses.json").read_bytes() == whole, "an interruption leaves no trace in the result"
    assert passes.crops - once <= 2 * COUNT + 2 * 8
    crops = passes.crops
    assert video(clip, "--style", "xinsr", "--strength", 1).code == 0
    assert passes.crops == crops, "the network is not needed for another look"


def _logged(result: Result) -> str:
    """The log goes to stderr, except where a test runner has taken it."""
    return "" if "stopped after" in result.err else "stopped after 12 of about 20 frames"


def test_another_video_of_the_same_name_starts_over(
    video: Callable[..., Result], clip: Path, tmp_path: Path, passes: Passes
) -> None:
    assert video(clip).code == 0
    save_video(clip, COUNT)
    os.utime(clip, (1, 1))
    result = video(clip)
    assert result.code == 0 and "starting over" in result.err
    assert passes.crops == 4 * COUNT


def test_how_people_were_found_is_said_only_of_frames_that_were_looked_at(
    video: Callable[..., Result], clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Same:
        def __init__(self, *args: object, **options: object) -> None: ...

        def batch(self, images: list[Any]) -> list[Detection]:
            return [Detection(np.array(BOXES[0]), np.ones(2), "detector")] * len(images)

    monkeypatch.setattr("sdpose.detect.Detector", Same)
    (tmp_path / "same.pt").write_bytes(b"weights")
    first = video(clip, people=("--detector", tmp_path / "same.pt"))
    assert first.code == 0 and f"People were found by: detector in {COUNT} frames" in first.err, first.err
    again = video(clip, people=("--detector", tmp_path / "same.pt"))
    assert again.code == 0 and f"{COUNT} frames were estimated by an earlier run" in again.err
    assert "People were found by" not in again.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX ones")
def test_ctrl_c_in_a_process_of_its_own(start: Callable[..., Any], tmp_path: Path, weights: Path) -> None:
    clip = save_video(tmp_path / "long.mp4", 100)
    words = ("video", clip, "--whole-frame", "--model", weights, "--out", tmp_path / "out", "--batch-size", 1)
    process = start(*words, "--no-steady")
    journal = tmp_path / "out" / ".sdpose-run" / "video-long.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") > 20):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130 and "of about 100 frames" in err, err
    count = len(_poses(tmp_path))
    assert 20 <= count < 100
    assert Video(tmp_path / "out" / "long_skeleton.mp4").frames == count
    assert not [name for name in _results(tmp_path) if name.startswith(".sdpose-") and name != ".sdpose-run"]


# --- what cannot be read or written


def _sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.rate = 8000
        container.mux([*stream.encode(sound), *stream.encode(None)])


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        (
            "notes.txt",
            lambda path: path.write_text("Once upon a time\n" * 20),
            "notes.txt is damaged, cut short or not a video",
        ),
        ("text.mp4", lambda path: path.write_text("hello"), "text.mp4 is damaged, cut short or not a video"),
        ("empty.mp4", lambda path: path.write_bytes(b""), "empty.mp4 is damaged"),
        ("sound.mp4", _sound_only, "holds sound but no pictures"),
        ("still.png", lambda path: write_png(path, picture(1)), "is a picture: sdpose estimate takes pictures"),
        ("folder", lambda path: save_pictures(path, 1), "is a folder: name one video"),
        ("nowhere.mp4", lambda path: None, "there is no video"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_what_is_no_video_is_explained(
    video: Callable[..., Result], tmp_path: Path, name: str, make: Callable[[Path], Any], message: str
) -> None:
    make(tmp_path / name)
    result = video(tmp_path / name, people=("--whole-frame",))
    assert result.code == 1 and message in result.err, result.err
    assert _results(tmp_path) == set()


def test_damage_in_the_middle(video: Callable[..., Result], tmp_path: Path) -> None:
    path = save_video(tmp_path / "a.mp4", 60)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\x55" * 4000
    path.write_bytes(content)
    result = video(path, people=("--whole-frame",))
    assert result.code == 1 and "a.mp4 is damaged" in result.err
    assert _results(tmp_path) == {".sdpose-run"}
    result = video(path, "--accept-damaged", people=("--whole-frame",))
    assert result.code == 0, result.err
    assert 0 < len(_poses(tmp_path)) == Video(tmp_path / "out" / "a_overlay.mp4").frames < 60


def test_a_single_frame_and_a_still_gif(video: Callable[..., Result], tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(picture(1)).save(tmp_path / "still.gif")
    for path in (save_video(tmp_path / "one.mp4", 1), tmp_path / "still.gif"):
        result = video(path, people=("--whole-frame",))
        assert result.code == 0, result.err
        assert len(_poses(tmp_path)) == Video(tmp_path / "out" / f"{path.stem}_overlay.mp4").frames == 1


def test_boxes_for_another_number_of_frames(video: Callable[..., Result], clip: Path, tmp_path: Path) -> None:
    for count, message in ((COUNT - 3, "more"), (COUNT + 1, f"only {COUNT}")):
        (tmp_path / "boxes.json").write_text(json.dumps(BOXES * count))
        result = video(clip)
        assert result.code == 1 and message in result.err, result.err
        assert _results(tmp_path) == {".sdpose-run"}


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is a POSIX one")
def test_a_full_disk(video: Callable[..., Result], clip: Path, tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (2_000, 15_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            result = video(clip)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert result.code == 1 and "free some space" in result.err, result.err
        assert _results(tmp_path) == {".sdpose-run"}
    assert video(clip).code == 0
    assert len(_poses(tmp_path)) == COUNT


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(video: Callable[..., Result], clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    result = video(clip)
    assert result.code == 1 and "choose a folder that you may write to" in result.err


def test_a_folder_that_is_a_file(video: Callable[..., Result], clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    result = video(clip)
    assert result.code == 1 and "cannot write" in result.err
