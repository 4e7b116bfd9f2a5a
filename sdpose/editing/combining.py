"""Several streams of poses as one: beside each other in the same frames, or one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from operator import attrgetter

import numpy as np

from ..errors import BadKeypoints, BadOption
from ..poses import FloatArray, IntArray, Poses
from ..topology import NAMES, Skeleton, get
from ..video.identity.sightings import body_boxes
from .transforms import resized

__all__ = ["CANVASES", "TRACK_IDS", "aligned", "concatenated", "merged"]

CANVASES = ("keep", "fit")
TRACK_IDS = ("distinct", "keep")

Stream = Sequence[Poses]


def merged(streams: Sequence[Stream], track_ids: str = "distinct") -> list[Poses]:
    """The people of all streams together, frame by frame.

    Args:
        streams: at least one, of the same frames. A stream of one frame serves all frames.
        track_ids: what becomes of ids that several streams use. "distinct" gives people of the later stream numbers
            that nobody has, and also those without an id if others have one: each place in their list gets a number.
            "keep" takes equal ids for the same person, who must not be twice in a frame.

    Returns:
        As many frames as the longest stream has, on the canvases of the first stream and all in one skeleton; see
        `aligned`. If somebody has a box, those without get one around their keypoints. Box scores and track ids stay
        if everybody has them; people of a stream of one frame are the same in all frames and get ids in any case.

    Raises:
        BadKeypoints: the streams have different numbers of frames, or an id would be twice in a frame.
        BadOption: no streams, or another `track_ids`.
    """
    whole = aligned(streams)
    whole = _told_apart(_named(whole, [track_ids == "distinct" or len(stream) == 1 for stream in streams]), track_ids)
    fields = _fields([frame for stream in whole for frame in stream if len(frame)])
    frames = [_together(frames, fields) for frames in zip(*whole, strict=True)]
    for index, frame in enumerate(frames):
        if frame.track_ids is not None and not frame.numbered:
            raise BadKeypoints(
                f"frame {index} would have somebody twice, its track ids are {frame.ids.tolist()}: make them "
                "distinct, or track the people again where one stream has an id twice"
            )
    return frames


def concatenated(clips: Sequence[Stream], canvas: str = "keep", track_ids: str = "keep") -> list[Poses]:
    """Clips one after another.

    Args:
        clips: any number of them, of any length.
        canvas: "keep" leaves each frame its canvas, "fit" resizes all to the canvas of the first.
        track_ids: "keep" takes equal ids in two clips for the same person; "distinct" gives people of the later clip
            numbers that nobody has, and as `merged` does also those without an id.

    Returns:
        All frames, in one skeleton: the smallest that has all their keypoints, else whole-body OpenPose.

    Raises:
        BadOption: another `canvas` or `track_ids`.
    """
    if canvas not in CANVASES:
        raise BadOption(f"a canvas is one of {', '.join(CANVASES)}; got {canvas!r}")
    clips = _alike(clips)
    clips = _told_apart(_named(clips, [track_ids == "distinct"] * len(clips)), track_ids)
    frames = [frame for clip in clips for frame in clip]
    return frames if canvas == "keep" else [resized(frame, *frames[0].canvas_wh) for frame in frames]


def aligned(streams: Sequence[Stream]) -> list[list[Poses]]:
    """Streams of the same frames, made comparable frame by frame.

    Args:
        streams: at least one. A stream of one frame serves all frames.

    Returns:
        As many streams, all as long as the longest, on the canvases of the first (others are resized to them) and in
        one skeleton: the smallest that has all their keypoints, else whole-body OpenPose, in which poses travel.

    Raises:
        BadKeypoints: the streams have different numbers of frames.
        BadOption: no streams.
    """
    if not streams:
        raise BadOption("there are no poses to combine: give at least one stream")
    lengths = [len(stream) for stream in streams]
    count = max(lengths)
    if any(length not in (1, count) for length in lengths):
        told = ", ".join(map(str, lengths))
        raise BadKeypoints(f"streams of the same clip have as many frames, or one for all; these have {told}")
    full = [list(stream) * (count if len(stream) == 1 else 1) for stream in _alike(streams)]
    return [[resized(frame, *first.canvas_wh) for frame, first in zip(stream, full[0], strict=True)] for stream in full]


def _alike(streams: Iterable[Stream]) -> list[list[Poses]]:
    """All frames in one skeleton."""
    frames = [list(stream) for stream in streams]
    skeleton = _shared({frame.skeleton for stream in frames for frame in stream})
    return [[frame.to(skeleton) for frame in stream] for stream in frames] if skeleton else frames


def _shared(skeletons: set[Skeleton]) -> Skeleton | None:
    """The smallest skeleton that has all keypoints of these, else whole-body OpenPose; none of none."""
    if len(skeletons) < 2:
        return next(iter(skeletons), None)
    needed = {name for skeleton in skeletons for name in skeleton.keypoints}
    enough = [skeleton for skeleton in map(get, NAMES) if needed <= set(skeleton.keypoints)]
    return min(enough, key=len, default=get("openpose134"))


def _told_apart(streams: list[list[Poses]], track_ids: str) -> list[list[Poses]]:
    """The streams without ids that an earlier one uses, if that is asked for."""
    if track_ids not in TRACK_IDS:
        raise BadOption(f"track ids are one of {', '.join(TRACK_IDS)}; got {track_ids!r}")
    if track_ids == "keep":
        return streams
    used = [{who for frame in stream for who in frame.ids.tolist()} for stream in streams]
    everybody = set().union(*used)
    free = (who for who in count() if who not in everybody)
    taken: set[int] = set()
    renamed = []
    for stream, ids in zip(streams, used, strict=True):
        names = {who: next(free) if who in taken else who for who in sorted(ids)}
        renamed.append([_renamed(frame, names.__getitem__) for frame in stream])
        taken |= ids
    return renamed


def _renamed(frame: Poses, name: Callable[[int], int]) -> Poses:
    if frame.track_ids is None:
        return frame
    return frame.replace(track_ids=np.array([name(who) for who in frame.ids.tolist()], np.int64))


def _named(streams: list[list[Poses]], asked: Sequence[bool]) -> list[list[Poses]]:
    """The streams in which, where that is asked for, everybody has an id if anybody has one.

    Who had none gets one that nobody has, which is that of a place in the list of this stream.
    """
    taken = {who for stream in streams for frame in stream for who in frame.ids.tolist()}
    free = (who for who in count() if who not in taken)
    named = []
    for stream, wanted in zip(streams, asked, strict=True):
        most = max((len(frame) for frame in stream if frame.track_ids is None), default=0)
        ids = np.array([next(free) for _ in range(most)] if taken and wanted else [], np.int64)
        named.append([frame.replace(track_ids=ids[: len(frame)]) if _lacks(frame, ids) else frame for frame in stream])
    return named


def _lacks(frame: Poses, ids: IntArray) -> bool:
    return frame.track_ids is None and 0 < len(frame) <= len(ids)


def _has(frame: Poses, field: str) -> bool:
    return len(frame) > 0 and getattr(frame, field) is not None


_Fields = Mapping[str, Callable[[Poses], FloatArray | IntArray]]


def _fields(frames: Sequence[Poses]) -> _Fields:
    """What is known of everybody in these frames, and where each frame has it."""
    known = [name for name in ("box_scores", "track_ids") if all(_has(frame, name) for frame in frames)]
    boxes = {"boxes": body_boxes} if any(_has(frame, "boxes") for frame in frames) else {}
    return {name: attrgetter(name) for name in ("points", "scores", *known)} | boxes


def _together(frames: Sequence[Poses], fields: _Fields) -> Poses:
    """The people of several frames as one."""
    first, peopled = frames[0], [frame for frame in frames if len(frame)]
    if not peopled:
        return first
    parts = {name: np.concatenate([value(frame) for frame in peopled]) for name, value in fields.items()}
    return Poses(**parts, skeleton=first.skeleton, canvas_wh=first.canvas_wh)
