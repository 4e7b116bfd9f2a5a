"""From a name, a folder or a file to a network that runs, and back."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from ..devices import pick_device
from ..errors import BadOption
from .checkpoints import Name, open_checkpoint, write_folder, write_single_file
from .config import SDPoseConfig
from .context import find_context
from .layouts import HEAD, UNET, VAE
from .network import POSE_TASK, SDPose, task_embedding
from .weights import locate

__all__ = ["build_model", "load_model", "save_model"]

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
_MODULES = {"network.unet.": UNET, "encoder.": VAE, "network.head.": HEAD}


def load_model(
    source: str | Path,
    scheme: str | None = None,
    device: str | torch.device = "auto",
    dtype: str | torch.dtype = "auto",
    context: Tensor | str | Path | None = None,
    tail: bool = False,
) -> SDPose:
    """Load SDPose, ready to run.

    Args:
        source: "mini" (bundled), "body" or "wholebody" (published weights: found locally or downloaded), a folder in
            the published layout, or a single .safetensors file.
        scheme: "body" or "wholebody" if `source` has to be that one.
        device: "auto" (an accelerator if there is one), or a torch device.
        dtype: "auto" (float16 on an accelerator, float32 on the CPU), "float32", "float16", "bfloat16".
        context: the empty prompt's embedding (1, 2, D), a tensor or a file. By default it comes from
            `empty_embedding.safetensors` beside the weights, else from the folder's text encoder (and is kept there).
        tail: also load what only training's reconstruction branch runs.

    Raises:
        ModelNotFound: nothing is there, or (OfflineError) it would have to be downloaded.
        BadCheckpoint: it is not SDPose, damaged, a pickle, or has missing or wrong-shaped tensors.
        BadOption: an unknown dtype.
    """
    device = pick_device(device)
    kind = pick_dtype(dtype, device)
    checkpoint = open_checkpoint(locate(str(source)), scheme)
    constant = find_context(checkpoint, context)
    model = SDPose(checkpoint.config, tail)
    wanted = {published_name(key): (key, value.shape) for key, value in model.state_dict().items()}
    for name, tensor in checkpoint.read({name: shape for name, (_, shape) in wanted.items()}):
        # One tensor at a time, straight into the target: a float32 checkpoint never stands whole in memory.
        _assign(model, wanted[name][0], tensor.to(device=device, dtype=kind))
    _set_constants(model, constant, device, kind)
    return model.requires_grad_(False).eval()


def build_model(
    scheme: str | SDPoseConfig, device: str | torch.device = "cpu", dtype: str | torch.dtype = "float32"
) -> SDPose:
    """A network with random weights, of published size unless a config is given.

    Args:
        scheme: "body", "wholebody", or an SDPoseConfig.
        device: "meta" builds the shapes alone, for counting.
        dtype: as in `load_model`.
    """
    config = scheme if isinstance(scheme, SDPoseConfig) else SDPoseConfig.published(scheme)
    model = SDPose(config)
    initialise(model, torch.device(device), pick_dtype(dtype, torch.device(device)))
    return model.requires_grad_(False).eval()


def initialise(model: SDPose, device: torch.device, dtype: torch.dtype = torch.float32) -> None:
    """Give a network on the meta device memory and each layer's usual random start."""
    model.to(dtype).to_empty(device=device)
    if device.type != "meta":
        for module in model.modules():
            if callable(reset := getattr(module, "reset_parameters", None)):
                reset()
    context = torch.randn(model.network.context.shape, generator=torch.Generator().manual_seed(0))
    _set_constants(model, context, device, dtype)


def save_model(model: SDPose, path: str | Path, dtype: str | torch.dtype = "float32") -> None:
    """Write a model: a path ending in .safetensors as a single file, any other as the published folder layout.

    Args:
        model: what of the U-Net and VAE it holds is what is written.
        path: file or folder.
        dtype: of the tensors written.

    Raises:
        OutputError: it cannot be written; nothing half-written stays.
    """
    kind = pick_dtype(dtype, torch.device("cpu"))
    tensors = {published_name(key): value.detach().to("cpu", kind) for key, value in model.state_dict().items()}
    write = write_single_file if Path(path).suffix == ".safetensors" else write_folder
    write(Path(path), model.config, tensors, model.network.context.float().cpu())


def published_name(key: str) -> Name:
    """A parameter of SDPose -> (component, name) in the published folder layout."""
    for prefix, component in _MODULES.items():
        if key.startswith(prefix):
            return component, key.removeprefix(prefix)
    raise KeyError(key)


def pick_dtype(dtype: str | torch.dtype, device: torch.device) -> torch.dtype:
    """What to compute in: "auto" is float32 on the CPU and float16 elsewhere. Raises BadOption for other names."""
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype == "auto":
        return torch.float32 if device.type in ("cpu", "meta") else torch.float16
    if dtype not in DTYPES:
        raise BadOption(f"dtype is one of auto, {', '.join(DTYPES)}; got {dtype!r}")
    return DTYPES[dtype]


def _assign(model: nn.Module, key: str, value: Tensor) -> None:
    parent, _, leaf = key.rpartition(".")
    setattr(model.get_submodule(parent), leaf, nn.Parameter(value, requires_grad=False))


def _set_constants(model: SDPose, context: Tensor, device: torch.device, dtype: torch.dtype) -> None:
    model.network.context = context.to(device, dtype)
    model.network.task = task_embedding(POSE_TASK).to(device, dtype)
