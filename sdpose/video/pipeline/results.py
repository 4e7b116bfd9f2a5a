"""The last stages: what is written of each frame, a thread for each."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol

import numpy as np

from ...errors import BadVideo
from ...files import JsonList
from ...formats.openpose import Frame as PoseFrame
from ...formats.openpose import to_frames
from ...media import Frame, Video, VideoWriter
from ...poses import Poses
from ...render import draw, overlay

__all__ = ["Final", "OverlayVideo", "PoseFile", "PoseList", "Result", "SkeletonVideo"]


class Final(NamedTuple):
    """A frame that nothing changes any more.

    Attributes:
        poses: its people.
        time: seconds from the start at which it is shown.
        duration: seconds for which it is shown.
    """

    poses: Poses
    time: Fraction
    duration: Fraction


class Result(Protocol):
    """Something that is made from frame after frame, and is there when the `with` block ends without an error."""

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...

    def add(self, final: Final) -> None:
        """Take the next frame."""

    def finish(self, whole: bool) -> None:
        """There are no more frames; `whole` tells whether these were all of the video's."""


class PoseList(contextlib.nullcontext[None]):
    """Collects the frames as POSE_KEYPOINT: this, and nothing else of a run, grows with the length of the video."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[PoseFrame] = []

    def add(self, final: Final) -> None:
        """Take the next frame."""
        self.frames += map(_lean, to_frames(final.poses))

    def finish(self, whole: bool) -> None:
        """Nothing is left to do."""


class PoseFile:
    """Writes the frames as POSE_KEYPOINT into a JSON file."""

    def __init__(self, path: Path) -> None:
        self._file = JsonList(path)

    def __enter__(self) -> None:
        self._file.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def add(self, final: Final) -> None:
        """Take the next frame."""
        for frame in to_frames(final.poses):
            self._file.add(frame)

    def finish(self, whole: bool) -> None:
        """Close the file."""
        self._file.finish()


class SkeletonVideo:
    """Draws the skeletons on black.

    Args:
        path: the video to write.
        video: the one that the poses were found in, whose times and sound it gets.
        look: keyword arguments of `draw`.
        canvas_wh: size of the pictures; default that of the first frame.
    """

    def __init__(
        self, path: Path, video: Video, look: Mapping[str, Any], canvas_wh: tuple[int, int] | None = None
    ) -> None:
        self._writer = VideoWriter(path, video.fps, like=video)
        self._video, self._look = video, look
        self._size_wh = canvas_wh or video.size_wh

    def __enter__(self) -> None:
        self._writer.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)

    def add(self, final: Final) -> None:
        """Take the next frame."""
        self._writer.write(self._picture(final.poses), final.time, final.duration)

    def finish(self, whole: bool) -> None:
        """Write what is still under way."""
        self._writer.finish(whole)

    def _picture(self, poses: Poses) -> Frame:
        return draw(poses, canvas_wh=self._size_wh, **self._look)


class OverlayVideo(SkeletonVideo):
    """Draws the skeletons over the frames, which are read a second time: none is kept while its poses are steadied."""

    def __init__(self, path: Path, video: Video, look: Mapping[str, Any]) -> None:
        super().__init__(path, video, look)
        self._frames = video.timed()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.closing(self._frames):
            super().__exit__(kind, error, trace)

    def _picture(self, poses: Poses) -> Frame:
        frame = next(self._frames, None)
        if frame is None:
            raise BadVideo(f"{self._video.name} changed while it was read, and has fewer frames than it had: try again")
        return overlay(_resized(frame.image, self._size_wh), poses, **self._look)


def _resized(image: Frame, size_wh: tuple[int, int]) -> Frame:
    import cv2

    if (image.shape[1], image.shape[0]) == size_wh:
        return image
    return np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _lean(frame: PoseFrame) -> PoseFrame:
    """The same frame, in which all zeros are one object: most of its numbers are, where there is no face or hand."""
    zero = 0.0
    for person in frame["people"]:
        for key, values in person.items():
            if isinstance(values, list):
                person[key] = [value or zero for value in values]
    return frame
