"""Drawn people who cross, before and after tracking and steadying: `python benchmarks/crossing.py --out DIR`.

Writes crossing.jpg: some frames of a staged film with true keypoints to which mistakes were added. Everybody has the
colour of their place in the list of people: as a detector that sorts by nothing in particular gives them, above, and
below as `sdpose.video.track`, `steady` and `placed` do. Also raw.json, steadied.json and truth.json, of which
`sdpose evaluate motion` makes a table and a plot.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sdpose import formats, video
from sdpose.evaluation.imperfect import Mistakes, imperfect
from sdpose.files import make_folder, write_json
from sdpose.poses import Poses
from sdpose.synthetic.staged import staged

Picture = npt.NDArray[np.uint8]

COLOURS = ((230, 60, 60), (40, 130, 230), (40, 170, 80), (230, 160, 30), (160, 80, 200))
SIZE_WH = (256, 256)


def coloured(picture: Picture, poses: Poses) -> Picture:
    """A frame under its people, each in the colour of its place in the list."""
    canvas = picture // 2 + 127
    for place in range(len(poses)):
        points, scores = poses.points[place], poses.scores[place]
        for a, b in poses.skeleton.link_indices:
            if min(scores[a], scores[b]) >= 0.3:
                ends = (tuple(points[end].round().astype(int).tolist()) for end in (a, b))
                cv2.line(canvas, *ends, COLOURS[place % len(COLOURS)], 3, cv2.LINE_AA)
    return canvas


def row(pictures: Sequence[Picture], clip: Sequence[Poses], chosen: Sequence[int]) -> Picture:
    """Some frames side by side."""
    return np.concatenate([np.pad(coloured(pictures[t], clip[t]), ((2, 2), (2, 2), (0, 0)), constant_values=255)
                           for t in chosen], axis=1)  # fmt: skip


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kind", default="crossing", help="of the film, see sdpose.synthetic.staged.KINDS")
    parser.add_argument("--seed", type=int, default=940016)
    parser.add_argument("--frames", type=int, default=48)
    args = parser.parse_args()
    out = make_folder(args.out)
    film = list(staged(args.seed, args.frames, SIZE_WH, kind=args.kind))
    pictures = [frame.image for frame in film]
    raw = imperfect(film, Mistakes(), args.seed)
    shots, holds = video.Shots(), video.Holds()
    watched = list(holds.watch(shots.watch(pictures)))
    tracked = video.track(raw, frames=watched, cuts=shots)
    steadied = video.steady(tracked, cuts=list(shots), repeats=list(holds))
    chosen = np.linspace(0, len(film) - 1, 8).round().astype(int).tolist()
    sheet = np.concatenate([row(pictures, raw, chosen), row(pictures, video.placed(steadied), chosen)])
    Image.fromarray(sheet).reduce(2).resize((1040, round(1040 * sheet.shape[0] / sheet.shape[1]))).save(
        out / "crossing.jpg", quality=88
    )
    for name, clip in (("raw", tracked), ("steadied", steadied), ("truth", [frame.poses for frame in film])):
        write_json(out / f"{name}.json", formats.openpose.to_frames(clip))


if __name__ == "__main__":
    main()
