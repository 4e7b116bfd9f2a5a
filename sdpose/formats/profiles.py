"""The table of writers: one profile for each consumer of poses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from ..errors import BadKeypoints, BadOption
from ..poses import Poses
from . import coco, dialects, dwposes, old_editor, openpose, posedata, posetrack
from .canvas import checked
from .values import is_number, say

__all__ = ["PROFILES", "Profile", "profile_named", "profile_of", "write"]

Scores = Literal["raw", "binary"]


@dataclass(frozen=True)
class Profile:
    """One way to write poses for a consumer.

    Attributes:
        title: what reads it, in a few words.
        write: one Poses per frame -> the payload.
        kind: what the payload is: frames for a POSE_KEYPOINT wire, an object of another wire, or the contents of a
            JSON file only.
        threshold: points with a lower score are written absent, by default; None is for none.
        scores: as they are, or 1 for every point that is there, by default.
        frames: how many it can hold; None for any number.
    """

    title: str
    write: Callable[[list[Poses]], Any]
    kind: Literal["POSE_KEYPOINT", "POSEDATA", "DWPOSES", "file"]
    threshold: float | None = None
    scores: Scores = "raw"
    frames: int | None = None


def _of_variant(variant: openpose.Variant) -> Profile:
    return Profile(
        title=variant.title,
        write=partial(openpose.write_frames, variant=variant),
        kind="POSE_KEYPOINT",
        threshold=variant.threshold,
        scores=variant.scores,
        frames=1 if variant.bare else None,
    )


PROFILES: dict[str, Profile] = {
    **{name: _of_variant(variant) for name, variant in openpose.variants().items()},
    "posedata": Profile("WanAnimatePreprocess and Magos, one person per frame", posedata.write, "POSEDATA"),
    "dwposes": Profile("SCAIL-Pose", dwposes.write, "DWPOSES"),
    "coco": Profile("a COCO keypoint file", coco.write, "file"),
    "coco_results": Profile("COCO results, for its evaluation", coco.write_results, "file"),
    "posetrack": Profile("PoseTrack results of 2018's kind", posetrack.write_poses, "file"),
    "old_editor": Profile("the old OpenPose editors, one frame", old_editor.write, "file", threshold=0.3, frames=1),
}
"""Key -> profile. A dialect other than OpenPose's frames is written by the profile of its name."""


def write(
    people: Sequence[Poses] | Poses,
    profile: str = "core",
    *,
    canvas_wh: tuple[int, int] | None = None,
    threshold: float | None = None,
    scores: Scores | None = None,
) -> Any:
    """Write poses for a consumer.

    Args:
        people: one Poses per frame (a single Poses is one frame).
        profile: a key of `PROFILES`.
        canvas_wh: width and height in pixels to which every frame is scaled first; None leaves them as they are.
        threshold: points with a lower score are written absent, 0 or more; None for the profile's own way.
        scores: `raw`, or `binary` for 1 where a point is there and 0 where not; None for the profile's own way.

    Returns:
        The payload: plain JSON, except for the profiles of another kind.

    Raises:
        BadKeypoints: the profile cannot hold what it is given; the message says what to do.
        BadOption: there is no such profile, or an option is not what it may be.
    """
    chosen = profile_named(profile)
    scores = chosen.scores if scores is None else scores
    if not isinstance(scores, str) or scores not in ("raw", "binary"):
        raise BadOption(f"scores are raw or binary; got {say(scores)}")
    threshold = chosen.threshold if threshold is None else threshold
    if threshold is not None and (not is_number(threshold) or threshold < 0):
        raise BadOption(f"the threshold is a number from 0; got {say(threshold)}")
    clip = [people] if isinstance(people, Poses) else list(people)
    with np.errstate(over="ignore"):  # `Poses` refuses what comes of it
        if canvas_wh is not None:
            clip = [poses.scaled(checked(canvas_wh)) for poses in clip]
        return chosen.write([_shown(poses, threshold, scores) for poses in clip])


def profile_named(name: str) -> Profile:
    """One of `PROFILES`.

    Raises:
        BadOption: there is none of that name.
    """
    if not isinstance(name, str) or name not in PROFILES:
        raise BadOption(f"a profile is one of {', '.join(PROFILES)}; got {say(name)}")
    return PROFILES[name]


def _shown(poses: Poses, threshold: float | None, scores: Scores) -> Poses:
    """Poses without the points under the threshold, and with scores as asked for."""
    if threshold is None and scores == "raw":
        return poses
    there = (poses.scores > 0) & (poses.scores >= (threshold or 0))
    shown = poses.scores if scores == "raw" else np.ones_like(poses.scores)
    return poses.replace(points=np.where(there[..., None], poses.points, 0.0), scores=np.where(there, shown, 0.0))


def profile_of(payload: Any) -> str:
    """The profile that writes a payload's own variant back.

    Raises:
        BadKeypoints: the payload cannot be read; animals have no profile.
    """
    found = dialects.unpacked(payload)
    dialect = dialects.structure(found)
    if dialect == dialects.ANIMALS:
        raise BadKeypoints("animals (AP-10K) have no profile: they can be passed on, but not written")
    if dialect == "openpose":
        return openpose.variant_of(found)
    if dialect == "coco" and isinstance(found, (list, tuple)):
        return "coco_results"
    return dialect
