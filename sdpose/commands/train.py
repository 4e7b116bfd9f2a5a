"""Train a model.

  sdpose train sdpose --out DIR      SDPose, on drawn people, or on COCO keypoint files with --coco and --images
  sdpose train diffpose --out DIR    DiffPose, on drawn film, or on PoseTrack with --posetrack and --images

A run that was stopped goes on where it was when the same command is given again. For several GPUs:
accelerate launch -m sdpose train sdpose --out DIR.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import console

if TYPE_CHECKING:
    from ..training.run_config import RunConfig

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    from ..training.options import add_arguments as add_training

    networks = parser.add_subparsers(dest="network", required=True, metavar="NETWORK", help="sdpose or diffpose")
    for name, config in _configs().items():
        network = networks.add_parser(name, help=config.__doc__)
        network.add_argument("--out", type=Path, required=True, metavar="DIR", help="where weights, log and plot go")
        network.add_argument("--restart", action="store_true", help="do not go on from an earlier run")
        add_training(network, config)


def _configs() -> dict[str, type[RunConfig]]:
    """The options of each network's training."""
    from ..training import TrainConfig
    from ..training.diffpose import DiffPoseTrainConfig

    return {"sdpose": TrainConfig, "diffpose": DiffPoseTrainConfig}


def run(args: argparse.Namespace) -> int:
    """Train, and say what came of it."""
    from ..training import train
    from ..training.options import config_from_args

    result = train(
        config_from_args(args, _configs()[args.network]), args.out, resume=not args.restart, progress=console.watched()
    )
    console.say(f"{result.model}: trained for {result.steps} steps")
    console.say(f"{result.plot}: how it went")
    return 0
