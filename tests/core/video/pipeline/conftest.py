"""A network that costs nothing, videos for it, and a way to take them through all stages."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from sdpose import Estimator, UDPHeatmaps
from sdpose.media import Video
from sdpose.poses import Poses
from sdpose.topology import Skeleton, get
from sdpose.video import Shots, VideoEstimator, track
from sdpose.video.holds import Holds
from sdpose.video.pipeline import Filmed, Journal, Seen, pose_video
from sdpose.video.steady import Steadiness, steady

SIZE_WH = (96, 64)
COUNT = 30
BOXES = np.array([[4.0, 8, 40, 60], [50, 4, 92, 62]])
STEADY = Steadiness(strength=0.8)
FOLLOWED: Any = {"track": True, "steadiness": STEADY}


class Bright:
    """A network that finds the brightest places of a crop, and counts the crops."""

    input_wh = (12, 16)
    codec = UDPHeatmaps((12, 16), (12, 16), sigma=1.0)
    device = torch.device("cpu")

    def __init__(self, stop_at: int | None = None, error: BaseException | None = None) -> None:
        self.crops = 0
        self.stop_at, self.error = stop_at, error

    @property
    def skeleton(self) -> Skeleton:
        return get("coco17")

    def heatmaps(self, crops: Tensor, flip: bool = False) -> Tensor:
        if self.stop_at is not None and self.crops >= self.stop_at:
            assert self.error is not None
            raise self.error
        self.crops += len(crops)
        light = crops.mean(1, keepdim=True) / 2 + 0.5
        return torch.cat([light.roll(i, 3) for i in range(17)], 1)


def picture(index: int, size_wh: tuple[int, int] = SIZE_WH) -> npt.NDArray[np.uint8]:
    """Two soft spots that walk towards one another, brighter on the right."""
    width, height = size_wh
    y, x = np.mgrid[:height, :width]
    light = np.zeros((height, width))
    for centre, level in ((20 + index * 0.4, 160), (width - 24 - index * 0.3, 240)):
        light += level * np.exp(-((x - centre) ** 2 + (y - height / 2 - 3 * np.sin(index)) ** 2) / 60)
    return np.clip(light, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2)


def film(path: Path, count: int, codec: str = "libx264", sound: bool = False) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, 24)
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        tone = container.add_stream("aac", 48000, layout="mono") if sound else None
        for i in range(count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(i), format="rgb24")))
        container.mux(stream.encode(None))
        if tone is not None:
            wave = np.sin(np.arange(2000 * count) / 20).astype(np.float32)[None]
            heard = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            heard.sample_rate, heard.pts = 48000, 0
            container.mux([*tone.encode(heard), *tone.encode(None)])
    return path


def finder(frames: Sequence[Seen]) -> list[npt.NDArray[np.float64]]:
    return [BOXES] * len(frames)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return film(tmp_path / "clip.mp4", COUNT, sound=True)


@pytest.fixture
def filmed(tmp_path: Path) -> Callable[..., Filmed]:
    """Take a video through all stages into tmp_path/out."""
    out = tmp_path / "out"
    out.mkdir()

    def run(path: Path, model: Any = None, **options: Any) -> Filmed:
        estimator = Estimator(model or Bright(), batch_size=3) if not isinstance(model, VideoEstimator) else model
        defaults = {
            "find": finder,
            "track": False,
            "look": {"threshold": 0.1},
            "skeleton": out / "s.mp4",
            "overlay": out / "o.mp4",
            "poses": out / "p.json",
            "keep": True,
        }
        return pose_video(Video(path), estimator, **(defaults | options))

    return run


def written(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "out").iterdir())


def read(tmp_path: Path) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = json.loads((tmp_path / "out" / "p.json").read_text())
    return frames


def raw(path: Path) -> list[Poses]:
    images = list(Video(path))
    return Estimator(Bright(), batch_size=3)(images, [BOXES] * len(images))


def steps(path: Path, count: int | None = None) -> list[Poses]:
    """What the stages give one after the other."""
    shots, holds = Shots(), Holds()
    images = list(holds.watch(shots.watch(list(Video(path))[:count])))
    tracked = track(raw(path)[:count], frames=images, cuts=shots)
    return steady(tracked, STEADY, cuts=shots, repeats=holds)


class Enough(Exception):
    """What a caller raises to stop."""


def stop_after(count: int) -> Callable[..., None]:
    def progress(done: int, total: int | None, poses: Poses, image: Any) -> None:
        assert total == COUNT and image.shape == (64, 96, 3) and len(poses) == 2
        if done == count:
            raise Enough

    return progress


def journaled(
    tmp_path: Path, filmed: Callable[..., Filmed], clip: Path, model: Any, settings: Any = "one", **options: Any
) -> Filmed:
    with Journal(tmp_path / "journal", settings) as journal:
        return filmed(clip, model, journal=journal, **options)
