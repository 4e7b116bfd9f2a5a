"""From poses to a skeleton picture, in any of the styles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import BadImage, BadOption
from ..media import blank
from ..poses import Poses
from ..topology import get
from .styles import HEAD, STYLES, Colour, Layer, Style

__all__ = ["Image", "Threshold", "draw", "overlay"]

Image = npt.NDArray[np.uint8]
Threshold = float | Mapping[str, float]
_Point = npt.NDArray[np.floating[Any]]
_Points = dict[str, _Point]

# Skeleton part -> the switch and the threshold that it answers to.
_SWITCHES = {"body": "body", "feet": "feet", "left_hand": "hands", "right_hand": "hands", "face": "face"}
_FEET = {None: "off", False: "off", True: "dots", "off": "off", "dots": "dots", "bones": "bones"}
_THRESHOLD = 0.3
# The styles' widths and radii are meant for a picture whose shorter side has so many pixels.
_NATIVE_SIDE = 512
# OpenCV takes no thicker lines.
_THICKEST = 32767
# OpenCV counts in 32-bit fixed point; a keypoint so many pixels away is a fault, not a pose.
_FAR = 2.0**20


def draw(
    poses: Poses,
    style: str = "dwpose",
    canvas_wh: tuple[int, int] | None = None,
    threshold: Threshold = _THRESHOLD,
    *,
    body: bool = True,
    head: bool | None = None,
    feet: bool | str | None = None,
    hands: bool = True,
    face: bool = True,
    stick_width: int | None = None,
    face_point_size: int | None = None,
    scale: float | str = 1.0,
) -> Image:
    """Draw one frame's people as a skeleton on black, ready for a ControlNet.

    Args:
        poses: the people, in any skeleton; one with a face, feet or hands gets them drawn.
        style: one of `STYLES`: "dwpose", "openpose" (ComfyUI core's) or "xinsr".
        canvas_wh: width and height of the picture; by default the poses' own canvas. Points are re-projected,
            so lines stay crisp and as wide as the style wants them.
        threshold: keypoints with a lower score are left out; one number for all, or one per part
            ("body", "feet", "hands", "face"; 0.3 for those not named). Absent points, of score 0 or less, never
            show.
        body: draw the trunk and the limbs.
        head: draw nose, eyes, ears and the limb from neck to nose; by default together with the body.
        feet: False or "off", True or "dots", or "bones" from the ankles too.
        hands: draw the hands.
        face: draw the face's landmarks.
        stick_width: half the thickness of a limb in pixels, instead of the style's.
        face_point_size: radius of the face's dots in pixels, instead of the style's.
        scale: makes everything so many times thicker; "auto" looks as if drawn with a shorter side of 512 pixels
            and then enlarged to the canvas.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        BadOption: a style, part, feet mode, size or scale that does not exist.
    """
    canvas = blank(poses.canvas_wh if canvas_wh is None else canvas_wh, 3)
    height, width = canvas.shape[:2]
    look = _shown(_style(style), body, body if head is None else head, _feet(feet), hands, face)
    sizes = _size("stick_width", stick_width), _size("face_point_size", face_point_size)
    look = _sized(look, *sizes, _scale(scale, (width, height)), longer_side=max(width, height))
    for person in _people(poses, _thresholds(threshold)):
        for layer in look.layers:
            _paint(canvas, look, layer, _project(layer, person, look, poses.canvas_wh, (width, height)))
    return canvas


def overlay(image: Image, skeleton: Image | Poses, opacity: float = 0.6, **options: Any) -> Image:
    """Lay a skeleton over the picture that it came from; the picture stays as it is where no skeleton is.

    Args:
        image: (H, W, 3) uint8 RGB.
        skeleton: (H, W, 3) uint8 RGB as `draw` returns it, or poses to be drawn at the picture's size.
        opacity: 0 (picture only) to 1 (skeleton only) where the skeleton is.
        options: passed on to `draw` when `skeleton` is poses.

    Returns:
        (H, W, 3) uint8 RGB, a new array.

    Raises:
        BadImage: the two are not RGB pictures of one size.
        BadOption: opacity is outside 0 to 1.
    """
    if not 0 <= opacity <= 1:
        raise BadOption(f"opacity is a number from 0 to 1; got {opacity!r}")
    _check_rgb8("picture", image)
    if isinstance(skeleton, Poses):
        skeleton = draw(skeleton, canvas_wh=(image.shape[1], image.shape[0]), **options)
    _check_rgb8("skeleton", skeleton)
    if image.shape != skeleton.shape:
        raise BadImage(
            f"picture and skeleton must have one size; got {image.shape} and {skeleton.shape}; "
            "draw the skeleton with canvas_wh set to the picture's width and height"
        )
    blend = cv2.addWeighted(image, 1 - opacity, skeleton, opacity, 0)
    black = cv2.inRange(skeleton, (0, 0, 0), (0, 0, 0))
    return np.asarray(cv2.copyTo(image, black, blend), np.uint8)


# What was asked, checked.


def _check_rgb8(name: str, picture: Image) -> None:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise BadImage(f"the {name} must be (H, W, 3) uint8 RGB; got {picture.shape} {picture.dtype}")


def _style(name: str) -> Style:
    if name not in STYLES:
        raise BadOption(f"a style is one of {', '.join(STYLES)}; got {name!r}")
    return STYLES[name]


def _feet(mode: bool | str | None) -> str:
    if mode not in _FEET:
        raise BadOption(f"feet are off, dots or bones; got {mode!r}")
    return _FEET[mode]


def _scale(scale: float | str, canvas_wh: tuple[int, int]) -> float:
    factor = min(canvas_wh) / _NATIVE_SIDE if scale == "auto" else scale
    if isinstance(factor, str) or not 0 < factor < math.inf:
        raise BadOption(f'scale is a number above 0 or "auto"; got {scale!r}')
    return factor


def _size(name: str, pixels: int | None) -> int | None:
    if pixels is not None and pixels < 1:
        raise BadOption(f"{name} is at least 1 pixel; got {pixels}")
    return pixels


def _thresholds(threshold: Threshold) -> dict[str, float]:
    """One threshold for each of body, feet, hands and face."""
    switches = dict.fromkeys(_SWITCHES.values(), _THRESHOLD)
    given = threshold if isinstance(threshold, Mapping) else dict.fromkeys(switches, threshold)
    if unknown := [part for part in given if part not in switches]:
        raise BadOption(f"thresholds are for {', '.join(switches)}; got one for {', '.join(unknown)}")
    return switches | {part: float(value) for part, value in given.items()}


# A style, changed to what was asked.


def _shown(style: Style, body: bool, head: bool, feet: str, hands: bool, face: bool) -> Style:
    """The style with only the parts that are to be shown."""
    switches = {"body": body or head, "feet": feet != "off", "hands": hands, "face": face}
    layers = [layer for layer in style.layers if switches[_SWITCHES[layer.part]]]
    for i, layer in enumerate(layers):
        if layer.part == "body":
            layers[i] = _body_shown(layer, body, head)
        elif layer.part == "feet" and feet == "dots":
            layers[i] = replace(layer, bones=())
    return replace(style, layers=tuple(layers))


def _body_shown(layer: Layer, body: bool, head: bool) -> Layer:
    """The body's layer with or without the head; the neck's dot belongs to both."""

    def shown(*names: str) -> bool:
        return head if HEAD.intersection(names) else body

    bones = tuple((a, b, colour) for a, b, colour in layer.bones if shown(a, b))
    dots = tuple((name, colour) for name, colour in layer.dots if shown(name) or (head and name == "neck"))
    return replace(layer, bones=bones, dots=dots)


def _sized(style: Style, stick: int | None, face_point: int | None, scale: float, longer_side: int) -> Style:
    """The style with limbs and face dots of these sizes, and then everything so many times thicker."""

    def times(size: float) -> int:
        return min(max(1, round(size * scale)), _THICKEST)

    def sized(layer: Layer) -> Layer:
        width, radius = layer.width, layer.radius
        if layer.stroke == "limb":
            width = (stick or width) * style.limb_factor(longer_side)
        if layer.part == "face":
            radius = face_point or radius
        return replace(layer, width=times(width), radius=times(radius))

    return replace(style, layers=tuple(sized(layer) for layer in style.layers))


# Drawing.


def _people(poses: Poses, thresholds: Mapping[str, float]) -> Iterator[dict[str, _Points]]:
    """Each person as part -> keypoint -> point on the poses' canvas, without those under their threshold."""
    whole = poses.to(get("openpose134"))
    for points, scores in zip(whole.points, whole.scores, strict=True):
        yield {
            part: {
                name: points[k]
                for name, k in zip(names, whole.skeleton.indices(part), strict=True)
                if scores[k] > 0 and scores[k] >= thresholds[_SWITCHES[part]]
            }
            for part, names in whole.skeleton.parts.items()
        }


def _project(
    layer: Layer,
    person: Mapping[str, _Points],
    style: Style,
    from_wh: tuple[int, int],
    to_wh: tuple[int, int],
) -> _Points:
    """What the layer may draw of a person, in pixels of the picture."""
    visible = person[layer.part]
    if not visible:
        return {}
    visible = visible | {name: person["body"][name] for name in layer.borrows if name in person["body"]}
    points = np.array(list(visible.values()))
    if style.fractions and (np.abs(points) <= 1).all():
        points = points * from_wh
    points = points * np.divide(to_wh, from_wh)
    near = (np.abs(points) < _FAR).all(axis=1)
    names = [name for name, kept in zip(visible, near, strict=True) if kept]
    return dict(zip(names, points[near].astype(style.precision), strict=True))


def _paint(canvas: Image, style: Style, layer: Layer, points: _Points) -> None:
    """Draw one layer of one person: limbs between points, lines and dots between and on whole pixels."""
    pixels = {name: (int(x), int(y)) for name, (x, y) in points.items()}
    pixels = {name: xy for name, xy in pixels.items() if _may_draw(canvas, style, layer, *xy)}
    for a, b, colour in layer.bones:
        if layer.stroke == "limb" and a in points and b in points:
            _paint_limb(canvas, points[a], points[b], colour, layer.width, style.shortest_limb)
        elif layer.stroke == "line" and a in pixels and b in pixels:
            cv2.line(canvas, pixels[a], pixels[b], colour, layer.width)
    for name, colour in layer.dots:
        if name in pixels:
            cv2.circle(canvas, pixels[name], layer.radius, colour, cv2.FILLED)


def _may_draw(canvas: Image, style: Style, layer: Layer, x: int, y: int) -> bool:
    """Whether the style lets a line start, or a dot lie, on this pixel."""
    height, width = canvas.shape[:2]
    if layer.inset and (x < 1 or y < 1):
        return False
    return not style.inside or (0 <= x < width and 0 <= y < height)


def _paint_limb(canvas: Image, a: _Point, b: _Point, colour: Colour, width: int, shortest: float) -> None:
    """A filled ellipse from `a` to `b`, its centre, half length and angle truncated to whole numbers."""
    (ax, ay), (bx, by) = a, b
    length = math.sqrt((ax - bx) ** 2 + (ay - by) ** 2)
    if length < shortest:
        return
    centre = int((ax + bx) / 2), int((ay + by) / 2)
    angle = int(math.degrees(math.atan2(ay - by, ax - bx)))
    outline = np.array(cv2.ellipse2Poly(centre, (int(length / 2), width), angle, 0, 360, 1))
    cv2.fillConvexPoly(canvas, outline, colour)
