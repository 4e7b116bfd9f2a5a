"""The command line options of `sdpose evaluate drawn`, what they do, and the table they end in."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..files import write_json
from .drawn import evaluate_drawn

__all__ = ["add_arguments", "run", "table"]

COLUMNS = {"AP": "ap", "AP50": "ap50", "PCK@0.1": "pck_0.1", "PCK@0.2": "pck_0.2", "visible PCK@0.1": "pck_0.1_visible"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that `run` reads."""
    parser.add_argument("--model", default="mini", help="anything load_model takes (default: mini)")
    parser.add_argument(
        "--seed-base", type=int, default=1_000_000, help="number of the first drawing (default: 1000000)"
    )
    parser.add_argument("--count", type=int, default=200, help="how many drawings (default: 200)")
    parser.add_argument("--flip", action="store_true", help="average with the mirrored crops (flip test)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps, ... (default: auto)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers here")


def run(args: argparse.Namespace, progress: bool = True) -> dict[str, Any]:
    """Evaluate as the options say, write `--json` whole, and return the numbers (see `evaluate_drawn`).

    Raises:
        SDPoseError: the model cannot be loaded, an option is impossible, or the file cannot be written.
    """
    from ..models import load_model

    model = load_model(args.model, device=args.device)
    numbers = evaluate_drawn(model, args.seed_base, args.count, flip=args.flip, progress=progress)
    numbers = {"model": args.model, "flip": args.flip, **numbers}
    if args.json is not None:
        write_json(args.json, numbers)
    return numbers


def table(numbers: dict[str, Any]) -> str:
    """The numbers as aligned text: everybody, plain and hard drawings, then each style."""
    rows = {"all": numbers, "plain": numbers["plain"], "hard": numbers["hard"], **numbers["styles"]}
    lines = [["", "people", *COLUMNS]]
    for name, row in rows.items():
        shares = ["-" if row[key] is None else f"{row[key]:.3f}" for key in COLUMNS.values()]
        lines.append([name, str(row["people"]), *shares])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{'<' if place == 0 else '>'}{widths[place]}}" for place, cell in enumerate(line))
        for line in lines
    )
