"""What a film does to time, focus and camera: which spells of it a film has, and when."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Spell:
    """A stretch of frames, from `start` up to `stop`, in which something happens.

    Attributes:
        start: First frame.
        stop: The frame after the last.
        strength: How much, in the effect's own unit.
        seed: For whatever else is drawn by chance for this spell.
    """

    start: int
    stop: int
    strength: float
    seed: int

    def level(self, frame: float) -> float:
        """How far the effect has come at a frame, 0..1: it rises and falls smoothly, a quarter of the spell each."""
        share = (frame - self.start + 0.5) / (self.stop - self.start)
        ramp = min(max(4.0 * min(share, 1.0 - share), 0.0), 1.0)
        return ramp * ramp * (3.0 - 2.0 * ramp)


class Spells:
    """Spells of one effect, one after the other without end; where they lie does not depend on who asks when."""

    def __init__(self, rng: np.random.Generator, gap: Range, length: Range, strength: Range) -> None:
        """All three ranges are drawn from evenly.

        Args:
            rng: A stream that belongs to these spells alone.
            gap: Frames between two spells.
            length: Frames of a spell.
            strength: In the effect's own unit.
        """
        self._rng, self._gap, self._length, self._strength = rng, gap, length, strength
        self._known: list[Spell] = []
        self._end = -int(rng.uniform(0.0, gap[1]))  # films begin somewhere within a gap

    def at(self, frame: int) -> Spell | None:
        """The spell that a frame belongs to."""
        while self._end <= frame:
            start = max(self._end + round(self._rng.uniform(*self._gap)), 0)
            self._end = start + max(round(self._rng.uniform(*self._length)), 1)
            strength, seed = float(self._rng.uniform(*self._strength)), int(self._rng.integers(1 << 62))
            self._known.append(Spell(start, self._end, strength, seed))
        return next((spell for spell in reversed(self._known) if spell.start <= frame < spell.stop), None)


@dataclass(frozen=True)
class Shake:
    """A hand-held camera: waves (n, 4) of reach in x, reach in y (pixels), radians a frame and phase."""

    waves: tuple[tuple[float, float, float, float], ...]

    def offset(self, frame: float) -> tuple[float, float]:
        """How far the picture is pushed aside at a frame, in pixels."""
        x = sum(wave[0] * math.sin(wave[2] * frame + wave[3]) for wave in self.waves)
        y = sum(wave[1] * math.sin(wave[2] * frame + wave[3] + 1.0) for wave in self.waves)
        return x, y


@dataclass(frozen=True)
class Effects:
    """What one film does; None (no obstacles, a shutter of 0) where it does not.

    Attributes:
        shutter: Share of a frame's time for which the shutter is open; at 0 pictures are instants.
        bursts: Time runs faster, by `strength`.
        defocus: Deviation of the blur, as a share of a person's height.
        disc: Whether defocus spreads a point to a disc, not to a Gaussian.
        skips: Dropped frames: `strength` of them are missing where a spell starts.
        holds: Repeated frames: only every `strength`-th picture is shown anew.
        cuts: Another camera takes over where a spell starts.
        shake: The camera trembles.
        obstacles: Things pass in front; each of the spells brings one at a time.
    """

    shutter: float = 0.0
    bursts: Spells | None = None
    defocus: Spells | None = None
    disc: bool = False
    skips: Spells | None = None
    holds: Spells | None = None
    cuts: Spells | None = None
    shake: Shake | None = None
    obstacles: tuple[Spells, ...] = ()


def sample_effects(rngs: list[np.random.Generator], height: int) -> Effects:
    """Draws what a film does.

    Args:
        rngs: Eight streams: the choices, then one for each kind of spell.
        height: Of the picture in pixels, for the shake.
    """
    rng, *own = rngs
    chance = rng.random(8)
    return Effects(
        shutter=float(rng.uniform(0.4, 1.0)) if chance[0] < 0.7 else 0.0,
        bursts=Spells(own[0], (6, 36), (8, 24), (2.0, 4.0)) if chance[1] < 0.5 else None,
        defocus=Spells(own[1], (6, 40), (10, 40), (0.008, 0.035)) if chance[2] < 0.4 else None,
        disc=bool(rng.random() < 0.5),
        skips=Spells(own[2], (6, 36), (1, 1), (1.0, 4.0)) if chance[3] < 0.25 else None,
        holds=Spells(own[3], (12, 48), (4, 24), (2.0, 4.99)) if chance[4] < 0.25 else None,
        cuts=Spells(own[4], (16, 60), (1, 1), (1.0, 1.0)) if chance[5] < 0.25 else None,
        shake=_shake(rng, height) if chance[6] < 0.35 else None,
        obstacles=tuple(Spells(stream, (0, 30), (20, 64), (1.0, 1.0)) for stream in own[5:])
        if chance[7] < 0.85 else (),
    )  # fmt: skip


def _shake(rng: np.random.Generator, height: int) -> Shake:
    """A tremble of about one per cent of the picture's height, the slower the wider."""
    rates = rng.uniform(0.08, 1.0, 4)
    reach = height * 0.0025 * rng.uniform(0.3, 1.0, (4, 2)) / np.sqrt(rates[:, None])
    phases = rng.uniform(0, 2 * math.pi, 4)
    return Shake(tuple(zip(*reach.T.tolist(), rates.tolist(), phases.tolist(), strict=True)))


@dataclass(frozen=True)
class Tick:
    """One frame's time.

    Attributes:
        frame: Its number.
        seconds: The instant it shows.
        rate: How fast time runs, 1 for true speed.
        held: Whether the last picture is shown once more.
        cut: Whether another camera takes over.
    """

    frame: int
    seconds: float
    rate: float
    held: bool
    cut: bool


def ticks(effects: Effects, frames: int, fps: float) -> Iterator[Tick]:
    """The time of every frame of a film."""
    shown = 0.0  # in frames, so that a film without effects shows its clip's instants exactly
    for frame in range(frames):
        burst, skip, hold, cut = (
            None if spells is None else spells.at(frame)
            for spells in (effects.bursts, effects.skips, effects.holds, effects.cuts)
        )
        rate = 1.0 if burst is None else 1.0 + (burst.strength - 1.0) * burst.level(frame)
        if skip is not None and frame:
            shown += round(skip.strength)
        taken_over = frame > 0 and cut is not None
        held = frame > 0 and hold is not None and (frame - hold.start) % int(hold.strength) > 0
        yield Tick(frame, shown / fps, rate, held and not taken_over, taken_over)
        shown += rate
