"""Skeletons as tables: what each keypoint is called, what it is linked to, what it mirrors.

The tables are the JSON files beside this module. Everything else about a skeleton -- indices, flip
permutations, parts -- is derived from the names in them, so no other file holds a keypoint number.

Sources: COCO-17 and COCO-WholeBody-133 (Jin et al., ECCV 2020; 91-111 is the subject's LEFT hand) with
their OKS sigmas; OpenPose-18 (Cao et al., TPAMI 2019) and its 134-point whole-body extension as ControlNet
preprocessors use it: body 18, feet 6, face 68, left hand 21, right hand 21; the 137 points of OpenPose's own files
(BODY_25 and the face of 70: the middle of the hips and the pupils besides, whose sigmas are the hips' and the eyes');
PoseTrack's 17 keypoints in the order of its 2018 and 2021 files (the ears are placeholders that nobody labels) and its
15 in the order of the 2017 files' numbers. Those files call the neck `head_bottom`, and nobody publishes OKS sigmas for
them: a keypoint has the sigma it has in the tables above, and the head's top has the neck's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from ..errors import BadOption

__all__ = ["NAMES", "Skeleton", "get"]

NAMES = ("coco17", "coco_wholebody133", "openpose18", "openpose134", "openpose137", "posetrack15", "posetrack17")


@dataclass(frozen=True)
class Skeleton:
    """A named, ordered set of K keypoints.

    Attributes:
        name: how `get` finds it.
        keypoints: K names in storage order; `left_` and `right_` are the subject's own sides.
        links: pairs of names joined by a bone.
        sigmas: K per-keypoint OKS constants (COCO definition), each about a tenth of how far annotators differ.
        parts: part name -> its keypoints' names, e.g. `body`, `feet`, `face`, `left_hand`, `right_hand`.
    """

    name: str
    keypoints: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    sigmas: tuple[float, ...]
    parts: Mapping[str, tuple[str, ...]]
    mirrored: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.keypoints)

    def __eq__(self, other: object) -> bool:
        # By name, not by identity: the library may be loaded twice in one process (as a pack and as a package).
        return getattr(other, "name", None) == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.keypoints)}

    def __contains__(self, keypoint: object) -> bool:
        return keypoint in self._index

    def index(self, keypoint: str) -> int:
        """Position of a keypoint, by name. Raises KeyError when the skeleton does not have it."""
        return self._index[keypoint]

    def indices(self, part: str) -> tuple[int, ...]:
        """Positions of a part's keypoints, in order; empty when the skeleton has no such part."""
        return tuple(self._index[name] for name in self.parts.get(part, ()))

    @cached_property
    def link_indices(self) -> tuple[tuple[int, int], ...]:
        """`links` as pairs of positions."""
        return tuple((self._index[a], self._index[b]) for a, b in self.links)

    @cached_property
    def flip_indices(self) -> tuple[int, ...]:
        """K positions: where each keypoint's value comes from once the picture is mirrored left to right."""
        return tuple(self._index[self._mirror(name)] for name in self.keypoints)

    def _mirror(self, name: str) -> str:
        if name in self.mirrored:
            return self.mirrored[name]
        for side, other in (("left_", "right_"), ("right_", "left_")):
            if name.startswith(side):
                return other + name.removeprefix(side)
        return name


@cache
def get(name: str) -> Skeleton:
    """The skeleton of that name (one of `NAMES`).

    Raises:
        BadOption: there is no such table.
    """
    if name not in NAMES:
        raise BadOption(f"a skeleton is one of {', '.join(NAMES)}; got {name!r}")
    text = resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    return _parse(json.loads(text))


def _parse(table: dict[str, Any]) -> Skeleton:
    parts = {part: tuple(names) for part, names in table["parts"].items()}
    pairs = [(a, b) for a, b in table.get("mirrored", [])]
    return Skeleton(
        name=table["name"],
        keypoints=tuple(name for names in parts.values() for name in names),
        links=tuple((a, b) for a, b in table["links"]),
        sigmas=tuple(table["sigmas"]),
        parts=parts,
        mirrored=dict(pairs) | {b: a for a, b in pairs},
    )


def __getattr__(name: str) -> Skeleton:
    """`topology.COCO17` and friends: each table by its upper-case name, read when first asked for."""
    if name.lower() in NAMES:
        return get(name.lower())
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
