"""What a model sees in real photographs: `python benchmarks/photographs.py --out DIR [--model mini]`.

The two photographs are those that come with the Ultralytics package; they are read where it is installed and are not
part of this project. The boxes were drawn by hand. Writes a skeleton and an overlay of each, and skeletons.jpg with
the skeletons of both.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np
from PIL import Image

import sdpose
from sdpose.files import write_png
from sdpose.media import read_image

BOXES = {
    "bus.jpg": [[49, 395, 247, 905], [223, 405, 346, 860], [668, 390, 810, 880]],
    "zidane.jpg": [[123, 197, 1111, 711], [745, 41, 1145, 715]],
}
HEIGHT = 480


def folder_of_photographs() -> Path:
    """Where Ultralytics keeps its pictures, found without importing it."""
    spec = importlib.util.find_spec("ultralytics")
    if spec is None or spec.origin is None:
        raise SystemExit("the photographs come with the Ultralytics package: pip install ultralytics")
    return Path(spec.origin).parent / "assets"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="mini")
    args = parser.parse_args()
    estimator = sdpose.Estimator(sdpose.load_model(args.model), flip=True)
    strips = []
    for name, boxes in BOXES.items():
        picture = read_image(folder_of_photographs() / name)
        poses = estimator([picture], [boxes])[0]
        skeleton = sdpose.draw(poses, scale="auto")
        stem = Path(name).stem
        write_png(args.out / f"{stem}_skeleton.png", skeleton)
        write_png(args.out / f"{stem}_overlay.png", sdpose.overlay(picture, skeleton))
        width = round(skeleton.shape[1] * HEIGHT / skeleton.shape[0])
        strips.append(np.asarray(Image.fromarray(skeleton).resize((width, HEIGHT))))
        print(f"{name}: {len(poses)} people, {int((poses.scores >= 0.3).sum())} of {poses.scores.size} points drawn")
    Image.fromarray(np.concatenate(strips, axis=1)).save(args.out / "skeletons.jpg", quality=85)


if __name__ == "__main__":
    main()
