"""Detect People: boxes per frame and a word on how each was found, from a real, untrained Ultralytics model."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch

if find_spec("ultralytics") is None:
    pytest.skip("NO DETECTOR TESTS: pip install ultralytics", allow_module_level=True)

ASKED = {"threshold": 0.5, "if_nobody": "leave the frame empty", "max_people": 0, "margin": 0.0}
HEIGHT, WIDTH = 96, 64


@pytest.fixture(scope="session")
def weights(pack, tmp_path_factory):
    """One model that takes everything for a person, and one that finds nobody."""
    home = tmp_path_factory.mktemp("ultralytics")
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YOLO_CONFIG_DIR", str(home))
        ultralytics = pack.part("sdpose.detect")._ultralytics("models")
        for name, bias in {"sure": 1.0, "blind": -9.0}.items():
            torch.manual_seed(0)
            model = ultralytics.YOLO("yolo11n.yaml")
            for branch in model.model.model[-1].cv3:
                torch.nn.init.normal_(branch[-1].weight, std=1e-3)
                torch.nn.init.constant_(branch[-1].bias, bias)
            made[name] = home / f"{name}.pt"
            model.save(made[name])
        yield made


@pytest.fixture
def detect(pack, weights):
    def run(name, **changes):
        image = torch.rand(3, HEIGHT, WIDTH, 3, generator=torch.Generator().manual_seed(0))
        return pack.run("SDPoseKit_DetectPeople", detector=weights[name], image=image, **ASKED | changes)

    return run


def corners(box):
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def test_people_of_every_frame_the_surest_first(detect, pack):
    boxes, report = detect("sure")
    assert len(boxes) == 3 and all(boxes)
    for people in boxes:
        assert [box["score"] for box in people] == sorted((box["score"] for box in people), reverse=True)
    assert report.endswith("in 3 frames (3 found at once)")
    assert len(pack.part("nodes.sockets").boxes_from_socket(boxes, 3)[0]) == len(boxes[0])


def test_only_so_many_people(detect):
    everybody, _ = detect("sure")
    two, _ = detect("sure", max_people=2)
    assert [len(people) for people in two] == [min(2, len(people)) for people in everybody]
    assert two[0][0] == everybody[0][0]


def test_a_margin_widens_boxes_within_the_picture(detect):
    plain, _ = detect("sure")
    wide, _ = detect("sure", margin=0.5)
    for before, after in zip(map(corners, plain[0]), map(corners, wide[0]), strict=True):
        assert after[0] <= before[0] and after[1] <= before[1] and after[2] >= before[2] and after[3] >= before[3]
        assert min(after) >= 0 and after[2] <= WIDTH and after[3] <= HEIGHT


@pytest.mark.parametrize(
    ("if_nobody", "people", "report"),
    [
        ("leave the frame empty", 0, "0 people in 3 frames (3 empty)"),
        ("lower the threshold", 0, "0 people in 3 frames (3 empty)"),
        ("lower it, then take the whole frame", 1, "3 people in 3 frames (3 taken whole)"),
    ],
)
def test_nobody_is_said_aloud(detect, if_nobody, people, report):
    boxes, said = detect("blind", if_nobody=if_nobody)
    assert [len(frame) for frame in boxes] == [people] * 3
    assert said == report
    if people:
        assert corners(boxes[0][0]) == (0, 0, WIDTH, HEIGHT)


def test_a_second_look_at_a_lower_threshold(detect):
    _, report = detect("sure", threshold=0.99, if_nobody="lower the threshold")
    assert "found at a lower threshold" in report
