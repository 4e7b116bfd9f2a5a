"""People at fixed places: whoever is person 0 in one frame is person 0 in every frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..errors import BadKeypoints
from ..poses import IntArray, Poses
from ..topology import Skeleton

__all__ = ["placed", "tracked"]


def tracked(clip: Iterable[Poses]) -> list[Poses]:
    """The frames of a clip, when everybody in them has a track id that nobody else in the frame has.

    Raises:
        BadKeypoints: people without ids, or one id twice in a frame.
    """
    frames = list(clip)
    for index, frame in enumerate(frames):
        if frame.track_ids is None and len(frame):
            raise BadKeypoints(f"frame {index} has {len(frame)} people without track ids: track people first")
        if not frame.numbered:
            raise BadKeypoints(f"track ids of one frame must differ; frame {index} has {frame.ids.tolist()}")
    return frames


def placed(clip: Sequence[Poses]) -> list[Poses]:
    """Everyone in every frame, in the order of the ids; so the same person has the same row throughout.

    Args:
        clip: every frame's people with track ids.

    Returns:
        As many frames, each with as many people as there are ids in the clip. A person who is not in a frame stands
        at its place with points, scores and box 0. Boxes and their scores stay where every frame with people has them.

    Raises:
        BadKeypoints: people without track ids, an id twice in a frame, or frames in several skeletons.
    """
    frames = tracked(clip)
    peopled = [frame for frame in frames if len(frame)]
    if not peopled:
        return frames
    if len({frame.skeleton for frame in peopled}) > 1:
        raise BadKeypoints("the frames of a clip must have one skeleton: convert them with Poses.to")
    everyone = np.unique(np.concatenate([frame.ids for frame in peopled]))
    kept = [name for name in ("boxes", "box_scores") if all(getattr(frame, name) is not None for frame in peopled)]
    return [_placed(frame, everyone, peopled[0].skeleton, kept) for frame in frames]


def _placed(frame: Poses, everyone: IntArray, skeleton: Skeleton, kept: Sequence[str]) -> Poses:
    rows = np.searchsorted(everyone, frame.ids)
    shapes = {"points": (len(skeleton), 2), "scores": (len(skeleton),), "boxes": (4,), "box_scores": ()}
    filled = {}
    for name in ("points", "scores", *kept):
        filled[name] = np.zeros((len(everyone), *shapes[name]))
        if len(frame):
            filled[name][rows] = getattr(frame, name)
    return Poses(**filled, skeleton=skeleton, canvas_wh=frame.canvas_wh, track_ids=everyone)
