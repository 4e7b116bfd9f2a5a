"""Graphs on a real ComfyUI, through its API."""

from __future__ import annotations

import io
import json
import time

import numpy as np
import pytest
from PIL import Image

import sdpose

from .prompts import DIFFPOSE, LOOK, MODEL, POSE, SIZE, VIDEO, drawn, node, picture, saved_poses
from .server import PACK, ROOT, Refused, Server, api_format

WORKFLOWS = sorted((ROOT / "example_workflows").glob("*.json"))


def test_the_pack_loads_without_a_word(server: Server):
    ours = [line for line in server.log.splitlines() if PACK in line or "sdpose" in line.lower()]
    assert [line for line in ours if "WARNING" in line or "ERROR" in line or "FAILED" in line] == []
    started = server.log.partition("got prompt")[0]  # some of the graphs that follow fail on purpose
    assert "IMPORT FAILED" not in started and "Traceback" not in started
    ids = [name for name in server.request("/object_info") if name.startswith("SDPoseKit_")]
    assert len(ids) == len(list((ROOT / "web" / "docs").glob("*.md")))


def test_templates_are_offered_with_their_pictures(server):
    offered = server.request("/api/workflow_templates")[PACK]
    assert sorted(offered) == [path.stem for path in WORKFLOWS] and len(WORKFLOWS) == 5
    for path in WORKFLOWS:
        thumbnail = server.request(f"/api/workflow_templates/{PACK}/{path.stem}.jpg", raw=True)
        assert Image.open(io.BytesIO(thumbnail)).format == "JPEG"


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_example_workflow_and_its_skeletons_pixel_by_pixel(server, path):
    prompt = api_format(json.loads(path.read_text()), server.request("/object_info"))
    render = next(key for key, value in prompt.items() if value["class_type"].endswith("RenderSkeleton"))
    assert "background" not in prompt[render]["inputs"]
    prompt["seen"] = node("PreviewImage", images=[render, 0])
    outputs = server.run(prompt)
    frames = saved_poses(
        server, next(v for v in prompt.values() if "SavePoses" in v["class_type"])["inputs"]["filename_prefix"]
    )
    people = sdpose.formats.openpose.from_frames(frames)
    skeletons = [picture(server, description) for description in outputs["seen"]["images"]]
    assert len(skeletons) == len(people) > 0
    for skeleton, poses in zip(skeletons, people, strict=True):
        np.testing.assert_array_equal(skeleton, sdpose.draw(poses))
    assert any(skeleton.any() for skeleton in skeletons)


def test_poses_are_what_the_library_finds(server):
    """Boxes, batches and residency in between change nothing."""
    from sdpose.synthetic import drawing

    server.run(
        {
            "drawn": drawn(5, frames=3),
            "model": MODEL,
            "pose": node("SDPoseKit_EstimatePose", **POSE, boxes=["drawn", 1]),
            "save": node("SDPoseKit_SavePoses", poses=["pose", 0], filename_prefix="poses/parity"),
        }
    )
    drawings = [drawing(seed, size_wh=(192, 192), split="test") for seed in (5, 6, 7)]
    estimator = sdpose.Estimator(sdpose.load_model("mini", device="cpu"))
    expected = estimator([d.image for d in drawings], [d.poses.boxes for d in drawings])
    found = sdpose.formats.openpose.from_frames(saved_poses(server, "poses/parity"))
    for one, other in zip(found, expected, strict=True):
        wanted = other.to(one.skeleton)
        np.testing.assert_allclose(one.scores, wanted.scores, atol=1e-4)
        sure = wanted.scores > 0.2
        np.testing.assert_allclose(one.points[sure], wanted.points[sure], atol=0.05)


@pytest.mark.parametrize("warm", [False, True], ids=["from-noise", "from-poses"])
def test_poses_over_time_are_what_the_library_finds(server, warm):
    """From boxes, or from what Estimate Pose found in them."""
    from sdpose.synthetic import clip

    prompt = {
        "drawn": drawn(5, frames=5, animate=True),
        "single": MODEL,
        "start": node("SDPoseKit_EstimatePose", **POSE | {"model": ["single", 0]}, boxes=["drawn", 1]),
        "model": DIFFPOSE,
        "pose": node("SDPoseKit_EstimateVideoPose", **VIDEO, boxes=["drawn", 1]),
        "show": node("SDPoseKitProbe_ShowValue", value=["pose", 0]),
    }
    if warm:
        prompt["pose"] = node("SDPoseKit_EstimateVideoPose", **VIDEO, start_poses=["start", 0])
    found = sdpose.formats.openpose.from_frames(json.loads(server.run(prompt)["show"]["json"][0]))
    drawings = list(clip(5, 5, size_wh=(192, 192), split="test"))
    frames, boxes = [d.image for d in drawings], [d.poses.boxes for d in drawings]
    start = sdpose.Estimator(sdpose.load_model("mini", device="cpu"))(frames, boxes) if warm else None
    model = sdpose.load_diffpose("diffpose-mini", device="cpu")
    expected = sdpose.VideoEstimator(model, steps=1, noises=2, seed=5)(frames, boxes, start=start)
    for one, other in zip(found, expected, strict=True):
        wanted = other.to(one.skeleton)
        assert one.track_ids.tolist() == other.track_ids.tolist()
        np.testing.assert_allclose(one.scores, wanted.scores, atol=1e-3)
        sure = wanted.scores > 0.2
        np.testing.assert_allclose(one.points[sure], wanted.points[sure], atol=0.1)


@pytest.mark.parametrize(
    ("boxes", "people"),
    [
        ("[[{}], [{}, {}], []]", [1, 2, 0]),
        ("[{}, {}]", [2, 2, 2]),
        ("{}", [1, 1, 1]),
        ("[]", [0, 0, 0]),
        ("[[{}]]", [1, 1, 1]),
        (None, [1, 1, 1]),
    ],
    ids=["nested", "flat", "single", "empty", "fewer-than-frames", "not-connected"],
)
def test_boxes_of_other_nodes(server, boxes, people):
    prompt = {"drawn": drawn(9, frames=3, side=96), "model": MODEL, "pose": node("SDPoseKit_EstimatePose", **POSE)}
    if boxes is not None:
        text = boxes.replace("{}", '{"x": 8, "y": 8, "width": 60, "height": 80}')
        prompt["boxes"] = node("SDPoseKitProbe_Value", text=text)
        prompt["pose"]["inputs"]["boxes"] = ["boxes", 0]
    prompt["show"] = node("SDPoseKitProbe_ShowValue", value=["pose", 0])
    prompt["skeletons"] = node("SDPoseKit_RenderSkeleton", poses=["pose", 0], **LOOK, **SIZE)
    prompt["seen"] = node("PreviewImage", images=["skeletons", 0])
    outputs = server.run(prompt)
    frames = json.loads(outputs["show"]["json"][0])
    assert [len(frame["people"]) for frame in frames] == people
    assert len(outputs["seen"]["images"]) == 3


def test_two_loaders_of_one_file_hold_one_copy(server):
    loaders = {"model": MODEL, "again": MODEL | {"inputs": MODEL["inputs"] | {"dtype": "float32"}}}
    prompt = loaders | {
        "drawn": drawn(2),
        "pose": node("SDPoseKit_EstimatePose", **POSE),
        "other": node("SDPoseKit_EstimatePose", **POSE | {"model": ["again", 0], "crop": "stretched"}),
        "both": node("SDPoseKitProbe_ShowValue", value=["other", 0]),
        "loaded": node("SDPoseKitProbe_LoadedModels", after=["pose", 0], first=["model", 0], second=["again", 0]),
    }
    prompt["loaded"]["inputs"]["after"] = ["other", 0]
    prompt["first"] = node("SDPoseKitProbe_ShowValue", value=["pose", 0])
    outputs = server.run(prompt)
    assert outputs["loaded"]["same"] == [True]
    assert [outputs["loaded"]["loaded"].count(name) for name in ("LatentEncoder", "PoseNetwork")] == [1, 1]


def test_two_loaders_of_one_diffpose_hold_one_copy(server):
    prompt = {
        "drawn": drawn(2, frames=2, animate=True, side=96),
        "model": DIFFPOSE,
        "again": DIFFPOSE | {"inputs": DIFFPOSE["inputs"] | {"dtype": "float32"}},
        "pose": node("SDPoseKit_EstimateVideoPose", **VIDEO),
        "other": node("SDPoseKit_EstimateVideoPose", **VIDEO | {"model": ["again", 0]}, start_poses=["pose", 0]),
        "loaded": node("SDPoseKitProbe_LoadedModels", after=["other", 0], first=["model", 0], second=["again", 0]),
    }
    outputs = server.run(prompt)
    assert outputs["loaded"]["same"] == [True]
    assert outputs["loaded"]["loaded"].count("DiffPoseLayers") == 1


@pytest.mark.parametrize(
    ("kind", "model", "options"),
    [("SDPoseKit_EstimatePose", MODEL, POSE), ("SDPoseKit_EstimateVideoPose", DIFFPOSE, VIDEO)],
    ids=["each-frame", "over-time"],
)
def test_cancel_stops_between_batches(server, kind, model, options):
    """Thousands of frames, one per batch, would take much longer than this waits."""

    def prompt(frames):
        return {
            "blank": node("EmptyImage", width=64, height=64, batch_size=frames, color=0),
            "model": model,
            "pose": node(kind, **options | {"image": ["blank", 0], "batch_size": 1}),
            "show": node("SDPoseKitProbe_ShowValue", value=["pose", 0]),
        }

    server.run(prompt(1))  # so that loading the model is over
    prompt_id = server.queue(prompt(4000))
    while not server.request("/queue")["queue_running"]:
        time.sleep(0.05)
    time.sleep(2)
    asked = time.monotonic()
    server.request("/interrupt", {})
    entry = server.wait(prompt_id, seconds=20)
    assert time.monotonic() - asked < 10
    event, message = entry["status"]["messages"][-1]
    assert event == "execution_interrupted" and message["node_type"] == kind
    assert not entry["outputs"]


@pytest.fixture(scope="module")
def wholebody(server):
    """An untrained model with hands, feet and face, as a user's own file."""
    path = server.base / "models" / "sdpose" / "my wholebody.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    sdpose.save_model(sdpose.build_model(sdpose.models.SDPoseConfig.mini("wholebody")), path)
    yield node("SDPoseKit_LoadModel", model="sdpose/my wholebody.safetensors", dtype="float32")
    path.unlink()


@pytest.mark.parametrize("scheme", ["body", "wholebody"])
def test_core_nodes_take_our_poses(server, wholebody, scheme):
    """ComfyUI's own nodes draw every part where ours does, and find every face."""
    prompt = {
        "drawn": drawn(3, side=256),
        "model": wholebody if scheme == "wholebody" else MODEL,
        "pose": node("SDPoseKit_EstimatePose", **POSE, boxes=["drawn", 1]),
        "draw": node(
            "SDPoseDrawKeypoints",
            keypoints=["pose", 0],
            draw_body=True,
            draw_hands=True,
            draw_face=True,
            draw_feet=False,
            stick_width=4,
            face_point_size=3,
            score_threshold=0.3,
            draw_head=True,
        ),
        "ours": node("SDPoseKit_RenderSkeleton", poses=["pose", 0], **LOOK | {"style": "openpose"}, **SIZE),
        "faces": node("SDPoseFaceBBoxes", keypoints=["pose", 0], scale=1.5, force_square=True),
        "core": node("PreviewImage", images=["draw", 0]),
        "kit": node("PreviewImage", images=["ours", 0]),
        "boxes": node("SDPoseKitProbe_ShowValue", value=["faces", 0]),
    }
    outputs = server.run(prompt)
    core, kit = (picture(server, outputs[name]["images"][0]) for name in ("core", "kit"))
    np.testing.assert_array_equal(core, kit)
    assert core.any()
    faces = json.loads(outputs["boxes"]["json"][0])
    assert len(faces) == 1 and bool(faces[0]) == (scheme == "wholebody")


def test_saved_poses_can_be_loaded_in_the_next_graph(server):
    server.run(
        {
            "drawn": drawn(4, frames=2),
            "save": node("SDPoseKit_SavePoses", poses=["drawn", 2], filename_prefix="poses/truth"),
        }
    )
    file = sorted((server.base / "output" / "poses").glob("truth*"))[-1].name
    name = f"poses/{file} [output]"
    outputs = server.run(
        {
            "load": node("SDPoseKit_LoadPoses", file=name),
            "show": node("SDPoseKitProbe_ShowValue", value=["load", 0]),
            "name": node("SDPoseKitProbe_Value", text=json.dumps(name)),
            "named": node("SDPoseKit_LoadPoses", file=["name", 0]),
            "other": node("SDPoseKitProbe_ShowValue", value=["named", 0]),
        }
    )
    for shown in ("show", "other"):
        assert json.loads(outputs[shown]["json"][0]) == saved_poses(server, "poses/truth")


@pytest.mark.parametrize(("format", "ending"), [("openpose_files", ""), ("coco", ".json")])
def test_poses_are_saved_and_loaded_in_other_formats(server, format, ending):
    truth, path = ["drawn", 2], ["save", 0]
    server.run(
        {
            "drawn": drawn(4, frames=2),
            "save": node("SDPoseKit_SavePoses", poses=truth, filename_prefix=f"poses/{format}", format=format),
            "path": node("SDPoseKitProbe_ShowValue", value=path),
            "truth": node("SDPoseKit_SavePoses", poses=truth, filename_prefix="poses/as_core"),
        }
    )
    (saved,) = (server.base / "output" / "poses").glob(f"{format}_*")
    assert saved.is_dir() == (ending == "") and saved.suffix == ending
    expected = saved_poses(server, "poses/as_core")
    size = {"width": expected[0]["canvas_width"], "height": expected[0]["canvas_height"]}
    outputs = server.run(
        {
            "load": node("SDPoseKit_LoadPoses", file=f"poses/{saved.name} [output]", dialect="auto", **size),
            "show": node("SDPoseKitProbe_ShowValue", value=["load", 0]),
        }
    )
    loaded = json.loads(outputs["show"]["json"][0])
    for was, now in zip(expected, loaded, strict=True):
        for before, after in zip(was["people"], now["people"], strict=True):
            points, back = (np.reshape(person["pose_keypoints_2d"], (18, 3)) for person in (before, after))
            there = (points[:, 2] > 0) & (np.arange(18) != 1)  # COCO has no neck
            np.testing.assert_array_equal(back[there], points[there])


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ({"load": node("SDPoseKit_LoadPoses", file="../../etc/passwd")}, "no pose file"),
        ({"load": MODEL | {"inputs": {"model": "/etc/passwd", "dtype": "auto"}}}, "not in list"),
        ({"load": DIFFPOSE | {"inputs": MODEL["inputs"]}}, "not in list"),
        ({"model": MODEL, "drawn": drawn(1), "load": node("SDPoseKit_EstimateVideoPose", **VIDEO)}, "mismatch"),
    ],
    ids=["poses", "model", "other-kind-of-model", "other-kind-of-model-connected"],
)
def test_a_name_that_is_not_offered_is_refused(server, prompt, answer):
    with pytest.raises(Refused, match=answer):
        server.queue(prompt | {"show": node("SDPoseKitProbe_ShowValue", value=["load", 0])})


def test_a_file_that_is_not_sdpose_is_named(server):
    path = server.base / "models" / "sdpose" / "broken.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ")
    try:
        model = node("SDPoseKit_LoadModel", model="sdpose/broken.safetensors", dtype="auto")
        entry = server.wait(
            server.queue({"model": model, "show": node("SDPoseKitProbe_ShowValue", value=["model", 0])})
        )
    finally:
        path.unlink()
    message = entry["status"]["messages"][-1][1]["exception_message"]
    assert entry["status"]["status_str"] == "error" and "broken.safetensors" in message


def test_nothing_was_warned_about(server):
    """After all the runs above, whoever warns."""
    said = [line for line in server.log.splitlines() if "Warning:" in line and ("sdpose" in line or PACK in line)]
    assert said == []
