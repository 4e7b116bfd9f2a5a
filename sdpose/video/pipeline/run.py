"""From a video file to poses, skeleton video and overlay, in memory that does not grow with its length."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from ...errors import BadOption, BadVideo
from ...estimate import Estimator
from ...formats.openpose import Frame as PoseFrame
from ...media import Frame, Video
from ...poses import Poses
from ..estimator import VideoEstimator
from ..identity import PeopleTracker
from ..selection import Rule
from ..steady import Steadier, Steadiness
from .estimation import Estimated, each_frame, over_time, whole_frames
from .following import Following
from .frames import Finder, Seen, seen
from .journal import Journal
from .results import Final, OverlayVideo, PoseFile, PoseList, Result, SkeletonVideo
from .stages import Belt, Halted, Stages, Stop

__all__ = ["Filmed", "Progress", "pose_video"]

_log = logging.getLogger("sdposekit")

_AHEAD_PIXELS = 16_000_000
"""Decoded frames that wait for the network together have at most so many pixels: 48 MB, 17 frames of 720p."""

_AHEAD = 4
"""Frames that wait between two stages at most."""

Progress = Callable[[int, "int | None", Poses, Frame], None]
"""Told of each frame that the network is through with: how many that makes, about how many there are or None, its
poses before tracking and steadying, and its picture. Called from the calling thread; raise in it to stop."""


@dataclass(frozen=True)
class Filmed:
    """What became of a video.

    Attributes:
        frames: how many there were, and are in every result.
        people: how many identities were found, or without tracking the most people in one frame.
        seconds: from the first frame asked for to the last one estimated.
        waiting: share 0..1 of that time in which the network stood still: it waited for frames, or for room behind it.
        poses: the frames as POSE_KEYPOINT, if they were to be kept; else none.
    """

    frames: int
    people: int
    seconds: float
    waiting: float
    poses: list[PoseFrame] = field(repr=False)


def pose_video(
    video: Video,
    estimator: Estimator | VideoEstimator,
    *,
    find: Finder | None = None,
    start: Estimator | None = None,
    track: bool = True,
    steadiness: Steadiness | None = None,
    choose: Rule | None = None,
    fill_absent: bool = False,
    look: Mapping[str, Any] | None = None,
    canvas_wh: tuple[int, int] | None = None,
    skeleton: Path | None = None,
    overlay: Path | None = None,
    poses: Path | None = None,
    keep: bool = False,
    journal: Journal | None = None,
    damaged: bool = False,
    progress: Progress | None = None,
    at_end: Callable[[int], None] | None = None,
) -> Filmed:
    """Estimate, track, steady, draw and encode a video, all at the same time.

    The stages run in threads, with bounded queues between them; only the calling thread touches the networks. As many
    frames come out as the file has, each at its own time, with the sound.

    Whatever is raised in the calling thread, other than an error of this library, counts as a wish to stop: from
    `progress`, from the estimator's `before_batch`, or Ctrl-C. The frames estimated so far are then finished, and the
    results put in place as for a shorter video, before it is raised further. Stopping once more meanwhile only warns; a
    third time leaves no results, and so does an error.

    Args:
        video: what is read.
        estimator: SDPose or DiffPose. For DiffPose boxes are tracked before, so that each window follows one person.
        find: where the people are; default every frame is one person, whole. Called from the calling thread.
        start: for DiffPose, estimates the poses to start from.
        track: give everybody a track id.
        steadiness: how the poses are steadied; default not at all. Needs track ids.
        choose: whom to keep. A rule other than by track id looks at the whole clip: then poses are held, and drawing
            begins when all are estimated.
        fill_absent: put everyone into every frame, see `placed`; holds poses as well.
        look: keyword arguments of `draw`.
        canvas_wh: size of the skeleton video; default that of the video.
        skeleton, overlay, poses: what to write: skeletons on black and over the frames as MP4, POSE_KEYPOINT as JSON.
        keep: give the poses back as well.
        journal: where poses are written down as they are estimated, and read from when a run goes on.
        damaged: take a file that is damaged in the middle for one that ends there.
        progress: told of each frame.
        at_end: told how many frames there were, once all are estimated; an error raised in it leaves no results.

    Raises:
        BadVideo: the video is damaged.
        BadOption: poses are to be steadied, chosen by id, or put into every frame without tracking.
        OutputError: a result cannot be written.
        SDPoseError: what the estimator, the finder and the tracker raise.
    """
    if not (track or isinstance(estimator, VideoEstimator)):
        _refuse_following(steadiness, choose, fill_absent)
    fps = float(video.fps)
    steadier = None if steadiness is None else Steadier(steadiness, fps=fps)
    following = Following(PeopleTracker(fps=fps) if track else None, steadier, choose, fill_absent)
    kept = PoseList()
    results: list[Result | None] = [
        kept if keep else None,
        None if poses is None else PoseFile(poses),
        None if skeleton is None else SkeletonVideo(skeleton, video, look or {}, canvas_wh),
        None if overlay is None else OverlayVideo(overlay, video, look or {}),
    ]
    network = _Network(video, estimator, start, find or whole_frames, journal)
    run = _Run(video, network, following, [result for result in results if result], damaged, progress, at_end)
    run.through()
    return Filmed(run.finished, len(following.ids) or following.most, run.seconds, run.waiting, kept.frames)


def _refuse_following(steadiness: Steadiness | None, choose: Rule | None, fill_absent: bool) -> None:
    """Raise `BadOption` for what cannot be done with people without track ids, before the first frame is estimated."""
    if steadiness is not None:
        raise BadOption("steadying follows each person through the frames: track as well, or do not steady")
    if choose is not None and choose.of_ids:
        raise BadOption("people without track ids cannot be chosen by them: track as well")
    if fill_absent:
        raise BadOption("people without track ids have no place of their own in every frame: track as well")


class _Network:
    """The frames of a video with their poses, some from a journal and the others estimated."""

    def __init__(
        self,
        video: Video,
        estimator: Estimator | VideoEstimator,
        start: Estimator | None,
        find: Finder,
        journal: Journal | None,
    ) -> None:
        self._fps, self._estimator, self._start, self._find = float(video.fps), estimator, start, find
        self._journal = journal

    def through(self, frames: Iterator[Seen]) -> Generator[Estimated, None, None]:
        """Each frame with its poses; a new one is in the journal when it is given out."""
        count = 0 if self._journal is None else self._journal.count
        entries = iter(()) if self._journal is None else self._journal.entries()
        if isinstance(self._estimator, VideoEstimator):
            found = over_time(self._estimator, self._start, frames, self._find, entries, count, self._fps)
        else:
            found = each_frame(self._estimator, frames, self._find, entries)
        for estimated in found:
            if self._journal is not None and estimated.frame.index >= count:
                self._journal.add(estimated.entry)
            yield estimated


class _Run:
    """One way of a video through all stages.

    Attributes:
        finished: frames that are in every result.
        seconds: that estimation took.
        waiting: share of them in which the network stood still.
    """

    def __init__(
        self,
        video: Video,
        network: _Network,
        following: Following,
        results: Sequence[Result],
        damaged: bool,
        progress: Progress | None,
        at_end: Callable[[int], None] | None,
    ) -> None:
        self._video, self._network, self._following, self._results = video, network, following, results
        self._damaged, self._progress, self._at_end = damaged, progress, at_end
        self._stages, self._stop = Stages(room=2 + len(results)), Stop()
        room = max(1, min(_AHEAD, _AHEAD_PIXELS // (video.size_wh[0] * video.size_wh[1])))
        over, failed = self._stages.over, self._stages.failed
        self._read: Belt[Seen | BadVideo] = Belt(room, over)
        self._estimated: Belt[Estimated] = Belt(room, failed)
        self._final: list[Belt[Final]] = [Belt(_AHEAD, failed) for _ in results]
        self._whole = True
        self.finished, self.seconds, self.waiting = 0, 0.0, 0.0

    def through(self) -> None:
        """Do it all; the results are in place when this returns, and also when what stopped it is raised."""
        with contextlib.ExitStack() as files, self._stages:
            for result in self._results:
                files.enter_context(result)
            self._stages.start(self._decode)
            self._stages.start(self._follow)
            for result, belt in zip(self._results, self._final, strict=True):
                self._stages.start(partial(self._write, result, belt))
            with self._stop, contextlib.suppress(Halted):
                self._estimate()
            self._estimated.close()
            self._stages.finish(self._stop)
            if self._stop.reason is not None and not self.finished:
                raise self._stop.reason
        if self._stop.reason is not None:
            _log.warning("stopped after %d of about %s frames", self.finished, self._video.expected or "?")
            raise self._stop.reason

    def _decode(self) -> None:
        try:
            with contextlib.closing(seen(self._video)) as frames:
                for frame in frames:
                    self._read.give(frame)
        except BadVideo as error:
            self._read.give(error)
        self._read.close()

    def _frames(self) -> Iterator[Seen]:
        for frame in self._read:
            if isinstance(frame, Seen):
                yield frame
            elif not self._damaged:
                raise frame
            else:
                self._whole = False
                _log.warning("%s. Taking what was before.", frame)

    def _estimate(self) -> None:
        since, done = perf_counter(), 0
        with contextlib.closing(self._network.through(self._frames())) as estimated:
            for done, found in enumerate(estimated, start=1):
                self._estimated.give(found)
                self.seconds = perf_counter() - since
                self.waiting = (self._read.taking + self._estimated.giving) / self.seconds
                if self._progress is not None:
                    self._progress(done, self._video.expected, found.entry.poses, found.frame.image)
        if self._at_end is not None:
            self._at_end(done)

    def _follow(self) -> None:
        times: deque[tuple[Fraction, Fraction]] = deque()
        for frame, entry in self._estimated:
            times.append((frame.time, frame.duration))
            self._give(self._following.add(frame, entry.poses), times)
        self._give(self._following.finish(), times)
        for belt in self._final:
            belt.close()

    def _give(self, clip: Sequence[Poses], times: deque[tuple[Fraction, Fraction]]) -> None:
        for poses in clip:
            final = Final(poses, *times.popleft())
            for belt in self._final:
                belt.give(final)
            self.finished += 1

    def _write(self, result: Result, belt: Belt[Final]) -> None:
        for final in belt:
            result.add(final)
        if self.finished:
            result.finish(self._whole and self._stop.reason is None)
