"""What a user sees while a node works: a bar, small pictures, and a line of text on the node."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import TYPE_CHECKING, Any

import comfy.utils
import numpy as np
from PIL import Image

from .. import sdpose

if TYPE_CHECKING:
    from ..sdpose.poses import Poses

__all__ = ["Progress", "count_of", "followed", "identities", "report", "summary"]

_SECONDS_BETWEEN_PICTURES = 0.5
_PICTURE_SIZE = 512
_NAMED = 8
"""A line of text on a node has room for so many people."""


class Progress:
    """A ComfyUI progress bar over frames, with a preview picture now and then."""

    def __init__(self, frames: int) -> None:
        self._bar = comfy.utils.ProgressBar(frames)
        self._total = frames
        self._done = 0
        self._next_picture = 0.0

    def advance(self, picture: Callable[[], np.ndarray] | None = None) -> None:
        """One more frame is done; `picture` is drawn (uint8 (H, W, 3)) only when it is time to show one."""
        self._done += 1
        preview = None
        if picture is not None and time.monotonic() >= self._next_picture:
            preview = ("JPEG", Image.fromarray(picture()), _PICTURE_SIZE)
            self._next_picture = time.monotonic() + _SECONDS_BETWEEN_PICTURES
        self._bar.update_absolute(self._done, self._total, preview)


def followed(stream: Iterable[Poses], frames: Iterator[Any], total: int) -> Iterator[Poses]:
    """Pass poses on while a progress bar and small pictures of the newest skeleton show how far it is."""
    progress = Progress(total)
    for poses, frame in zip(stream, frames, strict=True):
        progress.advance(lambda poses=poses, frame=frame: sdpose.overlay(frame, poses))
        yield poses


def summary(clip: Sequence[Sized], one: str = "pose", many: str = "poses") -> str:
    """One line for the node, such as `5 poses in 3 frames, 1 of them empty`; somebody has a pose in each frame."""
    empty = sum(not len(frame) for frame in clip)
    text = f"{count_of(sum(map(len, clip)), one, many)} in {count_of(len(clip), 'frame', 'frames')}"
    return f"{text}, {empty} of them empty" if empty else text


def identities(clip: Sequence[Poses]) -> str:
    """One line for the node, such as `2 people in 24 frames: 0 (24 frames), 1 (20 frames)`."""
    seen = Counter(track for frame in clip if frame.track_ids is not None for track in frame.track_ids.tolist())
    named = ", ".join(f"{track} ({count_of(seen[track], 'frame', 'frames')})" for track in sorted(seen)[:_NAMED])
    more = f" and {len(seen) - _NAMED} more" if len(seen) > _NAMED else ""
    text = f"{count_of(len(seen), 'person', 'people')} in {count_of(len(clip), 'frame', 'frames')}"
    return f"{text}: {named}{more}" if seen else text


def report(node_id: str | None, text: str) -> None:
    """Show a line of text on the node, as ComfyUI's own nodes show their state."""
    if node_id is None:  # executed by itself, outside a graph
        return
    from server import PromptServer  # the whole server: only a node that runs needs it

    PromptServer.instance.send_progress_text(text, node_id)


def count_of(number: int, one: str, many: str) -> str:
    """`1 frame`, `2 frames`."""
    return f"{number} {one if number == 1 else many}"
