"""Two versions of a clip's poses, such as before and after steadying, side by side, and against the truth if known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BadKeypoints
from ..poses import Poses
from ..video.identity.sightings import present
from .identity import following, keypoint_errors, matches, relabelled, renamed
from .lag import correlations, lag
from .motion import jitter, motion
from .pck import pck

__all__ = ["Compared", "compare"]

PCK_LIMITS = (0.05, 0.1)
"""Torso lengths."""


@dataclass(frozen=True)
class Compared:
    """What `compare` finds.

    Attributes:
        clips: "a", "b" and "truth", as far as they were given, in the skeleton and on the canvases of the first; an
            identity has the same id in all of them.
        numbers: the measures, ready for JSON.
    """

    clips: Mapping[str, Sequence[Poses]]
    numbers: dict[str, Any]


def compare(
    a: Sequence[Poses],
    b: Sequence[Poses] | None = None,
    truth: Sequence[Poses] | None = None,
    *,
    cuts: Collection[int] = (),
    fps: float = 24.0,
    threshold: float = 0.0,
) -> Compared:
    """Measure how steadily people move in one or two versions of a clip, and who they are.

    Who only keeps a place, as in `sdpose.video.placed`, does not count. People without
    track ids are tracked first, and `tracked_here` says so.

    Args:
        a: every frame's people.
        b: another version of the same frames.
        truth: the same frames' true people. A keypoint counts as labelled where its score is above 0.
        cuts: indices of the frames that begin a new shot.
        fps: frames a second.
        threshold: a keypoint is there when its score is above this.

    Returns:
        For `a`, `b` and `truth`: `people`, the mean number in a frame; `identities`; `longest_track`, in frames;
        `tracked_here`; what `jitter` says. For `a` and `b` against the truth also `accel_error`, in torso lengths
        per frame^2, `idf1`, `id_switches`, `pck_0.05`, `pck_0.1` and `lag_frames`. From `a` to `b`: `filled`, how many
        `keypoints` and `people` there are in `b` alone, and `lost`, likewise in `a` alone; `lag_frames`, by how much
        `b` comes after `a`.

    Raises:
        BadKeypoints: the versions have different numbers of frames, or none.
    """
    given = {name: clip for name, clip in (("a", a), ("b", b), ("truth", truth)) if clip is not None}
    _check(given)
    clips, ours = {}, {}
    for name, clip in given.items():
        clips[name], ours[name] = _prepared(clip, a, threshold, cuts, fps)
    for name, model in (("a", "truth"), ("b", "truth" if truth is not None else "a")):
        if name in clips and model in clips:
            clips[name] = renamed(clips[name], clips[model])
    numbers: dict[str, Any] = {"frames": len(a), "fps": fps, "cuts": sorted(cuts), "threshold": threshold}
    for name, clip in clips.items():
        numbers[name] = {"tracked_here": ours[name], **_own(clip, cuts, fps)}
        if name != "truth" and truth is not None:
            numbers[name] |= _against(clip, clips["truth"], cuts)
    if b is not None:
        numbers["filled"], numbers["lost"] = _only(clips["b"], clips["a"]), _only(clips["a"], clips["b"])
        aligned = renamed(clips["b"], clips["a"])
        numbers["lag_frames"] = lag(correlations(aligned, clips["a"], cuts))
    return Compared(clips, numbers)


def _check(given: Mapping[str, Sequence[Poses]]) -> None:
    counts = {name: len(clip) for name, clip in given.items()}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise BadKeypoints(f"expected the same number of frames in all versions, but {told}; compare the same clip")
    if 0 in counts.values():
        raise BadKeypoints("expected frames with poses, got none; give a file with at least one frame")


def _prepared(
    clip: Sequence[Poses], first: Sequence[Poses], threshold: float, cuts: Collection[int], fps: float
) -> tuple[list[Poses], bool]:
    """A version in the skeleton and on the canvases of the first, with track ids; and whether they had to be found."""
    out = []
    for frame, model in zip(clip, first, strict=True):
        frame = present(frame).to(model.skeleton).scaled(model.canvas_wh)
        out.append(frame.replace(scores=np.where(frame.scores > threshold, frame.scores, 0.0)))
    if all(frame.numbered for frame in out):
        return out, False
    from ..video import track

    return track(out, cuts=frozenset(cuts), fps=fps), True


def _own(clip: Sequence[Poses], cuts: Collection[int], fps: float) -> dict[str, Any]:
    """What can be said of a version by itself."""
    ids = [who for frame in clip for who in frame.ids.tolist()]
    lives = np.unique(ids, return_counts=True)[1] if ids else np.zeros(1, np.int64)
    steadiness = jitter([motion(clip, cuts)], fps)
    return {
        "people": len(ids) / len(clip),
        "identities": len(set(ids)),
        "longest_track": int(lives.max()),
        **{name: value for name, value in steadiness.items() if not name.endswith("_true")},
    }


def _against(found: Sequence[Poses], truth: Sequence[Poses], cuts: Collection[int]) -> dict[str, Any]:
    """What the truth says of a version."""
    identity = following(found, truth)
    errors, labelled = keypoint_errors(found, truth)
    return {
        "accel_error": jitter([motion(relabelled(found, truth), cuts, truth)])["accel"],
        "idf1": identity.idf1,
        "id_switches": identity.switches,
        **pck(errors, labelled, PCK_LIMITS),
        "lag_frames": lag(correlations(relabelled(found, truth), truth, cuts)),
    }


def _only(one: Sequence[Poses], other: Sequence[Poses]) -> dict[str, int]:
    """How many people, and keypoints of people who are in both, there are in one version alone."""
    people = keypoints = 0
    for here, there, match in zip(one, other, matches(one, other), strict=True):
        known = np.flatnonzero(match >= 0)
        people += len(here) - len(known)
        keypoints += int(((here.scores[known] > 0) & (there.scores[match[known]] <= 0)).sum())
    return {"keypoints": keypoints, "people": people}
