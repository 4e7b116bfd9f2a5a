"""The stage after the networks: who is who, steadily."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from ...poses import Poses
from ..identity import PeopleTracker
from ..places import placed
from ..selection import Rule, select
from ..steady import Steadier
from .frames import Seen

__all__ = ["Following"]


class Following:
    """Tracks, steadies and selects frame by frame; what it gives back is final.

    Args:
        tracker: says who is who, or None.
        steadier: calms the poses, or None.
        choose: whom to keep; a rule other than by track id looks at the whole clip, and all of it is held until then.
        fill_absent: put everyone into every frame, which holds all of it as well.

    Attributes:
        ids: the identities so far.
        most: the most people in one frame so far.
    """

    def __init__(
        self, tracker: PeopleTracker | None, steadier: Steadier | None, choose: Rule | None, fill_absent: bool
    ) -> None:
        self._tracker, self._steadier = tracker, steadier
        self._choose, self._fill_absent = choose, fill_absent
        self._ids = None if choose is None or not choose.of_ids else set(choose.chosen({}))
        self._whole = fill_absent or (choose is not None and not choose.of_ids)
        self._held: list[Poses] = []
        self._marks: deque[tuple[bool, bool]] = deque()
        self.ids: set[int] = set()
        self.most = 0

    def add(self, frame: Seen, poses: Poses) -> list[Poses]:
        """Take the next frame; returns those that are final now, in order."""
        self._marks.append((frame.cut, frame.repeat))
        tracked = [poses] if self._tracker is None else self._tracker.add(poses, frame.image, frame.cut)
        return self._final([steady for one in tracked for steady in self._steadied(one)])

    def finish(self) -> list[Poses]:
        """The frames that are still held back."""
        tracked = [] if self._tracker is None else self._tracker.finish()
        steadied = [steady for one in tracked for steady in self._steadied(one)]
        rest = self._final(steadied + ([] if self._steadier is None else self._steadier.finish()))
        if not self._whole:
            return rest
        chosen = self._held if self._choose is None else select(self._held, self._choose)
        return placed(chosen) if self._fill_absent else chosen

    def _steadied(self, poses: Poses) -> list[Poses]:
        cut, repeat = self._marks.popleft()
        return [poses] if self._steadier is None else self._steadier.add(poses, cut, repeat)

    def _final(self, clip: Sequence[Poses]) -> list[Poses]:
        for poses in clip:
            self.most = max(self.most, len(poses))
            self.ids.update(poses.ids.tolist())
        if self._whole:
            self._held += clip
            return []
        return [self._chosen(poses) for poses in clip]

    def _chosen(self, poses: Poses) -> Poses:
        if self._ids is None or not len(poses):
            return poses
        assert poses.track_ids is not None, "choosing by id is refused where nobody is tracked"
        return poses[np.isin(poses.track_ids, list(self._ids))]
