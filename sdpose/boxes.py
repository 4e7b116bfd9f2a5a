"""Person boxes, and the crops that are cut around them.

Boxes are x1, y1, x2, y2 in pixels of the picture. A `Crop` maps between the picture and the network's input.
Its coordinates follow UDP (Huang et al., CVPR 2020) as the published code writes them: a point on the network
input is measured so that `input_w` is the centre of the LAST pixel column (index input_w - 1), which is the
unit that `UDPHeatmaps` encodes from and decodes to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .errors import BadBoxes, BadImage
from .poses import FloatArray

__all__ = ["Crop", "around", "clip_boxes", "frame_array", "frame_tensor", "validate_boxes", "warp_crops"]

PADDING = 1.25
"""The published evaluation enlarges a person box by this factor before cropping."""


def validate_boxes(boxes: Any) -> FloatArray:
    """`boxes` as a float64 array (N, 4) of x1, y1, x2, y2.

    An empty sequence is N = 0; a single box of four numbers is N = 1. Corners in the wrong order are swapped.

    Raises:
        BadBoxes: another shape, or values that are not finite numbers.
    """
    try:
        array = np.asarray(boxes, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadBoxes(f"boxes must be numbers of shape (N, 4) as x1, y1, x2, y2; got {boxes!r:.80}") from error
    if array.size == 0:
        return np.zeros((0, 4))
    if array.shape == (4,):
        array = array[None]
    if array.ndim != 2 or array.shape[1] != 4:
        raise BadBoxes(f"boxes must have shape (N, 4) as x1, y1, x2, y2; got {array.shape}")
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise BadBoxes(f"boxes must be finite; box {row} is {array[row].tolist()}")
    return np.concatenate([np.minimum(array[:, :2], array[:, 2:]), np.maximum(array[:, :2], array[:, 2:])], axis=1)


def around(points: FloatArray, counted: npt.NDArray[np.bool_]) -> FloatArray:
    """The smallest boxes (N, 4) around those of the points (N, K, 2) that count (N, K); all 0 where none does."""
    low = np.where(counted[..., None], points, np.inf).min(axis=1)
    high = np.where(counted[..., None], points, -np.inf).max(axis=1)
    return np.where(counted.any(axis=1, keepdims=True), np.concatenate([low, high], axis=1), 0.0)


def clip_boxes(boxes: FloatArray, image_wh: tuple[int, int]) -> FloatArray:
    """Boxes (N, 4) cut off at the picture's edges."""
    return np.clip(boxes, 0, np.array([*image_wh, *image_wh], np.float64))


@dataclass(frozen=True)
class Crop:
    """A rectangle of the picture and how it maps onto the network input.

    Attributes:
        origin: (x, y) of the rectangle's top left corner in the picture, pixels.
        size: (w, h) of the rectangle, pixels.
        input_wh: network input in pixels.
        stretch: False for the UDP warp of the evaluation rule, True for the demos' plain resize.
    """

    origin: tuple[float, float]
    size: tuple[float, float]
    input_wh: tuple[int, int]
    stretch: bool = False

    @classmethod
    def padded(cls, box_xyxy: Any, input_wh: tuple[int, int], padding: float = PADDING) -> Crop:
        """The evaluation rule, which the published models were trained and scored with.

        The box grows by `padding` about its centre, then along one axis to the input's aspect ratio, and may
        reach beyond the picture (black there). Source: mmpose GetBBoxCenterScale + TopdownAffine(use_udp).

        Raises:
            BadBoxes: the box is malformed or has no area.
        """
        box = _box_with_area(box_xyxy)
        # float32 on purpose: the published pipeline keeps centre and scale so, and goldens are cut from it.
        center = ((box[:2] + box[2:]) * 0.5).astype(np.float32)
        width, height = ((box[2:] - box[:2]) * padding).astype(np.float32)
        aspect = input_wh[0] / input_wh[1]
        wide = width > height * aspect
        size = np.array([width, width / aspect] if wide else [height * aspect, height], np.float32)
        origin = center.astype(np.float64) - size.astype(np.float64) / 2
        return cls((float(origin[0]), float(origin[1])), (float(size[0]), float(size[1])), input_wh)

    @classmethod
    def stretched(cls, box_xyxy: Any, input_wh: tuple[int, int], image_wh: tuple[int, int] | None = None) -> Crop:
        """The published demos' rule: the box in whole pixels, cut at the picture's edges, stretched to fit.

        Args:
            box_xyxy: x1, y1, x2, y2 in pixels.
            input_wh: network input in pixels.
            image_wh: size of the picture, to cut the box at its edges; a box with no whole pixel inside becomes the
                whole picture, as in the demo. None when the box is known to lie inside.

        Raises:
            BadBoxes: the box is malformed, or has no whole pixel and there is no `image_wh`.
        """
        box = np.trunc(validate_boxes([box_xyxy]))[0]
        if image_wh is not None:
            box = clip_boxes(box[None], image_wh)[0]
            box = box if (box[2:] > box[:2]).all() else np.array([0, 0, *image_wh], np.float64)
        box = _box_with_area(box)
        size = box[2:] - box[:2]
        return cls((float(box[0]), float(box[1])), (float(size[0]), float(size[1])), input_wh, stretch=True)

    def to_image(self, points: npt.ArrayLike) -> FloatArray:
        """Points (..., 2) on the network input -> pixels of the picture."""
        found: FloatArray = np.asarray(points, np.float64) / self.input_wh * self.size + self.origin
        return found

    def to_crop(self, points: npt.ArrayLike) -> FloatArray:
        """Points (..., 2) in pixels of the picture -> on the network input; inverse of `to_image`."""
        found: FloatArray = (np.asarray(points, np.float64) - self.origin) / self.size * self.input_wh
        return found

    @property
    def matrix(self) -> FloatArray:
        """(2, 3) UDP affine from picture pixels to input pixel indices, as `warp` samples."""
        scale = (np.array(self.input_wh) - 1) / self.size
        return np.column_stack([np.diag(scale), -scale * self.origin])

    def warp(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Cut this crop out of a picture: uint8 (h, w, 3) -> uint8 (input_h, input_w, 3).

        Raises:
            BadImage: the picture is not uint8 (h, w, 3).
        """
        crops = warp_crops(frame_tensor(image), [self])
        return np.asarray(crops[0].round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy())


def _box_with_area(box_xyxy: Any) -> FloatArray:
    box: FloatArray = validate_boxes([box_xyxy])[0]
    if (box[2:] <= box[:2]).any():
        raise BadBoxes(f"a box to crop must have an area; got {box.tolist()}: drop it, or widen it")
    return box


def frame_tensor(image: Any, device: torch.device | str = "cpu") -> torch.Tensor:
    """A uint8 picture (h, w, 3) as a uint8 tensor (1, 3, h, w) on `device`. Raises BadImage as `frame_array` does."""
    return torch.from_numpy(np.ascontiguousarray(frame_array(image))).to(device).permute(2, 0, 1)[None]


def frame_array(image: Any) -> npt.NDArray[np.uint8]:
    """A picture as it came, when it is uint8 (h, w, 3).

    Raises:
        BadImage: another shape or dtype.
    """
    array: npt.NDArray[np.uint8] = np.asarray(image)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8 or 0 in array.shape:
        raise BadImage(
            f"a frame must be uint8 of shape (height, width, 3), RGB; got {array.dtype} {array.shape}: "
            "convert it with sdpose.media.to_rgb8"
        )
    return array


def warp_crops(frame: torch.Tensor, crops: Sequence[Crop]) -> torch.Tensor:
    """Cut crops out of one frame, on the frame's device.

    Args:
        frame: (1, 3, h, w) uint8.
        crops: B crops with the same input size.

    Returns:
        (B, 3, input_h, input_w) float32, 0..255; black beyond the picture.
    """
    return torch.cat([_resize(frame, crop) if crop.stretch else _warp(frame, crop) for crop in crops])


def _warp(frame: torch.Tensor, crop: Crop) -> torch.Tensor:
    """Bilinear UDP warp: input pixel i samples the picture at i * size / (input - 1) + origin."""
    height, width = frame.shape[-2:]
    axes = []
    for axis, extent in ((0, width), (1, height)):
        steps = torch.arange(crop.input_wh[axis], dtype=torch.float64) * (crop.size[axis] / (crop.input_wh[axis] - 1))
        axes.append((steps + crop.origin[axis], extent))
    rows = _interpolate(frame, *axes[1], dim=2)
    return _interpolate(rows, *axes[0], dim=3)


def _interpolate(frame: torch.Tensor, at: torch.Tensor, extent: int, dim: int) -> torch.Tensor:
    """Linear interpolation along one axis, zero outside: a warp without rotation is separable."""
    low = at.floor()
    shape = [1, 1, 1, 1]
    shape[dim] = -1

    def neighbour(index: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        inside = (index >= 0) & (index < extent)
        picked = frame.index_select(dim, index.clamp(0, extent - 1).long().to(frame.device))
        return picked * (share * inside).float().to(frame.device).view(shape)

    return neighbour(low, 1 - (at - low)) + neighbour(low + 1, at - low)


def _resize(frame: torch.Tensor, crop: Crop) -> torch.Tensor:
    """Antialiased bilinear resize of the cut-out, as Pillow does it, rounded to whole levels like an 8-bit image."""
    (x, y), (w, h) = crop.origin, crop.size
    height, width = frame.shape[-2:]
    if x < 0 or y < 0 or x + w > width or y + h > height:
        raise BadBoxes(f"a stretched crop must lie inside its picture of {width} by {height}: give image_wh to cut it")
    cut = frame[:, :, int(y) : int(y + h), int(x) : int(x + w)]
    out = torch.nn.functional.interpolate(
        cut.float(), size=crop.input_wh[::-1], mode="bilinear", align_corners=False, antialias=True
    )
    return out.round().clamp(0, 255)
