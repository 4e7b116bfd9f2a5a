"""Frames of a clip and boxes in, poses out: each person is seen together with itself in the frames around."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from ..boxes import Crop, frame_tensor, warp_crops
from ..errors import BadKeypoints, BadOption
from ..poses import FloatArray, Poses
from ..topdown import Batches, CropNetwork, Found, decoded, paired, people
from .tracks import Tracks
from .windows import around, steady_box, window

__all__ = ["START_STEP", "VideoEstimator", "VideoModel"]

START_STEP = 249
"""Where a warm start enters the diffusion unless told otherwise: where the last of the usual four steps begins."""

LAST_STEP = 999
"""The noisiest step of the diffusion, where estimation from pure noise begins."""


class VideoModel(CropNetwork, Protocol):
    """A network for windows of crops: `sdpose.models.DiffPose`, or one under ComfyUI's care."""

    @property
    def delta(self) -> int:
        """Frames before and after the one in the middle of a window."""

    def features(self, crops: Tensor) -> Tensor:
        """(B, 3, H, W) in -1..1 -> (B, C, h, w)."""

    def heatmaps(
        self,
        windows: Tensor,
        *,
        steps: int,
        noises: int,
        seed: int,
        eta: float,
        start: Tensor | None,
        start_step: int | None,
    ) -> Tensor:
        """Features (B, 2 * delta + 1, C, h, w) -> (B, K, h', w') in 0..1."""


@dataclass
class _Frame:
    """A frame on its way; what it holds of each person is kept by track id, in the order of the boxes."""

    shot: int
    canvas_wh: tuple[int, int]
    boxes: dict[int, FloatArray]
    start: dict[int, Found] | None
    image: Tensor | None
    crops: dict[int, Crop] = field(default_factory=dict)
    features: dict[int, Tensor] = field(default_factory=dict)


_Window = tuple[list[Tensor], Found | None]
"""The features of one person in the frames of a window, and where to start, on the network's input."""


class VideoEstimator:
    """A top-down pose estimator for clips: every person is estimated from a window of frames around each frame.

    The backbone sees each person of each frame once, and its features serve all windows that the frame is in. This
    departs from the paper, which cuts all frames of a window by the box of the middle one and so pays for every window
    anew: here each frame is cut by its own box (x 1.25, aspect kept), averaged along the track so that the jitter of
    a detector does not become jitter of the crop (see `steady_box`). What a window may hold is said at `window`.

    The result does not depend on the batch size, and the same seed gives the same poses.

    Args:
        model: a network, from `sdpose.load_diffpose`.
        steps: calls of the network's decoder, 1 or more.
        noises: how many results from different noise are averaged, 1 or more.
        delta: frames before and after that are looked at, from 0 to the network's own, which is the default.
        seed: of the noise.
        eta: 0 is deterministic sampling (DDIM), 1 as much fresh noise in each step as DDPM.
        start_step: where a warm start enters the diffusion, 0..999; default `START_STEP`.
        batch_size: people per batch, or "auto". Either way it is halved when the device runs out of memory.
        before_batch: called before each network batch; raise in it to cancel.

    Raises:
        BadOption: an option outside these ranges.
    """

    def __init__(
        self,
        model: VideoModel,
        *,
        steps: int = 4,
        noises: int = 10,
        delta: int | None = None,
        seed: int = 0,
        eta: float = 0.0,
        start_step: int | None = None,
        batch_size: int | Literal["auto"] = "auto",
        before_batch: Callable[[], None] | None = None,
    ) -> None:
        self.model = model
        self.steps = _within("steps", steps, 1)
        self.noises = _within("noises", noises, 1)
        self.delta = _within("delta", model.delta if delta is None else delta, 0, model.delta)
        self.seed = _within("seed", seed, 0, 2**63 - 1)
        self.eta = _within("eta", eta, 0, 1)
        self.start_step = _within("start_step", START_STEP if start_step is None else start_step, 0, LAST_STEP)
        self.backbone = Batches(batch_size, model.device, before_batch)
        self.decoder = Batches(batch_size, model.device, before_batch)

    def __call__(
        self,
        frames: Iterable[Any],
        boxes: Iterable[Any],
        cuts: Container[int] | Iterable[int] = (),
        start: Iterable[Poses] | None = None,
    ) -> list[Poses]:
        """All of `stream` at once."""
        return list(self.stream(frames, boxes, cuts, start))

    def stream(
        self,
        frames: Iterable[Any],
        boxes: Iterable[Any],
        cuts: Container[int] | Iterable[int] = (),
        start: Iterable[Poses] | None = None,
    ) -> Iterator[Poses]:
        """Poses frame by frame, in order; memory does not grow with the length of the clip.

        A frame's poses come after the 2 * delta frames that follow it, and those that fill a batch, were taken.

        Args:
            frames: pictures uint8 (h, w, 3) RGB, of one clip or of several that `cuts` tells apart.
            boxes: for each frame its people as (N, 4) x1, y1, x2, y2 pixels, or as `Poses` with boxes. If those have
                track ids, these say who is who; otherwise boxes are linked from frame to frame by overlap. Boxes
                without area, and boxes wholly outside the picture, give no person.
            cuts: indices of the frames that begin a new shot, which no window reaches across. A container, such as a
                set or `Shots`, is asked when the frame comes, and may be filled until then.
            start: another estimator's poses of each frame, to start from instead of pure noise: its people as many as
                the boxes and in their order, or, where both have track ids, found by them.

        Yields:
            One `Poses` per frame, with track ids; its `boxes` are those that gave a person, as they came.

        Raises:
            BadImage: a frame is not uint8 (h, w, 3).
            BadBoxes: malformed boxes, fewer or more of them than frames, or track ids of which some are missing or two
                in a frame the same.
            BadKeypoints: `start` does not fit the boxes.
        """
        begins = cuts if isinstance(cuts, Container) else frozenset(cuts)
        opened = self._opened(frames, boxes, begins, start)
        cut = (self._cut(t, near) for t, near in around(opened, self.delta))
        seen = (_keep(frame, found) for frame, found in self.backbone.through(self._features, cut))
        windows = (self._windows(t, near) for t, near in around(seen, self.delta))
        for frame, found in self.decoder.through(self._find, windows):
            ids = np.array(list(frame.boxes), np.int64)
            own = np.reshape(list(frame.boxes.values()), (len(ids), 4))
            yield people(found, list(frame.crops.values()), own, self.model.skeleton, frame.canvas_wh, ids)

    def _opened(
        self, frames: Iterable[Any], boxes: Iterable[Any], cuts: Container[int], start: Iterable[Poses] | None
    ) -> Iterator[_Frame]:
        """The frames on the device, with who is who."""
        tracks, shot = Tracks(), 0
        pairs = paired(frames, boxes)
        known = ((pair, None) for pair in pairs) if start is None else paired(pairs, start, "start", BadKeypoints)
        for index, ((image, frame_boxes), poses) in enumerate(known):
            if index in cuts:
                shot += 1
                tracks.cut()
            picture = frame_tensor(image, self.model.device)
            canvas_wh = (picture.shape[3], picture.shape[2])
            found = tracks.follow(frame_boxes, canvas_wh)
            begin = None if poses is None else found.assigned(poses.to(self.model.skeleton).scaled(canvas_wh))
            yield _Frame(shot, canvas_wh, found.boxes, begin, picture)

    def _cut(self, t: int, near: Mapping[int, _Frame]) -> tuple[_Frame, list[Tensor]]:
        """The crops of a frame's people; the picture itself can go."""
        frame = near[t]
        for person in frame.boxes:
            track = {i: other.boxes[person] for i, other in _with(person, frame, near)}
            frame.crops[person] = Crop.padded(steady_box(track, t, self.delta), self.model.input_wh)
        picture, frame.image = frame.image, None
        if not frame.crops:
            return frame, []
        assert picture is not None
        return frame, list(warp_crops(picture, list(frame.crops.values())))

    def _features(self, crops: list[Tensor]) -> list[Tensor]:
        return list(self.model.features(torch.stack(crops) / 127.5 - 1))

    def _windows(self, t: int, near: Mapping[int, _Frame]) -> tuple[_Frame, list[_Window]]:
        frame = near[t]
        windows: list[_Window] = []
        for person, crop in frame.crops.items():
            track = {i: other.features[person] for i, other in _with(person, frame, near)}
            features = [track[i] for i in window(track, t, self.delta, self.model.delta)]
            begin = None
            if frame.start is not None:
                points, scores = frame.start[person]
                begin = crop.to_crop(points), scores
            windows.append((features, begin))
        return frame, windows

    def _find(self, batch: list[_Window]) -> list[Found]:
        begin = [known for _, known in batch if known is not None]
        heatmaps = self.model.heatmaps(
            torch.stack([torch.stack(features) for features, _ in batch]),
            steps=self.steps,
            noises=self.noises,
            seed=self.seed,
            eta=self.eta,
            start=self._drawn(begin) if begin else None,
            start_step=self.start_step if begin else None,
        )
        return decoded(self.model.codec, heatmaps)

    def _drawn(self, poses: list[Found]) -> Tensor:
        """Heatmaps (B, K, h, w) of the poses to start from: Gaussians as high as their scores, none if absent."""
        points = torch.from_numpy(np.stack([points for points, _ in poses])).to(self.model.device, torch.float32)
        scores = torch.from_numpy(np.stack([scores for _, scores in poses])).to(points)
        heatmaps, _ = self.model.codec.encode(points, scores > 0)
        return heatmaps * scores.clamp(0, 1)[..., None, None]


def _within(name: str, value: Any, low: float, high: float = float("inf")) -> Any:
    if low <= value <= high:
        return value
    allowed = f"at least {low}" if high == float("inf") else f"from {low} to {high}"
    raise BadOption(f"{name} is {allowed}; got {value!r}")


def _with(person: int, frame: _Frame, near: Mapping[int, _Frame]) -> Iterator[tuple[int, _Frame]]:
    """The frames near one that are of its shot and have the person in them."""
    return ((i, other) for i, other in near.items() if other.shot == frame.shot and person in other.boxes)


def _keep(frame: _Frame, features: list[Tensor]) -> _Frame:
    frame.features = dict(zip(frame.boxes, features, strict=True))
    return frame
