"""Turn a video of any length into poses and skeleton video: tracked, steadied, in memory that does not grow.

Decoding, estimation, tracking, steadying, drawing and encoding go on at the same time. As many frames come out as the
video has, each at its own time, with its sound.

Writes into --out:
  poses.json            the poses of all frames, as ComfyUI's POSE_KEYPOINT, with a track_id for everybody
  NAME_skeleton.mp4     the skeletons
  NAME_overlay.mp4      the skeletons laid over the video

A run that is stopped with Ctrl-C finishes the frames that it has: the results are those of a shorter video. What the
model found is kept in --out/.sdpose-run, and the same command goes on from there; so does one that tracks, steadies
or draws otherwise, without running the model again. With another model, or people found otherwise, it starts over.

A video that is damaged in the middle is an error, and nothing is written, unless --accept-damaged is given.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadVideo
from ..files import make_folder, stamp
from . import console
from .following import add_following, following
from .inputs import Item, Shot
from .options import add_drawing, add_model, drawing

if TYPE_CHECKING:
    from ..media import Frame
    from ..poses import Poses
    from ..video.pipeline import Filmed, Finder, Seen
    from .estimators import FrameEstimator
    from .people import People

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    from .estimators import add_estimation
    from .people import add_people

    parser.add_argument("input", type=Path, metavar="VIDEO", help="a video")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go")
    parser.add_argument("--no-overlay", action="store_true", help="no video with the skeletons laid over it")
    parser.add_argument("--accept-damaged", action="store_true", help="take what is before the damage for the whole")
    parser.add_argument("--restart", action="store_true", help="do not go on from an earlier run")
    add_people(parser)
    add_model(parser, bundled="mini or diffpose-mini")
    add_estimation(parser)
    add_following(parser)
    add_drawing(parser)


def run(args: argparse.Namespace) -> int:
    """Take the video through all stages."""
    from ..media import Video
    from .estimators import choose_estimator
    from .people import choose_people

    item = _item(args.input)
    options = following(args) | {"look": drawing(args), "canvas_wh": args.canvas, "damaged": args.accept_damaged}
    estimator = choose_estimator(args)
    video = Video(item.path)
    people = choose_people(args, [item])
    make_folder(args.out)
    filmed = _filmed(args, item, video, estimator, people, options)
    if report := people.report():
        console.warn(report)
    console.say(f"{args.out / 'poses.json'}: {filmed.frames} frames, {filmed.people} people")
    console.say(f"Skeletons{'' if args.no_overlay else ' and overlay'} are in {args.out}")
    rate = filmed.frames / max(filmed.seconds, 1e-9)
    console.say(f"{rate:.1f} frames a second; the model stood still for {filmed.waiting:.0%} of the time")
    return 0


def _item(path: Path) -> Item:
    from ..media import is_image

    if path.is_dir():
        raise BadVideo(f"{path} is a folder: name one video")
    if is_image(path) and path.suffix.lower() != ".gif":
        raise BadVideo(f"{path} is a picture: sdpose estimate takes pictures")
    return Item(path, path.stem, moving=True)


def _filmed(
    args: argparse.Namespace,
    item: Item,
    video: Any,
    estimator: FrameEstimator,
    people: People,
    options: dict[str, Any],
) -> Filmed:
    from .. import __version__
    from ..video.pipeline import Journal, pose_video

    settings = {"version": __version__, "source": stamp(item.path), "people": people.settings, **estimator.settings}
    record = make_folder(args.out / ".sdpose-run") / f"video-{item.name}.jsonl"
    with Journal(record, settings, args.restart) as journal, console.progress(video.expected, "frame") as bar:
        if journal.outdated:
            console.warn("The settings are not those of the run before: starting over.")
        if journal.count:
            console.warn(f"{journal.count} frames were estimated by an earlier run.")

        def progress(done: int, total: int | None, poses: Poses, picture: Frame) -> None:
            bar.update()

        network, start = estimator.networks
        return pose_video(
            video,
            network,
            start=start,
            find=_finder(people, item),
            skeleton=args.out / f"{item.name}_skeleton.mp4",
            overlay=None if args.no_overlay else args.out / f"{item.name}_overlay.mp4",
            poses=args.out / "poses.json",
            journal=journal,
            progress=progress,
            at_end=lambda count: people.finish(item, count),
            **options,
        )


def _finder(people: People, item: Item) -> Finder:
    def find(frames: Sequence[Seen]) -> list[Any]:
        return list(people.find([Shot(item, frame.index, frame.image) for frame in frames]))

    return find
