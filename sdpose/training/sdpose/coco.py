"""People labelled in a COCO keypoint file, as training pictures."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import BadKeypoints
from ...formats.coco import triplets
from ...formats.tables import corners
from ...media import read_image
from ...models.config import SCHEMES
from ...topology import Skeleton, get
from .data import Picture

__all__ = ["CocoKeypoints"]


class CocoKeypoints:
    """Pictures of a `person_keypoints` file, shuffled anew in every round through them.

    Crowds and people without a labelled keypoint or without a box are left out, and pictures that then show nobody.

    Args:
        annotations: the JSON file.
        images: folder that `file_name` is relative to.
        scheme: "body" reads `keypoints` (17); "wholebody" reads `keypoints` of 133 points, or COCO-WholeBody's
            separate fields for body, feet, face and hands.
        seed: of the order.

    Raises:
        BadKeypoints: the file does not parse, is not a COCO keypoint file, or labels nobody.
    """

    def __init__(self, annotations: Path, images: Path, scheme: str = "body", seed: int = 0) -> None:
        self.images, self.scheme, self.seed = images, scheme, seed
        content = _read(annotations)
        people: dict[int, list[Any]] = defaultdict(list)
        for annotation in content["annotations"]:
            person = self._person(annotation, annotations)
            if person is not None:
                people[annotation["image_id"]].append(person)
        names = {image["id"]: image["file_name"] for image in content["images"]}
        unknown = sorted(set(people) - set(names))
        if unknown:
            raise BadKeypoints(f"{annotations}: annotations name image {unknown[0]}, which `images` does not list")
        self._pictures = [(names[image], people[image]) for image in sorted(people)]
        if not self._pictures:
            raise BadKeypoints(f"{annotations} labels no keypoint of anybody; expected a person_keypoints file")

    def __len__(self) -> int:
        return len(self._pictures)

    @property
    def skeleton(self) -> Skeleton:
        """17 or 133 keypoints."""
        return get(SCHEMES[self.scheme].skeleton)

    def picture(self, index: int) -> Picture:
        """Picture number `index` of the endless sequence of shuffled rounds.

        Raises:
            BadImage: the picture's file cannot be read.
        """
        round_number, place = divmod(index, len(self))
        order = np.random.default_rng([self.seed, round_number]).permutation(len(self))
        name, people = self._pictures[int(order[place])]
        points, visibility, boxes = (np.stack(part) for part in zip(*people, strict=True))
        return Picture(read_image(self.images / name), points, visibility, boxes)

    def _person(self, annotation: dict[str, Any], path: Path) -> Any:
        """Points (K, 2), visibility (K,) and box (4,) of a usable person, else None."""
        if annotation.get("iscrowd") or annotation.get("keypoints") is None:
            return None
        where = f"{path}: annotation {annotation.get('id')}"
        box = corners(annotation.get("bbox"), f"{where}, bbox")
        table = triplets(annotation, where)
        if len(table) < len(self.skeleton):
            raise BadKeypoints(f"{where} has {len(table)} keypoints, expected {len(self.skeleton)} for {self.scheme}")
        table = table[: len(self.skeleton)]
        # COCO-WholeBody scores its face and hands with fractions; anything above zero is labelled.
        visibility = np.ceil(table[:, 2]).clip(0, 2).astype(np.int8)
        usable = visibility.any() and box.size and min(annotation["bbox"][2:]) >= 2
        return (table[:, :2], visibility, box) if usable else None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadKeypoints(f"{path} cannot be read as a COCO keypoint file: {error}") from error
    missing = [key for key in ("images", "annotations") if not isinstance(content, dict) or key not in content]
    if missing:
        raise BadKeypoints(f"{path} is not a COCO keypoint file: it has no {' and no '.join(missing)}")
    return dict(content)
