"""Poses as tables of joint angles, and motions as functions of time that return such angles."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from .chance import pick, pick_weighted
from .geometry import Array
from .kinematics import ANGLES, INDEX, limit, mirrored

Motion = Callable[[float], Array]

# What every pose varies by, degrees (standard deviation), beside what its own row says.
_SPREAD = {
    "spine_bend": 6.0, "spine_side": 5.0, "spine_twist": 7.0, "head_nod": 9.0, "head_tilt": 7.0, "head_turn": 16.0,
    "arm_swing": 11.0, "arm_lift": 8.0, "arm_twist": 16.0, "elbow": 12.0, "wrist": 14.0,
    "leg_swing": 5.0, "leg_lift": 4.0, "leg_turn": 8.0, "knee": 6.0, "ankle": 6.0,
}  # fmt: skip

# name: (weight, extra spread as a factor, angles). A name without a side sets both sides.
_POSES: dict[str, tuple[float, float, dict[str, float]]] = {
    "stand": (3.0, 1.0, {"arm_lift": 9, "elbow": 14, "leg_lift": 3, "leg_turn": 8}),
    "contrapposto": (2.0, 1.0, {"roll": 5, "spine_side": -9, "arm_lift": 12, "elbow": 22, "left_leg_lift": 9,
                                "left_leg_turn": 20, "right_leg_lift": -3, "left_knee": 12}),
    "hands_on_hips": (1.2, 0.7, {"arm_lift": 42, "arm_twist": -62, "arm_swing": -14, "elbow": 98, "leg_lift": 7}),
    "one_hand_on_hip": (1.2, 0.8, {"left_arm_lift": 42, "left_arm_twist": -62, "left_arm_swing": -14,
                                   "left_elbow": 98, "right_arm_lift": 10, "right_elbow": 18, "roll": -4}),
    "arms_crossed": (1.0, 0.5, {"arm_swing": 34, "arm_lift": 10, "arm_twist": -58, "elbow": 108, "leg_lift": 5}),
    "arms_up": (1.5, 1.0, {"arm_lift": 155, "elbow": 20, "arm_twist": 40, "leg_lift": 8}),
    "t_pose": (0.6, 0.6, {"arm_lift": 88, "elbow": 6, "leg_lift": 6}),
    "cheer": (1.2, 1.0, {"arm_lift": 118, "arm_twist": 78, "elbow": 62, "leg_lift": 12, "head_nod": -10}),
    "wave": (1.4, 0.9, {"left_arm_lift": 84, "left_arm_twist": 82, "left_elbow": 72, "right_arm_lift": 10,
                        "right_elbow": 16, "leg_lift": 4}),
    "point": (1.0, 0.8, {"left_arm_swing": 84, "left_elbow": 8, "right_arm_lift": 14, "right_elbow": 40,
                         "left_leg_swing": 12, "right_leg_swing": -14}),
    "think": (0.8, 0.5, {"left_arm_swing": 42, "left_arm_twist": -28, "left_elbow": 138, "right_arm_swing": 26,
                         "right_arm_twist": -62, "right_elbow": 96, "head_nod": 10}),
    "hands_to_head": (0.8, 0.7, {"arm_lift": 108, "arm_twist": 66, "elbow": 138, "arm_swing": 10}),
    "hands_behind": (0.8, 0.6, {"arm_swing": -26, "arm_lift": 14, "arm_twist": -70, "elbow": 62}),
    "walk": (2.6, 1.0, {"left_leg_swing": 26, "right_leg_swing": -20, "left_knee": 6, "right_knee": 24,
                        "left_arm_swing": -24, "right_arm_swing": 26, "elbow": 22, "arm_lift": 6, "right_ankle": 14}),
    "run": (2.2, 1.1, {"spine_bend": 12, "left_leg_swing": 62, "left_knee": 82, "right_leg_swing": -24,
                       "right_knee": 48, "left_arm_swing": -42, "right_arm_swing": 48, "elbow": 88, "arm_lift": 12,
                       "right_ankle": 28}),
    "lunge": (1.3, 1.0, {"left_leg_swing": 72, "left_knee": 82, "right_leg_swing": -38, "right_knee": 22,
                         "spine_bend": 14, "arm_lift": 30, "elbow": 40, "right_ankle": 10}),
    "sit": (2.2, 0.8, {"leg_swing": 84, "knee": 86, "leg_lift": 9, "leg_turn": 6, "arm_swing": 26, "elbow": 46,
                       "arm_twist": -18, "spine_bend": 6}),
    "sit_crossed": (1.0, 0.8, {"leg_swing": 86, "leg_lift": 22, "leg_turn": 52, "knee": 122, "arm_swing": 24,
                               "elbow": 50, "arm_twist": -24, "spine_bend": 10}),
    "sit_floor": (0.8, 0.9, {"leg_swing": 88, "knee": 14, "leg_lift": 12, "arm_swing": -34, "elbow": 10,
                             "spine_bend": -12}),
    "hug_knees": (0.5, 0.6, {"leg_swing": 112, "knee": 132, "arm_swing": 62, "arm_twist": -34, "elbow": 62,
                             "spine_bend": 26, "head_nod": 14}),
    "squat": (1.2, 0.9, {"leg_swing": 108, "knee": 132, "leg_lift": 24, "leg_turn": 14, "spine_bend": 26,
                         "arm_swing": 52, "elbow": 42, "ankle": -22}),
    "kneel": (1.2, 0.8, {"leg_swing": 8, "knee": 104, "ankle": 50, "arm_lift": 12, "elbow": 36, "arm_swing": 16}),
    "kneel_one": (1.0, 0.9, {"left_leg_swing": 92, "left_knee": 92, "right_leg_swing": -4, "right_knee": 98,
                             "right_ankle": 30, "arm_swing": 28, "elbow": 52}),
    "seiza": (0.7, 0.6, {"leg_swing": 78, "knee": 150, "ankle": 52, "leg_lift": 8, "arm_swing": 30, "elbow": 34,
                         "arm_twist": -22}),
    "jump": (1.6, 1.3, {"leg_swing": 42, "knee": 82, "leg_lift": 12, "arm_lift": 126, "elbow": 30, "arm_twist": 30,
                        "ankle": 32}),
    "star_jump": (0.8, 1.0, {"leg_lift": 36, "arm_lift": 132, "elbow": 12, "ankle": 30}),
    "kick": (1.2, 1.1, {"left_leg_swing": 92, "left_knee": 10, "left_leg_lift": 14, "right_knee": 12,
                        "spine_bend": -14, "arm_lift": 42, "elbow": 72, "arm_twist": -10}),
    "arabesque": (0.8, 1.0, {"pitch": 32, "left_leg_swing": -78, "right_leg_swing": 30, "arm_lift": 92,
                             "left_ankle": 40, "spine_bend": -24, "elbow": 10}),
    "dance": (1.8, 1.8, {"left_arm_lift": 128, "left_elbow": 52, "left_arm_twist": 30, "right_arm_lift": 62,
                         "right_elbow": 62, "left_leg_lift": 26, "right_knee": 22, "spine_side": 12, "roll": 6}),
    "guard": (1.0, 0.9, {"arm_swing": 52, "elbow": 112, "arm_twist": 0, "arm_lift": 16, "left_leg_swing": 22,
                         "right_leg_swing": -18, "knee": 22, "spine_twist": -20}),
    "swing": (1.0, 1.2, {"left_arm_swing": 112, "right_arm_swing": 96, "arm_twist": -34, "elbow": 46,
                         "spine_twist": 28, "left_leg_swing": 32, "right_leg_swing": -22, "knee": 24}),
    "bow": (0.7, 1.0, {"pitch": 26, "spine_bend": 34, "leg_swing": 24, "arm_swing": 30, "head_nod": 16}),
    "reach_down": (0.7, 1.0, {"pitch": 42, "spine_bend": 46, "leg_swing": 48, "arm_swing": 74, "knee": 16}),
    "crawl": (0.6, 0.9, {"pitch": 84, "leg_swing": 88, "knee": 90, "arm_swing": 84, "head_nod": -38, "ankle": 40}),
    "lie_back": (0.9, 1.2, {"pitch": -88, "arm_lift": 32, "elbow": 36, "leg_lift": 9, "left_knee": 20}),
    "lie_front": (0.6, 1.2, {"pitch": 88, "arm_lift": 96, "arm_twist": 70, "elbow": 82, "leg_lift": 10}),
    "lie_side": (0.7, 1.2, {"roll": 86, "leg_swing": 32, "knee": 46, "arm_swing": 46, "elbow": 62}),
    "handstand": (0.5, 0.9, {"roll": 178, "arm_lift": 172, "elbow": 8, "leg_lift": 16, "leg_swing": 8}),
    "fly": (0.6, 1.3, {"pitch": 58, "arm_lift": 74, "arm_swing": 44, "elbow": 22, "left_knee": 52, "leg_swing": -8,
                       "ankle": 40, "head_nod": -30}),
    "anything": (2.6, 4.0, {"arm_lift": 52, "elbow": 52, "leg_swing": 22, "knee": 36, "leg_lift": 10}),
}  # fmt: skip

POSE_NAMES = tuple(_POSES)
SEATED = frozenset({"sit"})
UPRIGHT = tuple(name for name in _POSES if name in {
    "stand", "contrapposto", "hands_on_hips", "one_hand_on_hip", "arms_crossed", "arms_up", "cheer", "wave", "point",
    "think", "walk", "lunge", "dance", "guard", "swing", "t_pose", "kick", "hands_to_head",
})  # fmt: skip


def _vector(values: Mapping[str, float]) -> Array:
    """Angles in the order of `ANGLES`; a name without its side sets both sides."""
    out = np.zeros(len(ANGLES))
    for name, value in sorted(values.items(), key=lambda item: item[0].startswith(("left_", "right_"))):
        targets = (name,) if name in INDEX else (f"left_{name}", f"right_{name}")
        for target in targets:
            out[INDEX[target]] = value
    return out


def sample_pose(rng: np.random.Generator, name: str | None = None) -> tuple[Array, str]:
    """Draws a pose from the table, varied, mirrored half of the time.

    Returns:
        Degrees in the order of `ANGLES`, and the pose's name.
    """
    name = name or pick_weighted(rng, {key: row[0] for key, row in _POSES.items()})
    _, factor, angles = _POSES[name]
    pose = _vector(angles) + _vector(_SPREAD) * factor * rng.normal(size=len(ANGLES))
    if rng.random() < 0.5:
        pose = mirrored(pose)
    return limit(pose), name


def sample_motion(rng: np.random.Generator, name: str | None = None) -> tuple[Motion, str]:
    """Draws a motion: a gait, a periodic action or a smooth path through poses.

    Args:
        rng: The stream to draw from.
        name: "walk", "run", "dance", "wave", "squat" or "poses"; None picks one.

    Returns:
        A function from seconds to degrees in the order of `ANGLES`, and the motion's name.
    """
    name = name or pick_weighted(rng, {"walk": 3.0, "run": 2.0, "dance": 3.0, "wave": 1.0, "squat": 1.0, "poses": 3.0})
    if name == "poses":
        return _through_poses(rng), name
    manner = _vector(_SPREAD) * 0.5 * rng.normal(size=len(ANGLES))
    rate = float(rng.uniform(0.8, 1.2))
    flip = rng.random() < 0.5
    cycle = _dance(rng) if name == "dance" else _CYCLES[name]

    def motion(seconds: float) -> Array:
        """The cycle in this person's manner."""
        pose = cycle(seconds * rate) + manner
        return limit(mirrored(pose) if flip else pose)

    return motion, name


def _through_poses(rng: np.random.Generator) -> Motion:
    """A closed Catmull-Rom path through a handful of upright poses, about one second from each to the next."""
    keys = np.stack([sample_pose(rng, pick(rng, UPRIGHT))[0] for _ in range(6)])
    beat = float(rng.uniform(0.9, 1.5))

    def motion(seconds: float) -> Array:
        """Catmull-Rom between the four nearest keys."""
        place = seconds / beat
        index = math.floor(place)
        u = place - index
        a, b, c, d = (keys[(index + offset) % len(keys)] for offset in (-1, 0, 1, 2))
        curve = b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
        return limit(curve)

    return motion


def _gait(stride: float, lift: float, arms: float, elbow: float, bend: float, rate: float) -> Motion:
    """Walking or running on the spot: legs and arms swing in opposite phase, knees fold as the leg comes forward."""

    def motion(seconds: float) -> Array:
        """Both sides, half a period apart."""
        phase = 2.0 * math.pi * rate * seconds
        values = {"spine_bend": bend, "spine_twist": 6 * math.sin(phase), "roll": 2 * math.cos(phase)}
        for side, shift in (("left", 0.0), ("right", math.pi)):
            swing = math.sin(phase + shift)
            fold = 0.5 + 0.5 * math.cos(phase + shift - 0.35)
            values[f"{side}_leg_swing"] = stride * swing + 0.3 * lift * fold
            values[f"{side}_knee"] = 6 + lift * fold
            values[f"{side}_ankle"] = 12 * max(-swing, 0.0) ** 2
            values[f"{side}_arm_swing"] = -arms * swing
            values[f"{side}_elbow"] = elbow + 0.3 * arms * -swing
            values[f"{side}_arm_lift"] = 8
        return _vector(values)

    return motion


def _wave(seconds: float) -> Array:
    """Waving with the left hand."""
    beat = math.sin(2.0 * math.pi * 1.4 * seconds)
    return _vector(_POSES["wave"][2] | {"left_elbow": 62 + 22 * beat, "spine_side": 3 * beat, "head_tilt": 4 * beat})


def _squat(seconds: float) -> Array:
    """Bending the knees and rising again, arms forward."""
    depth = 0.5 - 0.5 * math.cos(2.0 * math.pi * 0.6 * seconds)
    return _vector({"leg_swing": 96 * depth, "knee": 112 * depth, "ankle": -18 * depth, "spine_bend": 28 * depth,
                    "arm_swing": 82 * depth, "elbow": 10, "leg_lift": 10, "leg_turn": 12})  # fmt: skip


_CYCLES: dict[str, Motion] = {
    "walk": _gait(stride=24, lift=34, arms=24, elbow=18, bend=3, rate=0.95),
    "run": _gait(stride=40, lift=78, arms=44, elbow=84, bend=12, rate=1.4),
    "wave": _wave,
    "squat": _squat,
}


def _dance(rng: np.random.Generator) -> Motion:
    """A few sinusoids in every joint, all harmonics of one beat."""
    base = _vector(_POSES["anything"][2])
    swing = _vector(_SPREAD) * rng.uniform(0.6, 1.9, size=(2, len(ANGLES)))
    phase = rng.uniform(0.0, 2.0 * np.pi, size=(2, len(ANGLES)))
    beat = 2.0 * np.pi * 0.5

    def motion(seconds: float) -> Array:
        """Base pose plus two harmonics."""
        waves = [swing[k] * np.sin((k + 1) * beat * seconds + phase[k]) / (k + 1) for k in range(2)]
        return np.asarray(base + waves[0] + waves[1])

    return motion
