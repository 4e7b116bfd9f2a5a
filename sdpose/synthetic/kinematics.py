"""From joint angles to joint positions: a chain of rotations, solved in camera space."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .anatomy import BodyPlan
from .geometry import Array, rot_x, rot_y, rot_z

_ROOT = ("yaw", "pitch", "roll", "spine_bend", "spine_side", "spine_twist", "head_nod", "head_tilt", "head_turn")
_ARM = ("arm_swing", "arm_lift", "arm_twist", "elbow", "wrist")
_LEG = ("leg_swing", "leg_lift", "leg_turn", "knee", "ankle")

SIDES = ("left", "right")
# Degrees each. swing: forwards; lift: away from the body; twist/turn: outwards about the limb's own axis
# (a bent elbow then points the forearm outwards, or up when the arm is level); elbow and knee: bend.
ANGLES = _ROOT + tuple(f"{side}_{name}" for side in SIDES for name in _ARM + _LEG)
INDEX = {name: index for index, name in enumerate(ANGLES)}


@dataclass(frozen=True)
class Body:
    """A posed figure in camera space: x right, y up, z towards the viewer, in body heights.

    Attributes:
        joints: Position (3,) per joint name: "pelvis", "mid" (the waist), "neck", "head" (where the skull sits
            on the neck) and for each side shoulder, elbow, wrist, hand, hip, knee, ankle, heel, toe.
        frames: Orientation (3, 3) per bone, columns are the bone's own x, y, z: "pelvis", "chest", "head",
            and for each side upper_arm, forearm, hand, thigh, shin, foot.
        down: Where things fall (3,), in camera space.
    """

    joints: dict[str, Array]
    frames: dict[str, Array]
    down: Array


def mirrored(angles: Array) -> Array:
    """The same pose with left and right exchanged."""
    out = angles.copy()
    half = len(_ARM + _LEG)
    out[len(_ROOT) : len(_ROOT) + half] = angles[len(_ROOT) + half :]
    out[len(_ROOT) + half :] = angles[len(_ROOT) : len(_ROOT) + half]
    for name in ("yaw", "roll", "spine_side", "spine_twist", "head_tilt", "head_turn"):
        out[INDEX[name]] = -angles[INDEX[name]]
    return out


def camera(yaw: float, pitch: float, roll: float) -> Array:
    """Camera rotation (3, 3), degrees.

    yaw 0 looks at the subject's front and 90 at its left side; a positive pitch looks from above.
    """
    return rot_z(roll) @ rot_x(pitch) @ rot_y(-yaw)


def solve(plan: BodyPlan, angles: Array, view: Array) -> Body:
    """Places every joint.

    Args:
        plan: Proportions.
        angles: Degrees in the order of `ANGLES`.
        view: Camera rotation (3, 3), from `camera`.

    Returns:
        The body in camera space, the pelvis at the origin.
    """
    a = dict(zip(ANGLES, angles.tolist(), strict=True))
    pelvis = view @ rot_y(a["yaw"]) @ rot_x(a["pitch"]) @ rot_z(a["roll"])
    chest = pelvis @ rot_y(a["spine_twist"]) @ rot_x(a["spine_bend"]) @ rot_z(a["spine_side"])
    turn, nod, tilt = rot_y(a["head_turn"]), rot_x(a["head_nod"]), rot_z(a["head_tilt"])
    head = chest @ turn @ nod @ tilt
    joints = {"pelvis": np.zeros(3), "mid": pelvis[:, 1] * (0.42 * plan.torso)}
    joints["neck"] = joints["mid"] + chest[:, 1] * (0.62 * plan.torso)
    joints["head"] = joints["neck"] + (chest @ rot_x(a["head_nod"] * 0.4))[:, 1] * plan.neck
    frames = {"pelvis": pelvis, "chest": chest, "head": head}
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        limb = {name: a[f"{side}_{name}"] for name in _ARM + _LEG}
        _place_arm(plan, side, sign, limb, joints, frames)
        _place_leg(plan, side, sign, limb, joints, frames)
    return Body(joints, frames, -view[:, 1])


def _place_arm(
    plan: BodyPlan, side: str, sign: float, a: dict[str, float], joints: dict[str, Array], frames: dict[str, Array]
) -> None:
    """Adds one arm to `joints` and `frames`."""
    chest = frames["chest"]
    # A shoulder rises with a raised arm; without this, raised arms look dislocated.
    rise = min(max((max(a["arm_lift"], a["arm_swing"] - 20.0) - 50.0) / 110.0, 0.0), 1.0) * 0.16 * plan.upper_arm
    shoulder = joints["neck"] + chest @ np.array((sign * (plan.shoulder - 0.3 * rise), rise - 0.09 * plan.torso, 0.0))
    upper = chest @ rot_x(-a["arm_swing"]) @ rot_z(sign * a["arm_lift"]) @ rot_y(sign * a["arm_twist"])
    fore = upper @ rot_x(-a["elbow"])
    hand = fore @ rot_x(-a["wrist"])
    joints[f"{side}_shoulder"] = shoulder
    joints[f"{side}_elbow"] = shoulder - upper[:, 1] * plan.upper_arm
    joints[f"{side}_wrist"] = joints[f"{side}_elbow"] - fore[:, 1] * plan.forearm
    joints[f"{side}_hand"] = joints[f"{side}_wrist"] - hand[:, 1] * plan.hand
    frames.update({f"{side}_upper_arm": upper, f"{side}_forearm": fore, f"{side}_hand": hand})


def _place_leg(
    plan: BodyPlan, side: str, sign: float, a: dict[str, float], joints: dict[str, Array], frames: dict[str, Array]
) -> None:
    """Adds one leg to `joints` and `frames`."""
    pelvis = frames["pelvis"]
    hip = joints["pelvis"] + pelvis[:, 0] * (sign * plan.hip)
    thigh = pelvis @ rot_x(-a["leg_swing"]) @ rot_z(sign * a["leg_lift"]) @ rot_y(sign * a["leg_turn"])
    shin = thigh @ rot_x(a["knee"])
    foot = shin @ rot_x(a["ankle"])
    knee = hip - thigh[:, 1] * plan.thigh
    ankle = knee - shin[:, 1] * plan.shin
    joints[f"{side}_hip"], joints[f"{side}_knee"], joints[f"{side}_ankle"] = hip, knee, ankle
    joints[f"{side}_heel"] = ankle - foot[:, 1] * plan.ankle * 0.6 - foot[:, 2] * plan.foot * 0.2
    joints[f"{side}_toe"] = ankle - foot[:, 1] * plan.ankle * 0.75 + foot[:, 2] * plan.foot * 0.66
    frames.update({f"{side}_thigh": thigh, f"{side}_shin": shin, f"{side}_foot": foot})


def limit(angles: Array) -> Array:
    """Keeps hinge joints within what a body can do; degrees in the order of `ANGLES`."""
    out = angles.copy()
    for side in SIDES:
        for name, low, high in (("elbow", 0.0, 150.0), ("knee", 0.0, 155.0), ("ankle", -30.0, 60.0),
                                ("arm_lift", -25.0, 178.0), ("leg_lift", -25.0, 95.0)):  # fmt: skip
            index = INDEX[f"{side}_{name}"]
            out[index] = low + _floor(high - low - _floor(high - float(out[index])))
    return out


def _floor(value: float, ease: float = 4.0) -> float:
    """The positive part, eased over some degrees so that motion through a limit stays smooth."""
    return value if value > 12 * ease else ease * math.log1p(math.exp(value / ease))
