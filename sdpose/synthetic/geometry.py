"""Small geometry: rotations in body space and smooth outlines in picture space.

Body space is right-handed and measured in body heights: x to the subject's left, y up, z the way the
subject faces. Picture space is measured in pixels, x right and y down.
"""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rot_x(degrees: float) -> Array:
    """Rotation about x; positive angles carry y (up) towards z (the front)."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array(((1.0, 0.0, 0.0), (0.0, c, -s), (0.0, s, c)))


def rot_y(degrees: float) -> Array:
    """Rotation about y; positive angles carry z (the front) towards x (the subject's left)."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array(((c, 0.0, s), (0.0, 1.0, 0.0), (-s, 0.0, c)))


def rot_z(degrees: float) -> Array:
    """Rotation about z; positive angles carry x (the subject's left) towards y (up)."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array(((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0)))


_SIDE = 7  # samples along each side of a limb
_CAP = 5  # samples on each round end


@functools.lru_cache(maxsize=1)
def _limb_template() -> tuple[Array, Array, Array, Array]:
    """Where each outline vertex sits: (t along, sign across, bulge past the start, past the end)."""
    t = np.linspace(0.0, 1.0, _SIDE)
    angle = np.linspace(0.0, np.pi, _CAP + 2)[1:-1]
    none = np.zeros(_SIDE)
    along = np.concatenate((t, np.ones(_CAP), t[::-1], np.zeros(_CAP)))
    across = np.concatenate((none + 1, np.cos(angle), none - 1, -np.cos(angle)))
    start = np.concatenate((none, np.zeros(_CAP), none, -np.sin(angle)))
    end = np.concatenate((none, np.sin(angle), none, np.zeros(_CAP)))
    return along, across, start, end


def limb_outline(
    a: Array,
    b: Array,
    knots: tuple[tuple[float, float], ...],
    scale: float,
    span: tuple[float, float] = (0.0, 1.0),
    caps: tuple[float, float] = (1.0, 1.0),
) -> Array:
    """Outline of a tapered limb.

    Args:
        a: Start (2,), pixels.
        b: End (2,), pixels.
        knots: Radius profile as (t, radius), t in 0..1 from start to end.
        scale: Pixels per unit of radius.
        span: The part of the limb to outline, as t.
        caps: Roundness of both ends: 1 is a half circle, 0 is cut straight.

    Returns:
        (n, 2) pixels; the first half of the vertices is one side, from start to end.
    """
    t, bulge, across = _limb_shape(knots, span, caps)
    ax, ay = float(a[0]), float(a[1])
    dx, dy = float(b[0]) - ax, float(b[1]) - ay
    length = math.hypot(dx, dy)
    ux, uy = (dx / length, dy / length) if length > 1e-6 else (0.0, 1.0)
    forward = t * length + bulge * scale
    out = np.empty((len(t), 2))
    out[:, 0] = forward * ux - across * (uy * scale) + ax
    out[:, 1] = forward * uy + across * (ux * scale) + ay
    return out


@functools.lru_cache(maxsize=4096)
def _limb_shape(
    knots: tuple[tuple[float, float], ...], span: tuple[float, float], caps: tuple[float, float]
) -> tuple[Array, Array, Array]:
    """A limb's outline before it is placed: (t along, bulge of the caps, signed half width), in units of radius."""
    along, across, start, end = _limb_template()
    t = span[0] + along * (span[1] - span[0])
    radius = np.interp(t, [k[0] for k in knots], [k[1] for k in knots])
    return t, radius * (start * caps[0] + end * caps[1]), across * radius


def ellipsoid_outline(centre: Array, axes: Array, count: int = 32) -> Array:
    """Silhouette of an ellipsoid seen along z.

    Args:
        centre: (2,) pixels.
        axes: (3, 2) the half axes as projected vectors, pixels.
        count: Vertices.

    Returns:
        (count, 2) pixels.
    """
    reach = _circle(count) @ axes.T
    return np.asarray(centre + (reach @ axes) / np.maximum(np.linalg.norm(reach, axis=1, keepdims=True), 1e-9))


@functools.lru_cache(maxsize=16)
def _circle(count: int) -> Array:
    """(count, 2) unit directions."""
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    return np.stack((np.cos(angle), np.sin(angle)), axis=1)


def disc(centre: Array, radius: float, count: int = 0) -> Array:
    """Outline (count, 2) of a disc; centre and radius in pixels; by default as fine as the radius asks for."""
    count = count or min(max(int(radius), 12), 40)
    return np.asarray(centre + _circle(count) * radius)


@functools.lru_cache(maxsize=128)
def _spline(count: int, per: int, closed: bool) -> Array:
    """Catmull-Rom weights (m, count): samples of a curve through `count` points."""
    spans = count if closed else count - 1
    t = np.arange(spans * per + (0 if closed else 1)) / per
    index = np.minimum(t.astype(int), spans - 1)
    u = t - index
    basis = (
        -0.5 * u + u**2 - 0.5 * u**3,
        1 - 2.5 * u**2 + 1.5 * u**3,
        0.5 * u + 2 * u**2 - 1.5 * u**3,
        -0.5 * u**2 + 0.5 * u**3,
    )
    weights = np.zeros((len(t), count))
    for offset, values in zip((-1, 0, 1, 2), basis, strict=True):
        column = index + offset
        column = column % count if closed else np.clip(column, 0, count - 1)
        np.add.at(weights, (np.arange(len(t)), column), values)
    return weights


def smooth(points: Array, closed: bool = True, per: int = 4) -> Array:
    """A smooth curve through (n, d) points, `per` samples for each span (Catmull-Rom)."""
    return np.asarray(_spline(len(points), per, closed) @ points)


def hull(*groups: Array) -> Array:
    """Convex hull (n, 2) of several point groups, pixels."""
    points = np.concatenate(groups).astype(np.float32)
    return np.asarray(cv2.convexHull(points)[:, 0], dtype=np.float64)


def grown(points: Array, width: float) -> Array:
    """The outline (n, 2) moved outwards by `width` pixels, whichever way round it runs."""
    after, before = _neighbours(len(points))
    tangent = points[after] - points[before]
    dx, dy = tangent[:, 0], tangent[:, 1]
    area = float(points[:, 0] @ dy - points[:, 1] @ dx)
    step = (width if area >= 0 else -width) / np.maximum(np.sqrt(dx * dx + dy * dy), 1e-6)
    out = np.empty_like(points)
    out[:, 0] = points[:, 0] + dy * step
    out[:, 1] = points[:, 1] - dx * step
    return out


@functools.lru_cache(maxsize=256)
def _neighbours(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the next and the previous vertex of a closed outline."""
    index = np.arange(count)
    return (index + 1) % count, (index - 1) % count


def ribbon(path: Array, radii: Array) -> Array:
    """Outline (2n, 2) of a strand that follows `path` (n, 2) with half widths `radii` (n,), pixels."""
    tangent = np.gradient(path, axis=0)
    normal = np.stack((-tangent[:, 1], tangent[:, 0]), axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    offset = normal * np.asarray(radii)[:, None]
    return np.concatenate((path + offset, (path - offset)[::-1]))
