"""Turn the poses of any tool into those of any other.

The input is a JSON file or a folder with one for each frame. Who wrote it is told by its structure and said in the end;
where two readings are possible, --from decides. --canvas scales the poses to pictures of that size; files that do not
say how large theirs are (OpenPose's own, COCO's results, PoseTrack's) are read at it, and need it.

An --out that ends in .json is one file; any other is a new folder with a file for each frame.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from . import console
from .options import add_poses, size_wh

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    from ..formats import PROFILES

    # The others are objects that go from node to node.
    files = {name: profile for name, profile in PROFILES.items() if profile.kind in ("file", "POSE_KEYPOINT")}
    add_poses(parser)
    parser.add_argument(
        "--to", required=True, choices=files, metavar="PROFILE", help=f"who is to read them: {', '.join(files)}"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.json|DIR", help="where they go")
    parser.add_argument(
        "--canvas", type=size_wh, metavar="WxH", help="size of the pictures: poses of another are scaled to it"
    )
    parser.add_argument(
        "--threshold", type=float, metavar="T", help="leave out keypoints below this score (default: PROFILE's way)"
    )
    parser.add_argument(
        "--scores", choices=("raw", "binary"), help="as they are, or 1 for what is there (default: PROFILE's way)"
    )


def run(args: argparse.Namespace) -> int:
    """Read, write, and say what was taken for what and what was left out."""
    from ..formats import DIALECTS, PROFILES, load_named, save
    from ..formats.losses import dropped

    people, dialect = load_named(args.poses, args.dialect, args.canvas)
    save(people, args.out, args.to, canvas_wh=args.canvas, threshold=args.threshold, scores=args.scores)
    count = sum(map(len, people))
    console.say(f"{args.poses}: read as {dialect} ({DIALECTS[dialect].title}), {len(people)} frames, {count} poses")
    console.say(f"{args.out}: written for {args.to} ({PROFILES[args.to].title})")
    if lost := dropped(people, args.to, threshold=args.threshold, scores=args.scores):
        console.say(f"left out: {', '.join(lost)}")
    return 0
