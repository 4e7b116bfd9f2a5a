"""One frame out of a clip, for an editor that takes the poses of one picture, and back into it.

The clip stays the payload that it is: only frames that change are written anew, in the clip's own variant. All others
are the very same objects, with whatever their producer wrote into them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import count, islice
from typing import Any

import numpy as np

from ..errors import BadKeypoints, BadOption, Undecided
from ..formats import DIALECTS, is_animals, openpose, read, recognise
from ..formats.dialects import unpacked
from ..formats.openpose.reading import frames_in
from ..formats.openpose.units import Units
from ..formats.values import say
from ..poses import IntArray, Poses
from .between import blended, interpolated
from .edits import Edit, edits_in, ids_in, read_clip, units_in
from .retouched import NOBODY, Given, counterparts, reunited, wider
from .rewritten import rewriter

__all__ = ["BETWEEN", "frames_of", "join", "part", "pick", "put_back"]

_LISTS = {"posedata": ("pose_metas", "pose_metas_original"), "dwposes": ("poses",)}
"""Dialects that hold a clip in one dict -> the lists in it that have an entry for each frame."""

_FILES = ("coco", "posetrack")
"""Dialects of files that keep the people of all frames in one list."""

_UNSAID_WH = (1, 1)  # stands for a canvas of which nothing is said

_MOST_ID = 2**63 - 1

_EXTRAS = ("track_ids", "boxes", "box_scores")

BETWEEN: dict[str, Callable[[Sequence[Poses], Mapping[int, Poses]], dict[int, Poses]] | None] = {
    "leave": None,
    "interpolate": interpolated,
    "blend the edits": blended,
}
"""What may become of the frames between edited ones."""


# The frames of a payload as they stand in it.


def frames_of(payload: Any) -> list[Any]:
    """A clip's frames, each as a payload of its own in the clip's dialect; for OpenPose frames, the very objects.

    Raises:
        BadKeypoints: the payload is of no known dialect, or a file that does not hold one frame after another.
    """
    found = unpacked(payload)
    if lists := _lists(found):
        return [{**found, **{key: [found[key][i]] for key in lists}} for i in range(len(found[lists[0]]))]
    if any(DIALECTS[name].fits(found) for name in _FILES):
        raise BadKeypoints(
            "a COCO or PoseTrack file keeps the people of all frames in one list: convert it first, as Convert Poses "
            "does, and take frames out of what that gives"
        )
    recognised = openpose.fits(found) or is_animals(found) or recognise(found)  # which says what is wrong with others
    return list(frames_in(found) or ()) if recognised else []


def _lists(found: Any) -> tuple[str, ...]:
    """The keys of the lists with an entry per frame; none for payloads that are such a list."""
    for name, keys in _LISTS.items():
        if DIALECTS[name].fits(found) and isinstance(found[keys[0]], (list, tuple)):
            counts = {key: len(found[key]) for key in keys if isinstance(found.get(key), (list, tuple))}
            return tuple(key for key, count in counts.items() if count == counts[keys[0]])
    return ()


def join(pieces: Sequence[Any]) -> Any:
    """The pieces of one clip as one payload; a single piece as it is.

    Raises:
        BadKeypoints: as `frames_of`; or the pieces are of several dialects.
    """
    if len(pieces) == 1:
        return pieces[0]
    found = [unpacked(piece) for piece in pieces]
    lists = {_lists(piece) for piece in found}
    if len(lists) > 1:
        raise BadKeypoints("the pieces of a clip must be of one dialect: convert them first, as Convert Poses does")
    keys = lists.pop() if lists else ()
    if keys:
        return {**found[0], **{key: [entry for piece in found for entry in piece[key]] for key in keys}}
    return [frame for piece in found for frame in frames_of(piece)]


def part(payload: Any, lengths: Sequence[int]) -> list[Any]:
    """A clip as pieces of so many frames again; see `join`."""
    if len(lengths) == 1:
        return [payload]
    if keys := _lists(payload):
        rest = {key: iter(payload[key]) for key in keys}
        return [{**payload, **{key: list(islice(rest[key], length)) for key in keys}} for length in lengths]
    frames = iter(payload)
    return [list(islice(frames, length)) for length in lengths]


def _exchanged(payload: Any, changed: Mapping[int, Any]) -> Any:
    """The payload with some frames exchanged, each given as `frames_of` gives it; a list of lists becomes one list."""
    found = unpacked(payload)
    if keys := _lists(found):
        lists = {key: list(found[key]) for key in keys}
        for index, frame in changed.items():
            for key in keys:
                lists[key][index] = frame[key][0]
        return {**found, **lists}
    own = list(frames_in(found) or ())
    frames = [changed.get(index, frame) for index, frame in enumerate(own)]
    if not isinstance(found, Mapping):
        return frames
    return frames[0] if own[0] is found else {**found, "frames": frames}


# One frame out, and back.


@dataclass(frozen=True)
class Picked:
    """One frame of a clip.

    Attributes:
        payload: the frame as it stands in the clip, in a list of one where the clip's dialect is lists of frames.
        canvas_wh: width and height of its canvas in pixels; None where it does not say them.
        count: how many frames the clip has.
    """

    payload: Any
    canvas_wh: tuple[int, int] | None
    count: int


def pick(payload: Any, index: int) -> Picked:
    """One frame out of a clip in any dialect, of people or of animals; -1 is the last.

    Raises:
        BadKeypoints: the payload or that frame is malformed; see `frames_of`.
        BadOption: there is no such frame.
    """
    frames = frames_of(payload)
    (place,) = _places([index], len(frames))
    frame = frames[place]
    return Picked(frame if _lists(unpacked(payload)) else [frame], _canvas_wh(frame), len(frames))


def _canvas_wh(frame: Any) -> tuple[int, int] | None:
    if is_animals(frame):
        sides = [frame.get(key) for key in ("canvas_width", "canvas_height")]
        return (sides[0], sides[1]) if all(type(side) is int for side in sides) else None
    dialect = "openpose" if openpose.fits(frame) else "auto"  # whatever the units, which one frame may not tell
    sizes = {poses.canvas_wh for poses in read(frame, dialect, _UNSAID_WH)}
    if len(sizes) != 1:
        raise BadKeypoints(f"expected one frame; got {say(frame)}")
    (canvas_wh,) = sizes
    return None if canvas_wh == _UNSAID_WH else canvas_wh


def _sized(payload: Any, edited: Sequence[Any], dialect: str, canvas_wh: tuple[int, int] | None) -> list[Poses]:
    """A clip; if nothing says its canvas, on that of the edited frames, who may say theirs."""
    try:
        return read_clip(payload, dialect, canvas_wh)
    except Undecided as error:
        if error.option != "canvas_wh":
            raise
        sizes = {_canvas_wh(frame) for piece in edited for frame in frames_of(piece)} - {None}
        if len(sizes) != 1:
            raise
        return read_clip(payload, dialect, sizes.pop())


def put_back(
    payload: Any,
    edited: Sequence[Any],
    indices: Sequence[int],
    between: str = "leave",
    *,
    dialect: str = "auto",
    canvas_wh: tuple[int, int] | None = None,
) -> tuple[Any, list[int]]:
    """A clip with edited frames in place of its own.

    Args:
        payload: the clip, in any dialect.
        edited: payloads with as many frames in all as there are indices, each in any dialect and on a canvas of any
            size; what the editor left out is given back as `retouched.reunited` says.
        indices: which frames they replace, in this order; -1 is the last.
        between: what becomes of the frames between the edited ones, a key of `BETWEEN`.
        dialect: of the edited frames, and of the clip, where they can be read in two ways. By default such edited
            frames are in the units of the clip.
        canvas_wh: width and height in pixels of the clip's canvas, where the clip does not say it; by default
            that of the edited frames.

    Returns:
        The payload with new frames at those places, and between them unless they are left, and which these are; all
        other frames are the objects that they were. Lists of lists of frames become one list.

    Raises:
        BadKeypoints: something is malformed; or the frames between do not say who is who.
        BadOption: there are no such frames, or not as many as edited ones; or no such way with those between.
    """
    if between not in BETWEEN:
        raise BadOption(f"the frames between are one of {', '.join(BETWEEN)}; got {say(between)}")
    payload = unpacked(payload)
    frames = frames_of(payload)
    places = _places(indices, len(frames))
    if is_animals(payload):
        return _exchanged(payload, _edited_animals(edited, places, between)), sorted(places)
    clip = _sized(payload, edited, dialect, canvas_wh)
    units = units_in(payload, dialect) if openpose.fits(payload) else [None] * len(clip)
    rows, edits = _edits(frames, units, clip, edited, places, dialect)
    change = BETWEEN[between]
    skeleton = reduce(wider, (poses.skeleton for poses in (*edits.values(), *clip)))
    whole = {index: poses.to(skeleton) for index, poses in edits.items()}
    changed = (change([poses.to(skeleton) for poses in clip], whole) if change else {}) | edits
    rows |= {index: _behind(clip[index], changed[index]) for index in changed if index not in rows}
    rewritten = rewriter(payload)
    written = {i: rewritten(changed[i], frames[i], rows[i], units[i]) for i in sorted(changed)}
    return _exchanged(payload, written), list(written)


def _places(indices: Sequence[int], count: int) -> list[int]:
    """The indices counted from the first frame.

    Raises:
        BadOption: there is none, one twice, or one that is no frame or no whole number.
    """
    if not all(isinstance(index, (int, np.integer)) and not isinstance(index, bool) for index in indices):
        raise BadOption(f"frames are counted in whole numbers; got {say(indices)}")
    for index in indices:
        if not -count <= index < count:
            there = f"from 0 to {count - 1}, or from -{count} to -1 counted from the end" if count else "none at all"
            raise BadOption(f"there is no frame {index}: the clip has {there}")
    places = [index % count for index in indices]
    if not places or len(set(places)) < len(places):
        raise BadOption(f"say which frames, each of them once, such as 12, 40; got {list(indices)}")
    return places


def _edited_animals(edited: Sequence[Any], places: Sequence[int], between: str) -> dict[int, Any]:
    if not all(map(is_animals, edited)):
        raise BadKeypoints("the clip is of animals (AP-10K), and the edited frames are not")
    if between != "leave":
        raise BadKeypoints("the clip is of animals (AP-10K), which are only passed on: leave the frames between")
    frames = [frame for payload in edited for frame in frames_of(payload)]
    _check_count(len(frames), places)
    return dict(zip(places, frames, strict=True))


def _check_count(frames: int, places: Sequence[int]) -> None:
    if frames != len(places):
        raise BadOption(f"there are {frames} edited frames for the places {list(places)}: say one for each")


def _edits(
    frames: Sequence[Any],
    units: Sequence[Units | None],
    clip: Sequence[Poses],
    edited: Sequence[Any],
    places: Sequence[int],
    dialect: str,
) -> tuple[dict[int, IntArray], dict[int, Poses]]:
    """Index -> whom of the frame the edited people are, and these with what the editor dropped."""
    made: list[Edit] = []
    for payload in edited:
        first = places[min(len(made), len(places) - 1)]
        made.extend(edits_in(payload, frames[first], units[first], dialect, clip[first].canvas_wh))
    _check_count(len(made), places)
    peopled = [poses for poses in clip if len(poses)] or [edit.poses for edit in made]
    known = {name for name in _EXTRAS if any(getattr(poses, name) is not None for poses in peopled)}
    ids_of = [ids_in(frame, poses) for frame, poses in zip(frames, clip, strict=True)]
    used = {who for ids in (*ids_of, *(edit.ids for edit in made)) for who in ids if who is not None}
    rows, edits = {}, {}
    for place, edit in zip(places, made, strict=True):
        was = clip[place]
        given = Given(*edit.given(was), ids_of[place])
        rows[place] = counterparts(edit.poses, edit.ids, given)
        ids = _renamed(edit.ids, ids_of[place], rows[place], used)
        edits[place] = reunited(edit.poses, was, rows[place], given, known, ids)
    return rows, edits


def _renamed(
    told: Sequence[int | None], before: Sequence[int | None], rows: IntArray, used: set[int]
) -> list[int | None]:
    """The ids of edited people: what the edit tells, if nobody else has it, else the old; for somebody new, a free one.

    Args:
        told: what the edit tells.
        before: those of the frame.
        rows: whom of the frame each is.
        used: all of the clip and of its edits; if there are none, nobody gets one.
    """
    ids = [who if [*told].count(who) == 1 else None for who in told]
    for i, row in enumerate(rows.tolist()):
        if ids[i] is None and row != NOBODY and before[row] not in ids:
            ids[i] = before[row]
    start = max(used, default=0) + 1
    free = count(start if start + len(ids) <= _MOST_ID else 0)
    new = (who for who in free if who not in used)
    return [next(new) if who is None and row == NOBODY and used else who for who, row in zip(ids, rows, strict=True)]


def _behind(was: Poses, now: Poses) -> IntArray:
    """Whom of a frame its people are when nobody has left and some were put behind the others."""
    return np.where(np.arange(len(now)) < len(was), np.arange(len(now)), NOBODY)
