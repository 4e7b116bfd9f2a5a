"""Scores on staged films: who is followed through what, how steady poses become, and what that costs in accuracy.

The films are of the "test" split. Estimation is given the people's true boxes with mistakes, in any order and without
identities; then comes the chain of `sdpose video`: shots and held drawings are found in the pictures, people are
tracked, poses are steadied.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import BadKeypoints, BadOption
from ..poses import FloatArray, Poses
from .estimates import Estimate
from .identity import Following, following, keypoint_errors, one_body, relabelled, separable, together
from .imperfect import Mistakes, imperfect, in_picture
from .lag import correlations, lag
from .motion import motion

if TYPE_CHECKING:
    from ..synthetic.footage import Footage

__all__ = ["evaluate_staged"]

FPS = 24.0
"""Of the films, frames a second."""

PCK_LIMIT = 0.05
"""A keypoint is right within so many torso lengths."""

_Counts = npt.NDArray[np.int64]


def evaluate_staged(
    estimate: Estimate,
    seed_base: int,
    clips: int,
    *,
    frames: int = 48,
    size_wh: tuple[int, int] = (256, 256),
    kind: str | None = None,
    mistakes: Mistakes | None = None,
    track: bool = True,
    steady: bool = True,
    progress: bool = False,
    watch: Callable[[Sequence[Footage], Sequence[Poses]], None] | None = None,
) -> dict[str, Any]:
    """Draw `clips` staged films, find everybody in them, follow and steady them, and score it.

    Args:
        estimate: what finds poses; it is given people with boxes and without track ids, and answers likewise.
        seed_base: the films are numbers seed_base, seed_base + 1, ...
        clips: how many films.
        frames: of each film.
        size_wh: their size in pixels.
        kind: of all films, one of `KINDS`; None takes the kinds in turn.
        mistakes: in the boxes that are given.
        track: give everybody a track id, as `sdpose.video.track` does.
        steady: steady the poses, as `sdpose.video.steady` does.
        progress: show a progress bar.
        watch: is shown each film with what was found in it.

    Returns:
        `clips`, `frames` and `people`; `idf1` and `id_switches`, and of the `clips_separable` in which boxes alone
        tell people apart `id_switches_separable`; `same_place`, the share of the places of `sdpose.video.placed` that
        are one body throughout. `accel_raw` and `accel`, the mean error of the acceleration in torso lengths per
        frame^2 before and after steadying, `accel_ratio` of them and `accel_median_ratio` of the medians, in which
        lost and wrong keypoints hardly count. `pck_raw` and `pck` at 0.05 torso lengths, and what steadying costs,
        `pck_drop`, in points. `lag_frames`, of the fast films alone. `hold_motion` and `cut_leak`: pixels by which a
        keypoint moves within a held drawing, and by which it is another when the shots are steadied apart, at most.
        `shots` and `holds`: how many were found, missed and falsely found. All of that also for each kind, under
        `kinds`; `accel_ratio_static`, `accel_median_ratio_static` and `pck_drop_fast` of one kind each; the settings.
        None where there is nothing to measure.

    Raises:
        BadOption: `clips` or `frames` is below 1, `seed_base` negative, there is no such kind, or poses are to be
            steadied but not tracked.
        BadKeypoints: `estimate` does not answer with as many frames and people as it was given.
    """
    from tqdm import tqdm

    from ..synthetic.staged import KINDS, staged

    if clips < 1 or frames < 1 or seed_base < 0:
        raise BadOption(
            "expected clips >= 1, frames >= 1 and seed_base >= 0; "
            f"got clips={clips}, frames={frames}, seed_base={seed_base}"
        )
    if steady and not track:
        raise BadOption("steadying follows each person through the frames: track as well, or do not steady")
    mistakes = mistakes or Mistakes()
    results: dict[str, list[_Result]] = {name: [] for name in KINDS}
    for seed in tqdm(range(seed_base, seed_base + clips), disable=not progress, unit="film"):
        film = list(staged(seed, frames, size_wh, kind=kind, fps=FPS))
        chain = _through(film, estimate, imperfect(film, mistakes, seed), track, steady)
        results[kind or tuple(KINDS)[seed % len(KINDS)]].append(_judged(film, chain))
        if watch is not None:
            watch(film, chain.final)
    settings = {"seed_base": seed_base, "frames_per_clip": frames, "size": list(size_wh), "noise": mistakes.noise}
    return {**_summary(results), **settings, "kind": kind, "track": track, "steady": steady}


@dataclass(frozen=True)
class _Chain:
    """What every step made of a film; `tracked` and `steadied` are None where that was not asked for."""

    found: list[Poses]
    tracked: list[Poses] | None
    steadied: list[Poses] | None
    cuts: set[int]
    repeats: set[int]

    @property
    def final(self) -> list[Poses]:
        return self.steadied or self.tracked or self.found


def _through(film: Sequence[Footage], estimate: Estimate, people: Sequence[Poses], track: bool, steady: bool) -> _Chain:
    """A film through the chain of `sdpose video`."""
    from .. import video

    pictures = [frame.image for frame in film]
    shots, holds = video.Shots(), video.Holds()
    for _ in holds.watch(shots.watch(pictures)):
        pass
    cuts, repeats = ({index for index in range(len(film)) if index in seen} for seen in (shots, holds))
    found = list(estimate(pictures, people, cuts))
    if [len(frame) for frame in found] != [len(frame) for frame in people]:
        raise BadKeypoints("expected one pose for each box of each frame; answer with the people that were given")
    tracked = video.track(found, frames=pictures, cuts=cuts, fps=FPS) if track else None
    steadied = None
    if steady and tracked is not None:
        steadied = video.steady(tracked, cuts=cuts, repeats=repeats, fps=FPS)
    return _Chain(found, tracked, steadied, cuts, repeats)


@dataclass(frozen=True)
class _Accuracy:
    """Of one film: second differences' errors (n,) in torso lengths, and how many keypoints are right, of how many."""

    accel: FloatArray
    right: int
    labelled: int


@dataclass(frozen=True)
class _Result:
    """What one film adds to the scores.

    Attributes:
        people: how many there are, cuts making everybody new.
        frames: of the film.
        separable: whether the boxes that are found tell people apart.
        following: None without tracking.
        bodies: places that are one body throughout, and all places; see `one_body`.
        raw: before tracking and steadying.
        steadied: None without steadying.
        late: sums for `lag`.
        hold_motion: pixels that the fastest keypoint moves within a held drawing, at most.
        cut_leak: pixels by which a keypoint is another when the shots are steadied apart, at most.
        shots: cuts found, missed and falsely found.
        holds: repeated drawings found, missed and falsely found.
    """

    people: int
    frames: int
    separable: bool
    following: Following | None
    bodies: tuple[int, int]
    raw: _Accuracy
    steadied: _Accuracy | None
    late: FloatArray
    hold_motion: float
    cut_leak: float
    shots: _Counts
    holds: _Counts


def _judged(film: Sequence[Footage], chain: _Chain) -> _Result:
    """One film's part of the scores."""
    from ..video import placed

    truth = [in_picture(frame) for frame in film]
    cuts = {index for index, frame in enumerate(film) if frame.cut}
    held = {index for index, frame in enumerate(film) if frame.held}
    same = {index for index, (a, b) in enumerate(pairwise(film), 1) if np.array_equal(a.image, b.image)}
    everybody = {who for frame in truth for who in frame.ids.tolist()}
    known = chain.tracked is not None
    return _Result(
        people=len(everybody),
        frames=len(film),
        separable=separable(relabelled(chain.found, truth), cuts),
        following=following(chain.final, truth) if known else None,
        bodies=one_body(placed(chain.final), truth) if known else (0, 0),
        raw=_accuracy(chain.found, truth, cuts),
        steadied=None if chain.steadied is None else _accuracy(chain.steadied, truth, cuts),
        late=correlations(relabelled(chain.final, truth), truth, cuts),
        hold_motion=_movement(chain.final, held) if known else 0.0,
        cut_leak=_leak(chain, cuts),
        shots=_hits(chain.cuts, cuts),
        holds=_hits(chain.repeats, held | same),
    )


def _accuracy(found: Sequence[Poses], truth: Sequence[Poses], cuts: Collection[int]) -> _Accuracy:
    """Identities do not matter: everybody is taken for whom they overlap."""
    errors, labelled = keypoint_errors(found, truth)
    accel = motion(relabelled(found, truth), cuts, truth).accel
    return _Accuracy(accel, int((errors[labelled] <= PCK_LIMIT).sum()), int(labelled.sum()))


def _movement(final: Sequence[Poses], held: Collection[int]) -> float:
    """Pixels that any keypoint of anybody moves from a frame to one that repeats it, at most."""
    most = 0.0
    for index in held:
        before, frame = final[index - 1], final[index]
        if before.track_ids is None or frame.track_ids is None:
            continue
        _, one, other = np.intersect1d(before.track_ids, frame.track_ids, return_indices=True)
        steps = np.linalg.norm(frame.points[other] - before.points[one], axis=2)
        most = max(most, float(steps.max(initial=0.0)))
    return most


def _leak(chain: _Chain, cuts: Collection[int]) -> float:
    """Pixels by which any keypoint is another when each true shot is steadied by itself, at most."""
    from ..video import steady

    if chain.tracked is None or chain.steadied is None:
        return 0.0
    most = 0.0
    for start, stop in pairwise([0, *sorted(cuts), len(chain.tracked)]):
        inside = [{index - start for index in known if index >= start} for known in (chain.cuts, chain.repeats)]
        alone = steady(chain.tracked[start:stop], cuts=inside[0], repeats=inside[1], fps=FPS)
        for one, other in zip(alone, chain.steadied[start:stop], strict=True):
            same = len(one) == len(other)
            steps = one.points - other.points if same else np.array([other.canvas_wh], np.float64)
            most = max(most, float(np.linalg.norm(steps, axis=-1).max(initial=0.0)))
    return most


def _hits(found: Collection[int], true: Collection[int]) -> _Counts:
    """How many are found, missed and falsely found."""
    found, true = set(found), set(true)
    return np.array([len(found & true), len(true - found), len(found - true)])


def _summary(results: dict[str, list[_Result]]) -> dict[str, Any]:
    """The scores of all films, of each kind that there is, and those that only one kind answers for."""
    kinds = {kind: _scores(films) for kind, films in results.items() if films}
    everything = _scores([one for films in results.values() for one in films])
    static, fast = kinds.get("static", {}), kinds.get("fast", {})
    everything["lag_frames"] = fast.get("lag_frames")
    special = {
        "accel_ratio_static": static.get("accel_ratio"),
        "accel_median_ratio_static": static.get("accel_median_ratio"),
        "pck_drop_fast": fast.get("pck_drop"),
    }
    return {**everything, **special, "kinds": kinds}


def _scores(films: Sequence[_Result]) -> dict[str, Any]:
    """The measures of some films, all counts taken together; see `evaluate_staged`."""
    followed = [film.following for film in films if film.following is not None]
    apart = [film.following for film in films if film.following is not None and film.separable]
    good, places = (sum(film.bodies[k] for film in films) for k in (0, 1))
    return {
        "clips": len(films),
        "frames": sum(film.frames for film in films),
        "people": sum(film.people for film in films),
        "idf1": together(followed).idf1 if followed else None,
        "id_switches": together(followed).switches if followed else None,
        "clips_separable": sum(film.separable for film in films),
        "id_switches_separable": sum(one.switches for one in apart) if followed else None,
        "same_place": good / places if places else None,
        **_steadiness(films),
        "lag_frames": lag(np.sum([film.late for film in films], axis=0)),
        "hold_motion": max(film.hold_motion for film in films) if followed else None,
        "cut_leak": max(film.cut_leak for film in films) if any(film.steadied for film in films) else None,
        "shots": _named(np.sum([film.shots for film in films], axis=0)),
        "holds": _named(np.sum([film.holds for film in films], axis=0)),
    }


def _steadiness(films: Sequence[_Result]) -> dict[str, float | None]:
    """What steadying does to jitter and accuracy."""
    raw, steadied = [film.raw for film in films], [film.steadied for film in films if film.steadied is not None]
    before, after = (np.concatenate([one.accel for one in part] or [np.zeros(0)]) for part in (raw, steadied))
    known = before.size and after.size
    pck = [_share(part) for part in (raw, steadied)]
    return {
        "accel_raw": float(before.mean()) if before.size else None,
        "accel": float(after.mean()) if after.size else None,
        "accel_ratio": float(after.mean() / before.mean()) if known and before.any() else None,
        "accel_median_ratio": float(np.median(after) / np.median(before)) if known and np.median(before) else None,
        "pck_raw": pck[0],
        "pck": pck[1],
        "pck_drop": None if pck[0] is None or pck[1] is None else 100.0 * (pck[0] - pck[1]),
    }


def _share(parts: Sequence[_Accuracy]) -> float | None:
    labelled = sum(part.labelled for part in parts)
    return sum(part.right for part in parts) / labelled if labelled else None


def _named(counts: _Counts) -> dict[str, int]:
    return dict(zip(("found", "missed", "false"), counts.tolist(), strict=True))
