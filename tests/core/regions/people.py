"""A person whose pose is known, in all its details."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sdpose.poses import Poses
from sdpose.topology import get

Standing = Callable[..., Poses]
"""Makes one frame with the standing person in it, as the fixture of that name says."""

CANVAS_WH = (203, 301)

# A person who stands and faces the viewer, 200 pixels tall: the left side is to the right in the picture.
BODY = {
    "nose": (100, 38), "left_eye": (104, 34), "right_eye": (96, 34), "left_ear": (110, 36), "right_ear": (90, 36),
    "left_shoulder": (120, 60), "right_shoulder": (80, 60), "left_elbow": (130, 90), "right_elbow": (70, 90),
    "left_wrist": (134, 120), "right_wrist": (66, 120), "left_hip": (112, 120), "right_hip": (88, 120),
    "left_knee": (114, 165), "right_knee": (86, 165), "left_ankle": (115, 210), "right_ankle": (85, 210),
}  # fmt: skip


def details() -> dict[str, tuple[float, float]]:
    """Places of toes, heels, landmarks and fingers."""
    places: dict[str, tuple[float, float]] = {}
    for side, x, turn in (("left", 115, 1), ("right", 85, -1)):
        places |= {
            f"{side}_big_toe": (x + 4 * turn, 222),
            f"{side}_small_toe": (x + 8 * turn, 221),
            f"{side}_heel": (x, 214),
        }
        wrist_x, wrist_y = BODY[f"{side}_wrist"]
        names = get("openpose134").parts[f"{side}_hand"]
        for i, name in enumerate(names):
            finger, knuckle = divmod(i - 1, 4)
            at = (0, 0) if i == 0 else (2 * finger - 4, 4 * (knuckle + 1))
            places[name] = (wrist_x + at[0], wrist_y + at[1])
    for i in range(68):
        places[f"face-{i}"] = _landmark(i)
    return places


def _landmark(i: int) -> tuple[float, float]:
    if i < 17:  # the jaw, from the right ear by the chin to the left one
        angle = np.pi * i / 16
        return 100 - 10 * float(np.cos(angle)), 36 + 14 * float(np.sin(angle))
    if i < 27:  # the brows
        return 92 + 16 * (i - 17) / 9, 31.0
    if i < 31:  # the bridge of the nose, down to its tip
        return 100.0, 34 + 4 * (i - 27) / 3
    return 100 + (i - 49) / 6, 44.0
