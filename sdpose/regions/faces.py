"""A square box around each person's face that follows it steadily through a clip."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import BadOption
from ..poses import FloatArray, Poses
from .boxes import THRESHOLD
from .outlines import bounds, outline
from .people import Person, identities, people

__all__ = ["FaceTrack", "face_tracks"]

_CALM_SECONDS = 1 / 2
_QUICK_SECONDS = 1 / 24
"""Standard deviations of the time over which a face is averaged when it rests, and when it moves fast."""

_REACH = 3
"""In standard deviations; what is further away in time does not count."""

_TOLERANCE = 0.1
"""The calm average is not taken further from the quick one than this share of the face, in place and size."""

_NEIGHBOURS = 3
"""Frames before and after whose medians a face is held against, and against the middle between the two."""

_OUTLIER = 0.2
"""A face that is further from all of these than this share of its size is a mistake, or that is so much larger."""
_OUTLIER_MOVING = 0.3
"""It may be further by this share of the way between the medians: who moves far does not move evenly."""
_OUTLIER_AT_ENDS = 1.0
"""How far it may be instead where there are frames on one side only."""

_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FaceTrack:
    """The face of one person through a clip of T frames.

    Attributes:
        boxes: (T, 4) x1, y1, x2, y2 in pixels, square, free to reach beyond the picture. Where the face is not seen
            the box is held: it stays where it was last in that shot, or is where it will be first. Zeros in a shot in
            which it is never seen.
        seen: (T,) where the face is seen.
        turned: (T,) where the person is there but the face is not seen, because it is turned away or hidden.
    """

    boxes: FloatArray
    seen: _Flags
    turned: _Flags

    @property
    def known(self) -> _Flags:
        """(T,) where there is a box, held or not."""
        return np.asarray(self.boxes[:, 2] > self.boxes[:, 0])


def face_tracks(
    clip: Sequence[Poses],
    *,
    cuts: Collection[int] = (),
    threshold: float = THRESHOLD,
    margin: float = 0.5,
    fps: float = 24.0,
) -> dict[int, FaceTrack]:
    """Follow the face of each person.

    A face is where `region_boxes` finds one: nose and an eye are seen, and neither ears nor eyes are the other way
    round, as they are on the back of a head. Its centre and the logarithm of its size are averaged over the frames
    before and after alike, so that nothing lags; never across a cut. A face at rest is averaged over about a second.
    In fast movement that would leave the face behind: so the box is kept within a tenth of the face from the average
    of the nearest frames alone.

    Args:
        clip: the people of each frame, with track ids; without, if there is never more than one.
        cuts: indices of the frames that begin a new shot. A change of the canvas does so, too.
        threshold: keypoints with a lower score are not gone by.
        margin: how much larger than the face the box is, as a share of it.
        fps: frames a second.

    Returns:
        Tracks by track id, in the order of the ids; a person without one is 0. Empty when nobody is ever there.

    Raises:
        BadKeypoints: there are several people and no track ids, or one id twice in a frame.
        BadOption: `margin` is negative or `fps` not positive.
    """
    if margin < 0 or fps <= 0:
        raise BadOption(f"margin is 0 or more and fps above 0; got {margin} and {fps}")
    ids = [identities(frame, index) for index, frame in enumerate(clip)]
    starts = _starts(clip, cuts)
    found = {}
    rows = [dict(zip(here, people(frame, threshold), strict=True)) for here, frame in zip(ids, clip, strict=True)]
    for who in sorted({who for here in ids for who in here}):
        mine = [here.get(who) for here in rows]
        found[who] = _followed(mine, starts, [frame.canvas_wh for frame in clip], 1 + margin, fps)
    return found


def _starts(clip: Sequence[Poses], cuts: Collection[int]) -> list[int]:
    """Where shots begin, the first frame included."""
    changed = {t for t in range(1, len(clip)) if clip[t].canvas_wh != clip[t - 1].canvas_wh}
    return sorted({0, *changed, *(int(cut) for cut in cuts if 0 < cut < len(clip))})


def _followed(
    mine: Sequence[Person | None], starts: Sequence[int], sizes_wh: Sequence[tuple[int, int]], factor: float, fps: float
) -> FaceTrack:
    faces = np.array([_face(person, wh) for person, wh in zip(mine, sizes_wh, strict=True)]).reshape(-1, 3)
    seen = np.isfinite(faces[:, 0])
    boxes = np.zeros((len(faces), 4))
    for start, stop in zip(starts, [*starts[1:], len(faces)], strict=True):
        shot = slice(start, stop)
        if seen[shot].any():
            steady = _steady(faces[shot], seen[shot], fps)[_held(seen[shot])]
            centres, half = steady[:, :2], np.exp(steady[:, 2:]) * factor / 2
            boxes[shot] = np.concatenate([centres - half, centres + half], axis=1)
    there = np.array([person is not None and bool(outline(person, "person")) for person in mine], np.bool_)
    return FaceTrack(boxes, seen, there & ~seen)


def _face(person: Person | None, canvas_wh: tuple[int, int]) -> FloatArray:
    """Centre x, y and the logarithm of the side (3,) of a face; NaN when it is not seen, or not in the picture."""
    pieces = [] if person is None else outline(person, "face")
    if pieces:
        box = bounds(pieces)
        centre, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
        if side > 0 and (centre >= 0).all() and (centre <= canvas_wh).all():
            return np.array([*centre, np.log(side)])
    return np.full(3, np.nan)


def _held(seen: _Flags) -> npt.NDArray[np.int64]:
    """(T,) the frame that each frame takes its box from: itself, or else the last one seen, or else the first."""
    last = np.maximum.accumulate(np.where(seen, np.arange(len(seen)), -1))
    return np.where(last < 0, int(np.argmax(seen)), last)


def _steady(faces: FloatArray, seen: _Flags, fps: float) -> FloatArray:
    """One shot's faces (T, 3) as centre x, y and logarithm of the side, smoothed; those not seen mean nothing."""
    kept = seen & ~_outliers(faces, seen)
    known = np.where(seen[:, None], faces, 0.0)
    calm = _averaged(known, kept, _CALM_SECONDS * fps)
    quick = _paired(known, kept, _QUICK_SECONDS * fps)
    slack = _TOLERANCE * np.exp(quick[:, 2:] * (1, 1, 0))
    return np.asarray(quick + np.clip(calm - quick, -slack, slack))


def _outliers(faces: FloatArray, seen: _Flags) -> _Flags:
    """Faces that one frame alone has elsewhere, or of another size, than the frames before, after and between both."""
    sides = np.stack([_medians(np.where(seen[:, None], faces, np.nan)[::step])[::step] for step in (1, -1)])
    likely = np.concatenate([sides, sides.mean(axis=0, keepdims=True)])
    off = np.abs(faces - likely)
    off[..., :2] /= np.exp(likely[..., 2:])
    known = np.isfinite(off).all(axis=2)
    way = np.linalg.norm(np.diff(sides[..., :2], axis=0)[0], axis=1) / np.exp(faces[:, 2])
    limit = np.where(known.all(axis=0), _OUTLIER + _OUTLIER_MOVING * way, _OUTLIER_AT_ENDS)
    far = (off[..., :2] > limit[:, None]).any(axis=2) | (off[..., 2] > _OUTLIER)
    return np.asarray(known.any(axis=0) & (far | ~known).all(axis=0))


def _medians(faces: FloatArray) -> FloatArray:
    """(T, D): the median of those of the few frames before each that are not NaN; NaN where none is."""
    wide = np.pad(faces, ((_NEIGHBOURS, 0), (0, 0)), constant_values=np.nan)[:-1]
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(wide, _NEIGHBOURS, axis=0), axis=2)  # NaN comes last
    count = np.isfinite(windows).sum(axis=2, keepdims=True)
    middle = np.concatenate([np.maximum(count - 1, 0) // 2, count // 2], axis=2).clip(max=_NEIGHBOURS - 1)
    return np.asarray(np.take_along_axis(windows, middle, axis=2).mean(axis=2))


def _averaged(values: FloatArray, kept: _Flags, deviation: float) -> FloatArray:
    """The values (T, D) that are kept, averaged over time with Gaussian weights; where none is near, those there."""
    from scipy.ndimage import correlate1d

    weights = _weights(deviation)
    share = kept[:, None].astype(np.float64)
    total, summed = (
        correlate1d(what, np.concatenate([weights[:0:-1], weights]), axis=0, mode="constant")
        for what in (share, share * values)
    )
    return np.asarray(np.divide(summed, total, out=values.copy(), where=total > 0))


def _paired(values: FloatArray, kept: _Flags, deviation: float) -> FloatArray:
    """As `_averaged`, but each frame counts only together with the one as far away on the other side.

    So even movement stays what it is, beside a gap and at the ends too. Where neither the frame itself nor a pair is
    kept, they count one by one.
    """
    frames, weights = len(values), _weights(deviation)
    reach = len(weights) - 1
    padded, there = np.pad(values, ((reach, reach), (0, 0))), np.pad(kept, reach)
    total, summed = np.zeros((frames, 1)), np.zeros_like(values)
    for k, weight in enumerate(weights):
        before, after = (slice(reach + step, reach + step + frames) for step in (-k, k))
        share = weight * (there[before] & there[after])[:, None]
        total += share
        summed += share * (padded[before] + padded[after]) / 2
    return np.asarray(np.divide(summed, total, out=_averaged(values, kept, deviation), where=total > 0))


def _weights(deviation: float) -> FloatArray:
    """Gaussian weights of frames 0, 1, 2 ... away."""
    return np.asarray(np.exp(-0.5 * (np.arange(int(np.ceil(_REACH * deviation)) + 1) / deviation) ** 2))
