"""What belongs to a region of the body, and how large things are that keypoints do not outline.

Keypoints sit on joints. How far the body reaches around and beyond them is taken from the proportions of an ordinary
adult, in torso lengths (shoulder to the opposite hip) or head heights (chin to crown). Drawn people differ; a margin
or some growth makes up for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import BadOption
from ..topology import get

__all__ = [
    "BEYOND",
    "ENDS",
    "FACE_NAMES",
    "FACE_RADIUS",
    "FLESH",
    "FOREHEAD",
    "HEAD_CENTRE",
    "HEAD_LENGTHS",
    "HEAD_PER_TORSO",
    "HEAD_RADIUS",
    "REGIONS",
    "SHAPES",
    "TRUNK",
    "Beyond",
    "End",
    "Region",
    "region_of",
    "shape_of",
]

SHAPES = ("hull", "limbs")
"""How a region is filled: everything within its outermost points, or along its bones."""

_WHOLE = get("openpose134")
_HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head_top")
FACE_NAMES = _WHOLE.parts["face"]
TRUNK = ("neck", "left_shoulder", "right_shoulder", "right_hip", "left_hip")

FLESH = {
    "neck": 0.11,
    "shoulder": 0.13,
    "elbow": 0.08,
    "wrist": 0.06,
    "hip": 0.17,
    "knee": 0.11,
    "ankle": 0.08,
    "toe": 0.04,
    "heel": 0.05,
    "hand": 0.02,
    "head": 0.04,
    "face": 0.0,
}
"""How far the body reaches around a keypoint, in torso lengths."""

HEAD_LENGTHS = (
    {("left_ear", "right_ear"): 0.66, ("left_ear", "nose"): 0.63, ("right_ear", "nose"): 0.63},
    {("left_ear", "left_eye"): 0.44, ("right_ear", "right_eye"): 0.44, ("head_top", "nose"): 0.66},
    {("left_eye", "right_eye"): 0.28, ("left_eye", "nose"): 0.27, ("right_eye", "nose"): 0.27},
)
"""How far apart two points of a head are in space, in head heights: those first that noise changes least."""

HEAD_PER_TORSO = 0.42
"""Head height in torso lengths, at least: from behind, often only one point of a head is seen, or two close ones."""

HEAD_CENTRE = {"nose": 0.5, "head_top": 0.5, "left_eye": 1.0, "right_eye": 1.0, "left_ear": 2.0, "right_ear": 2.0}
"""How much each point counts for the middle of the head: from the side, it is near the ear."""

HEAD_RADIUS = 0.6
FACE_RADIUS = 0.4
"""Of the discs that hold a head with its hair, and a face from chin to hairline; in head heights."""

FOREHEAD = 0.5
"""How far the hairline is beyond the brows, in distances from the chin to the bridge of the nose."""


@dataclass(frozen=True)
class End:
    """A part with keypoints of its own in whole-body skeletons.

    Attributes:
        names: its keypoints.
        least: so many of them have to be seen to go by them.
        joint: the body's keypoint that it hangs on, which counts as part of it; None if there is none.
    """

    names: tuple[str, ...]
    least: int
    joint: str | None = None


@dataclass(frozen=True)
class Beyond:
    """Where a hand or foot is when none of its own keypoints is seen: a disc beyond the joint that it hangs on.

    The bone's length is that of the bone before the joint, or nine tenths of the one before that, whichever looks
    longer: the first may point at the viewer. That rule, and the hand's centre, are OpenPose's (Simon et al., CVPR
    2017; `handDetector.cpp`), whose boxes leave a network more room.

    Attributes:
        joint: wrist or ankle.
        bone: elbow or knee.
        root: shoulder or hip.
        shift: how far beyond the joint the middle is, in lengths of the bone as it is seen.
        radius: in bone lengths.
    """

    joint: str
    bone: str
    root: str
    shift: float
    radius: float


def _hand(side: str) -> End:
    return End(_WHOLE.parts[f"{side}_hand"], least=5, joint=f"{side}_wrist")


def _foot(side: str) -> End:
    return End(tuple(name for name in _WHOLE.parts["feet"] if name.startswith(side)), least=2, joint=f"{side}_ankle")


ENDS = {
    "head": End(_HEAD, least=1),
    "face": End(FACE_NAMES, least=17),
    "left_hand": _hand("left"),
    "right_hand": _hand("right"),
    "left_foot": _foot("left"),
    "right_foot": _foot("right"),
}

BEYOND = {
    f"{side}_{end}": Beyond(f"{side}_{joint}", f"{side}_{bone}", f"{side}_{root}", shift, radius)
    for side in ("left", "right")
    for end, joint, bone, root, shift, radius in (
        ("hand", "wrist", "elbow", "shoulder", 0.33, 0.45),
        ("foot", "ankle", "knee", "hip", 0.1, 0.4),
    )
}


@dataclass(frozen=True)
class Region:
    """What can be asked for.

    Attributes:
        body: the body's keypoints that belong to it, if it is more than ends; three of them have to be seen.
        ends: names of the `ENDS` that belong to it.
    """

    body: tuple[str, ...]
    ends: tuple[str, ...]


_HANDS = ("left_hand", "right_hand")
_FEET = ("left_foot", "right_foot")
_BODY = (*_WHOLE.parts["body"], "head_top")
_LOWER = {f"{side}_{joint}" for side in ("left", "right") for joint in ("knee", "ankle")}

REGIONS = {
    "person": Region(_BODY, ("head", *_HANDS, *_FEET)),
    "upper_body": Region(tuple(name for name in _BODY if name not in _LOWER), ("head", *_HANDS)),
    "head": Region((), ("head",)),
    "face": Region((), ("face",)),
    "hands": Region((), _HANDS),
    "left_hand": Region((), ("left_hand",)),
    "right_hand": Region((), ("right_hand",)),
    "feet": Region((), _FEET),
    "left_foot": Region((), ("left_foot",)),
    "right_foot": Region((), ("right_foot",)),
}


def region_of(name: str) -> Region:
    """The region of that name. Raises BadOption when there is none."""
    if name not in REGIONS:
        raise BadOption(f"a region is one of {', '.join(REGIONS)}; got {name!r}")
    return REGIONS[name]


def shape_of(name: str) -> str:
    """The name of a shape, checked. Raises BadOption when there is none."""
    if name not in SHAPES:
        raise BadOption(f"a shape is one of {', '.join(SHAPES)}; got {name!r}")
    return name
