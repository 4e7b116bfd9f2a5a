"""Measures how fast drawn people come off one core: `python benchmarks/drawings.py [--count N] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2

from sdpose.synthetic import STYLES, clip, drawing


def milliseconds(size: int, count: int, style: str | None, alone: bool) -> float:
    """Processor time per drawing on one core.

    Args:
        size: Pixels a side.
        count: Drawings to average over.
        style: One style, or None for the mixture that training sees.
        alone: Count only drawings in which one person is labelled.
    """
    spent, drawn, seed = 0.0, 0, 0
    while drawn < count:
        start = time.process_time()
        result = drawing(seed, (size, size), "train", style)
        seed += 1
        if not alone or len(result.poses) == 1:
            spent += time.process_time() - start
            drawn += 1
    return round(1000.0 * spent / count, 2)


def clip_milliseconds(size: int, frames: int) -> float:
    """Processor time per frame of a clip on one core."""
    start = time.process_time()
    for _ in clip(0, frames, (size, size), "train"):
        pass
    return round(1000.0 * (time.process_time() - start) / frames, 2)


def measure(count: int) -> dict[str, Any]:
    """All numbers, in milliseconds of one core."""
    drawing(0)
    return {
        "one_person": {str(size): milliseconds(size, count, None, alone=True) for size in (192, 256, 320, 512)},
        "mixture": {str(size): milliseconds(size, count, None, alone=False) for size in (192, 256, 320, 512)},
        "styles_256": {style: milliseconds(256, max(count // 4, 1), style, alone=True) for style in STYLES},
        "clip_frame_512": clip_milliseconds(512, max(count // 4, 2)),
    }


def main() -> int:
    """Prints the table and optionally writes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="drawings per number")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    numbers = measure(options.count)
    text = json.dumps(numbers, indent=2)
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
