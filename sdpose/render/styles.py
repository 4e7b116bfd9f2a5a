"""Skeleton styles as tables: which bones and dots, in what colours and sizes, in what order.

A style says everything in which one ControlNet-ready picture differs from another; `drawing` knows no style.
All widths and radii are pixels, all colours are RGB, every keypoint is named as in the skeleton tables.

The three styles share the limbs, their order and the 18 colours of OpenPose (Cao et al., TPAMI 2019) as the
ControlNets were trained on them:

* `dwpose`: the DWPose preprocessor of the ControlNet auxiliary nodes: limbs at 60 % of their colour.
* `xinsr`: the same with limbs that thicken with the canvas, as xinsir's SDXL ControlNet was trained.
* `openpose`: ComfyUI core's pose drawing node: full colours, and nothing but limbs may leave the canvas.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np

__all__ = ["HEAD", "STYLES", "Bone", "Colour", "Dot", "Layer", "Style"]

Colour = tuple[int, int, int]
Bone = tuple[str, str, Colour]
Dot = tuple[str, Colour]


@dataclass(frozen=True)
class Layer:
    """One part of a person and how it is drawn: all bones in order, then all dots in order.

    Attributes:
        part: the skeleton part whose keypoints it draws.
        bones: pairs of keypoints with a colour.
        dots: keypoints with a colour.
        radius: of the dots.
        width: of the bones: half the thickness of a limb, the whole thickness of a line.
        stroke: a `limb` is a filled ellipse from end to end, a `line` a plain one.
        borrows: body keypoints it draws too, provided the part itself shows something.
        inset: True when a point of the first row or column of pixels counts as absent.
    """

    part: str
    bones: tuple[Bone, ...]
    dots: tuple[Dot, ...]
    radius: int
    width: int = 0
    stroke: Literal["limb", "line"] = "limb"
    borrows: tuple[str, ...] = ()
    inset: bool = False


@dataclass(frozen=True)
class Style:
    """A way to draw people.

    Attributes:
        layers: what is drawn for each person, in this order.
        limb_factor: times which limbs thicken on a canvas whose longer side is so many pixels.
        shortest_limb: limbs shorter than this many pixels are left out.
        inside: True when dots and lines are drawn only if they start and end on the canvas.
        fractions: True when a part whose every |x| and |y| is at most 1 is in fractions of the canvas.
        precision: the float type that coordinates are rounded to before they are truncated to pixels.
    """

    layers: tuple[Layer, ...]
    limb_factor: Callable[[int], int] = lambda side: 1
    shortest_limb: float = 0.0
    inside: bool = False
    fractions: bool = False
    precision: type[np.floating[Any]] = np.float64


HEAD = frozenset({"nose", "right_eye", "left_eye", "right_ear", "left_ear"})

_LIMBS = (
    ("neck", "right_shoulder"),
    ("neck", "left_shoulder"),
    ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"),
    ("left_shoulder", "left_elbow"),
    ("left_elbow", "left_wrist"),
    ("neck", "right_hip"),
    ("right_hip", "right_knee"),
    ("right_knee", "right_ankle"),
    ("neck", "left_hip"),
    ("left_hip", "left_knee"),
    ("left_knee", "left_ankle"),
    ("neck", "nose"),
    ("nose", "right_eye"),
    ("right_eye", "right_ear"),
    ("nose", "left_eye"),
    ("left_eye", "left_ear"),
)
_JOINTS = (
    *("nose", "neck"),
    *("right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
)
_FOOT = ("big_toe", "small_toe", "heel")
_FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")
_FACE = tuple(f"face-{i}" for i in range(68))
_EYES = ("right_eye", "left_eye")

_WHITE: Colour = (255, 255, 255)
_BLUE: Colour = (0, 0, 255)
_COLOURS: tuple[Colour, ...] = (
    *((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0)),
    *((0, 255, 0), (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255)),
    *((0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85)),
)


def _rainbow(steps: int, to_int: Callable[[float], int]) -> tuple[Colour, ...]:
    """`steps` pure hues around the colour wheel; the sources differ in how they make them whole numbers."""
    hues = (colorsys.hsv_to_rgb(i / steps, 1.0, 1.0) for i in range(steps))
    return tuple((to_int(r * 255), to_int(g * 255), to_int(b * 255)) for r, g, b in hues)


def _shaded(colour: Colour, shade: float) -> Colour:
    red, green, blue = (int(channel * shade) for channel in colour)
    return red, green, blue


def _body(shade: float) -> Layer:
    bones = tuple((a, b, _shaded(colour, shade)) for (a, b), colour in zip(_LIMBS, _COLOURS, strict=False))
    return Layer("body", bones, tuple(zip(_JOINTS, _COLOURS, strict=True)), radius=4, width=4)


def _feet(shade: float) -> Layer:
    names = [f"{side}_{point}" for side in ("left", "right") for point in _FOOT]
    ankles = [f"{side}_ankle" for side in ("left", "right") for _ in _FOOT]
    dots = tuple(zip(names, _COLOURS, strict=False))
    bones = tuple((ankle, name, _shaded(colour, shade)) for ankle, (name, colour) in zip(ankles, dots, strict=True))
    return Layer("feet", bones, dots, radius=4, width=4, borrows=("left_ankle", "right_ankle"))


def _hand(side: str, to_int: Callable[[float], int]) -> Layer:
    root = f"{side}_hand_root"
    chains = [[root, *(f"{side}_{finger}{joint}" for joint in (1, 2, 3, 4))] for finger in _FINGERS]
    pairs = [pair for chain in chains for pair in pairwise(chain)]
    bones = tuple((a, b, colour) for (a, b), colour in zip(pairs, _rainbow(len(pairs), to_int), strict=True))
    dots = ((root, _BLUE), *((name, _BLUE) for chain in chains for name in chain[1:]))
    return Layer(f"{side}_hand", bones, dots, radius=4, width=2, stroke="line", inset=True)


def _face(eyes: tuple[str, ...] = ()) -> Layer:
    dots = tuple((name, _WHITE) for name in (*_FACE, *eyes))
    return Layer("face", (), dots, radius=3, borrows=eyes, inset=True)


def _xinsr_factor(side: int) -> int:
    """How xinsir/controlnet-openpose-sdxl-1.0 asks for limbs to grow with the canvas."""
    return 1 if side < 500 else min(2 + side // 1000, 7)


# DWPose's face has 70 points: the last two repeat the body's eyes, and are drawn.
_DWPOSE = Style(
    layers=(_body(0.6), _feet(0.6), _hand("left", round), _hand("right", round), _face(_EYES)),
    fractions=True,
)
_OPENPOSE = Style(
    layers=(_body(1.0), _feet(1.0), _hand("right", int), _hand("left", int), _face()),
    shortest_limb=1.0,
    inside=True,
    precision=np.float32,
)

STYLES: Mapping[str, Style] = {
    "dwpose": _DWPOSE,
    "openpose": _OPENPOSE,
    "xinsr": replace(_DWPOSE, limb_factor=_xinsr_factor),
}
