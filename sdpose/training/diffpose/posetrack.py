"""PoseTrack's sequences as training clips: annotations in memory, pictures read when a window needs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from ...errors import BadKeypoints
from ...evaluation.posetrack import head_sizes
from ...formats import posetrack
from ...media import read_image
from ...topology import Skeleton, get
from .clips import Clip, Track

__all__ = ["PoseTrackClips"]


class LazyFrames(Sequence[npt.NDArray[np.uint8]]):
    """The pictures of a sequence, read from disk each time they are asked for."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> npt.NDArray[np.uint8]: ...
    @overload
    def __getitem__(self, index: slice) -> LazyFrames: ...
    def __getitem__(self, index: int | slice) -> npt.NDArray[np.uint8] | LazyFrames:
        """One picture uint8 (H, W, 3) RGB, or some of them, still unread."""
        return LazyFrames(self._paths[index]) if isinstance(index, slice) else read_image(self._paths[index])


class PoseTrackClips:
    """The sequences of a folder of annotation files (PoseTrack 2017, 2018 or 2021), again and again in other orders.

    Keypoints are PoseTrack's 17 (`posetrack17`), the two ears never labelled; 2017's files have 15 of them.

    Args:
        annotations: folder of .json files, one a sequence.
        images: what the file names in them start from.
        seed: of the orders.

    Raises:
        BadKeypoints: there is no file, or none in which somebody is annotated.
    """

    def __init__(self, annotations: Path, images: Path, seed: int) -> None:
        self.images, self.seed = images, seed
        clips = [self._read(path) for path in sorted(annotations.glob("*.json"))]
        self._clips = [clip for clip in clips if any((track.visibility > 0).any() for track in clip.tracks)]
        if not self._clips:
            raise BadKeypoints(f"{annotations} should hold PoseTrack's .json files with people; there are none")

    def __len__(self) -> int:
        return len(self._clips)

    @property
    def skeleton(self) -> Skeleton:
        """PoseTrack's 17 keypoints."""
        return get("posetrack17")

    def clip(self, index: int) -> Clip:
        """Sequence number `index`: every one once before any comes again."""
        clips = self._clips
        order = np.random.default_rng([self.seed, index // len(clips)]).permutation(len(clips))
        return clips[int(order[index % len(clips)])]

    def _read(self, path: Path) -> Clip:
        frames = posetrack.read(path).frames
        rows: dict[int, list[tuple[int, int]]] = {}  # person -> frames and rows there
        for number, frame in enumerate(frames):
            ids = frame.poses.track_ids
            for row in _with_a_box(frame):
                # Somebody without an identity is a track of one frame, under a number no identity has.
                person = -1 - number * 10_000 - row if ids is None else int(ids[row])
                rows.setdefault(person, []).append((number, row))
        tracks = tuple(self._track(frames, places) for places in rows.values())
        return Clip(LazyFrames([self.images / frame.file_name for frame in frames]), tracks)

    def _track(self, frames: tuple[posetrack.Frame, ...], places: list[tuple[int, int]]) -> Track:
        """The person at (frame, row) of each place."""
        people = [(frames[number].poses.to(self.skeleton)[row], frames[number], row) for number, row in places]
        labelled = np.stack([poses.scores[0] > 0 for poses, _, _ in people])
        hidden = np.stack([_hidden(frame, row, self.skeleton) for _, frame, row in people])
        heads = np.stack([frame.head_boxes[row] for _, frame, row in people])
        return Track(
            frames=np.array([number for number, _ in places]),
            boxes=np.concatenate([poses.boxes for poses, _, _ in people if poses.boxes is not None]),
            points=np.concatenate([poses.points for poses, _, _ in people]),
            visibility=np.where(labelled, np.where(hidden, 1, 2), 0).astype(np.int8),
            heads=head_sizes(heads),
        )


def _with_a_box(frame: posetrack.Frame) -> list[int]:
    """The rows of the people that can be cut out."""
    boxes = frame.poses.boxes
    if boxes is None:
        return []
    rows: list[int] = np.flatnonzero((boxes[:, 2:] > boxes[:, :2]).all(axis=1)).tolist()
    return rows


def _hidden(frame: posetrack.Frame, row: int, skeleton: Skeleton) -> npt.NDArray[np.bool_]:
    """(K,) which keypoints the file flags as hidden."""
    flags = dict(zip(frame.poses.skeleton.keypoints, frame.given[row] & ~frame.visible[row], strict=True))
    return np.array([flags.get(name, False) for name in skeleton.keypoints])
