"""Ways to go, as functions of time."""

from __future__ import annotations

import math

from ..performers import Path, Spot

__all__ = ["keeping_still", "leaving", "orbiting"]


def keeping_still(home: tuple[float, float], heading: float) -> Path:
    """Never moves from (x, z) and faces a heading in degrees."""
    return lambda seconds: Spot(*home, heading)


def orbiting(home: tuple[float, float], reach: tuple[float, float], rate: float, phase: float) -> Path:
    """Goes round an ellipse: seen from the front, to and fro, now before its centre and now behind it.

    Args:
        home: (x, z) of the centre.
        reach: Half axes along x and z, both above 0.
        rate: Radians a second; below 0 the other way round.
        phase: At second 0, radians: at 0 in front of the centre.
    """

    def path(seconds: float) -> Spot:
        """Facing the way it goes."""
        sine, cosine = math.sin(rate * seconds + phase), math.cos(rate * seconds + phase)
        ahead = math.atan2(rate * reach[0] * cosine, -rate * reach[1] * sine)
        return Spot(home[0] + reach[0] * sine, home[1] + reach[1] * cosine, math.degrees(ahead))

    return path


def leaving(home: tuple[float, float], far: float, times: tuple[float, float, float, float], heading: float) -> Path:
    """Goes aside, stays away for a while, comes back, and does it again.

    Args:
        home: (x, z) of the place it comes back to.
        far: How far aside, along x.
        times: Seconds of staying, of going, of being away and of coming back.
        heading: Faced while staying, degrees.
    """
    stay, go, away, come = times

    def path(seconds: float) -> Spot:
        """Facing the way it goes."""
        now = seconds % (stay + go + away + come) - stay
        out, back = min(max(now / go, 0.0), 1.0), min(max((now - go - away) / come, 0.0), 1.0)
        # It starts and stops softly; how fast it goes, relative to its fastest, says how far it has turned.
        share, pace = _eased(out) - _eased(back), 4.0 * (out * (1.0 - out) - back * (1.0 - back))
        aside = math.copysign(90.0, far * pace)
        turned = min(2.0 * abs(pace), 1.0)
        return Spot(home[0] + far * share, home[1], heading + (aside - heading) * turned)

    return path


def _eased(share: float) -> float:
    """0 to 1, level at both ends."""
    return share * share * (3.0 - 2.0 * share)
