"""Keep poses: JSON files in ComfyUI's output folder, and back again from its input folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folder_paths
from comfy_api.latest import io
from typing_extensions import override

from ..sdpose.errors import BadKeypoints
from ..sdpose.files import write_json
from ..sdpose.formats import DIALECTS, PROFILES, is_animals, load_payload, recognise, save
from ..sdpose.formats.dialects import unpacked
from ..sdpose.formats.files import naming, wants_folder
from ..sdpose.formats.losses import written_for
from .progress import report, summary
from .sockets import PosesSocket, both_sides, poses_from_socket, poses_input, poses_to_socket
from .words import words

__all__ = ["LoadPoses", "SavePoses"]

SUBFOLDER = "poses"
"""Where Save Poses writes by default, and where Load Poses looks besides the input folder."""

FORMATS = [name for name, profile in PROFILES.items() if profile.kind in ("POSE_KEYPOINT", "file")]


class SavePoses(io.ComfyNode):
    """Poses to a JSON file, or to a folder with one for each frame."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_SavePoses")
        tip = text.inputs
        return io.Schema(
            node_id="SDPoseKit_SavePoses",
            display_name="Save Poses (JSON)",
            category="SDPose Kit/files",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                poses_input("poses", tooltip=tip["poses"]),
                io.String.Input("filename_prefix", default=f"{SUBFOLDER}/sdpose", tooltip=tip["filename_prefix"]),
                # Optional, as workflows of older versions do not have it.
                io.Combo.Input("format", FORMATS, default="core", optional=True, tooltip=tip["format"]),
            ],
            outputs=[io.String.Output("path", tooltip=text.outputs["path"])],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    @override
    def execute(cls, poses: Any, filename_prefix: str, format: str = "core") -> io.NodeOutput:
        animals = is_animals(poses)
        clip = [] if animals else poses_from_socket(poses)
        base = folder_paths.get_output_directory()
        folder, name, counter, _, _ = folder_paths.get_save_image_path(filename_prefix, base)
        ending = "" if wants_folder(format, len(clip)) else ".json"
        path = Path(folder, f"{name}_{counter:05}_{ending}")
        if animals:
            write_json(path, unpacked(poses))
        else:
            save(clip, path, format)
        about = "animals (AP-10K), as they came" if animals else written_for(clip, format)
        report(cls.hidden.unique_id, f"saved {path.name}, {about}")
        return io.NodeOutput(str(path))


class LoadPoses(io.ComfyNode):
    """A JSON file, or a folder with one for each frame, to poses."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_LoadPoses")
        tip = text.inputs
        # Optional, as workflows of older versions do not have them.
        about = {"optional": True, "advanced": True}
        side = {"default": 0, "min": 0, "max": 16384, **about}
        return io.Schema(
            node_id="SDPoseKit_LoadPoses",
            display_name="Load Poses (JSON)",
            category="SDPose Kit/files",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[
                io.Combo.Input("file", _listing(), tooltip=tip["file"]),
                io.Combo.Input("dialect", ["auto", *DIALECTS], default="auto", tooltip=tip["dialect"], **about),
                io.Int.Input("width", tooltip=tip["width"], **side),
                io.Int.Input("height", tooltip=tip["height"], **side),
            ],
            outputs=[PosesSocket.Output("poses", tooltip=text.outputs["poses"])],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    @override
    def validate_inputs(cls, file: str | None) -> bool | str:
        # Instead of ComfyUI's check against the list: what is in subfolders of input and output is welcome too.
        try:
            if file is not None:  # None while another node is still to say which
                _resolve(file)
        except BadKeypoints as error:
            return str(error)
        return True

    @classmethod
    @override
    def fingerprint_inputs(cls, file: str | None, **others: Any) -> Any:
        if file is None:  # another node says which
            return None
        path = _resolve(file)
        files = sorted(filter(Path.is_file, path.iterdir())) if path.is_dir() else [path]  # no links into nowhere
        facts = [(each.name, each.stat()) for each in files]
        return file, [(name, fact.st_mtime, fact.st_size) for name, fact in facts]

    @classmethod
    @override
    def execute(cls, file: str, dialect: str = "auto", width: int = 0, height: int = 0) -> io.NodeOutput:
        payload = load_payload(_resolve(file))
        if is_animals(payload):
            report(cls.hidden.unique_id, "animals (AP-10K), passed on as they are")
            return io.NodeOutput(payload)
        with naming(file):
            clip = poses_from_socket(payload, dialect, both_sides(width, height))
            came = recognise(payload) if dialect == "auto" else dialect
        report(cls.hidden.unique_id, f"{came}: {summary(clip)}")
        return io.NodeOutput(poses_to_socket(clip))


def _listing() -> list[str]:
    """What Load Poses offers. Names from the output folder carry ComfyUI's own mark for it."""
    saved = _pose_files(Path(folder_paths.get_output_directory(), SUBFOLDER))
    return _pose_files(Path(folder_paths.get_input_directory())) + [f"{SUBFOLDER}/{name} [output]" for name in saved]


def _pose_files(folder: Path) -> list[str]:
    """The JSON files of a folder, and its folders that have some."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if _is_json(path) or (path.is_dir() and _has_json(path)))


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json" and path.is_file()


def _has_json(folder: Path) -> bool:
    try:
        return any(_is_json(path) for path in folder.iterdir())
    except OSError:  # a folder that may not be looked into
        return False


def _resolve(file: str) -> Path:
    """The file or folder behind a name of the list; never one outside the folder it names, or that folder itself.

    Raises:
        BadKeypoints: it is somewhere else, or nowhere.
    """
    name, named_base = folder_paths.annotated_filepath(file)
    base = Path(named_base or folder_paths.get_input_directory()).resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base) or path == base or not path.exists():
        raise BadKeypoints(f"there is no pose file {name!r} in {base}. Put it there, or choose one from the list.")
    return path
