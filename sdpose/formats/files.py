"""Poses in files: one JSON file for a clip, or a folder with one for each frame, as OpenPose writes them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import BadKeypoints, BadOption, Undecided
from ..files import atomic_folder, write_json
from ..poses import Poses
from .dialects import is_no_frames, read, recognise, unpacked
from .profiles import PROFILES, Scores, profile_named, write

__all__ = ["load", "load_named", "load_payload", "naming", "save", "wants_folder"]

_ONE_FRAME = "_keypoints.json"
"""How OpenPose ends the name of a frame's file."""


def load(path: str | Path, dialect: str = "auto", canvas_wh: tuple[int, int] | None = None) -> list[Poses]:
    """Read poses from a file, or from a folder with a file per frame.

    Args:
        path: JSON of any dialect; or a folder, of which the files `*_keypoints.json` are taken, or all `*.json` where
            there are none of these, in natural order (2 before 10). Subfolders are not searched. Of several files each
            holds a frame at least.
        dialect: a key of `DIALECTS`, or `auto`; see `read`.
        canvas_wh: width and height in pixels of the canvas, used where the files do not say it.

    Returns:
        One Poses per frame, all in one skeleton.

    Raises:
        BadKeypoints: there is nothing to read, or `read` refuses it; the message names the file.
        BadOption: there is no such dialect.
    """
    payload = load_payload(path)
    with naming(path):
        return read(payload, dialect, canvas_wh)


def load_named(
    path: str | Path, dialect: str = "auto", canvas_wh: tuple[int, int] | None = None
) -> tuple[list[Poses], str]:
    """`load`, and the dialect that the poses are in."""
    payload = load_payload(path)
    with naming(path):
        return read(payload, dialect, canvas_wh), recognise(payload) if dialect == "auto" else dialect


@contextlib.contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """What is wrong with poses is said with where they were read."""
    try:
        yield
    except Undecided as error:
        raise Undecided(f"{path}: {error.problem}", error.option) from error
    except BadKeypoints as error:
        raise BadKeypoints(f"{path}: {error}") from error


def load_payload(path: str | Path) -> Any:
    """What is in a file or a folder, as `read` takes it and as yet unread; arguments and errors as for `load`."""
    place = Path(path)
    if not place.is_dir():
        return _parsed(place)
    files = [file for file in place.glob("*.json") if file.is_file() and not file.name.startswith(".")]
    files = [file for file in files if file.name.endswith(_ONE_FRAME)] or files
    if not files:
        raise BadKeypoints(f"the folder {path} holds no .json files (subfolders are not searched): name another")
    from ..media.names import natural_key

    found = {file: _parsed(file) for file in sorted(files, key=lambda file: natural_key(file.name))}
    if len(found) == 1:
        return next(iter(found.values()))
    for file, piece in found.items():
        if is_no_frames(piece):
            raise BadKeypoints(f"{file}: it holds no frame, and the others have one each: take it out of the folder")
    return list(found.values())


def _parsed(path: Path) -> Any:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadKeypoints(f"the poses {path} cannot be read: {error.strerror or error}") from error
    with naming(path):
        return unpacked(text)


def save(
    people: Sequence[Poses] | Poses,
    path: str | Path,
    profile: str = "core",
    *,
    canvas_wh: tuple[int, int] | None = None,
    threshold: float | None = None,
    scores: Scores | None = None,
) -> None:
    """Write poses to a file, or to a folder with a file per frame; it appears whole, or not at all.

    Args:
        people: one Poses per frame (a single Poses is one frame).
        path: a name that ends in .json is one file. Any other is a new folder, for `NAME_000000000000_keypoints.json`
            and so on; OpenPose's own files and those of editors hold one frame each.
        profile: a key of `PROFILES`; see `write`, also for the other options.

    Raises:
        BadKeypoints: the profile, or its file, cannot hold what it is given; the message says what to do.
        BadOption: there is no such profile, or it is not written to files, or not frame by frame.
        OutputError: it cannot be written, or the folder is there and is not empty.
    """
    clip = [people] if isinstance(people, Poses) else list(people)
    options: dict[str, Any] = {"canvas_wh": canvas_wh, "threshold": threshold, "scores": scores}
    chosen = profile_named(profile)
    if chosen.kind not in ("file", "POSE_KEYPOINT"):
        raise BadOption(f"{profile} is not written to files, but handed from node to node: choose core to keep poses")
    place = Path(path)
    if place.suffix.lower() == ".json":
        payload = write(clip, profile, **options)
        write_json(place, _only(payload, place) if profile == "openpose_files" else payload)
        return
    if chosen.kind == "file" and chosen.frames != 1:
        raise BadOption(f"{profile} is one file: name it with .json at the end, not {place.name}")
    if not clip:
        raise BadKeypoints(f"there are no frames to write into {path}: name a file with .json at the end")
    frames = [write([poses], profile, **options) for poses in clip]
    with atomic_folder(place) as folder:
        for i, frame in enumerate(frames):
            name = f"{place.name}_{i:012d}{_ONE_FRAME}"
            write_json(folder / name, _only(frame, place))


def wants_folder(profile: str, frames: int) -> bool:
    """Whether so many frames are a file each, because a file of the profile's consumer holds one."""
    return frames > 1 and (profile == "openpose_files" or PROFILES[profile].frames == 1)


def _only(payload: Any, path: Path) -> Any:
    """The one frame of a payload, without a list around it."""
    frames = payload if isinstance(payload, list) else [payload]
    if len(frames) != 1:
        raise BadKeypoints(
            f"a file of OpenPose's holds one frame, got {len(frames)}: "
            + (f"name a folder instead of {path.name}" if frames else "an empty clip is no such file")
        )
    return frames[0]
