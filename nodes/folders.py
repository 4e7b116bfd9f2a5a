"""Where models lie: the pack's own folder, and the folders of other packs, which are only read.

Everything is listed as `folder/name`, so that two files of one name stay apart, and a label is looked up in the
listing again before use: no path that a user types ever reaches the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import folder_paths

from ..sdpose import files
from ..sdpose.detect import DEFAULT_WEIGHTS, download_weights
from ..sdpose.errors import BadCheckpoint, ModelNotFound
from ..sdpose.files import Stamp
from ..sdpose.models.checkpoints import EMBEDDING_FILE
from ..sdpose.models.diffpose import is_diffpose
from ..sdpose.models.weights import locate

__all__ = [
    "BUNDLED",
    "BUNDLED_DIFFPOSE",
    "DEFAULT_WEIGHTS",
    "OWN",
    "detector_path",
    "detectors",
    "diffpose_path",
    "diffposes",
    "fingerprint",
    "model_path",
    "models",
    "register_all",
    "stamp",
]

OWN = "sdpose"
"""The pack's own folder, `models/sdpose`; the only one it writes to."""

BUNDLED = "mini (bundled)"
_NAMED = {BUNDLED: "mini", "body (published, 17 points)": "body", "wholebody (published, 133 points)": "wholebody"}

BUNDLED_DIFFPOSE = "diffpose-mini (bundled)"
_NAMED_DIFFPOSE = {BUNDLED_DIFFPOSE: "diffpose-mini"}

_WEIGHTS = frozenset({".safetensors", ".sft"})
_ULTRALYTICS = frozenset({".pt"})

_MODEL_FOLDERS = (OWN, "SDPose_OOD", "diffusers", "checkpoints", "diffusion_models")
_DETECTOR_FOLDERS = (OWN, "ultralytics_bbox", "ultralytics", "yolo", "detection")

# Folder name -> (directory below models/, extensions). The names are those that other packs registered first: the
# Impact Subpack for ultralytics, the SDPose-OOD pack for its own and yolo, ComfyUI itself for detection.
_REGISTERED = {
    OWN: ("sdpose", _WEIGHTS | _ULTRALYTICS),
    "SDPose_OOD": ("SDPose_OOD", _WEIGHTS),
    "ultralytics_bbox": ("ultralytics/bbox", _ULTRALYTICS),
    "ultralytics": ("ultralytics", _ULTRALYTICS),
    "yolo": ("yolo", _ULTRALYTICS),
    "detection": ("detection", _ULTRALYTICS),
}


def register_all() -> None:
    """Make our folder names known to ComfyUI, beside whatever the user or another pack registered under them."""
    for name, (directory, extensions) in _REGISTERED.items():
        _, known = folder_paths.folder_names_and_paths.get(name, ([], extensions))
        folder_paths.add_model_folder_path(name, str(Path(folder_paths.models_dir, directory)))
        paths, _ = folder_paths.folder_names_and_paths[name]
        # None at all means every file to ComfyUI: adding ours would hide the files of whoever registered the name.
        folder_paths.folder_names_and_paths[name] = (paths, set(known) | extensions if known else set())


def models() -> dict[str, str]:
    """What Load SDPose Model offers: label -> path, or the name of weights that may have to be downloaded."""
    found = dict(_NAMED)
    for name in _MODEL_FOLDERS:
        layouts = dict(_published_folders(name))
        found |= {f"{name}/{folder}": str(path) for folder, path in layouts.items()}
        for file, path in _weights(name, "sdpose"):
            other = Path(file).name == EMBEDDING_FILE or Path(file).parts[0] in layouts or _is_diffpose(path)
            if not other:
                found[f"{name}/{file}"] = path
    return found


def diffposes() -> dict[str, str]:
    """What Load DiffPose Model offers: label -> path, or the name of bundled weights.

    In folders that others use as well, only files that say so in their name are opened to see what they hold.
    """
    places = ((name, *place) for name in _MODEL_FOLDERS for place in _weights(name, "diffpose"))
    return _NAMED_DIFFPOSE | {f"{name}/{file}": path for name, file, path in places if _is_diffpose(path)}


def detectors() -> dict[str, str]:
    """What Load Person Detector offers: label -> weights file, the default first even before it is downloaded."""
    found: dict[str, str] = {}
    for name in _DETECTOR_FOLDERS:
        for file in _files(name, _ULTRALYTICS):
            path = folder_paths.get_full_path_or_raise(name, file)
            if path not in found.values():  # ultralytics and ultralytics_bbox overlap
                found[f"{name}/{file}"] = path
    local = (path for path in found.values() if Path(path).name == DEFAULT_WEIGHTS)
    download = str(Path(folder_paths.get_folder_paths(OWN)[0], DEFAULT_WEIGHTS))
    return {DEFAULT_WEIGHTS: next(local, download)} | found


def model_path(label: str) -> Path:
    """The SDPose folder or file behind a label, downloading published weights that are nowhere yet.

    Raises:
        ModelNotFound: there is none, or (OfflineError) it could not be downloaded.
    """
    search = [Path(path) for name in _MODEL_FOLDERS for path in folder_paths.get_folder_paths(name)]
    return locate(_resolve(label, models()), search)


def diffpose_path(label: str) -> Path:
    """The DiffPose file behind a label. Raises ModelNotFound when there is none."""
    return locate(_resolve(label, diffposes()))


def detector_path(label: str) -> Path:
    """The weights file behind a label, downloading the default when it is nowhere yet.

    Raises:
        ModelNotFound: there is none, or (OfflineError) it could not be downloaded.
        MissingDependency: a download needs Ultralytics, which is not installed.
    """
    path = Path(_resolve(label, detectors()))
    return path if path.is_file() else download_weights(path.name, path.parent)


def fingerprint(label: str) -> Stamp:
    """Changes when the model behind a label, of either kind, does, so that ComfyUI loads it again."""
    source = _resolve(label, models() | diffposes())
    named = label in _NAMED or label in _NAMED_DIFFPOSE
    return (source, ()) if named else stamp(Path(source))  # a name is no path: it may be yet to download


def stamp(path: Path) -> Stamp:
    """See `sdpose.files.stamp`; the empty prompt's embedding is a constant, and the first load may put it there."""
    return files.stamp(path, ignored=(EMBEDDING_FILE,))


def _resolve(label: str, listing: Mapping[str, str]) -> str:
    if label not in listing:
        raise ModelNotFound(
            f"{label!r} is not among the models that ComfyUI finds. Put the file into "
            f"{folder_paths.get_folder_paths(OWN)[0]}, or choose another; R refreshes the lists."
        )
    return listing[label]


def _published_folders(name: str) -> Iterator[tuple[str, Path]]:
    """Folders in the published layout, `unet` beside `decoder`, directly below a registered one."""
    for base in map(Path, folder_paths.get_folder_paths(name)):
        for folder in sorted(base.iterdir()) if base.is_dir() else ():
            if (folder / "unet").is_dir() and (folder / "decoder").is_dir():
                yield folder.name, folder


def _weights(name: str, word: str) -> Iterator[tuple[str, str]]:
    """Single files of a registered folder and their paths: all of our own, of others those with a word in the name."""
    for file in _files(name, _WEIGHTS):
        if name == OWN or word in file.lower():
            yield file, folder_paths.get_full_path_or_raise(name, file)


def _is_diffpose(path: str) -> bool:
    return _holds_diffpose(stamp(Path(path)))


@lru_cache(maxsize=1024)
def _holds_diffpose(state: Stamp) -> bool:
    """Whether a file is DiffPose, asked once for each of its states: the lists are made anew again and again."""
    try:
        return is_diffpose(Path(state[0]))
    except BadCheckpoint:  # damaged, or no weights at all: who loads it is told
        return False


def _files(name: str, extensions: frozenset[str]) -> list[str]:
    return [file for file in folder_paths.get_filename_list(name) if Path(file).suffix.lower() in extensions]
