"""Finding weights: bundled, in ComfyUI's model folders, in the Hugging Face cache, or by download.

What can be downloaded is listed in published.json: one pinned commit each, with the size and SHA-256 of every file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import BadCheckpoint, ModelNotFound, OfflineError
from ..files import output_error

__all__ = ["BUNDLED", "NAMES", "Row", "download", "inventory", "locate", "model_folders"]

BUNDLED = {"mini": "sdpose_mini.safetensors", "diffpose-mini": "diffpose_mini.safetensors"}
NAMES = (*BUNDLED, "body", "wholebody")

_REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)

# Below ComfyUI's models folder: our own first, then where other packs and core keep the same weights, which are only
# read.
COMFYUI_FOLDERS = ("sdpose", "SDPose_OOD", "checkpoints", "diffusers", "diffusion_models")


@dataclass(frozen=True)
class Row:
    """One line of `sdpose models`.

    Attributes:
        name: what to pass to `load_model` or `load_diffpose`: a short name, or the path.
        layout: "folder" or "single".
        path: where it is, or None when it would be downloaded.
        size: bytes on disk, or of the download.
        note: where it comes from and under which licence.
    """

    name: str
    layout: str
    path: Path | None
    size: int
    note: str


@cache
def published() -> dict[str, Any]:
    """The table of what can be downloaded."""
    table: dict[str, Any] = json.loads(resources.files(__package__).joinpath("published.json").read_text("utf-8"))
    return table


def model_folders() -> list[Path]:
    """Folders that are searched for weights, the one to put them into by hand first.

    They are those in SDPOSE_MODELS (joined as in PATH), then the model folders of the ComfyUI that this copy is
    installed in as a pack, or that COMFYUI_DIR names.
    """
    folders = [Path(p) for p in os.environ.get("SDPOSE_MODELS", "").split(os.pathsep) if p]
    pack = Path(__file__).resolve().parents[2]
    roots = [pack.parent.parent] if pack.parent.name == "custom_nodes" else []
    if "COMFYUI_DIR" in os.environ:
        roots.append(Path(os.environ["COMFYUI_DIR"]))
    return folders + [root / "models" / name for root in roots for name in COMFYUI_FOLDERS]


def locate(source: str, folders: Sequence[Path] | None = None) -> Path:
    """Where the weights called `source` are, downloading published ones that are nowhere yet.

    Args:
        source: "mini", "body", "wholebody", or a path.
        folders: searched before anything is downloaded; default `model_folders()`.

    Raises:
        ModelNotFound: it is none of the names and no path.
        OfflineError: it would have to be downloaded and the network does not answer.
        BadCheckpoint: a download does not have the published checksum.
    """
    if source in BUNDLED:
        path = _bundled(source)
        if not path.is_file():
            raise ModelNotFound(f"the bundled weights {path} are missing: this installation is not whole")
        return path
    if source in NAMES:
        search = model_folders() if folders is None else folders
        return _local(source, search) or _cached(source) or download(source)
    if Path(source).exists():
        return Path(source)
    raise ModelNotFound(
        f"there is no model {source!r}: give one of {', '.join(NAMES)}, a model folder, or a .safetensors file"
    )


def _bundled(name: str) -> Path:
    return Path(str(resources.files(__package__).joinpath("bundled", BUNDLED[name])))


def _local(name: str, folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        for known in published()[name]["local_names"]:
            candidates: list[Path] = [folder / known, *sorted(folder.glob(f"*/{known}"))]
            for candidate in candidates:
                if candidate.is_file() or (candidate / "unet").is_dir():
                    return candidate
    return None


def _cached(name: str) -> Path | None:
    """The published files in the Hugging Face cache, if every one of them is there at the pinned commit."""
    from huggingface_hub import try_to_load_from_cache

    entry = published()[name]
    found = [try_to_load_from_cache(entry["repo"], file, revision=entry["revision"]) for file in entry["files"]]
    if not all(isinstance(path, str) for path in found):
        return None
    return _root(entry, Path(str(found[0])))


def _root(entry: dict[str, Any], first: Path) -> Path:
    """The path to load: the file of a single-file entry, else the folder that the relative names start from."""
    if entry["layout"] == "single":
        return first
    depth = str(next(iter(entry["files"]))).count("/")
    return first.parents[depth]


def download(name: str, into: Path | None = None) -> Path:
    """Fetch published weights with a progress bar, going on where an earlier attempt stopped, and check them.

    Args:
        name: an entry of published.json.
        into: a folder to put the files in; default the Hugging Face cache, shared by every program that uses it.

    Raises:
        OfflineError: the network does not answer; the message lists the files and where to put them by hand.
        OutputError: the disk is full or may not be written to.
        BadCheckpoint: a file does not have the published checksum; it is removed.
    """
    from huggingface_hub import hf_hub_download

    entry = published()[name]
    paths = []
    for file, facts in entry["files"].items():
        try:
            path = Path(hf_hub_download(entry["repo"], file, revision=entry["revision"], local_dir=into))
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _REFUSED:
                raise output_error(Path(error.filename or into or "the Hugging Face cache"), error) from error
            # huggingface_hub raises its own, httpx's and the system's errors here, all meaning that it did not come.
            raise OfflineError(_by_hand(name, entry, error)) from error
        _verify(path, facts)
        paths.append(path)
    return _root(entry, paths[0])


def _by_hand(name: str, entry: dict[str, Any], error: Exception) -> str:
    folder = next(iter(model_folders()), None)
    where = str(folder) if folder else "a folder that the environment variable SDPOSE_MODELS names"
    if entry["layout"] == "single":
        target = f"{where}, as {Path(next(iter(entry['files']))).name}"
    else:
        target = f"{where}, in a subfolder {entry['local_names'][0]} with these subfolders"
    reason = (str(error).strip().splitlines() or [""])[0]
    return (
        f"the weights of {name!r} are not on this machine and could not be downloaded ({type(error).__name__}: "
        f"{reason:.200}). Fetch {', '.join(entry['files'])} of {entry['repo']} at commit {entry['revision']} by other "
        f"means and put them into {target}; or try again online: a download goes on where it stopped"
    )


def _verify(path: Path, facts: dict[str, Any]) -> None:
    expected = facts.get("sha256")
    if expected is None:
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _digest(file)
    if digest != expected:
        path.resolve().unlink()  # in the cache a name is a link, and the content behind it would be used again
        path.unlink(missing_ok=True)
        raise BadCheckpoint(f"{path} has SHA-256 {digest}, the published file has {expected}; it was removed")


def _digest(file: Any) -> str:
    """hashlib.file_digest for Python 3.10."""
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def inventory(folders: Sequence[Path] | None = None) -> list[Row]:
    """What there is to load: bundled, published (here or to be downloaded), and files found in the model folders."""
    note = "bundled, MIT, trained by this project on drawn characters"
    bundled = {name: _bundled(name) for name in BUNDLED}
    rows = [Row(name, "single", path, _size(path), note) for name, path in bundled.items() if path.is_file()]
    search = model_folders() if folders is None else folders
    for name in (n for n in NAMES if n not in BUNDLED):
        entry = published()[name]
        place = _local(name, search) or _cached(name)
        total = _size(place) if place else sum(facts["size"] for facts in entry["files"].values())
        rows.append(Row(name, entry["layout"], place, total, f"{entry['repo']}, {entry['licence']}"))
    known = {row.path for row in rows}
    return rows + [row for row in _found(search) if row.path not in known]


def _found(folders: Sequence[Path]) -> Iterator[Row]:
    """Everything in the model folders that looks like SDPose or DiffPose by its name, or like SDPose by its parts."""
    for folder in folders:
        named = {path for name in ("sdpose", "diffpose") for path in folder.glob(f"*{name}*.safetensors")}
        for path in sorted(named):
            yield Row(str(path), "single", path, _size(path), "found by name")
        for path in sorted(p.parent for p in folder.glob("*/decoder/decoder.safetensors")):
            yield Row(str(path.parent), "folder", path.parent, _size(path.parent), "found by its parts")


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file())
