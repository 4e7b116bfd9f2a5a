"""Measure a model on drawn film: accuracy, also of what is hidden or blurred, and how steadily the poses move.

Boxes and track ids are the true ones for every model, so the scores are the pose model's alone. mAP is PoseTrack's
(PCKh@0.5) over the 13 joints that COCO and PoseTrack share; labelled keypoints count also where they are hidden.
accel is the mean error of the acceleration in torso lengths per frame^2, jerk the mean third difference in torso
lengths per frame^3; jerk_true is the film's own, which a steady model comes near without going far below.

The films come from seeds that no training uses: the same seeds are the same films, anywhere.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_json, write_png
from . import console
from .options import DIFFPOSE, add_model, add_video, kind_of_model, load, load_start, load_video, size_wh, video_options

if TYPE_CHECKING:
    from ..evaluation.estimates import Estimate

__all__ = ["add_arguments", "run"]

_PARTS = ("", "_plain", "_hard", "_occluded", "_blurred")
_MOTION = ("accel", "jerk", "accel_true", "jerk_true")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    parser.add_argument(
        "--seed-base", type=int, default=300_000, metavar="B", help="the first film's seed (default: 300000)"
    )
    parser.add_argument("--clips", type=int, default=40, metavar="N", help="how many films (default: 40)")
    parser.add_argument("--frames", type=int, default=24, metavar="N", help="of each film (default: 24)")
    parser.add_argument(
        "--size", type=size_wh, default=(256, 256), metavar="WxH", help="of the films (default: 256x256)"
    )
    parser.add_argument("--smooth", action="store_true", help="smooth each track afterwards: five frames, binomial")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="write a picture of some films: truth thin in white")
    add_model(parser, bundled="mini or diffpose-mini")
    add_video(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print tables, and write the numbers down."""
    from ..evaluation import evaluate_drawn_video
    from ..evaluation.estimates import smoothed
    from .film_sheet import FilmSheet

    estimate = _estimate(args)
    sheet = FilmSheet()
    result = evaluate_drawn_video(
        smoothed(estimate) if args.smooth else estimate,
        args.seed_base,
        args.clips,
        frames=args.frames,
        size_wh=args.size,
        progress=console.watched(),
        watch=sheet.add if args.sheet else None,
    )
    if args.json:
        write_json(args.json, {**_settings(args), **result}, indent=2)
    if args.sheet:
        write_png(args.sheet, sheet.picture())
    console.say(_tables(result))
    return 0


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


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
