"""Where pictures go: into a file each, or together into a video."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from ..files import write_png
from ..media import Frame, VideoWriter

__all__ = ["sink"]


@contextlib.contextmanager
def sink(path: Path, fps: Fraction | float | None) -> Iterator[Callable[[Frame], None]]:
    """Give a function that takes pictures, uint8 (H, W, 3) RGB.

    Args:
        path: what is written: a PNG, or with `fps` a video of all pictures.
        fps: frames per second of the video.

    Raises:
        OutputError: it cannot be written; a video that fails leaves nothing behind.
    """
    if fps is None:
        yield lambda picture: write_png(path, picture)
    else:
        with VideoWriter(path, fps) as writer:
            yield writer.write
