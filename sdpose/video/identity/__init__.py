"""Identity: one track id per person, through crossings, absences and returns, within a shot."""

from .sightings import people_of_boxes
from .tracker import LOOK_AHEAD, PeopleTracker, track

__all__ = ["LOOK_AHEAD", "PeopleTracker", "people_of_boxes", "track"]
