"""Measure a model on drawn people, by style. Their boxes are the true ones, so the scores are the pose model's alone.

The drawings come from seeds that no training uses: the same seeds are the same drawings, anywhere.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..files import write_json
from . import console
from .options import add_model, load

__all__ = ["add_arguments", "run"]

_COLUMNS = ("ap", "ap50", "ap75", "pck_0.1", "pck_0.2")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    parser.add_argument("--seed-base", type=int, default=1_000_000, metavar="B", help="the first drawing's seed")
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="how many drawings (default: 1000)")
    parser.add_argument("--flip-test", action="store_true", help="average with the mirrored crop: twice the time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers here")
    add_model(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, print a table, and write the numbers down."""
    from ..evaluation import evaluate_drawn

    result = evaluate_drawn(load(args), args.seed_base, args.count, flip=args.flip_test, progress=console.watched())
    if args.json:
        write_json(args.json, result, indent=2)
    lines = {"all": result, "plain": result["plain"], "hard": result["hard"], **result["styles"]}
    rows = [(name, str(line["people"]), *(_number(line[key]) for key in _COLUMNS)) for name, line in lines.items()]
    console.say(console.table([("", "people", *_COLUMNS), *rows]))
    return 0


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}"
