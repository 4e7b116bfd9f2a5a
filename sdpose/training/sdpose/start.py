"""What a run starts from: its first weights and its pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from torch import nn

from ...models import load_model
from ...models.config import SDPoseConfig
from ...models.loading import initialise
from ...models.network import SDPose
from .config import TrainConfig
from .data import DrawnCharacters, Source

__all__ = ["fresh_model", "open_source", "starting_model"]


def open_source(config: TrainConfig) -> Source:
    """The pictures a config asks for.

    Raises:
        BadKeypoints: the COCO file does not parse, or does not have the scheme's keypoints.
    """
    if config.coco is None or config.images is None:
        return DrawnCharacters(config.seed, config.drawing_size)
    from .coco import CocoKeypoints

    return CocoKeypoints(Path(config.coco), Path(config.images), config.scheme, config.seed)


def starting_model(config: TrainConfig) -> SDPose:
    """The network of step 0, in float32 on the CPU, at the input size and sigma of the run.

    It has the U-Net's tail exactly when the reconstruction branch is trained.

    Raises:
        ModelNotFound, BadCheckpoint: `init` cannot be loaded, or lacks the tail that the branch needs.
    """
    tail = config.reconstruction_weight > 0 and config.reconstruction_share > 0
    if config.init is None:
        return fresh_model(_sized(SDPoseConfig.mini(config.scheme), config), tail)
    model = load_model(config.init, config.scheme, device="cpu", dtype="float32", tail=tail)
    model.config = _sized(model.config, config)
    return model


def fresh_model(config: SDPoseConfig, tail: bool) -> SDPose:
    """A network with random weights from torch's generator.

    Each residual branch starts at zero (its last layer does): the deep network starts out shallow, and so
    learns from the first steps on.
    """
    model = SDPose(config, tail)
    initialise(model, torch.device("cpu"))
    for name, module in model.named_modules():
        if name.split(".")[-1] in ("conv2", "proj_out") and isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.zeros_(module.weight)
    return model


def _sized(model: SDPoseConfig, config: TrainConfig) -> SDPoseConfig:
    input_wh = config.input_wh or model.input_wh
    return dataclasses.replace(model, input_wh=input_wh, sigma=config.sigma_for(input_wh[0] // 4))
