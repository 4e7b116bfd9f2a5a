"""Steadying a clip frame by frame, with bounded memory."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import ClassVar

from ...errors import BadKeypoints, BadOption
from ...poses import Poses
from .held import held
from .options import LONGEST_GAP, Steadiness
from .repair import reaches, steadied
from .trajectories import Trajectories

__all__ = ["Steadier", "steady"]

_BLOCK = 16
"""Frames that are worked on at a time."""

_WHOLE = 512
"""The same where all frames are there anyway. What lies around a block is worked on with it: large ones are faster."""

_HOLD = 12
"""The first frames of a held drawing decide its pose; drawings are seldom held as long."""


class Steadier:
    """Takes the poses of a clip in order and gives them back steadied, in order, a little later.

    Time is cut at shots and at held drawings, and people are told apart by their track ids; nothing is ever mixed
    across any of these. In between, keypoints below the gate count as missing, exchanged sides are put back, outliers
    and short gaps are filled, and what trembles is smoothed: see `Steadiness`. The frames of a held drawing all
    have its one pose: the average of its first 12 frames, as long as it may last.

    What comes out for a frame depends only on frames near it, and has the same bits whatever else there is: so a
    clip in pieces gives what the whole clip gives, away from the seams.

    Args:
        steadiness: what is done, and how much.
        fps: frames per second; only "one_euro" asks.
        block: frames that are worked on at a time. The result does not depend on it.

    Raises:
        BadOption: fps or block are not above 0.
    """

    LOOK_AHEAD: ClassVar[int] = max(reaches(Steadiness(max_gap=LONGEST_GAP), 24.0)) + _BLOCK
    """The most frames that are held back, whatever the options, with blocks of the usual size."""

    def __init__(self, steadiness: Steadiness | None = None, *, fps: float = 24.0, block: int = _BLOCK) -> None:
        if not fps > 0 or block < 1:
            raise BadOption(f"fps and block are above 0; got {fps!r} and {block!r}")
        self.steadiness = Steadiness() if steadiness is None else steadiness
        self.fps = float(fps)
        self.block = block
        self._before, self._after = reaches(self.steadiness, self.fps)
        self._clear()

    def _clear(self) -> None:
        self._first: Poses | None = None
        self._came: list[Poses] = []  # since the last cut or hold, or of the hold; the oldest may be there as context
        self._given = 0  # how many of them have been given back
        self._holding = False
        self._pose: Poses | None = None  # of the hold, once its first frames have been given back

    def add(self, poses: Poses, cut: bool = False, repeat: bool = False) -> list[Poses]:
        """Take the next frame, and give back those that are final now.

        Args:
            poses: its people with track ids.
            cut: whether it begins a new shot.
            repeat: whether it shows the same drawing as the frame before. The first frame of a shot repeats none.

        Raises:
            BadKeypoints: people have no track ids or share one, or the skeleton changes.
        """
        if self.steadiness.method == "off":
            return [poses]
        self._check(poses)
        done: list[Poses] = []
        if repeat and (self._came or self._holding) and not cut:
            if not self._holding:
                begins = self._came.pop()
                done += self._end()
                self._came, self._holding = [begins], True
        elif cut or self._holding:
            done += self._end()
        self._came.append(poses)
        return done + self._ready()

    def finish(self) -> list[Poses]:
        """The frames that are left. Afterwards another clip may begin."""
        done = self._end()
        self._clear()
        return done

    def _check(self, poses: Poses) -> None:
        if poses.track_ids is None and len(poses):
            raise BadKeypoints("steadying needs to know who is who, got poses without track ids: track them first")
        if not poses.numbered:
            raise BadKeypoints(f"two people of a frame have the same track id: {poses.track_ids}; track them anew")
        self._first = self._first or poses
        if poses.skeleton != self._first.skeleton:
            names = self._first.skeleton.name, poses.skeleton.name
            raise BadKeypoints(
                f"all frames of a clip have one skeleton, got {names[0]} and then {names[1]}: convert one"
            )

    def _ready(self) -> list[Poses]:
        """What can be given back although more may come."""
        if self._holding:
            return self._held() if len(self._came) >= _HOLD else []
        known = len(self._came) - 1  # the last frame may turn out to be the first of a hold
        stop = known - self._after
        if stop - self._given < self.block:
            return []
        done = self._stretch(self._given, stop, known)
        keep = max(0, stop - self._before)
        self._came, self._given = self._came[keep:], stop - keep
        return done

    def _end(self) -> list[Poses]:
        """What is left of a stretch or a hold that is over."""
        if self._holding:
            done = self._held() if self._came else []
        else:
            done = self._stretch(self._given, len(self._came), len(self._came))
        self._came, self._given, self._holding, self._pose = [], 0, False, None
        return done

    def _held(self) -> list[Poses]:
        self._pose = held([self._on_first_canvas(poses) for poses in self._came], self.steadiness, self._pose)
        done = [_on(self._pose, poses.canvas_wh) for poses in self._came]
        self._came = []
        return done

    def _stretch(self, start: int, stop: int, known: int) -> list[Poses]:
        """Frames `start` to `stop` of those that came, of which the first `known` may be looked at."""
        done: list[Poses] = []
        for first in range(start, stop, self.block):
            last = min(first + self.block, stop)
            low, high = max(0, first - self._before), min(known, last + self._after)
            near = [self._on_first_canvas(poses) for poses in self._came[low:high]]
            stretch = Trajectories.of(near)
            if len(stretch.ids):
                stretch = steadied(stretch, self.steadiness, self.fps)
            done += [_on(stretch.frame(t - low, near[t - low]), self._came[t].canvas_wh) for t in range(first, last)]
        return done

    def _on_first_canvas(self, poses: Poses) -> Poses:
        assert self._first is not None
        return _on(poses, self._first.canvas_wh)


def _on(poses: Poses, canvas_wh: tuple[int, int]) -> Poses:
    return poses if poses.canvas_wh == canvas_wh else poses.scaled(canvas_wh)


def steady(
    clip: Sequence[Poses],
    steadiness: Steadiness | None = None,
    *,
    cuts: Container[int] = (),
    repeats: Container[int] = (),
    fps: float = 24.0,
) -> list[Poses]:
    """A whole clip, steadied: frames out are frames in.

    Args:
        clip: every frame's people with track ids.
        steadiness: what is done, and how much.
        cuts: indices of the frames that begin a new shot.
        repeats: indices of the frames that show the same drawing as the frame before them.
        fps: frames per second; only "one_euro" asks.

    Raises:
        BadKeypoints: people have no track ids or share one in a frame, or the skeleton changes.
    """
    steadier = Steadier(steadiness, fps=fps, block=_WHOLE)
    found = [done for t, poses in enumerate(clip) for done in steadier.add(poses, t in cuts, t in repeats)]
    return found + steadier.finish()
