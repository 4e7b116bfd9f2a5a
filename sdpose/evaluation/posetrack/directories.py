"""Scores of result files against annotation files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ...errors import BadKeypoints
from ...formats.posetrack import UNSCORED, Clip, Frame, read
from ...poses import FloatArray
from ...topology import Skeleton, get
from ..motion import jitter
from .judged import JudgedFrame, head_sizes
from .moving import matched_motion
from .precision import average_precision
from .regions import inside
from .tracking import tracking_accuracy

__all__ = ["GROUPS", "evaluate_posetrack"]

GROUPS = {
    "head": ("head_top", "neck", "nose"),
    "shoulders": ("right_shoulder", "left_shoulder"),
    "elbows": ("right_elbow", "left_elbow"),
    "wrists": ("right_wrist", "left_wrist"),
    "hips": ("right_hip", "left_hip"),
    "knees": ("right_knee", "left_knee"),
    "ankles": ("right_ankle", "left_ankle"),
}
"""The columns of PoseTrack's table."""

LIMBS = tuple(joint for group, joints in GROUPS.items() if group != "head" for joint in joints)
"""The twelve joints that a model of COCO's keypoints finds itself, as it does the nose."""


def evaluate_posetrack(truth: str | Path, poses: str | Path) -> dict[str, Any]:
    """Score result files as PoseTrack's tool `poseval` does.

    As there, points inside ignore regions count neither as annotated nor as found, frames in which the files annotate
    nobody are left out, hidden joints count like visible ones, and a joint that is found without a score has the
    lowest. A joint that is neither annotated nor found has AP 0, and counts in the mean.
    The tool for PoseTrack21 has other rules; files of 2021 are scored by these.

    Args:
        truth: folder of annotation files, each a clip, of 2017, 2018 or 2021.
        poses: folder of result files with the same names, frame by frame. Others in it are not looked at.

    Returns:
        Shares of 0 to 1 (MOTA may be below 0), None where nothing is annotated: `ap` by joint, `ap_groups` by
        group (see `GROUPS`), `map` over the 15 joints, `map_limbs` over the 12 without the head; the same of MOTA as
        `mota_joints`, `mota_groups`, `mota` and `mota_limbs`, all None if somebody has no track id. `motion` is what
        `jitter` says of the people found, see `matched_motion`; None if the annotations lack track ids. Also
        `extrapolated`, the joints that result files say were not found by a model; `clips`, `frames` (those scored)
        and `people` (annotated ones).

    Raises:
        BadKeypoints: a folder has no files, a result file is missing, does not parse or has other frames than its
            annotations, or these lack somebody's head box; the message names the file, the frame and the person.
    """
    clips = [(path, read(path), read(_beside(path, Path(poses)))) for path in _files(Path(truth))]
    judged = [_judge(path, true, found) for path, true, found in clips]
    sequences = [[frame for frame in clip if frame is not None] for clip in judged]
    frames = [frame for sequence in sequences for frame in sequence]
    if not frames:
        raise BadKeypoints(f"{truth}: nobody is annotated in any of its {len(clips)} files")
    return {
        "clips": len(clips),
        "frames": len(frames),
        "people": sum(len(frame.points) for frame in frames),
        **_summary(_ap(frames), "map", "ap", "ap_groups"),
        **_summary(_mota(sequences), "mota", "mota_joints", "mota_groups"),
        "motion": _motion(judged),
        "extrapolated": sorted({name for _, _, found in clips for name in found.extrapolated}),
    }


def _joints() -> Skeleton:
    return get("posetrack15")


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.json"))
    if not files:
        raise BadKeypoints(f"{folder}: expected a folder of PoseTrack annotation files, found no .json file in it")
    return files


def _beside(truth: Path, folder: Path) -> Path:
    path = folder / truth.name
    if not path.is_file():
        raise BadKeypoints(f"{folder} has no {truth.name}: expected a result file for every annotation file")
    return path


def _judge(path: Path, true: Clip, found: Clip) -> list[JudgedFrame | None]:
    """The clip's frames; None for those that are not scored."""
    if len(true.frames) != len(found.frames):
        raise BadKeypoints(f"results for {path.name} have {len(found.frames)} frames, expected {len(true.frames)}")
    judged: list[JudgedFrame | None] = []
    for i, (ours, theirs) in enumerate(zip(true.frames, found.frames, strict=True)):
        where = f"{path}, frame {i}"
        names = [PurePosixPath(frame.file_name).name for frame in (ours, theirs)]
        if names[0] != names[1]:
            raise BadKeypoints(f"results for {where}: expected picture {names[0]}, got {names[1]}")
        ids = theirs.poses.track_ids
        if ids is not None and len(np.unique(ids)) < len(ids):
            raise BadKeypoints(f"results for {where}: expected every track id once, got {ids.tolist()}")
        judged.append(_judged(ours, theirs, where) if ours.lists_people else None)
    return judged


def _judged(true: Frame, found: Frame, where: str) -> JudgedFrame:
    (points, present, _), (places, found_present, scores) = _arrays(true), _arrays(found)
    people, finds = np.ones(len(points), np.bool_), np.ones(len(places), np.bool_)
    if true.ignore_regions:
        present &= ~inside(points, true.ignore_regions)
        found_present &= ~inside(places, true.ignore_regions)
        people, finds = present.any(axis=1), found_present.any(axis=1)
    headless = np.flatnonzero(present.any(axis=1) & np.isnan(true.head_boxes).any(axis=1))
    if headless.size:
        raise BadKeypoints(f"{where}, person {headless[0]}: expected a head box, which distances are measured by")
    ids, found_ids = true.poses.track_ids, found.poses.track_ids
    return JudgedFrame(
        points[people], present[people], head_sizes(true.head_boxes[people]), None if ids is None else ids[people],
        places[finds], found_present[finds], scores[finds], None if found_ids is None else found_ids[finds],
    )  # fmt: skip


def _arrays(frame: Frame) -> tuple[FloatArray, Any, FloatArray]:
    """Points (N, 15, 2), which are given (N, 15), and their scores (N, 15), in the order of 2017."""
    skeleton = frame.poses.skeleton
    order = [skeleton.index(name) for name in _joints().keypoints]
    scores = np.where(frame.scored, frame.poses.scores, UNSCORED)
    return frame.poses.points[:, order], frame.given[:, order], scores[:, order]


def _ap(frames: Sequence[JudgedFrame]) -> FloatArray:
    nowhere = ~np.concatenate([part for frame in frames for part in (frame.present, frame.found_present)]).any(axis=0)
    return np.where(nowhere, 0.0, average_precision(frames))


def _mota(sequences: Sequence[Sequence[JudgedFrame]]) -> FloatArray | None:
    frames = [frame for sequence in sequences for frame in sequence]
    tracked = all(frame.track_ids is not None and frame.found_track_ids is not None for frame in frames)
    return tracking_accuracy(sequences) if tracked else None


def _motion(clips: Sequence[Sequence[JudgedFrame | None]]) -> dict[str, float | None] | None:
    if any(frame is not None and frame.track_ids is None for clip in clips for frame in clip):
        return None
    return jitter(matched_motion(clip, _joints()) for clip in clips)


def _summary(values: FloatArray | None, mean: str, joints: str, groups: str) -> dict[str, Any]:
    """One measure's entries in the result, under these names."""
    if values is None:
        return dict.fromkeys((mean, f"{mean}_limbs", joints, groups))
    names = _joints().keypoints
    value = dict(zip(names, values.tolist(), strict=True))
    over_groups = {group: np.mean([value[name] for name in members]) for group, members in GROUPS.items()}
    return {
        mean: _mean(values),
        f"{mean}_limbs": _mean(np.array([value[name] for name in LIMBS])),
        joints: {name: _number(value[name]) for name in names},
        groups: {group: _number(float(share)) for group, share in over_groups.items()},
    }


def _mean(values: FloatArray) -> float | None:
    """Over the joints that have a value."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
