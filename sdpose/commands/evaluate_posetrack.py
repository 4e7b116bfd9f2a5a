"""Score result files against PoseTrack's annotations, as PoseTrack's own tool (poseval) does.

Both folders hold one JSON file per clip, of the same name in both: annotations of 2017, 2018 or 2021, results of any of
these years too. AP says how well people are found in single frames, MOTA how well each joint is followed; MOTA is
left out where results have no track ids. "all" is the mean over the 15 joints, "limbs" over the 12 without the head.
Acceleration error and jerk say how much those who were found jitter; read them beside AP, never alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import write_json
from . import console

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    parser.add_argument("--truth", type=Path, required=True, metavar="DIR", help="folder of annotation files")
    parser.add_argument("--poses", type=Path, required=True, metavar="DIR", help="folder of result files")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here, joint by joint")


def run(args: argparse.Namespace) -> int:
    """Score, print a table, and write the numbers down."""
    from ..evaluation.posetrack import GROUPS, evaluate_posetrack

    result = evaluate_posetrack(args.truth, args.poses)
    if args.json:
        write_json(args.json, result, indent=2)
    rows = [("", *GROUPS, "all", "limbs"), _row("AP", result, "ap_groups", "map")]
    if result["mota_groups"] is not None:
        rows.append(_row("MOTA", result, "mota_groups", "mota"))
    console.say(console.table(rows))
    if result["motion"] is not None:
        motion = {name: _number(value) for name, value in result["motion"].items()}
        console.say("acceleration error {accel} torso lengths per frame^2".format(**motion))
        console.say("jerk {jerk}, of the annotations {jerk_true} torso lengths per frame^3".format(**motion))
    console.say("clips: {clips}, frames: {frames}, people: {people}".format(**result))
    if result["extrapolated"]:
        console.say(f"worked out from other joints, not found by a model: {', '.join(result['extrapolated'])}")
    return 0


def _row(title: str, result: Mapping[str, Any], groups: str, mean: str) -> tuple[str, ...]:
    return (title, *map(_number, result[groups].values()), _number(result[mean]), _number(result[f"{mean}_limbs"]))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
