"""What a DiffPose run starts from: a fresh network, an earlier one of another window, or ViTPose's backbone."""

from __future__ import annotations

import dataclasses
import logging
import re
from pathlib import Path

import torch
from torch import Tensor

from ...errors import BadCheckpoint, ModelNotFound
from ...models.checkpoints import opened
from ...models.diffpose import DiffPose, DiffPoseConfig, build_diffpose, is_diffpose, load_diffpose
from ...models.weights import locate
from .config import DiffPoseTrainConfig

__all__ = ["starting_model", "vitpose_backbone"]

log = logging.getLogger("sdposekit")

KEYPOINTWISE = ("decoder.final_layer.", "decoder.down.0.0.", "decoder.rescale.fc2.")
"""Tensors with an axis of keypoints."""


def starting_model(config: DiffPoseTrainConfig, skeleton: str) -> DiffPose:
    """The network of step 0, in float32 on the CPU.

    From a DiffPose every tensor that fits is taken; those of STRL that belong to frames are spread when the window
    has become wider. What an ablation switch has added or changed starts afresh, and so does what belongs to single
    keypoints when the samples have others. Sizes come from the file, switches from the config: where it was trained
    with others, that is said.

    Args:
        config: sizes and switches, and what to start from.
        skeleton: name of the keypoint table of the samples.

    Raises:
        ModelNotFound, BadCheckpoint: `init` is not there, or is neither DiffPose nor ViTPose.
    """
    path = None if config.init is None else locate(config.init)
    earlier = load_diffpose(path, device="cpu", dtype="float32") if path is not None and is_diffpose(path) else None
    base = DiffPoseConfig.paper() if config.size == "paper" else DiffPoseConfig.mini()
    base = base if earlier is None else earlier.config
    switches = {name: getattr(config, name) for name in ("delta", "strl", "interaction", "levels", "fusion")}
    sizes = dataclasses.replace(
        base, skeleton=skeleton, sigma=config.sigma or base.sigma, signal_scale=config.signal_scale or None, **switches
    )
    model = build_diffpose(sizes)
    if earlier is not None:
        for name in ("signal_scale", *switches):
            if getattr(sizes, name) != getattr(base, name):
                log.warning("%s has %s %r; this run has %r", path, name, getattr(base, name), getattr(sizes, name))
        _adopt(model, earlier)
    elif path is not None:
        _fill(model.backbone, vitpose_backbone(path, model.config), path)
    return model


def _adopt(model: DiffPose, earlier: DiffPose) -> None:
    """Take over the earlier network's tensors."""
    tensors = earlier.state_dict()
    if earlier.config.skeleton != model.config.skeleton:
        tensors = {key: value for key, value in tensors.items() if not key.startswith(KEYPOINTWISE)}
    for name, axis in (("strl.positions", 1), ("strl.frames.weight", 1)):
        if name in tensors and name in model.state_dict():
            tensors[name] = _spread(tensors[name], model.state_dict()[name], axis, copy=name == "strl.positions")
    wanted = model.state_dict()
    fitting = {key: value for key, value in tensors.items() if key in wanted and value.shape == wanted[key].shape}
    if len(fitting) < len(wanted):
        log.info("%d of %d tensors start afresh", len(wanted) - len(fitting), len(wanted))
    model.load_state_dict(fitting, strict=False)


def _spread(old: Tensor, new: Tensor, axis: int, copy: bool) -> Tensor:
    """Per-frame values for a window of another width: the middle stays the middle.

    A frame the old window did not have takes its nearest neighbour's values (`copy`), or keeps its fresh ones.
    """
    result = new.clone()
    count, before = new.shape[axis], old.shape[axis]
    for place in range(count):
        source = place - count // 2 + before // 2
        if copy or 0 <= source < before:
            result.select(axis, place).copy_(old.select(axis, min(max(source, 0), before - 1)))
    return result


def vitpose_backbone(path: Path, config: DiffPoseConfig) -> dict[str, Tensor]:
    """The backbone's tensors from a .safetensors file of ViTPose, in transformers' or in the original naming.

    Raises:
        ModelNotFound: there is no such file.
        BadCheckpoint: it is a pickle, damaged, or holds no plain ViT.
    """
    if not path.is_file():
        raise ModelNotFound(f"{path} is no file: give a DiffPose or a ViTPose .safetensors file")
    with opened(path) as handle:
        tensors = {key.removeprefix("backbone."): handle.get_tensor(key) for key in handle.keys()}  # noqa: SIM118
    if "embeddings.position_embeddings" in tensors:
        tensors = _from_transformers(tensors, config.depth)
    return tensors


_TRANSFORMERS = {
    "embeddings.patch_embeddings.projection": "patch_embed.proj",
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "attention.output.dense": "attn.proj",
    "layernorm": "last_norm",
}


def _from_transformers(tensors: dict[str, Tensor], depth: int) -> dict[str, Tensor]:
    """The names of transformers' VitPoseBackbone -> ours; query, key and value become one matrix."""
    found = {"pos_embed": tensors["embeddings.position_embeddings"]}
    for key, value in tensors.items():
        name = re.sub(r"^encoder\.layer\.(\d+)\.", r"blocks.\1.", key)
        for theirs, ours in _TRANSFORMERS.items():
            name = re.sub(rf"(^|\.){re.escape(theirs)}(?=\.)", rf"\1{ours}", name)
        found[name] = value
    for layer in range(depth):
        for kind in ("weight", "bias"):
            parts = [f"blocks.{layer}.attention.attention.{part}.{kind}" for part in ("query", "key", "value")]
            if all(part in found for part in parts):
                found[f"blocks.{layer}.attn.qkv.{kind}"] = torch.cat([found[part] for part in parts])
    return found


def _fill(backbone: torch.nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    for key, wanted in backbone.state_dict().items():
        if key not in tensors or tensors[key].shape != wanted.shape:
            found = tuple(tensors[key].shape) if key in tensors else "none"
            raise BadCheckpoint(
                f"{path} is no ViTPose backbone of this size: {key} should have shape {tuple(wanted.shape)}, it has "
                f"{found}"
            )
    backbone.load_state_dict({key: tensors[key] for key in backbone.state_dict()})
