"""A clip of made-up people with bodies, feet, faces and hands large enough to see in a picture of them."""

from __future__ import annotations

import math

import numpy as np

from sdpose import Poses
from sdpose.topology import get

CANVAS = (512, 640)
SURE, UNSURE = 0.9, 0.1

_BODY = {
    **{"nose": (0, -200), "neck": (0, -120), "right_eye": (-18, -218), "left_eye": (18, -218)},
    **{"right_ear": (-40, -208), "left_ear": (40, -208), "right_shoulder": (-58, -120), "left_shoulder": (58, -116)},
    **{"right_elbow": (-84, -50), "left_elbow": (88, -46), "right_wrist": (-84, 28), "left_wrist": (82, 36)},
    **{"right_hip": (-34, 50), "left_hip": (34, 52), "right_knee": (-40, 140), "left_knee": (44, 142)},
    **{"right_ankle": (-38, 226), "left_ankle": (42, 230), "right_big_toe": (-52, 250), "left_big_toe": (58, 252)},
    **{"right_small_toe": (-62, 246), "left_small_toe": (68, 248), "right_heel": (-30, 240), "left_heel": (34, 244)},
}
"""Where a body's keypoints are, in pixels from the middle of the canvas."""

_FINGERS = {"thumb": -60, "forefinger": -25, "middle_finger": 0, "ring_finger": 25, "pinky_finger": 50}
"""Which way each finger points, in degrees from straight down."""


def clip(frames: int = 3, people: int = 2) -> list[Poses]:
    """People side by side who sway from frame to frame; each has an ear that is only guessed, far away.

    Args:
        frames: how many.
        people: at most 2.
    """
    return [_frame(index, people) for index in range(frames)]


def _frame(index: int, people: int) -> Poses:
    table = get("openpose134")
    points = np.stack([_person(place, index, people) for place in range(people)])
    scores = np.full(points.shape[:2], SURE) + np.linspace(-0.05, 0.05, len(table))
    scores[:, table.index("left_ear")] = UNSURE
    boxes = np.concatenate([points.min(axis=1) - 4, points.max(axis=1) + 4], axis=1)
    return Poses(points, scores, table, CANVAS, boxes=boxes, track_ids=np.arange(people))


def _person(place: int, index: int, people: int) -> np.ndarray:
    table = get("openpose134")
    where = dict(_BODY)
    where |= {f"face-{number}": _landmark(number) for number in range(68)}
    for side, wrist in (("right", where["right_wrist"]), ("left", where["left_wrist"])):
        where |= _hand(side, wrist)
    where["left_ear"] = (100, -290)
    figure = np.array([where[name] for name in table.keypoints], np.float64)
    size = 1.0 if place == 0 else 0.8  # so that it is clear who is the largest
    middle = np.array([CANVAS[0] * (place + 0.5) / people + 5 * index - 4, CANVAS[1] * 0.56 - 3 * index])
    return figure * size + middle


def _landmark(number: int) -> tuple[float, float]:
    """A face's 68 landmarks: the jaw, and rings for what is inside of it."""
    if number < 17:
        angle = math.pi * number / 16
        return -34 * math.cos(angle), -196 + 44 * math.sin(angle)
    angle = 2 * math.pi * number / 17
    width = 26 if number < 34 else 17 if number < 51 else 9
    return width * math.cos(angle), -192 + width * math.sin(angle)


def _hand(side: str, wrist: tuple[float, float]) -> dict[str, tuple[float, float]]:
    found = {f"{side}_hand_root": wrist}
    for finger, degrees in _FINGERS.items():
        turn = math.radians(degrees if side == "right" else -degrees)
        for joint in range(1, 5):
            reach = 12 + 9 * joint
            found[f"{side}_{finger}{joint}"] = (wrist[0] + reach * math.sin(turn), wrist[1] + reach * math.cos(turn))
    return found
