"""Train a model.

  sdpose train sdpose --out DIR    SDPose, on drawn people, or on COCO keypoint files with --coco and --images

A run that was stopped goes on where it was when the same command is given again. For several GPUs:
accelerate launch -m sdpose train sdpose --out DIR.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from . import console

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    from ..training.options import add_arguments as add_training

    parser.add_argument("what", choices=("sdpose",), help="which network")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where weights, log and plot go")
    parser.add_argument("--restart", action="store_true", help="do not go on from an earlier run")
    add_training(parser)


def run(args: argparse.Namespace) -> int:
    """Train, and say what came of it."""
    from ..training import train
    from ..training.options import config_from_args

    result = train(config_from_args(args), args.out, resume=not args.restart, progress=console.watched())
    console.say(f"{result.model}: trained for {result.steps} steps")
    console.say(f"{result.plot}: how it went")
    return 0
