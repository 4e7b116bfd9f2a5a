"""List the models: bundled, found in the model folders or the Hugging Face cache, and what can be downloaded.

Model folders are those of the ComfyUI around this pack, or that COMFYUI_DIR names, and those in SDPOSE_MODELS.
"""

from __future__ import annotations

import argparse

from . import console

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""


def run(args: argparse.Namespace) -> int:
    """Print a table."""
    from ..models import inventory

    header = ("name", "layout", "size", "where", "what")
    rows = [
        (row.name, row.layout, _megabytes(row.size), str(row.path or "to be downloaded"), row.note)
        for row in inventory()
    ]
    console.say(console.table([header, *rows]))
    return 0


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
