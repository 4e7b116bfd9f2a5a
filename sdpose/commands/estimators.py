"""How the frames of a run become poses: each by itself with SDPose, or over time with DiffPose."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby, islice, tee
from typing import TYPE_CHECKING, Any, Protocol

from ..files import Stamp, stamp
from ..poses import FloatArray, Poses
from .inputs import Item, Shot
from .options import DIFFPOSE, add_video, kind_of_model, load, load_start, load_video, video_options
from .people import People

if TYPE_CHECKING:
    from ..estimate import Estimator
    from ..video import VideoEstimator

__all__ = ["FrameEstimator", "add_estimation", "choose_estimator"]

_WINDOW_PIXELS = 128_000_000
"""Frames are worked on in windows of so many pixels: 400 MB, 60 frames of HD video, or one huge picture."""

_DETECT_AT_ONCE = 8
"""Frames that a detector is given together."""


class FrameEstimator(Protocol):
    """One way from frames to poses."""

    @property
    def settings(self) -> dict[str, Any]:
        """What the poses depend on, as plain JSON."""

    @property
    def networks(self) -> tuple[Estimator | VideoEstimator, Estimator | None]:
        """The estimator itself and, over time, the one whose poses it starts from, if any; loaded when asked for."""

    def stream(self, shots: Iterator[Shot], people: People) -> Iterator[tuple[Shot, Poses]]:
        """Each frame with its poses, in order; the network is loaded before this returns."""


def add_estimation(parser: argparse.ArgumentParser) -> None:
    """Add how poses are estimated."""
    group = parser.add_argument_group("estimation")
    group.add_argument("--crop", choices=("padded", "stretched"), default="padded", help="how people are cut out")
    group.add_argument("--flip-test", action="store_true", help="average with the mirrored crop: twice the time")
    group.add_argument("--batch-size", type=_batch_size, default="auto", metavar="N", help="crops per batch")
    add_video(parser)


def _batch_size(text: str) -> int | str:
    if text == "auto" or (text.isdecimal() and int(text) > 0):
        return text if text == "auto" else int(text)
    raise argparse.ArgumentTypeError(f"a batch size is auto or at least 1; got {text!r}")


def choose_estimator(args: argparse.Namespace) -> FrameEstimator:
    """The way that suits the model; nothing is loaded yet.

    Raises:
        BadOption: an option that this kind of model does not have.
        SDPoseError: there is no such model.
    """
    return _OverTime(args) if kind_of_model(args) == DIFFPOSE else _EachFrame(args)


class _EachFrame:
    """SDPose: a frame's poses depend on that frame alone."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args

    @property
    def settings(self) -> dict[str, Any]:
        names = ("scheme", "context", "dtype", "crop", "flip_test")
        return {"model": _stamp(self._args.model), **{name: getattr(self._args, name) for name in names}}

    @cached_property
    def networks(self) -> tuple[Estimator, None]:
        from ..estimate import Estimator

        return Estimator(load(self._args), self._args.crop, self._args.flip_test, self._args.batch_size), None

    def stream(self, shots: Iterator[Shot], people: People) -> Iterator[tuple[Shot, Poses]]:
        return by_windows(self.networks[0], shots, people)


class _OverTime:
    """DiffPose: a frame's poses depend on the frames around it, of the same video and shot. A picture is one frame."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args

    @property
    def settings(self) -> dict[str, Any]:
        start = self._args.start_model
        return {
            "model": _stamp(self._args.model),
            "dtype": self._args.dtype,
            "start": None if start is None else _stamp(start),
            **video_options(self._args),
        }

    @cached_property
    def networks(self) -> tuple[VideoEstimator, Estimator | None]:
        from ..estimate import Estimator
        from ..video import VideoEstimator

        size, start = self._args.batch_size, self._args.start_model
        estimator = VideoEstimator(load_video(self._args), batch_size=size, **video_options(self._args))
        return estimator, None if start is None else Estimator(load_start(self._args), batch_size=size)

    def stream(self, shots: Iterator[Shot], people: People) -> Iterator[tuple[Shot, Poses]]:
        estimator, start = self.networks
        clips = groupby(shots, key=lambda shot: shot.item)
        return (pair for item, clip in clips for pair in over_time(estimator, start, item, clip, people))


def by_windows(estimator: Estimator, shots: Iterable[Shot], people: People) -> Iterator[tuple[Shot, Poses]]:
    """Each frame with its poses, window by window, so that crops share batches and memory stays flat."""
    for window in _windows(shots):
        boxes = (found for _, found in _located(window, people))
        yield from zip(window, estimator.stream((shot.image for shot in window), boxes), strict=True)


def over_time(
    estimator: VideoEstimator, start: Estimator | None, item: Item, clip: Iterable[Shot], people: People
) -> Iterator[tuple[Shot, Poses]]:
    """Each frame of one picture or video with its poses, in one stream from first to last.

    Args:
        estimator: looks at several frames at once.
        start: estimates the poses that it starts from.
        item: the picture or video.
        clip: its frames.
        people: where the people are.
    """
    from ..video import Shots

    found: Iterator[tuple[Shot, Any]] = _located(clip, people) if start is None else by_windows(start, clip, people)
    # Each copy is used up at its own pace; one that nobody reads would keep all frames.
    shown, frames, boxes, *begin = tee(found, 3 if start is None else 4)
    images, cuts = (shot.image for shot, _ in frames), Shots()
    watched = cuts.watch(images) if item.moving else images
    places = (place for _, place in boxes)
    known = (poses for _, poses in begin[0]) if begin else None
    poses = estimator.stream(watched, places, cuts, known)
    yield from zip((shot for shot, _ in shown), poses, strict=True)


def _located(shots: Iterable[Shot], people: People) -> Iterator[tuple[Shot, FloatArray]]:
    """Each frame with the boxes of its people."""
    rest = iter(shots)
    while part := list(islice(rest, _DETECT_AT_ONCE)):
        yield from zip(part, people.find(part), strict=True)


def _windows(shots: Iterable[Shot]) -> Iterator[list[Shot]]:
    window: list[Shot] = []
    pixels = 0
    for shot in shots:
        size = shot.image.shape[0] * shot.image.shape[1]
        if window and pixels + size > _WINDOW_PIXELS:
            yield window
            window, pixels = [], 0
        window.append(shot)
        pixels += size
    if window:
        yield window


def _stamp(model: str) -> Stamp:
    from ..models.checkpoints import EMBEDDING_FILE
    from ..models.weights import locate

    return stamp(locate(model), ignored=(EMBEDDING_FILE,))  # a constant, which the first run may put there
