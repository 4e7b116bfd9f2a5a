"""Find poses in pictures, folders of pictures, and videos.

Pictures are estimated one by one. So are the frames of a video by an SDPose model; a DiffPose model, such as
diffpose-mini, looks at the frames around each as well, and at none beyond a cut.

Writes into --out:
  poses.json            the poses of all frames in input order, as ComfyUI's POSE_KEYPOINT
  NAME_skeleton.png     per picture its skeletons (.mp4 per video)
  NAME_overlay.png      per picture the skeletons laid over it (.mp4 per video)

A run that was stopped goes on where it was when the same command is given again: finished inputs are remembered in
--out/.sdpose-run. With other settings it starts over. As soon as there is something to do, the poses.json of an
earlier run is removed: where there is one, it belongs to the pictures beside it.

An input that cannot be read does not stop the others, but poses.json is not written and the exit code is 1. With
--skip-bad poses.json is written: a bad picture is a frame without people there, a bad video is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadImage, BadVideo, SDPoseError
from ..files import make_folder, output_error, write_json
from . import console
from .inputs import Item, Shot, gather
from .options import add_drawing, add_model, drawing

if TYPE_CHECKING:
    from ..poses import Poses
    from .estimators import FrameEstimator
    from .ledger import Ledger
    from .people import People

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the command's options."""
    from .estimators import add_estimation
    from .people import add_people

    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="a picture, a video, or a folder of them")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results go")
    parser.add_argument("--no-overlay", action="store_true", help="skeleton pictures only")
    parser.add_argument("--skip-bad", action="store_true", help="write poses.json even if an input cannot be read")
    parser.add_argument("--restart", action="store_true", help="do not go on from an earlier run")
    add_people(parser)
    add_model(parser, bundled="mini or diffpose-mini")
    add_estimation(parser)
    add_drawing(parser)


def run(args: argparse.Namespace) -> int:
    """Estimate, and write everything down."""
    from .estimators import choose_estimator
    from .ledger import Ledger
    from .people import choose_people

    items = gather(args.inputs, args.out)
    look = drawing(args)
    estimator = choose_estimator(args)
    people = choose_people(args, items)
    make_folder(args.out)
    ledger = Ledger(args.out / ".sdpose-run", _settings(args, estimator, people, look), args.restart)
    pending = [item for item in items if ledger.frames(item) is None]
    if len(pending) < len(items):
        console.warn(f"{len(items) - len(pending)} of {len(items)} inputs were finished by an earlier run.")
    if pending:
        _remove(args.out / "poses.json")
    failures = _Run(args, estimator, people, look, ledger).finish(pending) if pending else {}
    if not failures or args.skip_bad:
        frames = _assemble(items, ledger, failures, args.canvas)
        write_json(args.out / "poses.json", frames)
        people_count = sum(len(frame["people"]) for frame in frames)
        console.say(f"{args.out / 'poses.json'}: {len(frames)} frames, {people_count} people")
        console.say(f"Skeletons{'' if args.no_overlay else ' and overlays'} are in {args.out}")
    if failures:
        raise SDPoseError(_what_failed(items, failures, args.skip_bad))
    return 0


def _remove(path: Path) -> None:
    """An earlier run's poses would be taken for those of the pictures that this one is about to write."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(path, error) from error


def _settings(
    args: argparse.Namespace, estimator: FrameEstimator, people: People, look: dict[str, Any]
) -> dict[str, Any]:
    """Everything that the results depend on."""
    from .. import __version__

    return {
        "version": __version__,
        "people": people.settings,
        "look": look,
        "overlay": not args.no_overlay,
        "canvas": args.canvas,
        **estimator.settings,
    }


def _what_failed(items: list[Item], failures: dict[str, SDPoseError], skipped: bool) -> str:
    names = ", ".join(str(item.path) for item in items if item.name in failures)
    outcome = "was written without them" if skipped else "was not written; mend or remove them, or add --skip-bad"
    return f"{len(failures)} of {len(items)} inputs could not be read: {names}. poses.json {outcome}"


def _assemble(
    items: list[Item], ledger: Ledger, failures: dict[str, SDPoseError], canvas_wh: tuple[int, int] | None
) -> list[dict[str, Any]]:
    """The frames of all items in order; a bad picture is an empty frame of its neighbour's size."""
    frames: list[dict[str, Any] | None] = []
    for item in items:
        done = None if item.name in failures else ledger.frames(item)
        frames += done if done is not None else [] if item.moving else [None]
    sizes = [(frame["canvas_width"], frame["canvas_height"]) for frame in frames if frame]
    size = sizes[0] if sizes else canvas_wh or (512, 512)
    whole = []
    for frame in frames:
        size = (frame["canvas_width"], frame["canvas_height"]) if frame else size
        whole.append(frame or {"canvas_width": size[0], "canvas_height": size[1], "people": []})
    return whole


class _Run:
    """Works through the inputs that are not finished yet, and records each one that is."""

    def __init__(
        self,
        args: argparse.Namespace,
        estimator: FrameEstimator,
        people: People,
        look: dict[str, Any],
        ledger: Ledger,
    ) -> None:
        self._args, self._estimator, self._people, self._look, self._ledger = args, estimator, people, look, ledger
        self._failures: dict[str, SDPoseError] = {}

    def finish(self, items: list[Item]) -> dict[str, SDPoseError]:
        """Do the items; returns what went wrong with those that could not be read."""
        estimated = self._estimator.stream(self._shots(items), self._people)
        with console.progress(_total(items), "frame") as bar:
            for item, group in itertools.groupby(estimated, key=lambda pair: pair[0].item):
                self._write(item, group, bar)
        if report := self._people.report():
            console.warn(report)
        return self._failures

    def _shots(self, items: list[Item]) -> Iterator[Shot]:
        """The frames of all items; one that cannot be read ends early and is noted."""
        for item in items:
            try:
                yield from (Shot(item, index, image) for index, image in enumerate(item.frames()))
            except (BadImage, BadVideo) as error:
                self._failures[item.name] = error
                console.warn(f"{error}. Going on with the others.")

    def _write(self, item: Item, group: Iterable[tuple[Shot, Poses]], bar: Any) -> None:
        """Write the results of one item and record it; of one that could not be read to its end nothing stays."""
        from ..formats.openpose import to_frames
        from ..media import Video
        from ..render import draw, overlay
        from .results import sink

        fps = Video(item.path).fps if item.moving else None
        results = self._results(item)
        frames: list[dict[str, Any]] = []
        with contextlib.suppress(_Unreadable), contextlib.ExitStack() as stack:
            sinks = [stack.enter_context(sink(path, fps)) for path in results]
            for shot, poses in group:
                sinks[0](draw(poses, canvas_wh=self._args.canvas, **self._look))
                for write_overlay in sinks[1:]:
                    write_overlay(overlay(shot.image, poses, **self._look))
                frames += to_frames(poses)
                bar.update()
            if item.name in self._failures:
                raise _Unreadable
            stack.close()
            self._people.finish(item, len(frames))
            self._ledger.add(item, frames, results)

    def _results(self, item: Item) -> list[Path]:
        kinds = ["skeleton"] if self._args.no_overlay else ["skeleton", "overlay"]
        return [self._args.out / f"{item.name}_{kind}{'.mp4' if item.moving else '.png'}" for kind in kinds]


class _Unreadable(Exception):
    """Unwinds the writing of an item that turned out damaged; why is noted already."""


def _total(items: list[Item]) -> int | None:
    """How many frames there are, if every video says so."""
    from ..media import Video

    counts: list[int | None] = []
    for item in items:
        try:
            counts.append(Video(item.path).frames if item.moving else 1)
        except BadVideo:
            counts.append(0)  # reported when its turn comes
    return None if None in counts else sum(count for count in counts if count)
