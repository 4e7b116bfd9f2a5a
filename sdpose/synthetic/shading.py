"""Light on painted figures, computed per pixel from the part buffer."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from .painters import MOST_PEOPLE, Image, code

# Parts that share a surface: no shadow falls on the joint between them.
_SURFACES = {"left_forearm": "left_upper_arm", "left_shin": "left_thigh", "right_forearm": "right_upper_arm",
             "right_shin": "right_thigh"}  # fmt: skip


@functools.lru_cache(maxsize=1)
def _surfaces() -> NDArray[np.uint8]:
    """(256,) part buffer value to surface."""
    table = np.arange(256, dtype=np.uint8)
    for person in range(MOST_PEOPLE):
        for part, owner in _SURFACES.items():
            table[code(person, part)] = code(person, owner)
    return table


@functools.lru_cache(maxsize=2)
def _members(part: str) -> NDArray[np.uint8]:
    """(256,) 1 where a part buffer value is the given part of anybody."""
    table = np.zeros(256, np.uint8)
    for person in range(MOST_PEOPLE):
        table[code(person, part)] = 1
    return table


def _looked_up(parts: Image, table: Image) -> Image:
    """The buffer put through a table (256,)."""
    return np.asarray(cv2.LUT(parts, table), np.uint8)


def _shifted(buffer: Image, dx: int, dy: int) -> Image:
    """The buffer as seen from (dx, dy) further on, edges repeated."""
    height, width = buffer.shape
    columns = np.clip(np.arange(width) + dx, 0, width - 1)
    rows = np.clip(np.arange(height) + dy, 0, height - 1)
    return np.asarray(buffer[rows][:, columns])


def cel(image: Image, parts: Image, light: tuple[float, float], scale: float, strength: float) -> None:
    """One hard step of shadow on the side away from the light, and the hair's shadow on the face; in place.

    Args:
        image: (H, W, 3) RGB.
        parts: (H, W) part buffer.
        light: Direction towards the light in the picture, unit length.
        scale: Pixels per body height.
        strength: How dark the shadow is, 0..1.
    """
    reach = max(0.014 * scale, 1.0)
    away = round(-light[0] * reach), round(-light[1] * reach)
    surfaces = _looked_up(parts, _surfaces())
    shadow = (surfaces != _shifted(surfaces, *away)) & (parts > 0)
    drop = max(round(0.012 * scale), 1)
    hair = _shifted(_looked_up(parts, _members("hair")), round(light[0] * drop), -drop)
    shadow |= (hair & _looked_up(parts, _members("head"))) > 0
    soft = cv2.blur(shadow.astype(np.uint8) * np.uint8(255), (2, 2))
    tint = np.array((0.95, 1.05, 0.85)) * strength
    _darken(image, soft, tint)


def _darken(image: Image, mask: Image, amount: NDArray[np.float64]) -> None:
    """Multiplies by 1 - amount * mask / 255 per channel, in place."""
    for channel in range(3):
        factor = cv2.LUT(mask, (255 - np.arange(256) * amount[channel]).clip(0, 255).astype(np.uint8))
        image[..., channel] = cv2.multiply(image[..., channel], factor, scale=1 / 255)


def soft(image: Image, parts: Image, light: tuple[float, float], scale: float, strength: float) -> None:
    """Rounds every surface: heights from the distance to its edge, lit from one side; in place.

    Args:
        image: (H, W, 3) RGB.
        parts: (H, W) part buffer.
        light: Direction towards the light in the picture, unit length.
        scale: Pixels per body height.
        strength: Contrast of the shading, about 0..1.
    """
    surfaces = _looked_up(parts, _surfaces())
    inner = np.ones(parts.shape, np.uint8)
    inner[:, 1:] &= surfaces[:, 1:] == surfaces[:, :-1]
    inner[1:] &= surfaces[1:] == surfaces[:-1]
    radius = max(0.075 * scale, 2.0)
    distance = np.minimum(cv2.distanceTransform(inner, cv2.DIST_L2, 3), radius) / radius
    height = np.sqrt(distance * (2.0 - distance))
    blur = max(round(0.012 * scale) | 1, 3)
    height = cv2.blur(height, (blur, blur))
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3)
    # Uphill away from the light is the lit side of a bump.
    lit = (slope_x * -light[0] + slope_y * -light[1]) * (radius / 8.0)
    lit = np.clip(lit, -1.0, 1.0) * strength + (height - 1.0) * (0.25 * strength)
    lit[parts == 0] = 0.0
    gain = np.clip((1.0 + lit) * 128.0, 0, 255).astype(np.uint8)
    cv2.multiply(image, cv2.merge((gain, gain, gain)), dst=image, scale=1 / 128)
