"""Turn a model folder in the published layout into a single .safetensors file, or a single file into a folder."""

from __future__ import annotations

import argparse

from . import console

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    parser.add_argument("source", metavar="SRC", help="a model folder, a single file, or a name such as wholebody")
    parser.add_argument("destination", metavar="DST", help="a .safetensors file, or a folder")


def run(args: argparse.Namespace) -> int:
    """Convert."""
    from ..models import convert

    console.say(str(convert(args.source, args.destination)))
    return 0
