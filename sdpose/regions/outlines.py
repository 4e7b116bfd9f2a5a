"""What a region looks like: convex pieces, each the hull of some discs. Boxes are their bounds, masks fill them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..poses import FloatArray
from ..topology import get
from .people import Person
from .proportions import (
    BEYOND,
    ENDS,
    FACE_RADIUS,
    FLESH,
    FOREHEAD,
    HEAD_CENTRE,
    HEAD_LENGTHS,
    HEAD_PER_TORSO,
    HEAD_RADIUS,
    TRUNK,
    Beyond,
    region_of,
)

__all__ = ["Piece", "bounds", "outline", "shows_face"]

_LEAST_OF_BODY = 3
_SHORTEST_OF_ROOT = 0.9
_EARS, _EYES = ("left_ear", "right_ear"), ("left_eye", "right_eye")
_REVERSED = {_EARS: 0.2, _EYES: 0.08}
"""Ears or eyes that are the other way round by so many head heights belong to the back of a head."""

_HEAD_POINTS = ("nose", *_EYES, *_EARS)
_BRIDGE, _CHIN = "face-27", "face-8"
_BROWS = tuple(f"face-{i}" for i in range(17, 27))
_LINKS = get("openpose134").links


@dataclass(frozen=True)
class Piece:
    """The convex hull of M discs.

    Attributes:
        centres: (M, 2) pixels.
        radii: (M,) pixels, 0 or more.
    """

    centres: FloatArray
    radii: FloatArray


def bounds(pieces: Sequence[Piece]) -> FloatArray:
    """The box (4,) x1, y1, x2, y2 around one or more pieces."""
    low = np.min([(piece.centres - piece.radii[:, None]).min(axis=0) for piece in pieces], axis=0)
    high = np.max([(piece.centres + piece.radii[:, None]).max(axis=0) for piece in pieces], axis=0)
    return np.concatenate([low, high])


def outline(person: Person, region: str, shape: str = "hull") -> list[Piece]:
    """The pieces of one person's region; none when too little of it is seen.

    Args:
        person: who.
        region: one of `REGIONS`.
        shape: one of `SHAPES`. "hull": one piece around all of a body, one for each hand, foot, head or face.
            "limbs": one for the trunk and one for each bone; heads and faces are as before.

    Raises:
        BadOption: there is no such region.
    """
    wanted = region_of(region)
    if wanted.body and sum(name in person.seen for name in wanted.body) < _LEAST_OF_BODY:
        return []
    ends = [piece for end in wanted.ends for piece in _end(person, end, shape)]
    if not wanted.body:
        return ends
    if shape == "limbs":
        return [*_limbs(person, wanted.body), *ends]
    return [_joined([_discs(person, wanted.body), *ends])]


def shows_face(person: Person) -> bool:
    """Whether the head faces the viewer, from the front or from the side.

    That is so when the nose is seen, and an eye (if the skeleton has eyes), and neither ears nor eyes are the other
    way round: on a face the left ones are to the right, as the head stands. Source: own rule.
    """
    if "nose" not in person.seen or (person.eyes and not any(eye in person.seen for eye in _EYES)):
        return False
    size, up = _head_height(person), _up(person)
    for (left, right), least in _REVERSED.items():
        if left in person.seen and right in person.seen:
            across = person.seen[left] - person.seen[right]
            if up[0] * across[1] - up[1] * across[0] < -least * size:
                return False
    return True


# Bodies.


def _limbs(person: Person, names: Iterable[str]) -> list[Piece]:
    """The trunk, a capsule for each bone between two of the names, and a disc for each joint that has none."""
    wanted = {name for name in names if name in person.seen}
    groups = [tuple(name for name in TRUNK if name in wanted)]
    groups += [link for link in _LINKS if wanted.issuperset(link) and not set(TRUNK).issuperset(link)]
    drawn = {name for group in groups for name in group}
    groups += [(name,) for name in sorted(wanted - drawn)]
    return [_discs(person, group) for group in groups if group]


def _discs(person: Person, names: Iterable[str]) -> Piece:
    """The flesh around those of the keypoints that are seen."""
    seen = [name for name in names if name in person.seen]
    return Piece(person.points(seen), np.array([_flesh(name) for name in seen], np.float64) * person.torso)


def _flesh(name: str) -> float:
    """In torso lengths."""
    bare = name.removeprefix("left_").removeprefix("right_")
    kind = "toe" if bare.endswith("toe") else bare
    if kind in FLESH:
        return FLESH[kind]
    if kind.startswith("face-"):
        return FLESH["face"]
    return FLESH["head" if name in HEAD_CENTRE else "hand"]


def _joined(pieces: Sequence[Piece]) -> Piece:
    return Piece(np.concatenate([piece.centres for piece in pieces]), np.concatenate([piece.radii for piece in pieces]))


# Ends.


def _end(person: Person, name: str, shape: str) -> list[Piece]:
    if name == "head":
        return _head(person)
    if name == "face":
        return _face(person)
    end = ENDS[name]
    if sum(point in person.seen for point in end.names) < end.least:
        return _beyond(person, BEYOND[name])
    names = (*end.names, end.joint) if end.joint else end.names
    return _limbs(person, names) if shape == "limbs" else [_discs(person, names)]


def _beyond(person: Person, rule: Beyond) -> list[Piece]:
    """A disc where a hand or foot should be; none when its joint or the bone before is not seen."""
    if rule.joint not in person.seen or rule.bone not in person.seen:
        return []
    joint, bone = person.seen[rule.joint], person.seen[rule.bone]
    length = float(np.linalg.norm(joint - bone))
    if rule.root in person.seen:
        length = max(length, _SHORTEST_OF_ROOT * float(np.linalg.norm(bone - person.seen[rule.root])))
    centre = joint + rule.shift * (joint - bone)
    return [Piece(centre[None], np.array([rule.radius * length]))]


def _head(person: Person) -> list[Piece]:
    """A disc about the head, and whatever is seen of it; above the neck, if none of it is seen but hips and neck."""
    names = [*ENDS["head"].names, *ENDS["face"].names]
    seen = _discs(person, names)
    centre = _head_centre(person)
    if centre is None:
        return []
    disc = Piece(centre[None], np.array([HEAD_RADIUS * _head_height(person)]))
    return [_joined([disc, seen])]


def _head_centre(person: Person) -> FloatArray | None:
    names = [name for name in HEAD_CENTRE if name in person.seen]
    if names:
        weights = [HEAD_CENTRE[name] for name in names]
        return np.asarray(np.average(person.points(names), axis=0, weights=weights))
    hips = person.points(["left_hip", "right_hip"])
    if "neck" not in person.seen or not len(hips):
        return None
    along = person.seen["neck"] - hips.mean(axis=0)
    length = float(np.linalg.norm(along))
    up = along / length if length > 0 else np.array([0.0, -1.0])
    return np.asarray(person.seen["neck"] + up * HEAD_RADIUS * _head_height(person))


def _head_height(person: Person) -> float:
    """Chin to crown in pixels. Seen at an angle a length only gets shorter, so what makes it largest tells."""
    for lengths in HEAD_LENGTHS:
        found = [
            float(np.linalg.norm(person.seen[a] - person.seen[b])) / length
            for (a, b), length in lengths.items()
            if a in person.seen and b in person.seen
        ]
        if found:
            return max(*found, HEAD_PER_TORSO * person.torso)
    return HEAD_PER_TORSO * person.torso


def _up(person: Person) -> FloatArray:
    """Unit vector (2,) from the neck to the head; the picture's up when the neck is not seen."""
    centre = _head_centre(person)
    if centre is not None and "neck" in person.seen:
        along = centre - person.seen["neck"]
        if (length := float(np.linalg.norm(along))) > 0:
            return np.asarray(along / length)
    return np.array([0.0, -1.0])


def _face(person: Person) -> list[Piece]:
    """Chin to hairline: by its landmarks, or else a disc about nose, eyes and ears; none when it is turned away."""
    if not shows_face(person):
        return []
    end = ENDS["face"]
    if sum(name in person.seen for name in end.names) >= end.least:
        points = np.concatenate([person.points(end.names), _hairline(person)])
        return [Piece(points, np.zeros(len(points)))]
    points = person.points(_HEAD_POINTS)
    rest = points[1:].mean(axis=0) if len(points) > 1 else points[0]  # the nose is seen, and comes first
    points = np.concatenate([points, (points[:1] + rest) / 2])
    radii = np.zeros(len(points))
    radii[-1] = FACE_RADIUS * _head_height(person)
    return [Piece(points, radii)]


def _hairline(person: Person) -> FloatArray:
    """(M, 2): the landmarks end at the brows, a face does not."""
    brows = person.points(_BROWS)
    if _BRIDGE not in person.seen or _CHIN not in person.seen:
        return brows
    return np.asarray(brows + FOREHEAD * (person.seen[_BRIDGE] - person.seen[_CHIN]))
