"""How fast people come out of the estimator, as ratios within one run.

`python benchmarks/estimate.py [--model mini | --random wholebody] [--people N] [--device D] [--dtype T] [--json FILE]`

--random builds a network of published size with random weights: its speed is that of the published ones.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

import sdpose
from sdpose.devices import pick_device
from sdpose.models import SDPose

SIZE_WH = (640, 480)
BATCHES = (1, 4, 16)
REPEATS = 3


def synchronize(device: torch.device) -> None:
    """Wait for an accelerator to finish; the CPU always has."""
    if device.type != "cpu":
        torch.accelerator.synchronize()


def seconds_per_person(model: SDPose, people: int, batch_size: int, flip: bool = False) -> float:
    """Median time of a person, from frame and box to keypoints, over repeats after one warm-up."""
    rng = np.random.default_rng(0)
    width, height = SIZE_WH
    frames = rng.integers(0, 256, (max(1, people // 4), height, width, 3), dtype=np.uint8)
    boxes = [np.array([[40.0 + 120 * i, 60, 150 + 120 * i, 400] for i in range(4)])[:people]] * len(frames)
    estimator = sdpose.Estimator(model, batch_size=batch_size, flip=flip)
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        found = sum(len(poses) for poses in estimator(frames, boxes))
        synchronize(model.device)
        times.append((time.perf_counter() - start) / found)
    return statistics.median(times[1:])


def measure(model: SDPose, people: int) -> dict[str, float]:
    """Name of a way to run -> seconds per person."""
    rows = {f"batch {size}": seconds_per_person(model, people, size) for size in BATCHES if size <= people}
    largest = max(size for size in BATCHES if size <= people)
    return rows | {f"batch {largest}, flip test": seconds_per_person(model, people, largest, flip=True)}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--random", choices=("body", "wholebody"))
    parser.add_argument("--people", type=int, default=32)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if args.random:
        device = pick_device(args.device)
        model = sdpose.build_model(args.random, device, args.dtype)
    else:
        model = sdpose.load_model(args.model, device=args.device, dtype=args.dtype)
    rows = measure(model, args.people)
    one = rows["batch 1"]
    for name, seconds in rows.items():
        print(f"{name:24} {1 / seconds:8.2f} people/s   {one / seconds:5.2f} x batch 1")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
