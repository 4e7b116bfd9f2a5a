"""Person boxes with Ultralytics, which is imported only when a detector is made or fetched.

Ultralytics is AGPL-3.0: nothing of it is shipped with this project, and boxes from anywhere else serve as well.
Left to itself it downloads weights into the working directory, installs packages that a checkpoint names, sends
usage events, and runs whatever code a checkpoint holds. Here it may do none of this. What the comments say about it
was read in its source, version 8.4.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image

from .devices import pick_device
from .errors import BadCheckpoint, BadImage, BadOption, MissingDependency, ModelNotFound, OfflineError
from .media import Frame
from .poses import FloatArray

__all__ = ["DEFAULT_WEIGHTS", "Detection", "Detector", "download_weights", "find_weights", "weights_cache"]

DEFAULT_WEIGHTS = "yolo11x.pt"

Stage = Literal["detector", "lower_threshold", "whole_frame", "nobody"]
Fallback = Literal["lower", "none", "frame"]

_PERSON = 0
_TASKS = ("detect", "pose", "segment")  # the kinds of model whose results are upright boxes

# What Ultralytics reads when it is first imported.
_RESTRAINTS = {
    "YOLO_AUTOINSTALL": "False",
    "YOLO_OFFLINE": "True",  # no usage events; downloads that were asked for still work
    "YOLO_VERBOSE": "False",
}


@dataclass(frozen=True)
class Detection:
    """The people of one frame.

    Attributes:
        boxes: (N, 4) x1, y1, x2, y2 in pixels, the surest first.
        scores: (N,) confidences 0 to 1; 0 for the whole frame, which no detector vouches for.
        stage: what found them: "detector", "lower_threshold", "whole_frame", or "nobody" when N is 0.
    """

    boxes: FloatArray
    scores: FloatArray
    stage: Stage


class Detector:
    """Finds people with any Ultralytics detection, pose or segmentation model: whatever it calls class 0.

    Args:
        source: a .pt file, or the name of one that `find_weights` finds.
        threshold: confidence from 0 to 1 that a person needs.
        device: "auto" (an accelerator if there is one), or a torch device.
        fallback: what to do with a frame where nobody reaches the threshold: "lower" asks again with
            `lower_threshold`; "frame" does the same, and then takes the whole frame for one person; "none" does
            nothing.
        lower_threshold: the second chance, which drawn people often need. The default is Ultralytics' own.
        folders: where to look for `source`, see `find_weights`.

    Raises:
        MissingDependency: Ultralytics is not installed.
        ModelNotFound: there is no such file; nothing is ever downloaded here, see `download_weights`.
        BadCheckpoint: the file is damaged, holds foreign code, or is a model of another kind.
        BadOption: an unknown fallback, or a threshold outside 0 to 1.
    """

    def __init__(
        self,
        source: str | Path = DEFAULT_WEIGHTS,
        threshold: float = 0.5,
        device: str | torch.device = "auto",
        fallback: Fallback = "lower",
        lower_threshold: float = 0.25,
        folders: Sequence[str | Path] = (),
    ) -> None:
        if fallback not in ("lower", "none", "frame"):
            raise BadOption(f"fallback is lower, none or frame; got {fallback!r}")
        for name, value in (("threshold", threshold), ("lower_threshold", lower_threshold)):
            if not 0 <= value <= 1:
                raise BadOption(f"{name} is a confidence from 0 to 1; got {value}")
        self.threshold = threshold
        self.lowest = threshold if fallback == "none" else min(threshold, lower_threshold)
        self.fallback = fallback
        self.path = find_weights(source, folders)
        self._device = pick_device(device)
        self._model = _load(self.path)

    def __call__(self, frame: Frame) -> Detection:
        """Find the people of one frame, uint8 (H, W, 3) RGB.

        Raises:
            BadImage: the frame is something else.
        """
        return self.batch([frame])[0]

    def batch(self, frames: Sequence[Frame]) -> list[Detection]:
        """Find the people of several frames; those of one size that follow each other share a pass.

        Raises:
            BadImage: a frame is not uint8 (H, W, 3).
        """
        for frame in frames:
            if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
                raise BadImage(f"a frame must be uint8 (H, W, 3) RGB, got {frame.dtype} {frame.shape}")
        found: list[Detection] = []
        # Frames of different sizes in one pass would be padded otherwise than alone, and their boxes would differ.
        for _, same_size in itertools.groupby(frames, key=lambda frame: frame.shape):
            found += self._pass(list(same_size))
        return found

    def _pass(self, frames: list[Frame]) -> list[Detection]:
        # One pass serves both thresholds: a box that is less sure never suppresses a surer one.
        with _undisturbed():
            results = self._model.predict(
                [frame[..., ::-1] for frame in frames],  # it expects BGR
                conf=self.lowest,
                classes=[_PERSON],
                # A torch.device and not its name: for names it rearranges the process's own choice of device.
                device=self._device,
                verbose=False,
                save=False,
            )
        return [self._choose(result.boxes, frame) for result, frame in zip(results, frames, strict=True)]

    def _choose(self, found: Any, frame: Frame) -> Detection:
        """The stages of the fallback chain, from boxes above the lowest threshold."""
        boxes = found.xyxy.cpu().numpy().astype(np.float64).reshape(-1, 4)
        scores = found.conf.cpu().numpy().astype(np.float64)
        sure = scores >= self.threshold
        if sure.any():
            return Detection(boxes[sure], scores[sure], "detector")
        if len(boxes):
            return Detection(boxes, scores, "lower_threshold")
        if self.fallback == "frame":
            height, width = frame.shape[:2]
            return Detection(np.array([[0.0, 0.0, width, height]]), np.zeros(1), "whole_frame")
        return Detection(boxes, scores, "nobody")


def find_weights(source: str | Path = DEFAULT_WEIGHTS, folders: Sequence[str | Path] = ()) -> Path:
    """Where the weights `source` are on this machine.

    Args:
        source: a path, or a file name to look for in the working directory, in `folders`, in `weights_cache()`
            and in the folder that Ultralytics is set to keep weights in.

    Raises:
        ModelNotFound: nowhere; the message names the places.
        MissingDependency: nowhere so far, and Ultralytics is not installed to be asked.
    """
    path = Path(source)
    if path.is_file():
        return path.resolve()
    if path.name != str(source):
        raise ModelNotFound(f"there are no detector weights {path}: check the path")
    places = [Path(folder) for folder in (*folders, weights_cache())]
    for place in places:
        if (place / path.name).is_file():
            return (place / path.name).resolve()
    places.append(Path(str(_ultralytics("utils").SETTINGS["weights_dir"])))
    if (places[-1] / path.name).is_file():
        return (places[-1] / path.name).resolve()
    looked = ", ".join(str(place.absolute()) for place in places)
    raise ModelNotFound(
        f"the detector weights {path.name} are neither here nor in {looked}: put them into one of these, "
        "or fetch them with sdpose.detect.download_weights"
    )


def weights_cache() -> Path:
    """The folder that `download_weights` uses: below XDG_CACHE_HOME, else below ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sdpose-kit" / "detectors"


def download_weights(name: str = DEFAULT_WEIGHTS, folder: str | Path | None = None) -> Path:
    """Fetch weights that Ultralytics publishes (AGPL-3.0), with a progress bar on stderr.

    Args:
        name: the name of a published file, such as "yolo11x.pt".
        folder: where to put it; default `weights_cache()`.

    Raises:
        MissingDependency: Ultralytics is not installed.
        ModelNotFound: it publishes no file of that name.
        OfflineError: the download failed; nothing half-written is left behind.
    """
    downloads = _ultralytics("utils.downloads")
    target = Path(folder or weights_cache()) / name
    if target.is_file():
        return target
    if name not in downloads.GITHUB_ASSETS_NAMES:
        raise ModelNotFound(f"Ultralytics publishes no {name}; give a name such as {DEFAULT_WEIGHTS}, or a path")
    try:
        with contextlib.redirect_stdout(sys.stderr):  # its progress bar goes to stdout, where results belong
            # No second attempt: each may wait half a minute for a network that does not answer.
            downloads.attempt_download_asset(target, retry=0)
    except (OSError, MemoryError) as error:
        raise OfflineError(
            f"{name} could not be downloaded from github.com/{downloads.GITHUB_ASSETS_REPO} ({error}). "
            f"Fetch it by other means and put it into {target.parent}, or bring boxes from elsewhere"
        ) from error
    return target


def _load(path: Path) -> Any:
    """The YOLO model in a file, which is verified to hold nothing but Ultralytics' own classes."""
    _ultralytics("utils.checks")
    _check_name(path)
    tasks, yolo = _ultralytics("nn.tasks"), _ultralytics("models").YOLO
    with _undisturbed():
        try:
            # A checkpoint is a pickle, which can run anything when it is loaded. This pass allows known classes
            # only, and installs nothing; the next one trusts the file, and can now.
            tasks.torch_safe_load(str(path), safe_only=True)
            model = yolo(str(path))
        except (
            TypeError,
            RuntimeError,
            ImportError,
            AttributeError,
            KeyError,
            EOFError,
            pickle.PickleError,
        ) as error:
            reason = str(error).replace("\n", " ")
            raise BadCheckpoint(f"{path} cannot be used as a detector: {reason}") from error
    if model.task not in _TASKS:
        raise BadCheckpoint(f"{path} is a {model.task} model; a detector must be one of {', '.join(_TASKS)}")
    return model


def _check_name(path: Path) -> None:
    """Ultralytics rewrites some file names and then downloads what it does not find: refuse those names."""
    if path.suffix != ".pt":
        raise BadCheckpoint(f"{path} is no .pt file: exported models need runtimes that this project leaves out")
    rewritten = _ultralytics("utils.checks").check_yolov5u_filename(str(path).strip().replace("'", ""))
    if rewritten != str(path):
        raise BadCheckpoint(f"Ultralytics would look for {rewritten} instead of {path}: rename or move the file")


def _ultralytics(module: str) -> Any:
    """A module of Ultralytics, which is held back from the network and from the process's settings."""
    try:
        with _undisturbed():
            return import_module(f"ultralytics.{module}")
    except ModuleNotFoundError as error:
        if error.name not in ("ultralytics", "cv2"):
            raise
        raise MissingDependency(
            "finding people needs Ultralytics, which is not installed: pip install ultralytics (AGPL-3.0), or bring "
            "boxes from elsewhere"
        ) from error


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Set the restraints, and put back afterwards what importing and running Ultralytics changes for everybody.

    Among the rest it replaces two functions: Image.open, by one that installs a package when a picture is damaged,
    and torch.save, by one that tries again.
    """
    import cv2  # Ultralytics needs it, but whoever only asks where weights are does not

    environment, threads, cv2_threads = dict(os.environ), torch.get_num_threads(), cv2.getNumThreads()
    image_open, torch_save = Image.open, torch.save
    os.environ.update({name: os.environ.get(name, value) for name, value in _RESTRAINTS.items()})
    try:
        with np.printoptions():
            yield
    finally:
        Image.open, torch.save = image_open, torch_save
        torch.set_num_threads(threads)
        cv2.setNumThreads(cv2_threads)
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
