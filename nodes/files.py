"""Keep poses: JSON files in ComfyUI's output folder, and back again from its input folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import folder_paths
from comfy_api.latest import io
from typing_extensions import override

from ..sdpose.errors import BadKeypoints
from ..sdpose.files import write_json
from .progress import report
from .sockets import PosesSocket, poses_from_socket, poses_to_socket
from .words import words

__all__ = ["LoadPoses", "SavePoses"]

SUBFOLDER = "poses"
"""Where Save Poses writes by default, and where Load Poses looks besides the input folder."""


class SavePoses(io.ComfyNode):
    """Poses to a JSON file."""

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
                PosesSocket.Input("poses", tooltip=tip["poses"]),
                io.String.Input("filename_prefix", default=f"{SUBFOLDER}/sdpose", tooltip=tip["filename_prefix"]),
            ],
            outputs=[io.String.Output("path", tooltip=text.outputs["path"])],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    @override
    def execute(cls, poses: Any, filename_prefix: str) -> io.NodeOutput:
        frames = poses_to_socket(poses_from_socket(poses))
        base = folder_paths.get_output_directory()
        folder, name, counter, _, _ = folder_paths.get_save_image_path(filename_prefix, base)
        path = Path(folder, f"{name}_{counter:05}_.json")
        write_json(path, frames)
        report(cls.hidden.unique_id, f"saved {path.name}")
        return io.NodeOutput(str(path))


class LoadPoses(io.ComfyNode):
    """A JSON file to poses."""

    @classmethod
    @override
    def define_schema(cls) -> io.Schema:
        text = words("SDPoseKit_LoadPoses")
        return io.Schema(
            node_id="SDPoseKit_LoadPoses",
            display_name="Load Poses (JSON)",
            category="SDPose Kit/files",
            description=text.description,
            search_aliases=text.search_aliases,
            inputs=[io.Combo.Input("file", _listing(), tooltip=text.inputs["file"])],
            outputs=[PosesSocket.Output("poses", tooltip=text.outputs["poses"])],
        )

    @classmethod
    @override
    def validate_inputs(cls, file: str | None) -> bool | str:
        # Instead of ComfyUI's check against the list: files in subfolders of input and output are welcome too.
        try:
            if file is not None:  # None while another node is still to say which
                _resolve(file)
        except BadKeypoints as error:
            return str(error)
        return True

    @classmethod
    @override
    def fingerprint_inputs(cls, file: str | None) -> Any:
        if file is None:  # another node says which
            return None
        facts = _resolve(file).stat()
        return file, facts.st_mtime, facts.st_size

    @classmethod
    @override
    def execute(cls, file: str) -> io.NodeOutput:
        try:
            frames = json.loads(_resolve(file).read_text(encoding="utf-8"))
        except ValueError as error:  # text that is not UTF-8, or not JSON
            raise BadKeypoints(f"{file} is not JSON: {error}. Choose a pose file, as Save Poses writes it.") from error
        return io.NodeOutput(poses_to_socket(poses_from_socket(frames)))


def _listing() -> list[str]:
    """What Load Poses offers. Names from the output folder carry ComfyUI's own mark for it."""
    saved = _json_files(Path(folder_paths.get_output_directory(), SUBFOLDER))
    return _json_files(Path(folder_paths.get_input_directory())) + [f"{SUBFOLDER}/{name} [output]" for name in saved]


def _json_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix.lower() == ".json") if folder.is_dir() else []


def _resolve(file: str) -> Path:
    """The file behind a name of the list; never one outside the folder it names.

    Raises:
        BadKeypoints: it is somewhere else, or nowhere.
    """
    name, named_base = folder_paths.annotated_filepath(file)
    base = Path(named_base or folder_paths.get_input_directory()).resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base) or not path.is_file():
        raise BadKeypoints(f"there is no pose file {name!r} in {base}. Put it there, or choose one from the list.")
    return path
