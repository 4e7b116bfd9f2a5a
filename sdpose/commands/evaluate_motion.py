"""Report how steadily the people of a clip move, and who they are, before and after; against the truth if it is known.

A.json and B.json are pose files of the same frames, by this project or any other. accel and jerk are the
means of the second and third differences in torso lengths; the lag is by how many frames the motion in B comes after
that in A, or the motion in either after the truth; filled are the keypoints and people that are in B and not in A.
With --truth there are also the error of the acceleration, PCK (within 0.05 and 0.1 torso lengths), IDF1 and identity
switches, for which people are matched by their boxes. Poses without track ids are tracked first.

The plot shows x and y of every joint of every person over time: A thin, B thick, the truth dashed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import BadOption
from ..files import write_json
from . import console
from .options import add_dialect, size_wh

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    parser.add_argument("a", type=Path, metavar="A.json", help="poses of a clip")
    parser.add_argument("b", type=Path, nargs="?", metavar="B.json", help="another version of them, such as steadied")
    parser.add_argument("--truth", type=Path, metavar="T.json", help="the true poses")
    parser.add_argument("--fps", type=float, default=24.0, metavar="F", help="frames a second (default: 24)")
    parser.add_argument(
        "--cuts", type=_indices, default=(), metavar="I,J,...", help="frames, from 0, that begin a new shot"
    )
    parser.add_argument(
        "--threshold", type=float, default=0.0, metavar="T", help="keypoints are there above this score (default: 0)"
    )
    add_dialect(parser)
    parser.add_argument("--canvas", type=size_wh, metavar="WxH", help="size of pictures that a file does not say")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="write a plot of every joint over time")


def run(args: argparse.Namespace) -> int:
    """Measure, print a table, and write the numbers and the plot."""
    from ..evaluation.comparison import compare
    from ..formats import load

    if not 0 < args.fps < float("inf"):
        raise BadOption(f"--fps is above 0; got {args.fps:g}")
    files = {name: path for name in ("a", "b", "truth") if (path := getattr(args, name)) is not None}
    clips = {name: load(path, args.dialect, args.canvas) for name, path in files.items()}
    compared = compare(**clips, cuts=args.cuts, fps=args.fps, threshold=args.threshold)
    named = {name: str(path) for name, path in files.items()}
    if args.json:
        write_json(args.json, {"files": named, **compared.numbers}, indent=2)
    if args.plot:
        _plot(args, compared.clips)
    console.say(_report(named, compared.numbers))
    return 0


def _indices(text: str) -> tuple[int, ...]:
    """Read indices: "48,96" is (48, 96)."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"cuts are frame numbers with commas between, such as 48,96; got {text!r}")
    return tuple(int(part) for part in parts)


def _plot(args: argparse.Namespace, clips: Any) -> None:
    from ..evaluation.plots import MOST_PEOPLE, plot_joints

    if plot_joints(args.plot, clips, args.cuts, args.fps) == MOST_PEOPLE:
        console.warn(f"the plot shows {MOST_PEOPLE} people at most, those who are there longest")


_ROWS = {
    "people": "people per frame", "identities": "identities", "longest_track": "longest track, frames",
    "accel": "accel per frame^2", "jerk": "jerk per frame^3", "accel_per_s2": "accel per s^2",
    "jerk_per_s3": "jerk per s^3", "accel_error": "accel error", "pck_0.05": "PCK@0.05", "pck_0.1": "PCK@0.1",
    "idf1": "IDF1", "id_switches": "identity switches", "lag_frames": "lag behind the truth, frames",
}  # fmt: skip


def _report(files: dict[str, str], numbers: dict[str, Any]) -> str:
    """The tables, and in words what they leave open."""
    titles = {"a": "A", "b": "B", "truth": "truth"}
    rows = [("", *(titles[name] for name in files))]
    for key, title in _ROWS.items():
        if any(key in numbers[name] for name in files):
            rows.append((title, *(_number(numbers[name].get(key)) for name in files)))
    lines = [console.table(rows)]
    if "filled" in numbers:
        lines += [f"{what} from A to B: {numbers[what]['keypoints']} keypoints, {numbers[what]['people']} people"
                  for what in ("filled", "lost")]  # fmt: skip
        lines.append(f"B comes {_number(numbers['lag_frames'])} frames after A")
    lines += [f"{path} has no track ids: its people were tracked for this report"
              for name, path in files.items() if numbers[name]["tracked_here"]]  # fmt: skip
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.4f}"
