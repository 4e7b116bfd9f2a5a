"""sdpose estimate, on a real tiny network."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sdpose as library
from sdpose.files import write_png
from sdpose.formats.openpose import to_frames
from sdpose.media import Video, read_image

from .conftest import Passes, Result, picture, save_pictures, save_video

Run = Callable[..., Result]
Estimate = Callable[..., Result]


@pytest.fixture
def estimate(sdpose: Run, weights: Path, tmp_path: Path) -> Estimate:
    """Run `sdpose estimate` on the tiny model into tmp_path/out."""

    def run(*words: object) -> Result:
        return sdpose("estimate", *words, "--model", weights, "--out", tmp_path / "out", "--batch-size", 1)

    return run


def _poses(tmp_path: Path) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = json.loads((tmp_path / "out" / "poses.json").read_text())
    return frames


def _widths(tmp_path: Path) -> list[int]:
    return [frame["canvas_width"] for frame in _poses(tmp_path)]


def _results(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "out").iterdir()}


# --- what is written


def test_pictures_folder_and_video_in_input_order(estimate: Estimate, tmp_path: Path, weights: Path) -> None:
    folder = save_pictures(tmp_path / "in", 11)
    write_png(tmp_path / "first.png", picture(99, 70, 50))
    video = save_video(tmp_path / "clip.mp4", 3)
    result = estimate(tmp_path / "first.png", video, folder, "--whole-frame", "--threshold", 0)
    assert result.code == 0, result.err
    assert "15 frames, 15 people" in result.out
    assert _widths(tmp_path) == [70, 48, 48, 48, *range(41, 52)], "p2 comes before p10"

    stems = ["first", *(f"p{i}" for i in range(1, 12))]
    pictures = {f"{stem}_{kind}.png" for stem in stems for kind in ("skeleton", "overlay")}
    assert _results(tmp_path) == {*pictures, "clip_skeleton.mp4", "clip_overlay.mp4", "poses.json", ".sdpose-run"}

    model = library.models.load_model(weights)
    frame = read_image(tmp_path / "first.png")
    people = library.Estimator(model, batch_size=1)([frame])[0]
    assert _poses(tmp_path)[0] == to_frames([people])[0], "to the last bit"
    skeleton = library.draw(people, threshold=0.0)
    assert np.array_equal(read_image(tmp_path / "out" / "first_skeleton.png"), skeleton) and skeleton.any()
    over = library.overlay(frame, people, threshold=0.0)
    assert np.array_equal(read_image(tmp_path / "out" / "first_overlay.png"), over)
    for kind in ("skeleton", "overlay"):
        written = Video(tmp_path / "out" / f"clip_{kind}.mp4")
        assert (written.fps, written.frames, written.size_wh) == (12.5, 3, (48, 48))


def test_boxes_canvas_and_crop(estimate: Estimate, tmp_path: Path, weights: Path) -> None:
    folder = save_pictures(tmp_path / "in", 3)
    boxes = {"p1.png": [[2, 3, 30, 28], [5, 5, 20, 30]], "p2.png": [], "p3": [[0, 0, 43, 32]]}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    options = ("--boxes", tmp_path / "boxes.json", "--canvas", "96x64", "--crop", "stretched", "--flip-test")
    result = estimate(folder, *options, "--no-overlay", "--style", "xinsr")
    assert result.code == 0, result.err
    assert [len(frame["people"]) for frame in _poses(tmp_path)] == [2, 0, 1]
    assert not read_image(tmp_path / "out" / "p2_skeleton.png").any(), "nobody is a black picture"
    assert read_image(tmp_path / "out" / "p1_skeleton.png").shape == (64, 96, 3)
    assert not any("overlay" in name for name in _results(tmp_path))
    model = library.models.load_model(weights)
    estimator = library.Estimator(model, crop="stretched", flip=True, batch_size=1)
    people = estimator([read_image(folder / "p1.png")], [np.array(boxes["p1.png"], float)])
    for ours, written in zip(to_frames(people)[0]["people"], _poses(tmp_path)[0]["people"], strict=True):
        assert ours["pose_keypoints_2d"] == written["pose_keypoints_2d"], "to the last bit"


def test_detector_finds_the_people(
    estimate: Estimate, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real detector that is sure of everything."""
    pytest.importorskip("torchvision")
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path_factory.mktemp("settings")))
    detect = pytest.importorskip("sdpose.detect")
    torch = pytest.importorskip("torch")
    try:
        yolo = detect._ultralytics("models").YOLO("yolo11n.yaml")
    except library.errors.MissingDependency:
        pytest.skip("needs ultralytics")
    for branch in yolo.model.model[-1].cv3:
        torch.nn.init.constant_(branch[-1].bias, 1.0)
        torch.nn.init.constant_(branch[-1].weight, 0.0)
    yolo.save(tmp_path / "everybody.pt")
    folder = save_pictures(tmp_path / "in", 1)
    result = estimate(folder, "--detector", tmp_path / "everybody.pt", "--detector-threshold", 0.7)
    assert result.code == 0, result.err
    assert "People were found by: detector in 1 frames" in result.err
    found = detect.Detector(tmp_path / "everybody.pt", threshold=0.7, device="cpu")(read_image(folder / "p1.png"))
    assert len(found.boxes) > 0
    assert [person["bbox"] for person in _poses(tmp_path)[0]["people"]] == found.boxes.tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--detector", "none"], "--boxes FILE.*--whole-frame.*--detector FILE.*--download-detector"),
        (["--detector", "nowhere.pt"], r"nowhere\.pt.*--boxes FILE.*--whole-frame"),
        (["--boxes", "b.json", "--whole-frame"], "--boxes already says"),
    ],
)
def test_nobody_says_where_the_people_are(
    estimate: Estimate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path_factory.mktemp("settings")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    save_pictures(tmp_path / "in", 1)
    result = estimate(tmp_path / "in", *words)
    assert result.code == 1
    assert re.search(message, result.err), result.err
    assert not (tmp_path / "out").exists()


def test_same_names_from_different_folders_do_not_meet(estimate: Estimate, tmp_path: Path) -> None:
    save_pictures(tmp_path / "a", 1)
    save_pictures(tmp_path / "b", 1, first_seed=5)
    Image.fromarray(picture(3, 90)).save(tmp_path / "P1.bmp")
    result = estimate(tmp_path / "a", tmp_path / "b" / "p1.png", tmp_path / "P1.bmp", "--whole-frame", "--no-overlay")
    assert result.code == 0, result.err
    assert _results(tmp_path) == {
        "p1_skeleton.png",
        "p1_2_skeleton.png",
        "P1_3_skeleton.png",
        "poses.json",
        ".sdpose-run",
    }
    assert _widths(tmp_path) == [41, 41, 90]
    assert _poses(tmp_path)[0] != _poses(tmp_path)[1]


def test_results_may_not_land_among_the_inputs(estimate: Estimate, tmp_path: Path) -> None:
    save_pictures(tmp_path / "out", 1)
    result = estimate(tmp_path / "out", "--whole-frame")
    assert result.code == 1 and "choose another folder for --out" in result.err
    assert _results(tmp_path) == {"p1.png"}


# --- inputs that cannot be read


def test_bad_picture_does_not_stop_the_others(estimate: Estimate, tmp_path: Path, passes: Passes) -> None:
    folder = save_pictures(tmp_path / "in", 4)
    good = (folder / "p2.png").read_bytes()
    (folder / "p2.png").write_bytes(good[:60])
    result = estimate(folder, "--whole-frame")
    assert result.code == 1
    assert "p2.png is damaged" in result.err
    assert f"1 of 4 inputs could not be read: {folder / 'p2.png'}. poses.json was not written" in result.err
    assert _results(tmp_path) >= {"p1_skeleton.png", "p3_skeleton.png", "p4_overlay.png"}
    assert not {"poses.json", "p2_skeleton.png"} & _results(tmp_path)
    assert passes.crops == 3

    result = estimate(folder, "--whole-frame", "--skip-bad")
    assert result.code == 1 and "written without them" in result.err
    assert [len(frame["people"]) for frame in _poses(tmp_path)] == [1, 0, 1, 1]
    assert _widths(tmp_path) == [41, 41, 43, 44], "the empty frame has its neighbour's size"
    assert passes.crops == 3, "the good ones were kept"

    (folder / "p2.png").write_bytes(good)
    result = estimate(folder, "--whole-frame")
    assert result.code == 0, result.err
    assert _widths(tmp_path) == [41, 42, 43, 44]
    assert passes.crops == 4


def test_video_that_breaks_leaves_no_half_video(estimate: Estimate, tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "in", 1)
    video = save_video(tmp_path / "a.mp4", 60)
    content = bytearray(video.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\x55" * 4000
    video.write_bytes(content)
    result = estimate(video, folder, "--whole-frame", "--skip-bad")
    assert result.code == 1 and "a.mp4 is damaged" in result.err
    assert _results(tmp_path) == {"p1_skeleton.png", "p1_overlay.png", "poses.json", ".sdpose-run"}
    assert _widths(tmp_path) == [41]


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is a POSIX one")
def test_full_disk_stops_the_run_with_nothing_half_written(estimate: Estimate, tmp_path: Path) -> None:
    """A limit on how large a file may grow stands in for the full disk: the second picture does not fit."""
    import resource

    write_png(tmp_path / "in" / "small.png", np.zeros((32, 32, 3), np.uint8))
    write_png(tmp_path / "in" / "then_large.png", picture(1, 100, 100))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, hard))
    try:
        result = estimate(tmp_path / "in", "--whole-frame", "--threshold", 9)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.code == 1 and "then_large_overlay.png" in result.err and "free some space" in result.err
    assert _results(tmp_path) == {"small_skeleton.png", "small_overlay.png", "then_large_skeleton.png", ".sdpose-run"}
    assert estimate(tmp_path / "in", "--whole-frame", "--threshold", 9).code == 0
    assert len(_poses(tmp_path)) == 2


# --- going on


def test_stopped_run_goes_on_where_it_was(estimate: Estimate, tmp_path: Path, passes: Passes) -> None:
    folder = save_pictures(tmp_path / "in", 6)
    passes.stop_at = 4
    assert estimate(folder, "--whole-frame").code == 130
    assert passes.crops == 4 and "poses.json" not in _results(tmp_path)
    passes.stop_at = None
    result = estimate(folder, "--whole-frame")
    assert result.code == 0, result.err
    assert "of 6 inputs were finished by an earlier run" in result.err
    # A result is written one picture behind the network, so at most one pass is done again.
    assert 6 <= passes.crops <= 7
    assert _widths(tmp_path) == [41, 42, 43, 44, 45, 46]
    whole = (tmp_path / "out" / "poses.json").read_bytes()

    crops = passes.crops
    assert estimate(folder, "--whole-frame").code == 0
    assert passes.crops == crops, "nothing is done twice"
    assert (tmp_path / "out" / "poses.json").read_bytes() == whole
    assert estimate(folder, "--whole-frame", "--restart").code == 0
    assert passes.crops == crops + 6
    assert (tmp_path / "out" / "poses.json").read_bytes() == whole, "an interruption leaves no trace in the result"


def test_what_changed_is_done_again(estimate: Estimate, tmp_path: Path, passes: Passes) -> None:
    folder = save_pictures(tmp_path / "in", 3)
    assert estimate(folder, "--whole-frame").code == 0
    write_png(folder / "p2.png", picture(50, 60))
    (tmp_path / "out" / "p3_overlay.png").unlink()
    assert estimate(folder, "--whole-frame").code == 0
    assert passes.crops == 5 and _widths(tmp_path) == [41, 60, 43]
    result = estimate(folder, "--whole-frame", "--flip-test")
    assert result.code == 0 and "starting over" in result.err
    assert passes.crops == 5 + 6


@pytest.mark.parametrize("words", [[], ["--style", "xinsr"], ["--restart"]], ids=["picture", "settings", "restart"])
def test_poses_of_an_earlier_run_do_not_outlive_its_pictures(
    estimate: Estimate, tmp_path: Path, passes: Passes, words: list[str]
) -> None:
    folder = save_pictures(tmp_path / "in", 3)
    assert estimate(folder, "--whole-frame").code == 0
    write_png(folder / "p1.png", picture(50, 60))
    passes.stop_at = passes.crops
    assert estimate(folder, "--whole-frame", *words).code == 130
    assert "poses.json" not in _results(tmp_path)
    passes.stop_at = None
    assert estimate(folder, "--whole-frame", *words).code == 0
    assert _widths(tmp_path) == [60, 42, 43]


def test_poses_of_an_earlier_run_are_not_those_of_a_damaged_picture(estimate: Estimate, tmp_path: Path) -> None:
    folder = save_pictures(tmp_path / "in", 2)
    assert estimate(folder, "--whole-frame").code == 0
    (folder / "p2.png").write_bytes((folder / "p2.png").read_bytes()[:60])
    result = estimate(folder, "--whole-frame")
    assert result.code == 1 and "poses.json was not written" in result.err
    assert "poses.json" not in _results(tmp_path)


def test_boxes_for_the_wrong_number_of_frames(estimate: Estimate, tmp_path: Path) -> None:
    video = save_video(tmp_path / "clip.mp4", 3)
    for count, message in ((2, "for 2 frames of .*more"), (4, "for 4 frames of .*only 3")):
        (tmp_path / "boxes.json").write_text(json.dumps([[[0, 0, 40, 40]]] * count))
        result = estimate(video, "--boxes", tmp_path / "boxes.json")
        assert result.code == 1 and re.search(message, result.err), result.err
        assert "poses.json" not in _results(tmp_path)
