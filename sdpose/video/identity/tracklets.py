"""Tracklets of one shot, by a tracker library; boxes alone decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import MissingDependency
from ...poses import FloatArray

__all__ = ["Tracklets"]

LOST_SECONDS = 1.0
"""How long the library remembers a box that is not there."""


class Tracklets:
    """ByteTrack (Zhang et al., ECCV 2022) with every box counting: no confidences, no waiting for a second sighting.

    The library names a tracklet only from its second frame on. So the tracklet itself is handed out, from the first.

    Raises:
        MissingDependency: the library `trackers` is not installed.
    """

    def __init__(self, fps: float) -> None:
        try:
            from trackers import ByteTrackTracker
        except ImportError as error:
            raise MissingDependency("tracking people needs trackers: pip install trackers") from error
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(30 * LOST_SECONDS), frame_rate=fps, minimum_consecutive_frames=1
        )

    def follow(self, boxes: Sequence[FloatArray]) -> list[Any]:
        """The tracklet of each box (4,) of the next frame; the same object goes on, in frames without boxes too."""
        import supervision

        rows = np.arange(len(boxes))
        corners = np.reshape(np.array(boxes, np.float64), (len(boxes), 4))
        found = self._tracker.update(supervision.Detections(xyxy=corners, data={"row": rows}))
        if not len(boxes):
            return []
        order = np.asarray(found.data["row"]).tolist()
        numbers = np.asarray(found.tracker_id).tolist()
        named = {tracklet.tracker_id: tracklet for tracklet in self._tracker.tracks}
        # Those that begin have no name yet; they stand at the end, in the order of their boxes.
        begun = iter(self._tracker.tracks[len(self._tracker.tracks) - sum(number < 0 for number in numbers) :])
        tracklets = {
            row: next(begun) if number < 0 else named[number] for row, number in zip(order, numbers, strict=True)
        }
        return [tracklets[row] for row in rows.tolist()]
