"""Draw some people and find their poses with a model: shows that everything works, without network.

Writes into --out:
  contact_sheet.png              everything at a glance: pictures, skeletons, overlays
  drawing_00.png ...             the drawn pictures
  drawing_00_skeleton.png ...    the skeletons found in them
  drawing_00_overlay.png ...     the skeletons laid over them
  poses.json                     the poses of all pictures, as ComfyUI's POSE_KEYPOINT
  clip.mp4                       a drawn clip beside its skeletons
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import make_folder, write_json, write_png
from . import console
from .options import add_model, load

if TYPE_CHECKING:
    from ..estimate import Estimator
    from ..media import Frame
    from ..poses import Poses
    from ..synthetic import Drawing

__all__ = ["add_arguments", "run"]

_SIZE_WH = (512, 512)
_CLIP_FPS = 12
_CLIP_FRAMES = 24
_SHEET_COLUMNS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where everything goes")
    parser.add_argument("--frames", type=_whole, default=8, metavar="N", help="how many pictures (default: 8)")
    parser.add_argument("--seed", type=_whole, default=1, metavar="S", help="others draw other people (default: 1)")
    add_model(parser, default="mini")


def _whole(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")


def run(args: argparse.Namespace) -> int:
    """Draw, estimate, and write everything down."""
    from .. import synthetic
    from ..estimate import Estimator
    from ..formats.openpose import to_frames

    out = make_folder(args.out)
    estimator = Estimator(load(args))
    with console.progress(args.frames + _CLIP_FRAMES, "frame") as bar:
        drawings = (synthetic.drawing(args.seed * 1000 + i, _SIZE_WH, "test") for i in range(args.frames))
        poses = _write_stills(_estimated(estimator, drawings, bar), out)
        write_json(out / "poses.json", to_frames(poses))
        clip = synthetic.clip(args.seed, _CLIP_FRAMES, _SIZE_WH, "test", fps=_CLIP_FPS)
        _write_clip(_estimated(estimator, clip, bar), out)
    console.say(f"The model {args.model} found {sum(map(len, poses))} people in {len(poses)} drawn pictures:")
    found = ["contact_sheet.png", "drawing_*_skeleton.png", "drawing_*_overlay.png", "poses.json", "clip.mp4"]
    console.say("\n".join(f"  {out / name}" for name in found))
    return 0


def _estimated(estimator: Estimator, drawings: Iterable[Drawing], bar: Any) -> Iterator[tuple[Drawing, Poses]]:
    """Drawings with the poses found at the boxes of the people drawn."""
    drawn = list(drawings)
    frames, boxes = (drawing.image for drawing in drawn), (drawing.poses.boxes for drawing in drawn)
    for pair in zip(drawn, estimator.stream(frames, boxes), strict=True):
        bar.update()
        yield pair


def _write_stills(stills: Iterable[tuple[Drawing, Poses]], out: Path) -> list[Poses]:
    from ..render import draw, overlay

    everybody, columns = [], []
    for i, (drawing, poses) in enumerate(stills):
        column = [drawing.image, draw(poses), overlay(drawing.image, poses)]
        for kind, picture in zip(("", "_skeleton", "_overlay"), column, strict=True):
            write_png(out / f"drawing_{i:02d}{kind}.png", picture)
        everybody.append(poses)
        columns.append(column)
    write_png(out / "contact_sheet.png", _contact_sheet(columns))
    return everybody


def _contact_sheet(columns: list[list[Frame]]) -> Frame:
    """Columns of pictures, all of one size, several columns in a row, at half their size on white."""
    from PIL import Image

    def small(picture: Frame) -> Frame:
        half = np.asarray(Image.fromarray(picture).reduce(2))
        return np.pad(half, ((4, 4), (4, 4), (0, 0)), constant_values=255)

    width = min(_SHEET_COLUMNS, len(columns))
    blank = [np.full_like(columns[0][0], 255)] * len(columns[0])
    full = columns + [blank] * (-len(columns) % width)
    strips = [np.concatenate([small(picture) for picture in column]) for column in full]
    rows = [np.concatenate(strips[i : i + width], axis=1) for i in range(0, len(strips), width)]
    return np.concatenate(rows)


def _write_clip(frames: Iterable[tuple[Drawing, Poses]], out: Path) -> None:
    from ..media import VideoWriter
    from ..render import draw

    with VideoWriter(out / "clip.mp4", _CLIP_FPS) as writer:
        for drawing, poses in frames:
            writer.write(np.concatenate([drawing.image, draw(poses)], axis=1))
