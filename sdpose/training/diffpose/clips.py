"""Clips of labelled people: drawn film here, PoseTrack in `posetrack`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from ...errors import SDPoseError
from ...evaluation.posetrack import head_sizes
from ...poses import FloatArray, IntArray
from ...topology import Skeleton, get

if TYPE_CHECKING:
    from ...synthetic.footage import Footage

__all__ = ["Clip", "ClipSource", "DrawnFilm", "Track"]


@dataclass(frozen=True)
class Track:
    """One person in the n >= 1 frames of one shot in which it has a box.

    Attributes:
        frames: (n,) indices of the clip's frames, ascending.
        boxes: (n, 4) x1, y1, x2, y2 in pixels.
        points: (n, K, 2) pixels.
        visibility: (n, K) COCO's flag: 0 unlabelled, 1 hidden, 2 visible.
        heads: (n,) head sizes in pixels, as PoseTrack measures them.
    """

    frames: IntArray
    boxes: FloatArray
    points: FloatArray
    visibility: npt.NDArray[np.int8]
    heads: FloatArray


@dataclass(frozen=True)
class Clip:
    """Frames, uint8 (H, W, 3) RGB each, and the people in them."""

    frames: Sequence[npt.NDArray[np.uint8]]
    tracks: tuple[Track, ...]


class ClipSource(Protocol):
    """Where clips come from. `clip` is a pure function of its index."""

    @property
    def skeleton(self) -> Skeleton:
        """What the keypoints of every clip are."""

    def clip(self, index: int) -> Clip:
        """Clip number `index` of an endless sequence; it has a track."""


@dataclass(frozen=True)
class DrawnFilm:
    """Drawn film: an endless source that needs no files.

    Attributes:
        seed: which sequence of films; runs with other seeds share none.
        size: side of a picture in px.
        frames: of a film.
        split: "train" or "test"; no film is in both.
    """

    seed: int
    size: int
    frames: int
    split: str = "train"

    @property
    def skeleton(self) -> Skeleton:
        """COCO's 17 keypoints."""
        return get("coco17")

    def clip(self, index: int) -> Clip:
        """Film number `index` of this sequence; one without a labelled person gives way to another.

        Raises:
            SDPoseError: a hundred films in a row show nobody.
        """
        from ...synthetic.footage import footage

        for attempt in range(100):
            seed = (self.seed << 48) + (attempt << 40) + index
            film = list(footage(seed, self.frames, (self.size, self.size), split=self.split))
            shots = np.cumsum([frame.cut for frame in film])
            rows: dict[tuple[int, int], list[tuple[int, int]]] = {}  # (shot, person) -> frames and rows there
            for number, frame in enumerate(film):
                assert frame.poses.track_ids is not None, "drawn people always have an identity"
                for row, person in enumerate(frame.poses.track_ids.tolist()):
                    rows.setdefault((int(shots[number]), person), []).append((number, row))
            if rows:
                return Clip([frame.image for frame in film], tuple(_track(film, places) for places in rows.values()))
        raise SDPoseError(f"films around seed {index} show nobody; sdpose.synthetic should draw people")


def _track(film: Sequence[Footage], places: list[tuple[int, int]]) -> Track:
    """The person at (frame, row) of each place."""
    heads = np.stack([film[frame].head_boxes[row] for frame, row in places])
    boxes = []
    for frame, row in places:
        all_boxes = film[frame].poses.boxes
        assert all_boxes is not None, "drawn people always have boxes"
        boxes.append(all_boxes[row])
    return Track(
        frames=np.array([frame for frame, _ in places]),
        boxes=np.stack(boxes),
        points=np.stack([film[frame].poses.points[row] for frame, row in places]),
        visibility=np.stack([film[frame].visibility[row] for frame, row in places]),
        heads=head_sizes(heads),
    )
