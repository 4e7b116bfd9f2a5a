"""Ways to go, as functions of time."""

from __future__ import annotations

import math

from ..performers import Path, Spot

__all__ = ["keeping_still", "orbiting"]


def keeping_still(home: tuple[float, float], heading: float) -> Path:
    """Never moves from (x, z) and faces a heading in degrees."""
    return lambda seconds: Spot(*home, heading)


def orbiting(home: tuple[float, float], reach: tuple[float, float], rate: float, phase: float) -> Path:
    """Goes round an ellipse: seen from the front, to and fro, now before its centre and now behind it.

    Args:
        home: (x, z) of the centre.
        reach: Half axes along x and z.
        rate: Radians a second; below 0 the other way round.
        phase: At second 0, radians: at 0 in front of the centre.
    """

    def path(seconds: float) -> Spot:
        """Facing the way it goes."""
        sine, cosine = math.sin(rate * seconds + phase), math.cos(rate * seconds + phase)
        ahead = math.atan2(rate * reach[0] * cosine, -rate * reach[1] * sine)
        return Spot(home[0] + reach[0] * sine, home[1] + reach[1] * cosine, math.degrees(ahead))

    return path
