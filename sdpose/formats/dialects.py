"""Which dialect is this payload? Read it: the table of readers, and the rule by which payloads are recognised.

The rule goes by structure. A payload in which two readings are possible is refused, and the message names the option
that decides.

1. Text and bytes are JSON, and what is in them counts. A list of lists of frames, or of such texts, is joined.
2. Frames with "animals" are AP-10K's (controlnet_aux): animals, which are told apart so that they can be passed on, but
   which are not people and are not read.
3. A dict with "pose_metas" is POSEDATA; one with "poses", of which the first has "bodies", is DWPOSES.
4. A dict with "annolist", or whose category of people has a keypoint `head_bottom`, is PoseTrack's; another one with
   such categories, or a list of dicts with "image_id", is COCO's.
5. A dict with "width", "height" and "keypoints" is an old editor's.
6. Frames with "people" - one, a list, or a dict with a list of "frames" - are OpenPose's. They are in pixels or in
   shares of the canvas, as a frame says or the numbers tell: see `openpose.units`. A dialect that is chosen decides
   it, whatever they say.
7. An empty list is no frames, under "frames" too. Anything else is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..errors import BadKeypoints, BadOption, Undecided
from ..poses import Poses
from . import coco, dwposes, old_editor, openpose, posedata, posetrack
from .values import say

__all__ = ["ANIMALS", "DIALECTS", "Dialect", "is_animals", "is_no_frames", "read", "read_all", "recognise", "unpacked"]

ANIMALS = "ap10k"
"""What `recognise` says of animals; no dialect that can be read."""

CanvasWH = tuple[int, int] | None
Payload = Any


@dataclass(frozen=True)
class Dialect:
    """One way to write poses.

    Attributes:
        title: who writes it, in a few words.
        fits: whether a payload has its structure; cheap, and never raises.
        read: the payload and the canvas (for payloads that do not say it) -> one Poses per frame.
    """

    title: str
    fits: Callable[[Payload], bool]
    read: Callable[[Payload, CanvasWH], list[Poses]]


def _never(payload: Payload) -> bool:
    """The structure of a dialect that only the numbers tell from another."""
    return False


DIALECTS: dict[str, Dialect] = {
    "posedata": Dialect("POSEDATA of WanAnimatePreprocess and Magos", posedata.fits, posedata.read),
    "dwposes": Dialect("DWPOSES of SCAIL-Pose", dwposes.fits, dwposes.read),
    "posetrack": Dialect("PoseTrack files of 2017, 2018 and 2021", posetrack.fits, posetrack.read_poses),
    "coco": Dialect("COCO keypoint files and results, 17 or 133 keypoints", coco.fits, coco.read),
    "old_editor": Dialect(
        'the old OpenPose editors\' {"width", "height", "keypoints"}', old_editor.fits, old_editor.read
    ),
    "openpose": Dialect("OpenPose frames in pixels: POSE_KEYPOINT and OpenPose's files", openpose.fits, openpose.read),
    "normalised": Dialect("OpenPose frames in shares of the canvas, 0 to 1", _never, openpose.read_shares),
}
"""Key -> dialect."""


def read(payload: Payload, dialect: str = "auto", canvas_wh: CanvasWH = None) -> list[Poses]:
    """Read poses that any tool wrote.

    Args:
        payload: what came: parsed JSON, its text, or the objects of another pack.
        dialect: a key of `DIALECTS`, or `auto` for what `recognise` says.
        canvas_wh: width and height in pixels of the canvas, used where the payload does not say it.

    Returns:
        One Poses per frame, all in one skeleton.

    Raises:
        BadKeypoints: the payload is malformed (the frame, person and field are named), is not known, may be read in
            two ways (Undecided), is of animals, or does not say its canvas and nor does `canvas_wh` (Undecided).
        BadOption: there is no such dialect.
    """
    if dialect != "auto" and not (isinstance(dialect, str) and dialect in DIALECTS):
        raise BadOption(f"a dialect is auto or one of {', '.join(DIALECTS)}; got {say(dialect)}")
    found = unpacked(payload)
    name = structure(found) if dialect == "auto" else dialect
    if openpose.is_animals(found):
        raise BadKeypoints("these poses are of animals (AP-10K), not of people: they can be passed on, but not read")
    if dialect != "auto":
        return DIALECTS[dialect].read(found, canvas_wh)
    return openpose.read_any(found, canvas_wh) if name == "openpose" else DIALECTS[name].read(found, canvas_wh)


def read_all(payloads: Sequence[Payload], canvas_wh: CanvasWH = None) -> list[list[Poses]]:
    """Read poses that belong together, each in any dialect: those that do not say their canvas are on the others'.

    Args:
        payloads: see `read`.
        canvas_wh: width and height in pixels of the canvas of those that do not say it. None is the canvas of the
            others, if that is of one size.

    Raises:
        BadKeypoints: see `read`.
    """
    clips: dict[int, list[Poses]] = {}
    unsaid: Undecided | None = None
    for place, payload in enumerate(payloads):
        try:
            clips[place] = read(payload, canvas_wh=canvas_wh)
        except Undecided as error:
            if error.option != "canvas_wh":
                raise
            unsaid = unsaid or error
    if unsaid:
        sizes = {poses.canvas_wh for clip in clips.values() for poses in clip}
        if len(sizes) != 1:
            raise unsaid
        clips |= {place: read(payloads[place], canvas_wh=next(iter(sizes))) for place in range(len(payloads))}
    return [clips[place] for place in range(len(payloads))]


def recognise(payload: Payload) -> str:
    """The dialect of a payload: a key of `DIALECTS`, or `ANIMALS`.

    Raises:
        BadKeypoints: it is none that is known, or may be one of two; the message says what was seen.
    """
    found = unpacked(payload)
    name = structure(found)
    return "normalised" if name == "openpose" and openpose.units_of(found) == "shares" else name


def is_animals(payload: Payload) -> bool:
    """Whether a payload is of AP-10K's animals, which are passed on untouched. Never raises."""
    try:
        return openpose.is_animals(unpacked(payload))
    except BadKeypoints:
        return False


def unpacked(payload: Payload) -> Payload:
    """A payload with the JSON in it parsed, and lists of lists (or texts) of frames joined to one list.

    Raises:
        BadKeypoints: text is not JSON.
    """
    found = _parsed(payload)
    if not isinstance(found, (list, tuple)) or not any(isinstance(entry, _NESTS) for entry in found):
        return found
    frames: list[Any] = []
    for entry in found:
        piece = _parsed(entry)
        inner = openpose.frames_in(piece)
        frames.extend([piece] if inner is None else inner)
    return frames


def is_no_frames(found: Payload) -> bool:
    """Whether what `unpacked` gave is a list of frames without any. Never raises."""
    frames = openpose.frames_in(found)
    return frames is not None and not len(frames)


_NESTS = (list, tuple, str, bytes, bytearray)


def _parsed(payload: Payload) -> Payload:
    if not isinstance(payload, (str, bytes, bytearray)):
        return payload
    try:
        return json.loads(payload.removeprefix("\ufeff") if isinstance(payload, str) else payload)
    except (ValueError, RecursionError) as error:
        raise BadKeypoints(f"expected poses as JSON; got {say(payload)} ({type(error).__name__}: {error})") from error


def structure(found: Payload) -> str:
    """What `unpacked` gave, by structure alone: a key of `DIALECTS`, "openpose" for frames in any units, or `ANIMALS`.

    Raises:
        BadKeypoints: it is none that is known, or may be one of several.
    """
    if openpose.is_animals(found):
        return ANIMALS
    fitting = [name for name, dialect in DIALECTS.items() if dialect.fits(found)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting and is_no_frames(found):
        return "openpose"
    if fitting:
        raise Undecided(f"got {_seen(found)}, which may be {' or '.join(fitting)}", "dialect")
    raise BadKeypoints(
        f"expected poses of a known dialect ({', '.join(DIALECTS)}); got {_seen(found)}: connect a list of frames with "
        '"people", or choose the dialect'
    )


def _seen(found: Payload) -> str:
    """What an unknown payload looks like."""
    if isinstance(found, dict):
        return f"a dict with the keys {say(list(islice(found, 8)))}"
    if isinstance(found, (list, tuple)):
        first = found[0]
        return (
            f"a list of {len(found)}, the first of which is {_seen(first) if isinstance(first, dict) else say(first)}"
        )
    return say(found)
