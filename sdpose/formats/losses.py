"""What of poses is lost in a format, seen by reading them back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..poses import Poses

__all__ = ["losses"]

_EXTRAS = {"track_ids": "track ids", "boxes": "boxes", "box_scores": "box scores"}


def losses(clip: Sequence[Poses], back: Sequence[Poses]) -> list[str]:
    """What was in poses and is not in what was read back of them, in words fit for a list.

    Args:
        clip: one Poses per frame, as they were.
        back: the same frames with the same people, written in some format and read again.

    Returns:
        Such as `feet`, `12 points`, `raw scores`, `track ids`; nothing where all is there.
    """
    pairs = [(was, now.to(was.skeleton)) for was, now in zip(clip, back, strict=True)]
    parts = {part: _counts(pairs, part) for was, _ in pairs for part in was.skeleton.parts}
    whole = [part for part, (had, has) in parts.items() if had and not has]
    points = sum(had - has for part, (had, has) in parts.items() if part not in whole)
    lost = [part.replace("_", " ") for part in whole]
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
