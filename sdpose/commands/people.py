"""Where the people are: boxes for the frames of a run, from a file, from a detector, or the whole frame."""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import BadBoxes, BadOption, MissingDependency, ModelNotFound
from ..files import stamp
from ..poses import FloatArray
from .inputs import Item, Shot

__all__ = ["People", "add_people", "choose_people"]


class People(Protocol):
    """One way to tell where the people are."""

    @property
    def settings(self) -> dict[str, Any]:
        """What the boxes depend on, as plain JSON."""

    def find(self, shots: Sequence[Shot]) -> list[FloatArray]:
        """The boxes (N, 4) of each frame."""

    def finish(self, item: Item, count: int) -> None:
        """Called when an item is through, with how many frames it had."""

    def report(self) -> str:
        """What the user should know at the end, or nothing."""


def add_people(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the people are."""
    group = parser.add_argument_group("where the people are", "by default a person detector finds them")
    group.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="JSON with boxes [x1, y1, x2, y2], ComfyUI's BOUNDING_BOX, Florence-2's and others: a list of frames in "
        "input order, or a dict from file name to boxes (of a picture) or to frames (of a video)",
    )
    group.add_argument(
        "--whole-frame",
        action="store_true",
        help="every picture is one person; with --detector FILE only those in which it finds nobody",
    )
    group.add_argument(
        "--detector",
        metavar="FILE|none",
        help="an Ultralytics model, or the name of one that is installed (default: yolo11x.pt)",
    )
    group.add_argument("--detector-threshold", type=float, default=0.5, metavar="T", help="default: 0.5")
    group.add_argument(
        "--download-detector", action="store_true", help="fetch the detector (AGPL-3.0) if it is nowhere"
    )


def choose_people(args: argparse.Namespace, items: Sequence[Item]) -> People:
    """The way that the options of `add_people` ask for.

    Raises:
        BadOption: two ways at once.
        BadBoxes: the box file does not fit the inputs.
        ModelNotFound: nothing was asked for and there is no detector; the message lists the choices.
    """
    detector = None if args.detector == "none" else args.detector
    if args.boxes and (detector or args.whole_frame):
        raise BadOption("--boxes already says where the people are: leave --detector and --whole-frame away")
    if args.boxes:
        return _FromFile(args.boxes, items)
    if args.whole_frame and not detector:
        return _WholeFrames()
    fallback = "frame" if args.whole_frame else "lower"
    return _Detected(_detector_weights(args), args.detector_threshold, fallback, args.device)


def _detector_weights(args: argparse.Namespace) -> Path:
    from ..detect import DEFAULT_WEIGHTS, download_weights, find_weights

    name = args.detector or DEFAULT_WEIGHTS
    if name == "none":
        raise ModelNotFound(_choices("--detector none was given"))
    try:
        return find_weights(name)
    except (ModelNotFound, MissingDependency) as error:
        if args.download_detector and isinstance(error, ModelNotFound):
            return download_weights(name)
        raise ModelNotFound(_choices(str(error))) from error


def _choices(reason: str) -> str:
    return (
        f"nothing says where the people are ({reason}). Choose one: --boxes FILE with their boxes; --whole-frame if "
        "every picture shows one person; --detector FILE; or --download-detector, which needs Ultralytics (AGPL-3.0)"
    )


class _FromFile:
    """Boxes that the user brings."""

    def __init__(self, path: Path, items: Sequence[Item]) -> None:
        from .box_files import read_boxes

        self._path = path
        self._boxes = read_boxes(path, items)
        self.settings = {"boxes": hashlib.sha256(path.read_bytes()).hexdigest()}

    def find(self, shots: Sequence[Shot]) -> list[FloatArray]:
        for shot in shots:
            if shot.index >= len(self._boxes[shot.item.name]):
                self._refuse(shot.item, "more")
        return [self._boxes[shot.item.name][shot.index] for shot in shots]

    def finish(self, item: Item, count: int) -> None:
        if count < len(self._boxes[item.name]):
            self._refuse(item, f"only {count}")

    def report(self) -> str:
        return ""

    def _refuse(self, item: Item, came: str) -> None:
        raise BadBoxes(f"{self._path} has boxes for {len(self._boxes[item.name])} frames of {item.path}, it has {came}")


class _WholeFrames:
    """Each frame is one person."""

    def __init__(self) -> None:
        self.settings = {"whole_frame": True}

    def find(self, shots: Sequence[Shot]) -> list[FloatArray]:
        return [np.array([[0.0, 0.0, shot.image.shape[1], shot.image.shape[0]]]) for shot in shots]

    def finish(self, item: Item, count: int) -> None:
        pass

    def report(self) -> str:
        return ""


class _Detected:
    """A person detector, loaded when the first frame comes."""

    def __init__(self, path: Path, threshold: float, fallback: Any, device: str) -> None:
        self._options = {"threshold": threshold, "fallback": fallback, "device": device}
        self._path = path
        self._detector: Any = None
        self._stages: Counter[str] = Counter()
        self.settings = {"detector": stamp(path), "threshold": threshold, "fallback": fallback}

    def find(self, shots: Sequence[Shot]) -> list[FloatArray]:
        if self._detector is None:
            from ..detect import Detector

            self._detector = Detector(self._path, **self._options)
        found = self._detector.batch([shot.image for shot in shots])
        self._stages.update(detection.stage for detection in found)
        return [detection.boxes for detection in found]

    def finish(self, item: Item, count: int) -> None:
        pass

    def report(self) -> str:
        counts = ", ".join(f"{stage} in {n} frames" for stage, n in self._stages.items())
        return f"People were found by: {counts}" if counts else ""
