"""A clip in one batch or as a list of pieces: joined for work over the whole of it, and parted again afterwards.

ComfyUI hands a node that takes lists every input as a list, the values of widgets too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import comfy.model_management
import numpy as np
import torch

from ..sdpose.editing.frames import frames_of, join
from ..sdpose.errors import BadBoxes, BadImage
from ..sdpose.formats import read_all
from ..sdpose.formats.boxes import read_boxes
from .progress import Progress
from .sockets import advised, frames_from_image

if TYPE_CHECKING:
    from ..sdpose.formats.boxes import Boxes
    from ..sdpose.poses import Poses

__all__ = [
    "MOST_STREAMS",
    "as_many",
    "grown",
    "joined_boxes",
    "joined_poses",
    "joined_streams",
    "parted",
    "settings",
    "watched",
]

MOST_STREAMS = 16
"""How many an input that grows takes at most; see `grown`."""

_Frame = TypeVar("_Frame")


def grown(inputs: Mapping[str, _Frame]) -> list[_Frame]:
    """What came at the inputs that an input grew into, in the order of their numbers."""
    return [inputs[name] for name in sorted(inputs, key=lambda name: (len(name), name))]


def settings(widgets: Mapping[str, Any]) -> dict[str, Any]:
    """The values of widgets, of which each came as a list; a combo with inputs of its own is a dictionary of those."""
    return {name: settings(value) if isinstance(value, Mapping) else value[0] for name, value in widgets.items()}


def joined_poses(pieces: Sequence[Any], images: Sequence[torch.Tensor] | None = None) -> tuple[list[Poses], list[int]]:
    """Poses piece by piece, in any dialect -> one `Poses` per frame of the whole clip, and how many a piece has.

    Args:
        pieces: what came.
        images: the pictures of the clip, which say how large the canvas is where poses do not.

    Raises:
        BadKeypoints: something in there is not poses, or the pieces are of several dialects.
    """
    (clip,), (lengths,) = joined_streams([pieces], images)
    return clip, lengths


@advised()
def joined_streams(
    streams: Sequence[Sequence[Any]], images: Sequence[torch.Tensor] | None = None
) -> tuple[list[list[Poses]], list[list[int]]]:
    """`joined_poses` of several clips that belong together: without images, they know the canvas of each other."""
    canvas_wh = (images[0].shape[2], images[0].shape[1]) if images else None
    clips = read_all([join(pieces) for pieces in streams], canvas_wh)
    lengths = [
        [len(frames_of(piece)) for piece in pieces] if len(pieces) > 1 else [len(clip)]
        for pieces, clip in zip(streams, clips, strict=True)
    ]
    return clips, lengths


def joined_boxes(pieces: Sequence[Any], images: Sequence[torch.Tensor], **how: str) -> list[Boxes]:
    """Boxes in any shape and IMAGE, piece by piece -> one `Boxes` per frame of the whole clip.

    Args:
        pieces: one for the whole clip, one for each piece of pictures, or one for each picture.
        images: the pictures that the boxes are in.
        how: `form` and `flat` of `sdpose.formats.boxes.read_boxes`.

    Raises:
        BadBoxes: there are another number of pieces, or some are no boxes.
    """
    canvases_wh = [(image.shape[2], image.shape[1]) for image in images for _ in image]
    if len(pieces) == 1:
        return read_boxes(pieces[0], images_wh=canvases_wh, **how)
    if len(pieces) not in (len(images), len(canvases_wh)):
        raise BadBoxes(f"expected as many lists of boxes as of pictures, {len(images)}; got {len(pieces)}")
    lengths = [len(image) for image in images] if len(pieces) == len(images) else [1] * len(pieces)
    parts = zip(pieces, parted(canvases_wh, lengths), strict=True)
    return [frame for boxes, sizes in parts for frame in read_boxes(boxes, images_wh=sizes, **how)]


def as_many(images: Sequence[torch.Tensor], frames: int) -> None:
    """Check that there is a picture for each frame of poses. Raises BadImage when there are more or fewer."""
    if (pictures := sum(map(len, images))) != frames:
        raise BadImage(f"there are {pictures} pictures for poses of {frames} frames: connect those they were found in")


def watched(images: Sequence[torch.Tensor], frames: int) -> Iterator[np.ndarray]:
    """The pictures of all pieces in order, uint8 (H, W, 3), while a progress bar follows and cancel is heard.

    Raises:
        BadImage: they are not as many as the frames of the poses.
    """
    as_many(images, frames)
    progress = Progress(frames)
    for image in images:
        for picture in frames_from_image(image):
            comfy.model_management.throw_exception_if_processing_interrupted()
            yield picture
            progress.advance()


def parted(frames: Sequence[_Frame], lengths: Sequence[int]) -> list[list[_Frame]]:
    """A clip as pieces of so many frames again."""
    rest = iter(frames)
    return [list(islice(rest, length)) for length in lengths]
