"""From one published checkpoint layout to the other, tensor by tensor, in the dtype they are stored in."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadOption
from .checkpoints import EMBEDDING_FILE, full_names, open_checkpoint, write_folder, write_single_file
from .context import read_context
from .weights import locate

__all__ = ["convert"]


def convert(source: str | Path, destination: str | Path) -> Path:
    """Turn a model folder into a single file, or a single file into a model folder.

    Every tensor that both layouts hold comes back byte for byte when it is converted again. Text encoder,
    tokenizer and scheduler are not part of the network and are left behind; the empty prompt's embedding travels.

    Args:
        source: a folder in the published layout, a single .safetensors file, or a name `load_model` knows.
        destination: a path ending in .safetensors for a single file, any other for a folder.

    Returns:
        The destination.

    Raises:
        BadCheckpoint: the source is not SDPose or is damaged.
        BadOption: source and destination have the same layout.
        OutputError: the destination cannot be written; nothing half-written stays.
    """
    checkpoint = open_checkpoint(locate(str(source)))
    target = Path(destination)
    to_single = target.suffix == ".safetensors"
    if to_single == (checkpoint.layout == "single"):
        kind = "single file" if to_single else "folder"
        raise BadOption(f"{source} already is a {kind}; name a destination of the other layout")
    names = full_names(checkpoint.config)
    tensors = dict(checkpoint.read({name: shape for name, shape in names.items() if name in checkpoint.places}))
    beside = checkpoint.path / EMBEDDING_FILE
    context = read_context(beside) if beside.is_file() else checkpoint.context()
    (write_single_file if to_single else write_folder)(target, checkpoint.config, tensors, context)
    return target
