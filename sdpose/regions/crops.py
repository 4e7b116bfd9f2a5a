"""Square crops out of a picture, and back into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ..boxes import frame_array
from ..errors import BadBoxes, BadImage, BadOption
from ..media import Frame
from ..poses import FloatArray
from .faces import FaceTrack

__all__ = ["crop", "face_crops", "paste"]

_LARGEST = 4096
"""A larger box is sampled at so many places along each side before it is averaged down."""

_FEATHER = 0.1


def crop(frame: Any, box_xyxy: npt.ArrayLike, size: int = 512) -> Frame:
    """Cut a square box out of a picture and resample it.

    Enlarged it is interpolated linearly, and reduced averaged over areas. Beyond the picture its outermost pixels go
    on, because a black edge is something that a network sees.

    Args:
        frame: uint8 (h, w, 3).
        box_xyxy: x1, y1, x2, y2 of a square in pixels; pixel 0 reaches from 0 to 1.
        size: side of the crop in pixels.

    Returns:
        uint8 (size, size, 3).

    Raises:
        BadImage: the picture is something else.
        BadBoxes: the box is not square, or has no area.
        BadOption: the size is below 1.
    """
    import cv2

    picture = frame_array(frame)
    if size < 1:
        raise BadOption(f"the size of a crop is at least 1 pixel; got {size}")
    corner, side = _square(box_xyxy)
    samples = int(np.clip(np.ceil(side), size, max(size, _LARGEST)))
    cut = cv2.warpAffine(
        picture,
        _affine(corner, side, samples),
        (samples, samples),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cut if samples == size else cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def paste(frame: Any, cut: Any, box_xyxy: npt.ArrayLike, feather: float = _FEATHER) -> Frame:
    """Put a crop back where it came from.

    Args:
        frame: uint8 (h, w, 3), the picture; it is not changed.
        cut: uint8 (s, s, 3), what `crop` gave, or what has become of it.
        box_xyxy: the box that it was cut with.
        feather: the share of the box's side over which it fades in from each edge, 0 to 0.5.

    Returns:
        uint8 (h, w, 3).

    Raises:
        BadImage: one of the two is something else, or the crop is not square.
        BadBoxes: the box is not square, or has no area.
        BadOption: `feather` is outside 0 to 0.5.
    """
    import cv2

    picture, piece = frame_array(frame), frame_array(cut)
    if piece.shape[0] != piece.shape[1]:
        raise BadImage(f"a crop to put back must be square; got {piece.shape[1]} by {piece.shape[0]}")
    if not 0 <= feather <= 0.5:
        raise BadOption(f"feather is a share of 0 to 0.5 of the box; got {feather}")
    corner, side = _square(box_xyxy)
    samples = min(len(piece), max(1, int(np.ceil(side))))
    if samples < len(piece):
        piece = np.asarray(cv2.resize(piece, (samples, samples), interpolation=cv2.INTER_AREA), np.uint8)
    size_wh = picture.shape[1::-1]
    low = np.clip(np.floor(corner), 0, size_wh).astype(int)
    high = np.clip(np.ceil(corner + side), 0, size_wh).astype(int)
    whole = picture.copy()
    if (high > low).all():
        under = whole[low[1] : high[1], low[0] : high[0]]
        matrix = _affine(corner - low, side, samples)
        over = cv2.warpAffine(piece, matrix, under.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
        share = _fading(under.shape[:2], corner - low, side, feather)[..., None]
        under[:] = np.rint(under * (1 - share) + over * share)
    return whole


def face_crops(frames: Iterable[Any], track: FaceTrack, size: int = 512) -> Iterator[Frame]:
    """The crop of a face from each frame of a clip, uint8 (size, size, 3), one at a time.

    A frame for which the track holds an earlier box is cut there; one without any box gives a black crop.

    Args:
        frames: uint8 (h, w, 3), as many as the track has boxes.
        track: whose face, from `face_tracks`.
        size: side of the crops in pixels.

    Raises:
        BadImage: a frame is something else.
        BadBoxes: there are more or fewer frames than boxes.
        BadOption: the size is below 1.
    """
    count = 0
    for count, frame in enumerate(frames, start=1):
        if count > len(track.boxes):
            break
        known = track.known[count - 1]
        yield crop(frame, track.boxes[count - 1], size) if known else np.zeros((size, size, 3), np.uint8)
    if count != len(track.boxes):
        counted = f"more than {len(track.boxes)}" if count > len(track.boxes) else str(count)
        raise BadBoxes(f"expected a frame for each of the {len(track.boxes)} boxes; got {counted}")


def _square(box_xyxy: npt.ArrayLike) -> tuple[FloatArray, float]:
    """Corner (2,) and side of a square box."""
    box = np.asarray(box_xyxy, np.float64)
    if box.shape != (4,) or not np.isfinite(box).all():
        raise BadBoxes(f"a box is x1, y1, x2, y2; got {box_xyxy!r:.80}")
    width, height = (box[2:] - box[:2]).tolist()
    if width <= 0 or not np.isclose(width, height, rtol=1e-6, atol=1e-6):
        raise BadBoxes(f"a box to crop must be square and have an area; got {box.tolist()}")
    return box[:2], width


def _affine(corner: FloatArray, side: float, samples: int) -> FloatArray:
    """(2, 3): where in the picture a sample is, both counted from the middle of their first pixel."""
    scale = side / samples
    shift = corner + scale / 2 - 0.5
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])


def _fading(shape_hw: tuple[int, int], corner: FloatArray, side: float, feather: float) -> FloatArray:
    """(h, w): 0 outside the box, 1 inside, and a ramp between."""
    ramps = []
    for start, pixels in zip(corner, shape_hw[::-1], strict=True):
        depth = np.arange(pixels) + 0.5 - start
        depth = np.minimum(depth, side - depth)
        ramps.append(np.clip(depth / (feather * side), 0, 1) if feather else (depth > 0).astype(np.float64))
    return np.asarray(np.minimum.outer(ramps[1], ramps[0]))
