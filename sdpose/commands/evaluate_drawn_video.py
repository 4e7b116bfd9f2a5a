"""Measure a model on drawn film: accuracy and steadiness, or how well people are followed and steadied.

--films footage (the default without --track): boxes and track ids are the true ones for every model, so the scores are
the pose model's alone. mAP is PoseTrack's (PCKh@0.5) over the 13 joints that COCO and PoseTrack share; labelled
keypoints count also where they are hidden. accel is the mean error of the acceleration in torso lengths per frame^2,
jerk the mean third difference in torso lengths per frame^3; jerk_true is the film's own, which a steady model comes
near without going far below.

--films staged (the default with --track, or with --model truth): films of eight kinds in turn, in which people cross,
are hidden, move fast, leave and return, or stay still, with cuts and held drawings. The model is given the true boxes
with mistakes, shuffled and without identities; --track and --steady then do what `sdpose video` does. --model truth
stands for a model whose keypoints have mistakes, too: --noise is the deviation of both in torso lengths; 2 % of the
keypoints are lost and 1 % are wrong besides. IDF1 and identity switches count boxes that overlap by half; separable
are films in which boxes alone tell people apart. accel is the error of the acceleration after steadying as a share of
that before, and the drop is what steadying costs of the PCK at 0.05 torso lengths, in points.

The films come from seeds that no training uses: the same seeds are the same films, anywhere.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadOption
from ..files import write_json, write_png
from . import console
from .options import DIFFPOSE, add_model, add_video, kind_of_model, load, load_start, load_video, size_wh, video_options

if TYPE_CHECKING:
    from ..evaluation.estimates import Estimate

__all__ = ["add_arguments", "run"]

_PARTS = ("", "_plain", "_hard", "_occluded", "_blurred")
_MOTION = ("accel", "jerk", "accel_true", "jerk_true")

_TRUTH = "truth"
"""The model that stands for the true keypoints."""

_FRAMES = {"footage": 24, "staged": 48}
_NOISE = 0.02


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    parser.add_argument(
        "--seed-base", type=int, default=300_000, metavar="B", help="the first film's seed (default: 300000)"
    )
    parser.add_argument("--clips", type=int, default=40, metavar="N", help="how many films (default: 40)")
    parser.add_argument("--frames", type=int, metavar="N", help="of each film (default: 24, of staged films 48)")
    parser.add_argument(
        "--size", type=size_wh, default=(256, 256), metavar="WxH", help="of the films (default: 256x256)"
    )
    parser.add_argument(
        "--films", choices=tuple(_FRAMES), help="which films (default: footage; staged with --track or --model truth)"
    )
    parser.add_argument(
        "--kind", metavar="KIND", help="of staged films: crossing, fast, hold, ... (default: all kinds in turn)"
    )
    parser.add_argument(
        "--noise", type=float, metavar="SD", help=f"of staged films' boxes, torso lengths (default: {_NOISE:g})"
    )
    parser.add_argument("--track", action="store_true", help="follow people, as sdpose video does")
    parser.add_argument("--steady", action="store_true", help="steady the poses of those who are followed")
    parser.add_argument("--smooth", action="store_true", help="smooth each track afterwards: five frames, binomial")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="write a picture of some films: truth thin in white")
    add_model(parser, bundled="truth (true keypoints with mistakes), mini or diffpose-mini")
    add_video(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print tables, and write the numbers down."""
    from .film_sheet import FilmSheet

    sheet = FilmSheet()
    films = _films(args)
    measure, tables = (_on_staged, _staged_tables) if films == "staged" else (_on_footage, _tables)
    shared = {
        "frames": _FRAMES[films] if args.frames is None else args.frames,
        "size_wh": args.size,
        "progress": console.watched(),
        "watch": sheet.add if args.sheet else None,
    }
    result = measure(args, shared)
    if args.json:
        write_json(args.json, {**_settings(args), "films": films, **result}, indent=2)
    if args.sheet:
        write_png(args.sheet, sheet.picture())
    console.say(tables(result))
    return 0


def _films(args: argparse.Namespace) -> str:
    """Which films the options ask for.

    Raises:
        BadOption: options that contradict one another.
    """
    staged = args.track or args.steady or args.model == _TRUTH
    films = args.films or ("staged" if staged else "footage")
    if films == "staged" and args.smooth:
        raise BadOption("--smooth is for footage: steady the poses of staged films with --track --steady")
    if films == "footage" and (staged or args.noise is not None or args.kind is not None):
        raise BadOption("--track, --steady, --noise, --kind and --model truth are for --films staged: leave them away")
    if args.model == _TRUTH and (video_options(args) or args.start_model is not None):
        raise BadOption("--model truth estimates nothing: leave the options of estimation over time away")
    return str(films)


def _on_footage(args: argparse.Namespace, shared: dict[str, Any]) -> dict[str, Any]:
    from ..evaluation import evaluate_drawn_video
    from ..evaluation.estimates import smoothed

    estimate = _estimate(args)
    return evaluate_drawn_video(smoothed(estimate) if args.smooth else estimate, args.seed_base, args.clips, **shared)


def _on_staged(args: argparse.Namespace, shared: dict[str, Any]) -> dict[str, Any]:
    from ..evaluation.estimates import along_tracks, as_given
    from ..evaluation.imperfect import Mistakes
    from ..evaluation.staged import FPS, evaluate_staged

    mistakes = Mistakes(_NOISE if args.noise is None else args.noise)
    estimate = as_given if args.model == _TRUTH else _estimate(args)
    if args.track and args.model != _TRUTH and kind_of_model(args) == DIFFPOSE:
        estimate = along_tracks(estimate, FPS)
    chain = {"kind": args.kind, "track": args.track, "steady": args.steady, "mistakes": mistakes}
    return evaluate_staged(estimate, args.seed_base, args.clips, **chain, **shared)


def _estimate(args: argparse.Namespace) -> Estimate:
    """What the options say finds poses."""
    from ..evaluation.estimates import frame_by_frame, over_time

    if kind_of_model(args) != DIFFPOSE:
        return frame_by_frame(load(args))
    from ..video import VideoEstimator

    start = None if args.start_model is None else frame_by_frame(load_start(args))
    return over_time(VideoEstimator(load_video(args), **video_options(args)), start)


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    return {"model": args.model, "start_model": args.start_model, "smooth": args.smooth, **video_options(args)}


def _tables(result: dict[str, Any]) -> str:
    parts = [(name.strip("_") or "all", result[f"people{name}"], result[f"map{name}"]) for name in _PARTS]
    accuracy = [("", "people", "mAP"), *((name, str(people), _number(score)) for name, people, score in parts)]
    joints = [("joint", "AP"), *((joint, _number(score)) for joint, score in result["ap"].items())]
    motion = [_MOTION, tuple(_number(result[name], 4) for name in _MOTION)]
    time = f"{result['seconds_per_frame']:.4f} seconds per frame"
    return "\n\n".join([*(console.table(rows) for rows in (accuracy, joints, motion)), time])


_COLUMNS = {
    "clips": "clips", "people": "people", "idf1": "IDF1", "id_switches": "switches", "clips_separable": "separable",
    "id_switches_separable": "switches there", "same_place": "one body", "accel_ratio": "accel", "pck_raw": "PCK raw",
    "pck": "PCK", "pck_drop": "drop", "lag_frames": "lag", "hold_motion": "hold px",
    "cut_leak": "cut px",
}  # fmt: skip


def _staged_tables(result: dict[str, Any]) -> str:
    """One row for each kind; cuts and holds as how many were found, missed and falsely found."""
    rows = [("", *_COLUMNS.values(), "cuts", "holds")]
    for name, scores in {**result["kinds"], "all": result}.items():
        hits = ("/".join(str(count) for count in scores[what].values()) for what in ("shots", "holds"))
        rows.append((name, *(_cell(scores.get(key)) for key in _COLUMNS), *hits))
    return console.table(rows)


def _cell(value: float | None) -> str:
    return str(value) if isinstance(value, int) else _number(value)


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
