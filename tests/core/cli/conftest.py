"""A real but tiny untrained network, pictures to run it on, and the command itself."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from sdpose import models
from sdpose.cli import main
from sdpose.files import write_png
from sdpose.media import VideoWriter
from sdpose.models import SDPoseConfig, build_model, save_model
from sdpose.models.network import HeatmapHead

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session", autouse=True)
def _load_once() -> Iterator[None]:
    """The networks are real, but each is built once: that takes longer than anything these tests do with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "load_model", functools.cache(models.load_model))
        yield


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SDPose's own topology with next to no channels, as a single file."""
    torch.manual_seed(0)
    mini = SDPoseConfig.mini()
    unet = mini.unet | {"block_out_channels": [8, 16, 16, 16], "attention_head_dim": [1, 2, 2, 2]}
    vae = mini.vae | {"block_out_channels": [4, 4, 4, 4]}
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_model(build_model(replace(mini, unet=unet, vae=vae, input_wh=(48, 64))), path)
    return path


def picture(seed: int, width: int = 40, height: int = 32) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save_pictures(folder: Path, count: int, first_seed: int = 0) -> Path:
    """Pictures p1.png, p2.png, ... p12.png of different sizes, so that each frame tells where it came from."""
    for i in range(1, count + 1):
        write_png(folder / f"p{i}.png", picture(first_seed + i, width=40 + i))
    return folder


def save_video(path: Path, count: int) -> Path:
    with VideoWriter(path, 12.5) as writer:
        for i in range(count):
            writer.write(picture(i, 48, 48))
    return path


@dataclass
class Result:
    code: int
    out: str
    err: str


@pytest.fixture
def sdpose(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run the command in this process."""

    def run(*words: object) -> Result:
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command in a process of its own, as a user does."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: object, **options: Any) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "sdpose", *map(str, words)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process: subprocess.Popen[str] = subprocess.Popen(command, env=environment, **pipes, **options)
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@dataclass
class Passes:
    """Counts network passes, and can stop the run in front of one, as Ctrl-C would."""

    crops: int = 0
    stop_at: int | None = None


@pytest.fixture
def passes() -> Iterator[Passes]:
    passes = Passes()

    def hook(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if isinstance(module, HeatmapHead):
            if passes.stop_at is not None and passes.crops >= passes.stop_at:
                raise KeyboardInterrupt
            passes.crops += len(inputs[0])

    handle = torch.nn.modules.module.register_module_forward_pre_hook(hook)
    yield passes
    handle.remove()
