"""A plot of every joint of everybody over time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingDependency
from ..files import atomic_path
from ..poses import FloatArray, Poses
from ..topology import Skeleton
from .motion import tracks

__all__ = ["MOST_PEOPLE", "plot_joints"]

MOST_PEOPLE = 16
"""People who are drawn at most, those who are there longest."""

_LIMBS = {
    "arm": ("shoulder", "elbow", "wrist"),
    "leg": ("hip", "knee", "ankle", "big_toe", "small_toe", "heel"),
}
_LINES: dict[str, dict[str, Any]] = {
    "a": {"linewidth": 0.7},
    "b": {"linewidth": 2.0, "alpha": 0.6},
    "truth": {"linewidth": 0.8, "linestyle": "--", "color": "black", "zorder": 3},
}
_WIDE, _HIGH = 3.6, 1.5  # inches of one panel
_LONG = 400  # frames that fit into such a panel
_FEW = 8  # keypoints of which a panel's legend names all


def plot_joints(path: Path, clips: Mapping[str, Sequence[Poses]], cuts: Collection[int] = (), fps: float = 24.0) -> int:
    """Draw x and y of each keypoint of each person: a column for each part of the body, two rows for each person.

    Args:
        path: of the PNG.
        clips: "a" is drawn thin, "b" thick, "truth" dashed; an identity has the same id in all of them.
        cuts: indices of the frames that begin a new shot; no line crosses one.
        fps: frames a second, for the axis of time.

    Returns:
        How many people are drawn: all, up to `MOST_PEOPLE`.

    Raises:
        MissingDependency: matplotlib is not installed.
        OutputError: the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependency("the plot needs matplotlib: pip install '.[train]' in its folder") from error
    count = len(next(iter(clips.values())))
    panels = _panels(next(iter(clips.values()))[0].skeleton)
    everybody = {name: _people(clip, cuts) for name, clip in clips.items()}
    chosen = _longest(everybody)
    rows = 2 * max(1, len(chosen))
    wide = _WIDE * min(max(1.0, count / _LONG), 5.0)
    figure = Figure(figsize=(wide * len(panels) + 1, _HIGH * rows + 1), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, len(panels), squeeze=False, sharex=True)
    seconds = np.arange(count) / fps
    for place, who in enumerate(chosen):
        for column, (title, keypoints) in enumerate(panels.items()):
            pair = axes[2 * place : 2 * place + 2, column]
            _draw(pair, seconds, {name: people.get(who) for name, people in everybody.items()}, keypoints)
            for panel, axis in zip(pair, "xy", strict=True):
                panel.set_ylabel(f"person {who}: {axis}, px")
                panel.grid(alpha=0.25)
            pair[0].set_title(title)
            pair[1].invert_yaxis()
    _annotate(figure, axes, panels, clips, sorted(cut / fps for cut in cuts))
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=90)
    return len(chosen)


def _panels(skeleton: Skeleton) -> dict[str, list[tuple[str, int]]]:
    """Title of a column -> names and indices of its keypoints."""
    found: dict[str, list[tuple[str, int]]] = {}
    for part, names in skeleton.parts.items():
        for name in names:
            side, _, joint = name.partition("_")
            limb = next((limb for limb, joints in _LIMBS.items() if joint in joints), None)
            title = f"{side} {limb}" if limb else "head" if part == "body" else part.replace("_", " ")
            found.setdefault(title, []).append((name, skeleton.index(name)))
    return found


def _people(clip: Sequence[Poses], cuts: Collection[int]) -> dict[int, FloatArray]:
    """Identity -> points (T, K, 2) in pixels, NaN where absent and in the frames before a cut is crossed."""
    found: dict[int, FloatArray] = {}
    for (start, who), track in tracks(clip, cuts).items():
        shape = (len(clip), *track.points.shape[1:])
        points = found.setdefault(who, np.full(shape, np.nan))
        points[start : start + len(track.points)] = np.where(track.scores[..., None] > 0, track.points, np.nan)
    return found


def _longest(everybody: Mapping[str, Mapping[int, FloatArray]]) -> list[int]:
    """The identities that are drawn, in order."""
    lives: dict[int, int] = {}
    for people in everybody.values():
        for who, points in people.items():
            lives[who] = max(lives.get(who, 0), int(np.isfinite(points).any(axis=(1, 2)).sum()))
    return sorted(sorted(lives, key=lambda who: -lives[who])[:MOST_PEOPLE])


def _draw(
    pair: Any, seconds: FloatArray, versions: Mapping[str, FloatArray | None], keypoints: Sequence[tuple[str, int]]
) -> None:
    """One person's part of the body: x into the first panel, y into the second."""
    from matplotlib import colormaps

    colours = colormaps["tab10" if len(keypoints) <= _FEW else "turbo"]
    for place, (name, index) in enumerate(keypoints):
        colour = colours(place if len(keypoints) <= _FEW else place / len(keypoints))
        for version, points in versions.items():
            for axis, panel in enumerate(pair):
                if points is not None:
                    label = name if version == "a" else None
                    marker = {"marker": ".", "markersize": 2} if version == "a" else {}
                    panel.plot(
                        seconds, points[:, index, axis], label=label, **{"color": colour, **_LINES[version], **marker}
                    )


def _annotate(
    figure: Any, axes: Any, panels: Mapping[str, Any], clips: Mapping[str, Any], cuts: Sequence[float]
) -> None:
    """Cuts, the names of keypoints and of versions, and the axis of time."""
    from matplotlib.lines import Line2D

    for panel in axes.flat:
        for cut in cuts:
            panel.axvline(cut, color="black", linewidth=1)
    for panel, keypoints in zip(axes[0], panels.values(), strict=True):
        if len(keypoints) <= _FEW and panel.lines:
            panel.legend(fontsize=6, loc="upper right", framealpha=0.4)
    for panel in axes[-1]:
        panel.set_xlabel("seconds")
    lines = [
        Line2D([], [], label=name.upper() if len(name) == 1 else name, **{"color": "black", **_LINES[name]})
        for name in clips
    ]
    figure.legend(handles=lines, loc="outside upper center", ncols=len(lines))
