"""Our networks as guests of ComfyUI's memory manager.

ComfyUI decides what stays on the GPU. It does so for patchers it has been told about, so both halves of an SDPose
(the picture encoder and the network behind it) get one each, a DiffPose gets one for all of it, and they are asked for
again before every batch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import comfy.model_management
import comfy.model_patcher
import comfy.ops
import torch
from comfy_extras.nodes_lotus import LotusConditioning
from torch import Tensor, nn

from .. import sdpose
from ..sdpose.files import Stamp
from ..sdpose.models.checkpoints import open_checkpoint
from ..sdpose.models.context import EMBEDDING_FILE
from ..sdpose.models.diffpose import DiffPose
from ..sdpose.models.diffpose.network import NOISES_AT_ONCE
from ..sdpose.models.network import SDPose
from .folders import stamp

__all__ = ["ResidentDiffPose", "ResidentModel", "resident", "resident_diffpose"]

_Model = TypeVar("_Model", bound=nn.Module)
_Key = tuple[Stamp, tuple[torch.dtype, ...]]
_shared: WeakValueDictionary[_Key, Any] = WeakValueDictionary()

_LAYERS = {
    getattr(nn, name): getattr(comfy.ops.manual_cast, name)
    for name in ("Linear", "Conv2d", "ConvTranspose2d", "GroupNorm", "LayerNorm")
}


class ResidentModel(SDPose):
    """An SDPose whose halves ComfyUI moves between main memory and the GPU.

    Args:
        model: a loaded model, in main memory; it is taken over.
    """

    def __init__(self, model: SDPose) -> None:
        nn.Module.__init__(self)  # not SDPose's: the halves exist already
        management = comfy.model_management
        self.config = model.config
        self.encoder = _movable(model.encoder)
        self.network = _movable(model.network)
        # By attribute and now: ComfyUI puts another class under this name when it pages weights by itself.
        self._encoder_patcher = comfy.model_patcher.CoreModelPatcher(
            self.encoder, load_device=management.vae_device(), offload_device=management.vae_offload_device()
        )
        self._network_patcher = comfy.model_patcher.CoreModelPatcher(
            self.network, load_device=management.get_torch_device(), offload_device=management.unet_offload_device()
        )

    @property
    def device(self) -> torch.device:
        """Where ComfyUI runs the U-Net, whether or not it is there at the moment."""
        return self._network_patcher.load_device

    def latents(self, crops: Tensor) -> Tensor:
        """See `SDPose.latents`; both halves are made resident first, so that one batch moves each of them once.

        As in ComfyUI's own VAE, only so many pictures are encoded at once as there is memory for.
        """
        management = comfy.model_management
        management.load_models_gpu(
            [self._encoder_patcher, self._network_patcher],
            memory_required=max(self._encoder_bytes(), self._network_bytes() * len(crops)),
        )
        device = self._encoder_patcher.load_device
        at_once = max(1, int(management.get_free_memory(device) / self._encoder_bytes()))
        parts = crops.to(device, _dtype(self.encoder)).split(at_once)
        return torch.cat([self.encoder(part) for part in parts])

    def features(self, latents: Tensor) -> Tensor:
        """See `SDPose.features`."""
        return self.network.features(latents.to(self.device, _dtype(self.network)))

    def _encoder_bytes(self) -> float:
        # ComfyUI's own estimate for this encoder (comfy.sd.VAE), per picture.
        width, height = self.input_wh
        return 1767 * width * height * _dtype(self.encoder).itemsize

    def _network_bytes(self) -> float:
        # ComfyUI's own estimate for this U-Net (comfy.model_base.BaseModel.memory_required), per picture.
        width, height = self.input_wh
        return width / 8 * height / 8 * _dtype(self.network).itemsize * 0.01 * 1024 * 1024


class DiffPoseLayers(nn.ModuleDict):
    """All layers of a DiffPose as one thing to move; ComfyUI's log knows it by this name."""


class ResidentDiffPose(DiffPose):
    """A DiffPose that ComfyUI moves between main memory and the GPU.

    Args:
        model: a loaded model, in main memory; it is taken over.
    """

    def __init__(self, model: DiffPose) -> None:
        nn.Module.__init__(self)  # not DiffPose's: the parts exist already
        self.config, self.diffusion = model.config, model.diffusion
        self.backbone, self.strl, self.decoder = model.backbone, model.strl, model.decoder
        # Not of this module itself: ComfyUI keeps notes on what it moves, such as its device.
        layers = _movable(DiffPoseLayers(dict(model.named_children())))
        management = comfy.model_management
        self._patcher = comfy.model_patcher.CoreModelPatcher(
            layers, load_device=management.get_torch_device(), offload_device=management.unet_offload_device()
        )

    @property
    def device(self) -> torch.device:
        """Where ComfyUI runs it, whether or not it is there at the moment."""
        return self._patcher.load_device

    def features(self, crops: Tensor) -> Tensor:
        """See `DiffPose.features`."""
        self._reside(len(crops) * self._crop_bytes())
        return super().features(crops)

    def heatmaps(self, windows: Tensor, *, noises: int = 10, **options: Any) -> Tensor:
        """See `DiffPose.heatmaps`."""
        per_window = self._window_bytes() + min(noises, NOISES_AT_ONCE) * self._noise_bytes()
        self._reside(len(windows) * per_window)
        return super().heatmaps(windows, noises=noises, **options)

    def _reside(self, working_bytes: float) -> None:
        comfy.model_management.load_models_gpu([self._patcher], memory_required=working_bytes)

    # What is in use at most, weights aside, was counted tensor by tensor for the paper's sizes and for mini, in float32
    # and float16. It grows as the widest thing there is, and the factors are rounded up.

    def _crop_bytes(self) -> float:
        """Of the backbone, per crop: its tokens in a feed-forward layer, and the crop in float32."""
        tokens, (width, height) = self._tokens(), self.input_wh
        return 16 * tokens * self.config.width * self.dtype.itemsize + 2 * 3 * width * height * 4

    def _window_bytes(self) -> float:
        """Of STRL, per window."""
        return 13 * self.config.frames * self._tokens() * self.config.strl_width * self.dtype.itemsize

    def _noise_bytes(self) -> float:
        """Of the decoder, per window and noise: maps at 4x."""
        width, height = self.heatmap_wh
        return 13 * width * height * self.config.channels[-1] * self.dtype.itemsize

    def _tokens(self) -> int:
        columns, rows = self.config.tokens_wh
        return columns * rows


def resident(path: Path, dtype: str = "auto") -> ResidentModel:
    """The SDPose at a path, shared by everybody who asks for the same file in the same precision.

    Args:
        path: a model folder or file.
        dtype: "auto" (what ComfyUI would choose), "float32", "float16" or "bfloat16".

    Raises:
        ModelNotFound: there is nothing at `path`.
        BadCheckpoint: it is not SDPose.
    """
    network, encoder = _dtypes(dtype)

    def load() -> ResidentModel:
        model = sdpose.load_model(path, device="cpu", dtype=network, context=_context(path))
        model.encoder.to(encoder)
        return ResidentModel(model)

    return _one_copy((stamp(path), (network, encoder)), load)


def resident_diffpose(path: Path, dtype: str = "auto") -> ResidentDiffPose:
    """The DiffPose at a path, shared by everybody who asks for the same file in the same precision.

    Args:
        path: a model file.
        dtype: as in `resident`.

    Raises:
        ModelNotFound: there is nothing at `path`.
        BadCheckpoint: it is not DiffPose.
    """
    network, _ = _dtypes(dtype)
    key = stamp(path), (network,)
    return _one_copy(key, lambda: ResidentDiffPose(sdpose.load_diffpose(path, device="cpu", dtype=network)))


def _one_copy(key: _Key, load: Callable[[], _Model]) -> _Model:
    """The model that is known by a key, loaded if nobody holds it."""
    model = _shared.get(key)
    if model is None:
        model = _shared[key] = load()
    return model


def _context(path: Path) -> Tensor | None:
    """ComfyUI's own copy of the empty prompt's embedding, for weights that come without one."""
    folder = path if path.is_dir() else path.parent
    brought = open_checkpoint(path).context() is not None
    if brought or any((folder / name).exists() for name in (EMBEDDING_FILE, "text_encoder")):
        return None
    return LotusConditioning.execute().result[0][0][0].cpu()


def _dtypes(dtype: str) -> tuple[torch.dtype, torch.dtype]:
    """What the network and the encoder compute in."""
    if dtype != "auto":
        chosen = getattr(torch, dtype)
        return chosen, chosen
    management = comfy.model_management
    device = management.get_torch_device()
    weights = management.unet_dtype(device)
    network = management.unet_manual_cast(weights, device) or weights
    return network, management.vae_dtype(management.vae_device(), [torch.bfloat16])


def _dtype(module: nn.Module) -> torch.dtype:
    return next(module.parameters()).dtype


def _movable(module: nn.Module) -> nn.Module:
    """Give the layers ComfyUI's forward pass, which fetches weights from main memory when they did not fit the GPU."""
    for layer in module.modules():
        layer.__class__ = _LAYERS.get(type(layer), type(layer))
    return module.eval().requires_grad_(False)
