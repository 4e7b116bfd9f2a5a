"""What a run starts from: its first weights and its pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from torch import nn

from ..errors import BadOption
from ..models import load_model
from ..models.config import SDPoseConfig
from ..models.network import SDPose
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

    It has the U-Net's tail exactly when the reconstruction branch is trained; a tail that the starting weights
    do not hold begins at random.
    """
    tail = config.reconstruction_weight > 0 and config.reconstruction_share > 0
    if config.init is None:
        return fresh_model(_sized(SDPoseConfig.mini(config.scheme), config), tail)
    loaded = load_model(config.init, config.scheme, device="cpu", dtype="float32")
    if loaded.scheme != config.scheme:
        raise BadOption(f"{config.init} is a {loaded.scheme} model; use scheme={loaded.scheme} to train it further")
    model = fresh_model(_sized(loaded.config, config), tail)
    model.load_state_dict(loaded.state_dict(), strict=False)
    model.network.context = loaded.network.context
    return model


def fresh_model(config: SDPoseConfig, tail: bool) -> SDPose:
    """A network with random weights from torch's generator.

    Each residual branch starts at zero (its last layer does), so that the deep network starts out shallow: it
    learns from the first steps on, where torch's defaults would leave it waiting.
    """
    model = SDPose(config, tail)
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None and parameter.is_meta:
                setattr(module, name, nn.Parameter(torch.empty_like(parameter, device="cpu")))
    for name, module in model.named_modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
        if name.split(".")[-1] in ("conv2", "proj_out"):
            nn.init.zeros_(module.weight)  # type: ignore[arg-type]
    return model


def _sized(model: SDPoseConfig, config: TrainConfig) -> SDPoseConfig:
    input_wh = config.input_wh or model.input_wh
    return dataclasses.replace(model, input_wh=input_wh, sigma=config.sigma_for(input_wh[0] // 4))
