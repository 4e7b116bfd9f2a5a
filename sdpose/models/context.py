"""The empty prompt's embedding: a constant (1, 2, D) of the text encoder that SDPose was trained with.

It is read from a file when there is one, and otherwise computed once from the model folder's own text encoder and
kept beside the weights, because that encoder is 1.3 GB and the constant 8 KB.
"""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..errors import BadCheckpoint, OfflineError, OutputError
from .checkpoints import CONTEXT_KEY, EMBEDDING_FILE, Checkpoint, write_tensors
from .config import SDPoseConfig
from .network import CONTEXT_TOKENS
from .weights import download, model_folders

__all__ = ["find_context", "read_context"]

EMPTY_PROMPT = (49406, 49407)
"""Start and end of text: CLIP's tokens for "" without padding. Two tokens, not 77."""

log = logging.getLogger("sdposekit")


def find_context(checkpoint: Checkpoint, given: Tensor | str | Path | None = None) -> Tensor:
    """The embedding for a checkpoint: given, else inside it, beside it, from its text encoder, or downloaded.

    Args:
        checkpoint: whose `unet` reads it.
        given: a tensor (1, 2, D) or (2, D), or a .safetensors file with the key `empty_text_embed`.

    Returns:
        (1, 2, D) float32.

    Raises:
        BadCheckpoint: none is to be had, or its shape does not fit.
        OfflineError: it has to be downloaded and the network does not answer.
    """
    width = int(checkpoint.config.unet["cross_attention_dim"])
    found = read_context(Path(given)) if isinstance(given, (str, Path)) else given
    if found is None:
        found = checkpoint.context()
    folder = checkpoint.path if checkpoint.layout == "folder" else checkpoint.path.parent
    if found is None and (folder / EMBEDDING_FILE).is_file():
        found = read_context(folder / EMBEDDING_FILE)
    if found is None and (folder / "text_encoder").is_dir():
        found = _encode_empty_prompt(folder / "text_encoder")
        _keep(found, folder / EMBEDDING_FILE)
    if found is None:
        found = _from_elsewhere(checkpoint.path, folder, width)
    if found.numel() != CONTEXT_TOKENS * width:
        raise BadCheckpoint(
            f"the empty prompt's embedding for {checkpoint.path} should have shape (1, {CONTEXT_TOKENS}, {width}), "
            f"got {tuple(found.shape)}"
        )
    return found.float().reshape(1, CONTEXT_TOKENS, width)


def read_context(path: Path) -> Tensor:
    """The embedding kept in a .safetensors file. Raises BadCheckpoint when it cannot be read."""
    try:
        return load_file(path)[CONTEXT_KEY]
    except (OSError, SafetensorError) as error:
        raise BadCheckpoint(f"{path} is not a whole .safetensors file: {error}") from error
    except KeyError as error:
        raise BadCheckpoint(f"{path} should hold the key {CONTEXT_KEY}") from error


def _from_elsewhere(path: Path, folder: Path, width: int) -> Tensor:
    """Last resort: another model's embedding of that width, else the published text encoder, downloaded."""
    advice = (
        f"{path} needs the empty prompt's embedding (1, {CONTEXT_TOKENS}, {width}): put {EMBEDDING_FILE} (key "
        f"{CONTEXT_KEY}) or the text_encoder/ folder of the published model into {folder}, or pass context="
    )
    for known in (found for folder in model_folders() for found in sorted(folder.glob(f"**/{EMBEDDING_FILE}"))):
        if (context := read_context(known)).numel() == CONTEXT_TOKENS * width:
            return context
    if width != SDPoseConfig.published("body").unet["cross_attention_dim"]:
        raise BadCheckpoint(advice)
    try:
        found = _encode_empty_prompt(download("text_encoder") / "text_encoder")
    except OfflineError as error:
        raise OfflineError(f"{advice}. Downloading it failed: {error}") from error
    _keep(found, folder / EMBEDDING_FILE)
    return found


def _encode_empty_prompt(folder: Path) -> Tensor:
    from transformers import CLIPTextModel  # heavy, and needed once in a model's life

    try:
        encoder = CLIPTextModel.from_pretrained(folder, torch_dtype=torch.float32, use_safetensors=True)
    except (OSError, ValueError, SafetensorError) as error:
        raise BadCheckpoint(f"the text encoder in {folder} cannot be loaded: {error}") from error
    with torch.inference_mode():
        state = encoder(torch.tensor([EMPTY_PROMPT])).last_hidden_state
    return torch.as_tensor(state).clone()


def _keep(context: Tensor, path: Path) -> None:
    try:
        write_tensors(path, {CONTEXT_KEY: context})
    except OutputError as error:
        # A shared, read-only model folder is a normal thing to have: the price is computing it again next time.
        log.warning("the empty prompt's embedding was computed but not kept: %s", error)
