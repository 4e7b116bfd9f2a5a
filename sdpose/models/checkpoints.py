"""Reading and writing weights: what a file holds is checked by name and shape before a network is filled from it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import BadCheckpoint, ModelNotFound, OutputError
from ..files import atomic_path, output_error, write_json
from .backbone import empty_unet, empty_vae
from .config import SCHEMES, SDPoseConfig
from .layouts import COMPONENTS, HEAD, UNET, VAE, modern_name, single_file_name
from .network import HeatmapHead

__all__ = [
    "CONTEXT_KEY",
    "DIFFPOSE",
    "EMBEDDING_FILE",
    "Checkpoint",
    "open_checkpoint",
    "opened",
    "write_folder",
    "write_single_file",
    "write_tensors",
]

Name = tuple[str, str]
"""(component, tensor name in the folder layout)."""

CONTEXT_KEY = "empty_text_embed"
EMBEDDING_FILE = "empty_embedding.safetensors"
OWN_CONFIG = "sdpose.json"
DIFFPOSE = "diffpose"
"""The key of a single file's metadata that holds the config of a DiffPose, as "sdpose" does that of an SDPose."""
_WEIGHTS = {UNET: "diffusion_pytorch_model", VAE: "diffusion_pytorch_model", HEAD: "decoder"}
_PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
_HEAD_PROBE = "final_layer.weight"


@dataclass(frozen=True)
class Checkpoint:
    """Where each tensor of a model lies.

    Attributes:
        path: the folder or file it was opened from.
        layout: "folder" or "single".
        config: sizes of the network, read from its configuration or from tensor shapes.
        places: (component, name) -> (file, key in that file, shape there).
    """

    path: Path
    layout: str
    config: SDPoseConfig
    places: Mapping[Name, tuple[Path, str, tuple[int, ...]]]

    def read(self, wanted: Mapping[Name, torch.Size]) -> Iterator[tuple[Name, Tensor]]:
        """Each wanted tensor in turn, in the folder layout's shape and its stored dtype; nothing else is read.

        Raises:
            BadCheckpoint: one is missing or has another shape; the first such key is named.
        """
        for name, shape in wanted.items():
            self._check(name, shape)
        files = {place[0] for name in wanted for place in (self.places[name],)}
        for file in sorted(files):
            with opened(file) as handle:
                for name in wanted:
                    place, key, _ = self.places[name]
                    if place == file:
                        yield name, handle.get_tensor(key).reshape(wanted[name])

    def _check(self, name: Name, shape: torch.Size) -> None:
        if name not in self.places:
            raise BadCheckpoint(f"{self.path} has no tensor {self._spelled(name)}, of shape {tuple(shape)}")
        found = self.places[name][2]
        # ldm writes the VAE's attention as 1x1 convolutions: the same numbers with two axes of length 1 behind.
        if found != tuple(shape) and found != (*shape, 1, 1):
            raise BadCheckpoint(
                f"{self.path}: tensor {self.places[name][1]} should have shape {tuple(shape)}, it has {found}"
            )

    def _spelled(self, name: Name) -> str:
        return "/".join(name) if self.layout == "folder" else _single(self.config, name)

    def context(self) -> Tensor | None:
        """The empty prompt's embedding (1, 2, D), where a single file carries it."""
        if self.layout == "folder":
            return None
        with opened(self.path) as handle:
            return handle.get_tensor(CONTEXT_KEY) if CONTEXT_KEY in handle.keys() else None  # noqa: SIM118


def open_checkpoint(path: Path, scheme: str | None = None) -> Checkpoint:
    """Look into a model folder or a single .safetensors file, reading headers only.

    Args:
        path: the folder or file.
        scheme: "body" or "wholebody" if it has to be that one.

    Raises:
        ModelNotFound: there is nothing at `path`.
        BadCheckpoint: it is not SDPose, is a pickle, is damaged, or is the other scheme.
    """
    if not path.exists():
        raise ModelNotFound(f"there is no model at {path}")
    checkpoint = _open_folder(path) if path.is_dir() else _open_single(path)
    if scheme is not None and checkpoint.config.scheme != scheme:
        raise BadCheckpoint(f"{path} is a {checkpoint.config.scheme} model; {scheme} was asked for")
    return checkpoint


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A .safetensors file, open to be looked into.

    Raises:
        BadCheckpoint: it cannot be read, is damaged, or is a pickle.
    """
    try:
        with path.open("rb") as file:
            start = file.read(2)
    except OSError as error:
        raise BadCheckpoint(f"{path} cannot be read: {error.strerror}") from error
    if path.suffix in _PICKLES or start in (b"PK", b"\x80\x02"):
        raise BadCheckpoint(
            f"{path} is a pickle, which can run code when it is opened; only .safetensors files are read. "
            "Save the weights again with safetensors.torch.save_file"
        )
    try:
        with safe_open(path, framework="pt", device="cpu") as handle:
            yield handle
    except (SafetensorError, OSError) as error:
        raise BadCheckpoint(f"{path} is not a whole .safetensors file ({error}): fetch it again") from error


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    with opened(path) as handle:
        return {key: tuple(handle.get_slice(key).get_shape()) for key in handle.keys()}  # noqa: SIM118


def _scheme_of(shape: tuple[int, ...], path: Path) -> str:
    if len(shape) != 4:
        raise BadCheckpoint(f"{path}: tensor {_HEAD_PROBE} should have shape (K, C, 1, 1), it has {shape}")
    for scheme in SCHEMES:
        config = SDPoseConfig.published(scheme)
        if shape[0] == len(config.skeleton):
            return scheme
    raise BadCheckpoint(f"{path}: a heatmap head gives 17 or 133 maps; this one gives {shape[0]}")


# --- folder layout ---------------------------------------------------------------------------------------------


def _component_file(folder: Path, component: str) -> Path:
    stem = _WEIGHTS[component]
    for name in (f"{stem}.safetensors", f"{stem}.fp16.safetensors"):
        if (folder / component / name).is_file():
            return folder / component / name
    pickles = [p for p in sorted((folder / component).glob("*")) if p.suffix in _PICKLES]
    if pickles:
        with opened(pickles[0]):  # raises, saying why
            pass
    raise BadCheckpoint(
        f"{folder} is not an SDPose model folder: it has no {component}/{stem}.safetensors. "
        "Expected are unet/, vae/ and decoder/, as published"
    )


def _json_file(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadCheckpoint(f"{path.parent.parent} is not an SDPose model folder: {path} is missing") from error
    except (OSError, ValueError) as error:
        raise BadCheckpoint(f"{path} is not a JSON file: {error}") from error
    if not isinstance(values, dict):
        raise BadCheckpoint(f"{path} should hold a JSON object")
    return {key: value for key, value in values.items() if not key.startswith("_")}


def _open_folder(folder: Path) -> Checkpoint:
    places: dict[Name, tuple[Path, str, tuple[int, ...]]] = {}
    for component in (HEAD, UNET, VAE):
        file = _component_file(folder, component)
        for key, shape in _shapes(file).items():
            places[component, modern_name(component, key)] = (file, key, shape)
    if (HEAD, _HEAD_PROBE) not in places:
        raise BadCheckpoint(f"{folder} is not SDPose: decoder/ has no tensor {_HEAD_PROBE}")
    own = _json_file(folder / OWN_CONFIG) if (folder / OWN_CONFIG).exists() else {}
    # The published loaders force these two over whatever the stock Stable Diffusion config says.
    task = {"class_embed_type": "projection", "projection_class_embeddings_input_dim": 4}
    published = SDPoseConfig.published(_scheme_of(places[HEAD, _HEAD_PROBE][2], folder))
    values = {
        "scheme": published.scheme,
        "unet": _json_file(folder / UNET / "config.json") | task,
        "vae": _json_file(folder / VAE / "config.json"),
        "input_wh": published.input_wh,
    }
    return Checkpoint(folder, "folder", SDPoseConfig.from_dict(values | own), places)


# --- single file -----------------------------------------------------------------------------------------------


def _open_single(path: Path) -> Checkpoint:
    shapes = _shapes(path)
    with opened(path) as handle:
        metadata = handle.metadata() or {}
    if DIFFPOSE in metadata:
        raise BadCheckpoint(f"{path} is a DiffPose and not an SDPose: load it with sdpose.load_diffpose")
    own = metadata.get("sdpose")
    config = _config_from_metadata(path, own) if own else _config_from_shapes(path, shapes)
    places = {}
    for name in full_names(config):
        key = _single(config, name)
        if key in shapes:
            places[name] = (path, key, shapes[key])
    return Checkpoint(path, "single", config, places)


def _single(config: SDPoseConfig, name: Name) -> str:
    attention = tuple("CrossAttn" in kind for kind in config.unet["up_block_types"])
    return single_file_name(*name, layers=config.unet.get("layers_per_block", 2), up_attention=attention)


def _config_from_metadata(path: Path, metadata: str) -> SDPoseConfig:
    try:
        return SDPoseConfig.from_dict(json.loads(metadata))
    except ValueError as error:
        raise BadCheckpoint(f"{path}: its metadata is not the JSON that was written there: {error}") from error


def _config_from_shapes(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> SDPoseConfig:
    """Sizes of a single file without our metadata, as ComfyUI also deduces them from the tensors."""

    def shape(key: str) -> tuple[int, ...]:
        if key not in shapes:
            raise BadCheckpoint(f"{path} is not an SDPose checkpoint: it has no tensor {key}")
        if len(shapes[key]) < 2:
            raise BadCheckpoint(f"{path}: tensor {key} should have two axes or more, it has shape {shapes[key]}")
        return shapes[key]

    unet_prefix, vae_prefix = "model.diffusion_model.", "first_stage_model."
    scheme = _scheme_of(shape(f"{unet_prefix}heatmap_head.{_HEAD_PROBE}"), path)
    published = SDPoseConfig.published(scheme)
    layers = _count(shapes, unet_prefix + r"output_blocks\.(\d+)\.0\.in_layers\.0\.weight") // 4 - 1
    levels = [unet_prefix + f"input_blocks.{1 + (layers + 1) * b}.0.out_layers.3.weight" for b in range(4)]
    channels = [shape(key)[0] for key in levels]
    head = gcd(64, channels[0])
    context = shape(f"{unet_prefix}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight")[1]
    unet = published.unet | {
        "block_out_channels": channels,
        "layers_per_block": layers,
        "attention_head_dim": [c // head for c in channels],
        "cross_attention_dim": context,
        "norm_num_groups": gcd(32, channels[0]),
    }
    vae_channels = [shape(f"{vae_prefix}encoder.down.{b}.block.0.conv1.weight")[0] for b in range(4)]
    vae = published.vae | {
        "block_out_channels": vae_channels,
        "layers_per_block": _count(shapes, vae_prefix + r"encoder\.down\.0\.block\.(\d+)\.conv1\.weight"),
        "norm_num_groups": gcd(32, vae_channels[0]),
    }
    return SDPoseConfig(scheme, unet, vae)


def _count(keys: Iterable[str], pattern: str) -> int:
    return 1 + max((int(found[1]) for key in keys if (found := re.fullmatch(pattern, key))), default=-1)


def full_names(config: SDPoseConfig) -> dict[Name, torch.Size]:
    """Every tensor that a whole published checkpoint of these sizes has, with its shape."""
    with torch.device("meta"):
        head = HeatmapHead(config.feature_channels, len(config.skeleton))
    modules: dict[str, Any] = {UNET: empty_unet(config), VAE: empty_vae(config), HEAD: head}
    return {(c, name): value.shape for c in COMPONENTS for name, value in modules[c].state_dict().items()}


# --- writing ---------------------------------------------------------------------------------------------------


def write_folder(folder: Path, config: SDPoseConfig, tensors: Mapping[Name, Tensor], context: Tensor | None) -> None:
    """Write the published folder layout: three safetensors files, their configs, and our own sizes beside them."""
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise OutputError(f"{folder} exists and is not empty: name a new folder, nothing is written over")
    with atomic_folder(folder) as temporary:
        for component in COMPONENTS:
            part = {name: value for (c, name), value in tensors.items() if c == component}
            write_tensors(temporary / component / f"{_WEIGHTS[component]}.safetensors", part)
        write_json(temporary / UNET / "config.json", {"_class_name": "UNet2DConditionModel"} | config.unet, indent=2)
        write_json(temporary / VAE / "config.json", {"_class_name": "AutoencoderKL"} | config.vae, indent=2)
        write_json(temporary / OWN_CONFIG, {"input_wh": list(config.input_wh), "sigma": config.sigma}, indent=2)
        if context is not None:
            write_tensors(temporary / EMBEDDING_FILE, {CONTEXT_KEY: context})


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, moved to its name when the block succeeds and removed when it fails."""
    temporary = folder.with_name(f".sdpose-{uuid4().hex}")
    try:
        yield temporary
        with suppress(FileNotFoundError):
            folder.rmdir()  # an empty one may stand in the way
        temporary.replace(folder)
    except OSError as error:
        raise output_error(folder, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write one safetensors file. Raises OutputError when it cannot be; nothing half-written stays."""
    content = {name: value.contiguous() for name, value in tensors.items()}
    with atomic_path(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode
        try:
            save_file(content, temporary, metadata={"format": "pt", **(metadata or {})})
            temporary.chmod(mode)  # safetensors leaves files that only their owner can read
        except SafetensorError as error:  # how safetensors reports a full disk
            raise OutputError(f"cannot write {path}: {error}. Nothing half-written was left behind.") from error


def write_single_file(path: Path, config: SDPoseConfig, tensors: Mapping[Name, Tensor], context: Tensor | None) -> None:
    """Write the published single-file layout, as ComfyUI loads it; our sizes travel in the file's metadata."""
    content = {_single(config, name): _as_ldm(name, value) for name, value in tensors.items()}
    if context is not None:
        content[CONTEXT_KEY] = context
    write_tensors(path, content, {"sdpose": json.dumps(config.to_dict())})


def _as_ldm(name: Name, value: Tensor) -> Tensor:
    attention = name[0] == VAE and ".attentions." in name[1] and value.ndim == 2
    return value[:, :, None, None] if attention else value
