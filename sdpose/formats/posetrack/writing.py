"""Writing PoseTrack's files, as those of 2018."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ...errors import BadKeypoints
from ...files import write_json
from ...topology import get
from ..tables import sides
from .clip import UNSCORED, Clip, Frame, file_names

__all__ = ["MOST_TRACKS", "to_json", "write"]

MOST_TRACKS = 10_000
"""PoseTrack's tool takes track ids from 0 to one below this."""


def write(path: str | Path, clip: Clip) -> None:
    """Write a file; see `to_json`. For the tool, results have the name of their annotation file.

    Raises:
        BadKeypoints: see `to_json`.
        OutputError: it cannot be written.
    """
    write_json(path, to_json(clip))


def to_json(clip: Clip) -> dict[str, Any]:
    """A clip as a dict of plain numbers, strings, lists and dicts, of the kind that PoseTrack's tool takes.

    What `from_json` reads comes back from it as it was, with exceptions that are due to the format: a box that was made
    from keypoints is written; a hidden keypoint at exactly (0, 0) is written as visible; where somebody has scores for
    some of the keypoints given, the others get the tool's lowest, `UNSCORED`; and people that a 2017 file lists without
    points stay out, so that a frame with no others lists nobody.

    Args:
        clip: of either skeleton. The tool reads the clip's number, source and frame number from the file names, so
            these are PoseTrack's own, such as images/val/000342_mpii_test/000000.jpg. Frames without an `image_id`
            get their place in the clip.

    Raises:
        BadKeypoints: somebody has no track id, or one that another has in the same frame or that is out of range.
    """
    skeleton = get("posetrack17")
    images, annotations = [], []
    for place, frame in enumerate(clip.frames):
        number = place if frame.image_id is None else frame.image_id
        images.append(_image(frame, number, len(clip.frames)))
        for n, person in enumerate(_people(frame)):
            annotations.append({"id": number * 100 + n, "image_id": number, "category_id": 1, **person})
    category = {"supercategory": "person", "id": 1, "name": "person", "keypoints": file_names(skeleton.keypoints)}
    bones = [[a + 1, b + 1] for a, b in skeleton.link_indices]  # COCO counts from one
    data = {"images": images, "annotations": annotations, "categories": [{**category, "skeleton": bones}]}
    return {**data, "extrapolated": file_names(clip.extrapolated)} if clip.extrapolated else data


def _image(frame: Frame, number: int, count: int) -> dict[str, Any]:
    image = {
        "id": number,
        "frame_id": number,
        "vid_id": PurePosixPath(frame.file_name).parent.name.split("_")[0],
        "nframes": count,
        "file_name": frame.file_name,
        "is_labeled": frame.is_labelled,
    }
    regions = {f"ignore_regions_{axis}": [region[:, i].tolist() for region in frame.ignore_regions]
               for i, axis in enumerate("xy")}  # fmt: skip
    return image | regions if frame.ignore_regions else image


def _people(frame: Frame) -> list[dict[str, Any]]:
    ids = _track_ids(frame)
    skeleton = get("posetrack17")
    poses = frame.poses.to(skeleton)
    given, visible, scored = np.zeros((3, len(poses), len(skeleton)), np.bool_)
    for k, name in enumerate(frame.poses.skeleton.keypoints):
        if name in skeleton:
            flags = (frame.given, frame.visible, frame.scored)
            for column, values in zip((given, visible, scored), flags, strict=True):
                column[:, skeleton.index(name)] = values[:, k]
    people = []
    for n in range(len(poses)):
        points = poses.points[n] * given[n][:, None]
        flags = given[n] & (visible[n] | ~points.any(axis=1))
        person = {"track_id": ids[n], "keypoints": np.column_stack([points, flags]).ravel().tolist()}
        if poses.boxes is not None:
            person["bbox"] = sides(poses.boxes[n])
        if np.isfinite(frame.head_boxes[n]).all():
            person["bbox_head"] = sides(frame.head_boxes[n])
        if scored[n].any():
            scores = np.where(scored[n], poses.scores[n], UNSCORED)
            person["scores"] = np.where(given[n], scores, 0.0).tolist()
        people.append(person)
    return people


def _track_ids(frame: Frame) -> list[int]:
    """Everybody's track id."""
    if len(frame.poses) == 0:
        return []
    if frame.poses.track_ids is None:
        raise BadKeypoints(f"{frame.file_name}: PoseTrack wants a track id for everybody: track the people first")
    ids: list[int] = frame.poses.track_ids.tolist()
    if len(set(ids)) < len(ids) or not all(0 <= number < MOST_TRACKS for number in ids):
        raise BadKeypoints(
            f"{frame.file_name}: expected track ids from 0 to {MOST_TRACKS - 1}, each once in a frame; got {ids}"
        )
    return ids
