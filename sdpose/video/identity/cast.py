"""Everybody in a shot: who goes on with whom from frame to frame, who came back, and who changed places."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...poses import FloatArray
from ...topology import Skeleton
from ..linking import overlaps
from .colours import colour_odds
from .evidence import affinities, return_odds, similarities
from .person import Person
from .sightings import Sighting
from .tracklets import Tracklets

__all__ = ["MEMORY_SECONDS", "Cast", "Change"]

MEMORY_SECONDS = 5.0
"""Who was lost for longer, and in more than the frame before, is a new person when it comes back."""

MISSED_SECONDS = 0.4
"""Who is missed no longer than this goes on by itself; later it has to be recognised."""

ENOUGH = 0.2
"""The least affinity of a person and a sighting that goes on with it."""

CONFUSABLE = 0.25
"""Where boxes overlap so much (intersection over union), boxes do not tell who is who."""

PARTED = 3
"""After an overlap, people are compared with their colours from before once they were seen apart so many times."""

WAIT_SECONDS = 1.0
"""If their colours are not to be seen for so long, they are left as they are."""

CLEARLY = 3.0
"""Log odds above which people are taken to have changed places, because they have each other's colours."""

ONLY_ONE, RULED_OUT = 1.5, -2.0
"""Log odds for the only person lost being the only one found; below the second, others do not count."""


@dataclass(frozen=True)
class Change:
    """From frame `since` on, who was taken for a key of `people` is the person it stands for there."""

    since: int
    people: dict[Person, Person]


class Cast:
    """The people of a shot.

    Args:
        fps: frames a second.
    """

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self.cut()

    def cut(self) -> None:
        """A new shot begins; everybody is forgotten."""
        self._tracklets = Tracklets(self.fps)
        self._people: list[Person] = []
        self._newcomers: list[Person] = []
        self._shapeless: list[Person] = []

    def enter(self, t: int, sightings: Sequence[Sighting | None], skeleton: Skeleton) -> list[Person]:
        """Who the people of frame t are; those who fit nobody are newcomers.

        Args:
            t: the frame, greater than the last.
            sightings: what is known of each.
            skeleton: of their keypoints.
        """
        self._forget(t)
        seen = [sighting for sighting in sightings if sighting is not None]
        tracklets = self._tracklets.follow([sighting.box for sighting in seen])
        near = [person for person in self._people if t - person.last <= MISSED_SECONDS * self.fps + 1]
        similar = similarities(near, seen, t, skeleton)
        chosen = _assigned(affinities(near, seen, tracklets, similar, t))
        here = [near[chosen[column]] if column in chosen else self._join(t) for column in range(len(seen))]
        for person, sighting, tracklet in zip(here, seen, tracklets, strict=True):
            person.see(t, sighting, tracklet)
        self._doubt(t)
        for column, row in chosen.items():
            if near[row].doubted < t and np.isfinite(similar[row, column]):
                near[row].learn(float(similar[row, column]))
        known, shapeless = iter(here), iter(self._without_shape(t, len(sightings) - len(seen)))
        return [next(shapeless) if sighting is None else next(known) for sighting in sightings]

    def resume(self, t: int, sightings: Sequence[Sighting | None], numbers: Sequence[int]) -> None:
        """Take frame t, of which the ids are known."""
        seen = [(sighting, number) for sighting, number in zip(sightings, numbers, strict=True) if sighting is not None]
        people = {person.number: person for person in self._people}
        tracklets = self._tracklets.follow([sighting.box for sighting, _ in seen])
        for (sighting, number), tracklet in zip(seen, tracklets, strict=True):
            person = people.get(number) or self._join(t)
            person.number = number
            person.see(t, sighting, tracklet)
        self._newcomers.clear()
        self._doubt(t)

    def _join(self, t: int) -> Person:
        person = Person(t)
        self._people.append(person)
        self._newcomers.append(person)
        return person

    def _forget(self, t: int) -> None:
        memory = max(MEMORY_SECONDS * self.fps, 1)  # at least the frame before, however long ago that was
        for person in [person for person in self._people if t - person.last > memory]:
            person.settle()
            self._people.remove(person)

    def _without_shape(self, t: int, count: int) -> list[Person]:
        """People of whom nothing at all is known go on in their order: nothing tells them apart."""
        self._shapeless += [Person(t) for _ in range(len(self._shapeless), count)]
        return self._shapeless[:count]

    def _doubt(self, t: int) -> None:
        """Notes who may be taken for whom from frame t on; who may not, is sure."""
        near = [person for person in self._people if t - person.last <= MISSED_SECONDS * self.fps]
        boxes = np.array([person.box_at(t) for person in near]).reshape(-1, 4)
        shared = overlaps(boxes, boxes)
        for i, j in combinations(range(len(near)), 2):
            if shared[i, j] > CONFUSABLE:
                near[i].doubt(near[j], float(shared[i, j]), t)
                near[j].doubt(near[i], float(shared[i, j]), t)
        for person in near:
            if not person.rivals:
                person.settle()

    def decide(self, t: int, first_held: int, ripe: int) -> list[Change]:
        """What turns out by frame t.

        Args:
            t: the last frame.
            first_held: the first frame that can still be changed.
            ripe: newcomers of frames before this one are decided on.
        """
        return [*self._parted(t, first_held), *self._returned(ripe)]

    def _returned(self, before: int) -> list[Change]:
        """Newcomers who were seen long enough: those who are somebody who was lost become that person."""
        ripe = [person for person in self._newcomers if person.first < before]
        if not ripe:
            return []
        lost = [person for person in self._people if person not in self._newcomers]
        odds = np.full((len(lost), len(self._newcomers)), -np.inf)
        for column, found in enumerate(self._newcomers):
            for row, person in enumerate(lost):
                if person.last < found.first:
                    odds[row, column] = return_odds(person, found, self.fps)
        possible = odds > RULED_OUT
        odds += ONLY_ONE * (possible & (possible.sum(axis=0) == 1) & (possible.sum(axis=1, keepdims=True) == 1))
        changes = []
        for column, row in _assigned(np.maximum(odds, 0)).items():
            if self._newcomers[column] in ripe:
                changes.append(self._reunite(lost[row], self._newcomers[column]))
        self._newcomers = [person for person in self._newcomers if person not in ripe]
        return changes

    def _reunite(self, lost: Person, found: Person) -> Change:
        self._people.remove(found)
        lost.settle()
        lost.palette.merge(found.palette)
        lost.continues_as(found)
        for rival, when in list(found.rivals.items()):
            rival.rivals[lost] = lost.rivals[rival] = when
            del rival.rivals[found]
        return Change(found.first, {found: lost})

    def _parted(self, t: int, first_held: int) -> list[Change]:
        """People who overlapped and are apart again: whose colours are whose?"""
        changes = []
        for person in list(self._people):
            group = [person, *person.rivals]
            if len(group) > 1 and all(self._ready(one, t) for one in group):
                changes += _exchanged(group, first_held)
                for one in group:
                    one.settle()
        return changes

    def _ready(self, person: Person, t: int) -> bool:
        """Whether it was seen apart for long enough, or is away, or there is nothing to wait for."""
        waits = person.palette.frames > 0 and t - person.doubted <= WAIT_SECONDS * self.fps
        away = t - person.last > MISSED_SECONDS * self.fps
        return person.fresh.frames >= PARTED or away or (person.doubted < t and not waits)


def _assigned(affinity: FloatArray) -> dict[int, int]:
    """Column -> row of the best assignment; pairs that are not enough are left out."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.where(affinity > ENOUGH, affinity, 0), maximize=True)
    pairs = zip(columns.tolist(), rows.tolist(), strict=True)
    return {column: row for column, row in pairs if affinity[row, column] > ENOUGH}


def _exchanged(group: Sequence[Person], first_held: int) -> list[Change]:
    """The change, if other colours from before fit those since clearly better."""
    from scipy.optimize import linear_sum_assignment

    members = [one for one in group if one.fresh.frames >= PARTED and one.palette.frames]
    if len(members) < 2:
        return []
    now = np.array([one.fresh.mean for one in members])
    odds = np.array([np.nan_to_num(colour_odds(one.palette.mean, now)) for one in members])
    rows, columns = linear_sum_assignment(odds, maximize=True)
    if odds[rows, columns].sum() - np.trace(odds) < CLEARLY:
        return []
    moved = [(members[row], members[column]) for row, column in zip(rows, columns, strict=True) if row != column]
    _, when = max(group[0].rivals[one] for one in members if one in group[0].rivals)
    copies = {taken: copy(taken) for _, taken in moved}
    for person, taken in moved:
        person.continues_as(copies[taken])
    return [Change(max(when, first_held), {taken: person for person, taken in moved})]
