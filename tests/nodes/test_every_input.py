"""Every input for poses takes what every profile writes, and every input for boxes every kind of boxes.

The inputs are found in the schemas, so that a new node cannot be left out.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from .test_dialects import FRAMES, WH, numbers

PROFILES = ["core", "aux", "aux_openpose", "normalised", "judian17", "scail", "magos", "studio", "editor",
            "openpose_files", "posedata", "dwposes", "old_editor", "coco", "coco_results", "posetrack"]  # fmt: skip
ONE = ["studio", "old_editor"]
"""Profiles that hold one frame."""

UNSIZED = ["dwposes", "openpose_files", "coco_results", "posetrack"]
"""Those that do not say how large the picture is."""

FILES = ["coco", "coco_results", "posetrack"]
"""Those that keep the people of all frames in one list."""

WHOLE = ["openpose18", "openpose134"]
"""Skeletons of which core's frames hold everything, so that they come to the same."""

PLACES = np.array([[16.0, 8, 80, 88], [20, 8, 84, 88], [24, 8, 88, 88], [28, 8, 92, 88]])


def found(pack, kind):
    """Node id and the way to each input that takes such wires: its name, and what it is within."""
    for name, node in pack.nodes.items():
        for inner, way in ways(node.GET_SCHEMA().inputs):
            if kind in inner.get_io_type().split(","):
                yield name, way


def ways(inputs):
    for one in inputs:
        yield one, (one.id,)
        for option in getattr(one, "options", None) or ():
            for inner, way in ways(getattr(option, "inputs", ())):
                yield inner, (one.id, option.key, *way)
        if template := getattr(one, "template", None):
            yield template.input, (one.id, "grown")


@pytest.fixture(scope="module")
def clip(pack):
    """One certain person with body, hands and face, who walks."""
    truth = pack.part("sdpose.synthetic").drawing(3, size_wh=WH, split="test").poses[0][:1]
    truth = truth.to(pack.part("sdpose.topology").get("openpose134")).replace(track_ids=[0])
    points = np.random.default_rng(0).uniform(20, 70, truth.points.shape).round(2)
    body = list(truth.skeleton.indices("body"))
    points[:, body] = truth.points[:, body].round(2)
    bare = truth.replace(scores=np.ones(truth.scores.shape), boxes=None, box_scores=None)
    return [bare.replace(points=points + i) for i in range(FRAMES)]


@pytest.fixture(scope="module")
def given(pack, tmp_path_factory, diffpose_file):
    """Wire, or name of a widget -> what a node is given there."""
    from comfy_api.latest import InputImpl

    models, home = pack.part("sdpose.models"), tmp_path_factory.mktemp("inputs")
    path = home / "random.safetensors"
    torch.manual_seed(0)
    models.save_model(models.build_model(replace(models.SDPoseConfig.mini(), input_wh=(48, 64))), path)
    image = torch.rand(FRAMES, WH[1], WH[0], 3)
    with pack.part("sdpose.media").VideoWriter(home / "clip.mp4", Fraction(24)) as writer:
        for picture in pack.part("nodes.sockets").frames_from_image(image):
            writer.write(picture)
    residency = pack.part("nodes.residency")
    return {
        "SDPOSEKIT_MODEL": residency.resident(path),
        "SDPOSEKIT_DIFFPOSE": residency.resident_diffpose(diffpose_file),
        "VIDEO": InputImpl.VideoFromFile(str(home / "clip.mp4")),
        "IMAGE": image,
        "steps": 1,
        "noises": 1,
    }


def filled(asked, way, wrap, payload, core, given):
    """Inputs as a node is run with them: a payload at one of them, core's poses where it cannot be without, defaults.

    Args:
        asked: the inputs of a schema, or of an option of one.
        way: to the input under test; see `ways`.
        wrap: what becomes of each value: nodes that take lists get lists.
        payload: for the input under test.
        core: other poses.
        given: wire -> value, and name of a widget -> value.
    """
    made = {}
    for one in asked:
        here, kinds = way[:1] == (one.id,), one.get_io_type().split(",")
        options = getattr(one, "options", None) or [None]
        if template := getattr(one, "template", None):
            others = [core] * (template.min - 1)
            made[one.id] = {f"{one.id}{i}": wrap(v) for i, v in enumerate([payload if here else core, *others])}
        elif hasattr(options[0], "inputs"):
            (option,) = (option for option in options if option.key == (way[1] if here else options[0].key))
            inner = filled(option.inputs, way[2:] if here else (), wrap, payload, core, given)
            made[one.id] = {one.id: wrap(option.key), **inner}
        elif here:
            made[one.id] = wrap(payload)
        elif "POSEDATA" in kinds:
            if not one.optional or (one.id == "poses" and way != ("boxes",)):
                made[one.id] = wrap(core)
        elif known := [given[name] for name in (one.id, *kinds) if name in given]:
            made[one.id] = wrap(known[0][: len(core)] if kinds == ["IMAGE"] else known[0])
        elif not one.optional or getattr(one, "default", None) is not None:
            default = getattr(getattr(one, "input_override", None) or one, "default", None)
            made[one.id] = wrap(options[0] if default is None else default)
    return made


def run(pack, name, way, payload, core, given):
    node = pack.nodes[name]
    schema = node.GET_SCHEMA()
    wrap = (lambda value: [value]) if schema.is_input_list else (lambda value: value)
    return pack.run(name, **filled(schema.inputs, way, wrap, payload, core, given))


def settled(pack, output):
    """An output as a row of numbers: poses of any dialect by what they say; nothing of text."""
    pieces = isinstance(output, list) and len(output) == 1 and not isinstance(output[0], torch.Tensor)
    try:
        clip = pack.part("sdpose.formats").read(output[0] if pieces else output, canvas_wh=WH)
    except pack.part("sdpose.errors").SDPoseError:
        return [number for number in numbers(output) if isinstance(number, (int, float))]
    whole = [frame.to(pack.part("sdpose.topology").get("openpose134")) for frame in clip]
    return [number for frame in whole for number in numbers([frame.points, frame.scores])]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_input_for_poses_takes_every_profile(pack, clip, given, profile):
    formats = pack.part("sdpose.formats")
    sent = formats.write(clip[:1] if profile in ONE else clip, profile)
    people = formats.read(sent, canvas_wh=WH)
    core = formats.write(people)
    given = given | {"indices": ", ".join(map(str, range(len(people))))}
    inputs = list(found(pack, "POSEDATA"))
    assert len(inputs) >= 23
    for name, way in inputs:
        outputs, expected = (outcome(pack, name, way, value, core, given) for value in (sent, core))
        if isinstance(outputs, str):  # what core's poses would not do either, or what Convert Poses is for
            unsized = profile in UNSIZED and "Convert Poses with width and height" in outputs
            assert outputs == expected or unsized or (profile in FILES and "convert it first" in outputs), (name, way)
            assert profile != "core"
        elif people[0].skeleton.name in WHOLE:
            unsized = name == "SDPoseKit_PickFrame" and profile in UNSIZED  # width and height are 0 then
            for slot, pair in enumerate(zip(outputs, expected, strict=True)):
                if unsized and slot in (1, 2):
                    continue
                one, other = (settled(pack, output) for output in pair)
                np.testing.assert_allclose(one, other, atol=1e-4, err_msg=f"{name} {way} {slot}")


def outcome(pack, *how):
    """What a node gives, or why it does not."""
    try:
        return run(pack, *how)
    except pack.part("sdpose.errors").BadKeypoints as error:
        return str(error)


def test_profiles_are_all_there(pack):
    formats = pack.part("sdpose.formats")
    assert sorted(formats.PROFILES) == sorted(PROFILES)
    assert [name for name, profile in formats.PROFILES.items() if profile.frames == 1] == ONE


@pytest.mark.parametrize("kind", ["corners", "text", "florence", "segs", "masks"])
def test_every_input_for_boxes_takes_every_kind(pack, given, kind):
    boxes, error = pack.part("sdpose.formats.boxes"), pack.part("sdpose.errors").BadBoxes
    frames = [boxes.Boxes(box[None], np.ones(1), canvas_wh=WH) for box in PLACES]
    usual = boxes.to_bounding_boxes(frames)
    sent = {
        "corners": [box[None].tolist() for box in PLACES],
        "text": json.dumps(usual),
        "florence": [{"bboxes": [box.tolist()], "labels": ["person"]} for box in PLACES],
        "segs": [boxes.to_segs(frame) for frame in frames],
        "masks": torch.from_numpy(boxes.to_masks(frames)),
    }[kind]
    inputs = list(found(pack, "BBOX"))
    assert len(inputs) >= 5
    for name, way in inputs:
        if kind == "masks" and name == "SDPoseKit_PoseVideo":  # which does not know how many frames there will be
            with pytest.raises(error, match="in Convert Boxes"):
                run(pack, name, way, sent, [None] * FRAMES, given)
            continue
        outputs, expected = (run(pack, name, way, value, [None] * FRAMES, given) for value in (sent, usual))
        assert any(map(places, expected)), name
        for one, other in zip(outputs, expected, strict=True):
            np.testing.assert_allclose(places(one), places(other), atol=1e-6, err_msg=name)


def places(output):
    """Where boxes and bodies are, in any output that has some."""
    if isinstance(output, dict):
        own = [output.get(key, []) for key in ("x", "y", "width", "height", "pose_keypoints_2d")]
        return numbers(own) + places(output.get("people", []))
    return [n for inner in output for n in places(inner)] if isinstance(output, (list, tuple)) else []
