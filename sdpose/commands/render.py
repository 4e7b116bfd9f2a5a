"""Draw poses as skeletons, on black or over pictures. They may come from any tool that `sdpose convert-poses` reads.

Writes pose_00000.png, ... into --out, or poses.mp4 with --fps or over a video.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadOption
from ..files import make_folder
from . import console
from .options import add_drawing, add_poses, drawing

if TYPE_CHECKING:
    from ..media import Frame
    from ..poses import Poses

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    add_poses(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where pictures or the video go")
    parser.add_argument(
        "--background",
        type=Path,
        metavar="FILE|DIR",
        help="lay the skeletons over this: a picture, a folder with one picture per frame, or a video; "
        "with --canvas it is resized",
    )
    parser.add_argument(
        "--opacity",
        type=_opacity,
        default=0.6,
        metavar="A",
        help="how much the skeletons cover a --background, from 0 to 1 (default: 0.6)",
    )
    parser.add_argument("--fps", type=_rate, metavar="N", help="write a video with so many frames per second")
    add_drawing(parser)


def _rate(text: str) -> Fraction:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate > 0:
        return rate
    raise argparse.ArgumentTypeError(f"frames per second are a positive number such as 24 or 30000/1001, not {text!r}")


def _opacity(text: str) -> float:
    try:
        opacity = float(text)
    except ValueError:
        opacity = -1.0
    if 0 <= opacity <= 1:
        return opacity
    raise argparse.ArgumentTypeError(f"an opacity is a number from 0 to 1, not {text!r}")


def run(args: argparse.Namespace) -> int:
    """Draw every frame."""
    from ..formats import load
    from .results import sink

    look = drawing(args)
    people = load(args.poses, args.dialect, args.canvas)
    backgrounds, fps = _backgrounds(args.background, len(people))
    pictures = (
        _picture(poses, background, look, args.canvas, args.opacity)
        for poses, background in _paired(people, backgrounds, args.background)
    )
    fps = args.fps or fps
    out = make_folder(args.out)
    with console.progress(len(people), "frame") as bar:
        if fps:
            with sink(out / "poses.mp4", fps) as write:
                for picture in pictures:
                    write(picture)
                    bar.update()
        else:
            for i, picture in enumerate(pictures):
                with sink(out / f"pose_{i:05d}.png", None) as write:
                    write(picture)
                bar.update()
    console.say(str(out / "poses.mp4") if fps else f"{len(people)} pictures are in {out}")
    return 0


def _backgrounds(path: Path | None, count: int) -> tuple[Iterator[Frame | None], Fraction | None]:
    """One background per frame, and the frame rate if they are a video's."""
    from ..media import Video, is_video, list_media, read_image

    if path is None:
        return iter([None] * count), None
    if path.is_dir():
        return map(read_image, list_media(path)), None
    if is_video(path):
        video = Video(path)
        return iter(video), video.fps
    return iter([read_image(path)] * count), None


def _paired(
    people: list[Poses], backgrounds: Iterator[Frame | None], path: Path | None
) -> Iterator[tuple[Poses, Frame | None]]:
    try:
        yield from zip(people, backgrounds, strict=True)
    except ValueError as error:
        raise BadOption(
            f"there are {len(people)} frames of poses: {path} must have as many, or be one picture"
        ) from error


def _picture(
    poses: Poses, background: Frame | None, look: dict[str, Any], canvas_wh: tuple[int, int] | None, opacity: float
) -> Frame:
    """One skeleton picture; a background gets the canvas' size when one is asked for, as in the Render node."""
    import cv2
    import numpy as np

    from ..render import draw, overlay

    if background is None:
        return draw(poses, canvas_wh=canvas_wh, **look)
    if canvas_wh is not None and canvas_wh != (background.shape[1], background.shape[0]):
        background = np.asarray(cv2.resize(background, canvas_wh, interpolation=cv2.INTER_CUBIC), np.uint8)
    return overlay(background, poses, opacity, **look)
