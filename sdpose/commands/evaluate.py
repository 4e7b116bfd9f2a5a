"""Measure a model, or poses that were found before.

  sdpose evaluate drawn --model M                       a model, on drawn people no training uses, by style
  sdpose evaluate drawn-video --model M                 a model, on drawn film: accuracy and steadiness
  sdpose evaluate motion A.json [B.json]                poses of a clip: jitter, lag, gaps, identities
  sdpose evaluate posetrack --truth DIR --poses DIR     result files, against PoseTrack's annotations

sdpose evaluate WHAT --help explains each.
"""

from __future__ import annotations

import argparse
from importlib import import_module

__all__ = ["add_arguments", "run"]

# What can be measured, with one line of help. Each has a module `evaluate_<name>` beside this one, with an underscore
# for a hyphen, that looks like a command's: a docstring, `add_arguments` and `run`.
_MEASURES = {
    "drawn": "a model, on drawn people from seeds that no training uses",
    "drawn-video": "a model, on drawn film from seeds that no training uses: accuracy and steadiness",
    "motion": "poses of a clip, before and after: jitter, lag, gaps, identities, and a plot of every joint",
    "posetrack": "result files, against PoseTrack's annotations",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    measures = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    for name, text in _MEASURES.items():
        module = import_module(f".evaluate_{name.replace('-', '_')}", __package__)
        measure = measures.add_parser(
            name, help=text, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(measure)
        measure.set_defaults(measure=module.run)


def run(args: argparse.Namespace) -> int:
    """Measure what was asked for."""
    return int(args.measure(args))
