"""Augmentation of one person's crop: geometry in one warp, then colour and damage on the small crop.

The steps and their limits follow the published configuration (mmpose: RandomFlip, RandomHalfBody,
RandomBBoxTransform, TopdownAffine(use_udp), PhotoMetricDistortion, blur, median blur, CoarseDropout), with JPEG,
grey and inverted pictures added because drawn and scanned art comes that way. Every function takes its
generator, and none keeps state.

Points on a crop are in the codec's unit: `input_w` is the centre of the last pixel column (see `boxes`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..boxes import PADDING
from ..poses import FloatArray
from ..topology import Skeleton

__all__ = ["View", "augmented_view", "cut", "damage", "half_body", "mirror"]

Pixels = npt.NDArray[np.uint8]
Rng = np.random.Generator

HALF_BODY_PROBABILITY = 0.2
HALF_BODY_MIN_LABELLED = 9
HALF_BODY_PADDING = 1.5
LOWER_BODY = ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle")


@dataclass(frozen=True)
class View:
    """What a crop looks at.

    Attributes:
        center: (x, y) in picture pixels.
        size: (w, h) of the part of the picture that fills the crop, in picture pixels.
        degrees: how far the picture is turned, counter-clockwise.
    """

    center: FloatArray
    size: FloatArray
    degrees: float = 0.0

    @classmethod
    def of_box(cls, box: FloatArray, input_wh: tuple[int, int], padding: float = PADDING) -> View:
        """The evaluation rule (`Crop.padded`) for a box of x1, y1, x2, y2."""
        width, height = np.maximum(box[2:] - box[:2], 1.0) * padding
        aspect = input_wh[0] / input_wh[1]
        return cls((box[:2] + box[2:]) / 2, np.array([max(width, height * aspect), max(height, width / aspect)]))

    def matrix(self, input_wh: tuple[int, int]) -> FloatArray:
        """(2, 3) UDP affine from picture pixels to pixel indices of the crop (Huang et al., CVPR 2020)."""
        last = np.array(input_wh) - 1.0
        angle = np.deg2rad(self.degrees)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        linear = (last / self.size)[:, None] * turn
        return np.column_stack([linear, last / 2 - linear @ self.center])


def cut(image: Pixels, points: FloatArray, view: View, input_wh: tuple[int, int]) -> tuple[Pixels, FloatArray]:
    """Warp a view out of a picture, and its points with it.

    Args:
        image: uint8 (h, w, 3).
        points: (K, 2) picture pixels.
        view: what to cut.
        input_wh: size of the crop.

    Returns:
        The crop, uint8 (input_h, input_w, 3), black beyond the picture, and its points (K, 2) in codec units.
    """
    matrix = view.matrix(input_wh)
    crop = cv2.warpAffine(image, matrix, input_wh, flags=cv2.INTER_LINEAR)
    indices = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(crop, np.uint8), indices * np.array(input_wh) / (np.array(input_wh) - 1)


def mirror(
    crop: Pixels, points: FloatArray, visibility: npt.NDArray[np.int8], skeleton: Skeleton
) -> tuple[Pixels, FloatArray, npt.NDArray[np.int8]]:
    """Mirror a crop left to right; what was the left hand is now a right hand."""
    swapped = points[list(skeleton.flip_indices)]
    mirrored = np.column_stack([crop.shape[1] - swapped[:, 0], swapped[:, 1]])
    return np.ascontiguousarray(crop[:, ::-1]), mirrored, visibility[list(skeleton.flip_indices)]


def augmented_view(
    rng: Rng, box: FloatArray, points: FloatArray, visibility: npt.NDArray[np.int8], skeleton: Skeleton,
    input_wh: tuple[int, int], strength: float = 1.0,
) -> View:  # fmt: skip
    """A random view of a person: whole or half body, moved, scaled by 0.5 to 1.5 and turned.

    Args:
        rng: generator.
        box: (4,) x1, y1, x2, y2 of the whole person in picture pixels.
        points: (K, 2) picture pixels.
        visibility: (K,) 0 unlabelled, 1 hidden, 2 visible.
        skeleton: what the points are.
        input_wh: size of the crop.
        strength: factor from 0 to 1 on every limit, and on how often the half body is taken.
    """
    half = half_body(rng, points, visibility, skeleton) if rng.random() < HALF_BODY_PROBABILITY * strength else None
    view = View.of_box(box if half is None else half, input_wh, PADDING if half is None else HALF_BODY_PADDING)
    shift = _bell(rng, 2) * 0.16 * strength * view.size if rng.random() < 0.5 else np.zeros(2)
    scale = 1.0 + 0.5 * strength * float(_bell(rng)[0])
    degrees = 60.0 * strength * float(_bell(rng)[0]) if rng.random() < 0.5 else 0.0
    return View(view.center + shift, view.size * scale, degrees)


def half_body(rng: Rng, points: FloatArray, visibility: npt.NDArray[np.int8], skeleton: Skeleton) -> FloatArray | None:
    """Box (4,) around the labelled upper or lower body, or None when too few points are labelled (mmpose's rule)."""
    labelled = visibility > 0
    if labelled.sum() < HALF_BODY_MIN_LABELLED:
        return None
    body = np.zeros(len(skeleton), bool)
    body[list(skeleton.indices("body"))] = True
    lower = np.zeros(len(skeleton), bool)
    lower[[skeleton.index(name) for name in LOWER_BODY]] = True
    halves = [half for half in (labelled & body & ~lower, labelled & body & lower) if half.sum() >= 3]
    if not halves:
        return None
    chosen = points[halves[0] if len(halves) == 1 or rng.random() < 0.7 else halves[1]]
    return np.concatenate([chosen.min(axis=0), chosen.max(axis=0)])


def damage(rng: Rng, crop: Pixels, strength: float = 1.0) -> Pixels:
    """Colour, tone, blur, noise, JPEG and a hole, each at its own probability times `strength`; uint8 (h, w, 3)."""
    for probability, step in _DAMAGES:
        if rng.random() < probability * strength:
            crop = step(rng, crop)
    return crop


def _bell(rng: Rng, count: int = 1) -> FloatArray:
    """Normal numbers cut at +-1 by drawing again, as mmpose's truncnorm(-1, 1); here with deviation 0.5."""
    values = rng.normal(0, 0.5, count)
    while (outside := np.abs(values) > 1).any():
        values[outside] = rng.normal(0, 0.5, int(outside.sum()))
    return values


def _tone(rng: Rng, crop: Pixels) -> Pixels:
    """Brightness, contrast and a gain per channel, as one table look-up."""
    levels = np.arange(256, dtype=np.float64)[:, None]
    levels = (levels - 128) * rng.uniform(0.6, 1.4) + 128 + rng.uniform(-32, 32)
    table = np.clip(levels * rng.uniform(0.85, 1.15, (1, 3)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(crop, table[None]), np.uint8)


def _hue(rng: Rng, crop: Pixels) -> Pixels:
    hsv = cv2.cvtColor(crop, cv2.COLOR_RGB2HSV)
    ramp = np.arange(256, dtype=np.float64)
    hue = (ramp + rng.uniform(-18, 18)) % 180
    saturation = np.clip(ramp * rng.uniform(0.4, 1.6), 0, 255)
    table = np.stack([hue, saturation, ramp], axis=1).astype(np.uint8)
    return np.asarray(cv2.cvtColor(cv2.LUT(hsv, table[None]), cv2.COLOR_HSV2RGB), np.uint8)


def _grey(rng: Rng, crop: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def _channels(rng: Rng, crop: Pixels) -> Pixels:
    return np.ascontiguousarray(crop[:, :, rng.permutation(3)])


def _invert(rng: Rng, crop: Pixels) -> Pixels:
    return 255 - crop


def _blur(rng: Rng, crop: Pixels) -> Pixels:
    if rng.random() < 0.5:
        return np.asarray(cv2.medianBlur(crop, int(rng.choice([3, 5]))), np.uint8)
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.4, 1.4)), np.uint8)


def _noise(rng: Rng, crop: Pixels) -> Pixels:
    noise = rng.standard_normal(crop.shape, np.float32) * np.float32(rng.uniform(2, 14))
    return np.clip(crop + noise, 0, 255).astype(np.uint8)


def _jpeg(rng: Rng, crop: Pixels) -> Pixels:
    _, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _hole(rng: Rng, crop: Pixels) -> Pixels:
    """One rectangle, a fifth to two fifths of each side, filled with one colour: the network has to infer."""
    size = (np.array(crop.shape[:2]) * rng.uniform(0.2, 0.4, 2)).astype(int)
    top, left = (int(rng.integers(0, extent - side + 1)) for extent, side in zip(crop.shape[:2], size, strict=True))
    holed = crop.copy()
    holed[top : top + size[0], left : left + size[1]] = rng.integers(0, 256, 3) if rng.random() < 0.5 else 0
    return holed


_DAMAGES: tuple[tuple[float, Callable[[Rng, Pixels], Pixels]], ...] = (
    (0.5, _tone),
    (0.4, _hue),
    (0.1, _grey),
    (0.1, _channels),
    (0.03, _invert),
    (0.15, _blur),
    (0.15, _noise),
    (0.15, _jpeg),
    (0.2, _hole),
)
