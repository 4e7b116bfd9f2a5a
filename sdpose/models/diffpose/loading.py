"""From a name or a file to a DiffPose that runs, and back."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn

from ...devices import pick_device
from ...errors import BadCheckpoint, ModelNotFound
from ..checkpoints import DIFFPOSE, opened, write_tensors
from ..loading import pick_dtype
from ..weights import locate
from .config import DiffPoseConfig
from .network import DiffPose

__all__ = ["build_diffpose", "is_diffpose", "load_diffpose", "save_diffpose"]

INIT_STD = 0.02
"""Deviation of a fresh transformer's weights and position embeddings, as ViT and ViTPose start."""


def is_diffpose(path: Path) -> bool:
    """Whether a file holds a DiffPose, by its metadata. A folder does not."""
    if not path.is_file():
        return False
    with opened(path) as handle:
        return DIFFPOSE in (handle.metadata() or {})


def load_diffpose(
    source: str | Path, device: str | torch.device = "auto", dtype: str | torch.dtype = "auto"
) -> DiffPose:
    """Load DiffPose, ready to run.

    Args:
        source: "diffpose-mini" (bundled), or a .safetensors file that `save_diffpose` or training wrote.
        device: "auto" (an accelerator if there is one), or a torch device.
        dtype: "auto" (float16 on an accelerator, float32 on the CPU), "float32", "float16", "bfloat16".

    Raises:
        ModelNotFound: nothing is there.
        BadCheckpoint: it is not DiffPose, damaged, a pickle, or has missing or wrong-shaped tensors.
        BadOption: an unknown dtype.
    """
    device = pick_device(device)
    path = locate(str(source))
    config, tensors = _read(path)
    with torch.device("meta"):
        model = DiffPose(config)
    for key, wanted in model.state_dict().items():
        if key not in tensors or tensors[key].shape != wanted.shape:
            found = tuple(tensors[key].shape) if key in tensors else "none"
            raise BadCheckpoint(f"{path}: tensor {key} should have shape {tuple(wanted.shape)}, it has {found}")
    kept = {key: tensors[key].to(device, pick_dtype(dtype, device)) for key in model.state_dict()}
    model.load_state_dict(kept, assign=True)
    return model.requires_grad_(False).eval()


def _read(path: Path) -> tuple[DiffPoseConfig, dict[str, Tensor]]:
    if not path.is_file():
        raise ModelNotFound(f"there is no DiffPose file at {path}: give diffpose-mini or a .safetensors file")
    with opened(path) as handle:
        text = (handle.metadata() or {}).get(DIFFPOSE)
        if text is None:
            raise BadCheckpoint(f"{path} is not a DiffPose file: its metadata has no {DIFFPOSE!r}")
        try:
            values = json.loads(text)
        except ValueError as error:
            raise BadCheckpoint(f"{path}: its metadata is not the JSON that was written there: {error}") from error
        return DiffPoseConfig.from_dict(values), {key: handle.get_tensor(key) for key in handle.keys()}  # noqa: SIM118


def build_diffpose(
    config: DiffPoseConfig, device: str | torch.device = "cpu", dtype: str | torch.dtype = "float32"
) -> DiffPose:
    """A network with random weights from torch's generator.

    Args:
        config: sizes, such as `DiffPoseConfig.paper()`.
        device: "meta" builds the shapes alone, for counting.
        dtype: as in `load_diffpose`.
    """
    with torch.device("meta" if str(device) == "meta" else "cpu"):
        model = DiffPose(config)
    if str(device) != "meta":
        model.apply(_initialise)
        for name, parameter in model.named_parameters():
            if name.split(".")[-1] in ("pos_embed", "positions"):
                nn.init.trunc_normal_(parameter, std=INIT_STD)
        _start_with_the_key_frame(model)
    target = torch.device(device)
    return model.to(target, pick_dtype(dtype, target)).requires_grad_(False).eval()


def _initialise(module: nn.Module) -> None:
    """ViT's start for linear maps; convolutions keep torch's."""
    if isinstance(module, nn.Linear) and module.weight.abs().sum() > 0:  # those that begin at zero stay there
        nn.init.trunc_normal_(module.weight, std=INIT_STD)
        nn.init.zeros_(module.bias)


def _start_with_the_key_frame(model: DiffPose) -> None:
    """STRL's mixture of frames starts as the key frame with a little of the others."""
    frames = getattr(model.strl, "frames", None)
    if isinstance(frames, nn.Linear):
        with torch.no_grad():
            frames.weight.fill_(0.1)
            frames.weight[0, model.delta] = 1.0
            frames.bias.zero_()


def save_diffpose(model: DiffPose, path: str | Path, dtype: str | torch.dtype = "float32") -> None:
    """Write a model as one .safetensors file; its config travels in the metadata.

    Raises:
        OutputError: it cannot be written; nothing half-written stays.
    """
    kind = pick_dtype(dtype, torch.device("cpu"))
    tensors = {key: value.detach().to("cpu", kind) for key, value in model.state_dict().items()}
    write_tensors(Path(path), tensors, {DIFFPOSE: json.dumps(model.config.to_dict())})
