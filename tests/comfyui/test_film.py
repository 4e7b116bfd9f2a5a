"""Pose Video on a real ComfyUI: from file to file, cancelled in the middle, and in flat memory."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import sdpose
from sdpose.media import Video, VideoWriter

from .prompts import MODEL, drawn, node, picture

PACE = 24
FILM = {"model": ["model", 0], "detect_threshold": 0.5, "track": True, "steady": 0.5, "style": "openpose"}
FILM |= {"threshold": 0.3, "overlay": True, "batch_size": 0}


def film(**changes):
    return node("SDPoseKit_PoseVideo", **FILM | changes)


def saved(link, name):
    return node("SaveVideo", video=link, filename_prefix=name, format="auto", codec="auto")


def written(server, name):
    """The frames of what Save Video wrote last under a name."""
    return Video(sorted((server.base / "output").glob(f"{name}*.mp4"))[-1])


@pytest.fixture(scope="module")
def small(server):
    """An untrained model that sees crops of next to no pixels."""
    models = sdpose.models
    path = server.base / "models" / "sdpose" / "small.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    models.save_model(models.build_model(replace(models.SDPoseConfig.mini(), input_wh=(32, 32))), path)
    yield node("SDPoseKit_LoadModel", model="sdpose/small.safetensors", dtype="float32")
    path.unlink()


@pytest.fixture(scope="module")
def videos(server):
    """Write videos into ComfyUI's input folder: how many frames, width, height -> Load Video."""
    made = {}

    def load(frames, width, height):
        name = f"moving_{frames}_{width}x{height}.mp4"
        if name not in made:
            made[name] = node("LoadVideo", file=name)
            with VideoWriter(server.base / "input" / name, Fraction(PACE)) as writer:
                for index in range(frames):
                    image = np.full((height, width, 3), 90, np.uint8)
                    left = index * 3 % (width // 2)
                    image[height // 4 : height // 2, left : left + width // 4] = index % 200
                    writer.write(image)
        return made[name]

    yield load
    for name in made:
        (server.base / "input" / name).unlink()


def test_a_video_becomes_skeletons_that_core_draws_alike(server):
    """All results of the same frames; ComfyUI's own node draws the poses as the skeleton video has them."""
    core = {"draw_body": True, "draw_hands": True, "draw_face": True, "draw_feet": False, "draw_head": True}
    core |= {"stick_width": 4, "face_point_size": 3, "score_threshold": 0.3}
    outputs = server.run(
        {
            "drawn": drawn(16, frames=9, animate=True, side=256),
            "video": node("CreateVideo", images=["drawn", 0], fps=float(PACE)),
            "model": MODEL,
            "film": film(video=["video", 0], boxes=["drawn", 1]),
            "skeleton": saved(["film", 0], "film_skeleton"),
            "overlay": saved(["film", 1], "film_overlay"),
            "poses": node("SDPoseKitProbe_ShowValue", value=["film", 2]),
            "report": node("SDPoseKitProbe_ShowValue", value=["film", 3]),
            "core": node("SDPoseDrawKeypoints", keypoints=["film", 2], **core),
            "seen": node("PreviewImage", images=["core", 0]),
        }
    )
    poses = json.loads(outputs["poses"]["json"][0])
    assert [[person["track_id"] for person in frame["people"]] for frame in poses] == [[0, 1, 2]] * 9
    skeletons, overlays = list(written(server, "film_skeleton")), list(written(server, "film_overlay"))
    assert len(skeletons) == len(overlays) == 9 and written(server, "film_skeleton").fps == PACE
    for skeleton, description in zip(skeletons, outputs["seen"]["images"], strict=True):
        expected = picture(server, description)
        assert expected.any() and np.abs(np.subtract(skeleton, expected, dtype=float)).mean() < 2
    assert json.loads(outputs["report"]["json"][0]).startswith("3 people in 9 frames, the model waited for ")


def test_what_hangs_on_an_overlay_that_is_off_does_not_run(server, small, videos):
    prompt = {
        "video": videos(9, 64, 48),
        "model": small,
        "film": film(video=["video", 0], overlay=False),
        "skeleton": saved(["film", 0], "film_alone"),
        "overlay": saved(["film", 1], "film_never"),
    }
    outputs = server.run(prompt)
    assert len(list(written(server, "film_alone"))) == 9 and "overlay" not in outputs


def test_cancel_stops_within_a_batch_and_the_next_run_works(server, small, videos):
    """Thousands of frames would take much longer than this waits."""

    def prompt(video):
        return {
            "video": video,
            "model": small,
            "film": film(video=["video", 0], batch_size=1),
            "skeleton": saved(["film", 0], "film_cancelled"),
        }

    server.run(prompt(videos(9, 64, 48)))  # so that loading the model is over
    prompt_id = server.queue(prompt(videos(4000, 64, 48)))
    while not server.request("/queue")["queue_running"]:
        time.sleep(0.05)
    time.sleep(2)
    asked = time.monotonic()
    server.request("/interrupt", {})
    entry = server.wait(prompt_id, seconds=30)
    assert time.monotonic() - asked < 20
    event, message = entry["status"]["messages"][-1]
    assert event == "execution_interrupted" and message["node_type"] == "SDPoseKit_PoseVideo"
    assert not entry["outputs"]
    again = prompt(videos(9, 64, 48))
    again["film"]["inputs"]["style"] = "dwpose"  # so that nothing is taken from the first run
    server.run(again)
    assert len(list(written(server, "film_cancelled"))) == 9


def peak(server):
    """The most memory that the server's process had since `forget_peak`, in MiB."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def forget_peak(server):
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # the peak begins anew from what is in use now


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells how much memory a process had")
def test_memory_does_not_grow_with_the_length(server, small, videos):
    """100 and 2,000 frames of 720p; both peaks are of the whole server, models and all."""

    def run(frames):
        forget_peak(server)
        prompt = {
            "video": videos(frames, 1280, 720),
            "model": small,
            "film": film(video=["video", 0]),
            "skeleton": saved(["film", 0], f"film_of_{frames}_skeleton"),
            "overlay": saved(["film", 1], f"film_of_{frames}_overlay"),
            "report": node("SDPoseKitProbe_ShowValue", value=["film", 3]),
        }
        entry = server.wait(server.queue(prompt), seconds=3000)
        assert entry["status"]["status_str"] == "success", entry["status"]["messages"][-1]
        report = json.loads(entry["outputs"]["report"]["json"][0])
        assert f" in {frames} frames" in report
        assert all(written(server, f"film_of_{frames}_{kind}").frames == frames for kind in ("skeleton", "overlay"))
        print(f"{frames} frames of 720p: peak {peak(server):.0f} MiB; {report}")
        return peak(server)

    run(300)  # a new process has yet to find out how much of what it frees it had better keep
    short, long = run(100), run(2000)
    assert long < 1.05 * short
