"""What of poses a format has no room for, seen by writing them and reading them back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..poses import Poses
from . import openpose
from .dialects import DIALECTS, read
from .profiles import Scores, write

__all__ = ["dropped", "losses", "written_for"]

_EXTRAS = {"track_ids": "track ids", "boxes": "boxes", "box_scores": "box scores"}


def written_for(
    clip: Sequence[Poses], profile: str, *, threshold: float | None = None, scores: Scores | None = None
) -> str:
    """A line about poses that were written, such as `written for aux, without feet, raw scores`; see `dropped`."""
    lost = dropped(clip, profile, threshold=threshold, scores=scores)
    return f"written for {profile}" + (f", without {', '.join(lost)}" if lost else "")


def dropped(
    clip: Sequence[Poses], profile: str, *, threshold: float | None = None, scores: Scores | None = None
) -> list[str]:
    """What of poses is lost when they are written for a consumer.

    Args:
        clip: one Poses per frame.
        profile: a key of `PROFILES`.
        threshold: as `write` has it.
        scores: likewise.

    Returns:
        As `losses` says it, and such as `2 frames with nobody` where a profile leaves these out.

    Raises:
        BadKeypoints: a frame is one that the profile cannot hold.
        BadOption: there is no such profile, or an option is not what it may be.
    """
    found = []
    for poses in clip:  # one by one, as some profiles hold a single frame, and others leave out those of nobody
        payload = write([poses], profile, threshold=threshold, scores=scores)
        found.append(next(iter(read(payload, _dialect(profile), poses.canvas_wh)), None))
    lost = losses(clip, [poses[[]] if back is None else back for poses, back in zip(clip, found, strict=True)])
    if gone := found.count(None):
        lost.append("1 frame with nobody" if gone == 1 else f"{gone} frames with nobody")
    return lost


def _dialect(profile: str) -> str:
    """What a profile's payloads are read as."""
    if profile in openpose.variants():
        return "normalised" if openpose.variants()[profile].units == "shares" else "openpose"
    return profile if profile in DIALECTS else "coco"  # its results


def losses(clip: Sequence[Poses], back: Sequence[Poses]) -> list[str]:
    """What was in poses and is not in what was read back of them, in words fit for a list.

    Args:
        clip: one Poses per frame, as they were.
        back: the same frames, written in some format and read again.

    Returns:
        Such as `1 person`, `feet`, `12 points`, `raw scores`, `track ids`; nothing where all is there. Of frames in
        which people are missing, only these are counted.
    """
    frames = [(was, now.to(was.skeleton)) for was, now in zip(clip, back, strict=True)]
    gone = sum(max(0, len(was) - len(now)) for was, now in frames)
    pairs = [(was, now) for was, now in frames if len(was) == len(now)]
    names = dict.fromkeys(part for was, _ in pairs for part in was.skeleton.parts)
    parts = {part: _counts(pairs, part) for part in names}
    whole = [part for part, (had, has) in parts.items() if had and not has]
    points = sum(had - has for part, (had, has) in parts.items() if part not in whole)
    lost = [f"{gone} {'person' if gone == 1 else 'people'}"] if gone else []
    lost += [part.replace("_", " ") for part in whole]
    if points:
        lost.append("1 point" if points == 1 else f"{points} points")
    if any(np.any((now.scores > 0) & (now.scores != was.scores)) for was, now in pairs):
        lost.append("raw scores")
    extras = {name: [(getattr(was, name), getattr(now, name)) for was, now in pairs if len(was)] for name in _EXTRAS}
    return lost + [_EXTRAS[name] for name, both in extras.items() if any(a is not None and b is None for a, b in both)]


def _counts(pairs: Sequence[tuple[Poses, Poses]], part: str) -> tuple[int, int]:
    """How many points of a part there were, and how many there are."""
    columns = {was.skeleton: list(was.skeleton.indices(part)) for was, _ in pairs}
    had, has = (sum(int((pair[i].scores[:, columns[pair[0].skeleton]] > 0).sum()) for pair in pairs) for i in (0, 1))
    return had, has
