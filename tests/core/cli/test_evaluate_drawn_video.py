"""sdpose evaluate drawn-video, on tiny networks and tiny films."""

from __future__ import annotations

import json

import pytest
import torch

from sdpose.evaluation.drawn_video import JOINTS
from sdpose.media import read_image
from sdpose.models.diffpose import build_diffpose, save_diffpose

FILMS = ["--clips", 2, "--frames", 6, "--size", "64x64", "--seed-base", 106]


@pytest.fixture(scope="module")
def diffpose(tmp_path_factory, tiny_diffpose):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("diffpose") / "tiny.safetensors"
    save_diffpose(build_diffpose(tiny_diffpose), path)
    return path


def numbers(sdpose, path, *words):
    result = sdpose("evaluate", "drawn-video", *FILMS, "--json", path, *words)
    assert result.code == 0, result.err
    return json.loads(path.read_text()), result.out


def test_a_model_of_pictures_is_measured_drawn_and_written_down(sdpose, weights, tmp_path):
    found, out = numbers(sdpose, tmp_path / "a.json", "--model", weights, "--sheet", tmp_path / "a.png")
    for name in ("map", "map_hard", "map_plain", "map_occluded", "map_blurred", "accel", "jerk", "seconds_per_frame"):
        assert name in found
    assert set(found["ap"]) == set(JOINTS) and all(joint in out for joint in JOINTS)
    assert (found["clips"], found["frames"], found["size"], found["seed_base"]) == (2, 6, [64, 64], 106)
    assert found["model"] == str(weights) and found["smooth"] is False
    assert f"{found['map']:.3f}" in out and f"{found['accel']:.4f}" in out
    assert read_image(tmp_path / "a.png").shape == (2 * (64 + 8), 6 * (64 + 8), 3)
    smooth, _ = numbers(sdpose, tmp_path / "b.json", "--model", weights, "--smooth")
    assert smooth["smooth"] is True and smooth["jerk"] < found["jerk"] and smooth["people"] == found["people"]


def test_a_model_of_video_takes_its_options_and_a_start(sdpose, weights, diffpose, tmp_path):
    quick = ["--model", diffpose, "--steps", 1, "--noises", 1, "--delta", 1, "--seed", 3]
    found, _ = numbers(sdpose, tmp_path / "a.json", *quick)
    assert (found["steps"], found["noises"], found["delta"], found["seed"]) == (1, 1, 1, 3)
    again, _ = numbers(sdpose, tmp_path / "b.json", *quick)
    assert {**again, "seconds_per_frame": 0} == {**found, "seconds_per_frame": 0}
    started, _ = numbers(sdpose, tmp_path / "c.json", *quick, "--start-model", weights, "--start-step", 200)
    assert started["start_model"] == str(weights) and started["start_step"] == 200
    assert started["accel"] != found["accel"]


def test_options_of_video_models_are_refused_for_others(sdpose, weights):
    result = sdpose("evaluate", "drawn-video", *FILMS, "--model", weights, "--steps", 2)
    assert result.code != 0 and "--steps" in result.err


def test_no_films_are_refused(sdpose, weights):
    result = sdpose("evaluate", "drawn-video", "--model", weights, "--clips", 0)
    assert result.code != 0 and "clips >= 1" in result.err


STAGED = ["--clips", 2, "--frames", 16, "--size", "48x48", "--seed-base", 7]


def staged(sdpose, path, *words):
    result = sdpose("evaluate", "drawn-video", *STAGED, "--json", path, *words)
    assert result.code == 0, result.err
    return json.loads(path.read_text()), result.out


def test_true_keypoints_with_mistakes_are_tracked_and_steadied_on_staged_films(sdpose, tmp_path):
    words = ["--model", "truth", "--noise", 0.02, "--track", "--steady", "--sheet", tmp_path / "a.png"]
    found, out = staged(sdpose, tmp_path / "a.json", *words)
    for name in (
        "idf1", "id_switches", "id_switches_separable", "accel_ratio_static", "pck_drop_fast", "lag_frames",
        "same_place", "hold_motion", "people", "shots", "holds",
    ):  # fmt: skip
        assert name in found
    assert (found["films"], found["model"], found["noise"], found["track"], found["steady"]) == (
        "staged", "truth", 0.02, True, True
    )  # fmt: skip
    assert set(found["kinds"]) == {"static", "crossing"} and all(kind in out for kind in found["kinds"])
    assert f"{found['idf1']:.3f}" in out and found["pck_drop_fast"] is None
    assert read_image(tmp_path / "a.png").shape == (2 * (48 + 8), 6 * (48 + 8), 3)
    again, _ = staged(sdpose, tmp_path / "b.json", *words[:-2])
    assert again == found


def test_models_are_measured_on_staged_films_with_their_own_keypoints(sdpose, weights, diffpose, tmp_path):
    pictures, _ = staged(sdpose, tmp_path / "a.json", "--model", weights, "--films", "staged")
    assert pictures["idf1"] is None and 0 <= pictures["pck_raw"] < 0.5 and pictures["pck"] is None
    quick = ["--model", diffpose, "--steps", 1, "--noises", 1, "--delta", 1, "--track"]
    film, _ = staged(sdpose, tmp_path / "b.json", *quick)
    assert film["steps"] == 1 and film["idf1"] > 0.5 and film["accel_ratio"] is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--model", "truth", "--films", "footage"], "--films staged"),
        (["--model", "mini", "--track", "--films", "footage"], "--films staged"),
        (["--model", "mini", "--noise", 0.1], "--films staged"),
        (["--model", "mini", "--track", "--smooth"], "--smooth is for footage"),
        (["--model", "truth", "--steps", 2], "estimation over time"),
        (["--model", "truth", "--steady"], "track as well"),
        (["--model", "truth", "--noise", -1], "noise >= 0"),
    ],
)
def test_options_that_contradict_one_another_are_refused(sdpose, words, says):
    result = sdpose("evaluate", "drawn-video", *STAGED, *words)
    assert result.code != 0 and says in result.err
