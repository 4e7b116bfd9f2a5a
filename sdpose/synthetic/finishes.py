"""What happens to a whole picture after painting: media (brush, paper, film) and the way to the viewer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .painters import Image, line

Floats = NDArray[np.float32]


def clouds(rng: np.random.Generator, size_wh: tuple[int, int], cell: float) -> Floats:
    """Smooth noise (H, W), mean 0, deviation about 1; `cell` is the size of its blobs in pixels."""
    width, height = size_wh
    grid = rng.standard_normal((max(int(height / cell), 1) + 2, max(int(width / cell), 1) + 2), dtype=np.float32)
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def out_of_focus(image: Image, deviation: float) -> Image:
    """A picture (H, W) or (H, W, 3) blurred by nearly a Gaussian, at the same cost for any deviation in pixels."""
    # Two boxes of this many pixels have a variance of (side^2 - 1) / 6.
    side = 2 * round((math.sqrt(6.0 * deviation**2 + 1.0) - 1.0) / 2.0) + 1
    return np.asarray(cv2.blur(cv2.blur(image, (side, side)), (side, side)))


def finish(image: Image, name: str, rng: np.random.Generator, scale: float) -> Image:
    """Applies a look's own finish.

    Args:
        image: (H, W, 3) RGB.
        name: `Look.finish`.
        rng: The pixel stream.
        scale: Pixels per body height, for the size of strokes.
    """
    return {"none": _none, "brush": _brush, "grey": _grey, "paper": _paper, "photo": _photo, "bleed": _bleed}[name](
        image, rng, scale
    )


def _none(image: Image, rng: np.random.Generator, scale: float) -> Image:
    """Nothing."""
    return image


def _grey(image: Image, rng: np.random.Generator, scale: float) -> Image:
    """Black and white; sometimes the mid tones become a dot screen."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if rng.random() < 0.22:
        pitch = max(scale / 90.0, 2.6)
        y, x = np.ogrid[: grey.shape[0], : grey.shape[1]]
        wave = np.cos((x + y) * (np.pi / pitch)) + np.cos((x - y) * (np.pi / pitch))
        screen = np.clip(150 + 60 * wave, 20, 250)
        dots = np.where(grey > screen, 255, np.maximum(grey, 60)).astype(np.uint8)
        grey = np.where((grey > 70) & (grey < 205), dots, grey)
    return np.asarray(cv2.merge((grey, grey, grey)))


def _warped(image: Image, rng: np.random.Generator, reach: float, cell: float) -> Image:
    """The picture with a small smooth displacement of `reach` pixels."""
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    map_x = x + clouds(rng, (width, height), cell) * np.float32(reach)
    map_y = y + clouds(rng, (width, height), cell) * np.float32(reach)
    return np.asarray(cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))


def _brush(image: Image, rng: np.random.Generator, scale: float) -> Image:
    """Oil: edges wander, then short strokes along them in the colours that lie there."""
    height, width = image.shape[:2]
    cell = max(scale / 60.0, 2.0)
    out = cv2.medianBlur(_warped(image, rng, cell * 0.35, cell * 2.5), 3 if cell < 4 else 5)
    small = cv2.resize(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (5, 5), 0)
    gx, gy = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    count = min(int(width * height / (cell * cell * 9.0)), 700)
    xs, ys = rng.integers(0, width, count), rng.integers(0, height, count)
    rows, columns = np.minimum(ys // 4, gx.shape[0] - 1), np.minimum(xs // 4, gx.shape[1] - 1)
    angle = np.arctan2(gy[rows, columns], gx[rows, columns]) + np.pi / 2 + rng.normal(0, 0.35, count)
    length = cell * rng.uniform(0.8, 2.2, count)
    delta = np.stack((np.cos(angle), np.sin(angle)), axis=1) * length[:, None]
    middle = np.stack((xs, ys), axis=1).astype(np.float64)
    colours = np.clip(out[ys, xs] + rng.normal(0, 9, (count, 1)), 0, 255).astype(int).tolist()
    for start, end, colour in zip(middle - delta, middle + delta, colours, strict=True):
        line(out, np.stack((start, end)), tuple(colour), cell * 0.55)
    return np.asarray(out)


def _paper(image: Image, rng: np.random.Generator, scale: float) -> Image:
    """Grain of paper, and pencil grey instead of black."""
    height, width = image.shape[:2]
    grain = clouds(rng, (width, height), 2.0) * 5.0 + clouds(rng, (width, height), 40.0) * 4.0
    lift = float(rng.uniform(0, 40))
    lifted = image.astype(np.float32) * ((255.0 - lift) / 255.0) + lift
    return np.asarray(np.clip(lifted + grain[..., None], 0, 255).astype(np.uint8))


def _photo(image: Image, rng: np.random.Generator, scale: float) -> Image:
    """Lens softness, uneven skin and cloth, vignette."""
    height, width = image.shape[:2]
    texture = 1.0 + 0.035 * clouds(rng, (width, height), 3.0) + 0.06 * clouds(rng, (width, height), max(width / 6, 4))
    x = np.linspace(-1, 1, width, dtype=np.float32)[None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    texture *= 1.0 - np.float32(rng.uniform(0, 0.22)) * (x * x + y * y)
    gain = np.clip(texture * 128.0, 0, 255).astype(np.uint8)
    out = cv2.multiply(image, cv2.merge((gain, gain, gain)), scale=1 / 128)
    sigma = max(float(rng.uniform(0.002, 0.005)) * scale, 0.5)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), min(sigma, 3.0)))


def _bleed(image: Image, rng: np.random.Generator, scale: float) -> Image:
    """Watercolour: edges creep, pigment gathers in blotches, paper shows through."""
    height, width = image.shape[:2]
    cell = max(scale / 30.0, 3.0)
    out = _warped(image, rng, cell * 0.16, cell * 2.0)
    wet = cv2.medianBlur(out, 5)
    mixed = cv2.addWeighted(out, 0.5, wet, 0.5, 0)
    blotch = clouds(rng, (width, height), cell * 3.0) * 10.0 + clouds(rng, (width, height), 2.0) * 4.0
    return np.asarray(np.clip(mixed.astype(np.float32) + blotch[..., None], 0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Development:
    """The way from the page to the viewer; each step may be missing.

    Attributes:
        tones: (1, 256, 3) uint8 table of brightness, contrast, gamma and colour cast, or None.
        blur: Gaussian deviation in pixels; 0 for none.
        noise: Deviation of sensor noise, 0..255 scale; 0 for none.
        coloured: Whether the noise differs between channels.
        quality: JPEG quality 1..100; 0 for none.
    """

    tones: NDArray[np.uint8] | None
    blur: float
    noise: float
    coloured: bool
    quality: int


def sample_development(rng: np.random.Generator) -> Development:
    """Draws which of the steps happen, and how much."""
    return Development(
        tones=_tones(rng) if rng.random() < 0.5 else None,
        blur=float(rng.uniform(0.4, 1.3)) if rng.random() < 0.18 else 0.0,
        noise=float(rng.uniform(2, 14)) if rng.random() < 0.3 else 0.0,
        coloured=bool(rng.random() < 0.5),
        quality=int(rng.integers(28, 92)) if rng.random() < 0.45 else 0,
    )


def _tones(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Brightness, contrast, gamma and a colour cast as one table (1, 256, 3)."""
    ramp = np.linspace(0.0, 1.0, 256) ** float(np.exp(rng.normal(0, 0.22)))
    ramp = (ramp - 0.5) * float(rng.uniform(0.75, 1.2)) + 0.5 + float(rng.normal(0, 0.05))
    cast = rng.normal(1.0, 0.07, 3)
    return np.clip(ramp[:, None] * cast * 255.0, 0, 255).astype(np.uint8).reshape(1, 256, 3)


def develop(image: Image, how: Development, rng: np.random.Generator) -> Image:
    """Tints, blurs, adds noise and compresses.

    Args:
        image: (H, W, 3) RGB.
        how: What happens.
        rng: The noise stream.
    """
    if how.tones is not None:
        image = np.asarray(cv2.LUT(image, how.tones))
    if how.blur:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), how.blur))
    if how.noise:
        shape = (*image.shape[:2], 3 if how.coloured else 1)
        grain = rng.standard_normal(shape, dtype=np.float32) * np.float32(how.noise)
        image = np.clip(image + grain, 0, 255).astype(np.uint8)
    if how.quality:
        coded = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, how.quality))[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(image)
