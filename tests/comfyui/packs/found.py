"""Which packs of others are here: where, in which version, and why one cannot be run."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ..server import Server, comfyui_dir

CORE = "core"
PACKS: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "packs.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Pack:
    """A pack of somebody else.

    Attributes:
        name: its folder in custom_nodes; `core` for ComfyUI's own nodes.
        title: what to call it.
        version: as it says itself.
        missing: why its nodes cannot be run here, and what to do; None when they can.
    """

    name: str
    title: str
    version: str
    missing: str | None = None


def folders() -> dict[str, Path]:
    """The packs that are installed: name -> folder."""
    comfyui = comfyui_dir()
    named = os.environ.get("COMFYUI_PACKS")
    where = Path(named) if named else comfyui / "custom_nodes" if comfyui else None
    found = {} if where is None else {name: (where / name).resolve() for name in PACKS}
    return {name: folder for name, folder in found.items() if (folder / "__init__.py").is_file()}


def found(server: Server) -> dict[str, Pack]:
    """Every pack of the table, as this server has it."""
    nodes = server.request("/object_info")
    here = folders()
    return {name: _pack(name, here.get(name), server, nodes) for name in PACKS}


def _pack(name: str, folder: Path | None, server: Server, nodes: dict[str, object]) -> Pack:
    title, sign = PACKS[name]["title"], PACKS[name]["sign"]
    if name == CORE:
        return Pack(name, title, server.request("/system_stats")["system"]["comfyui_version"])
    if folder is None:
        return Pack(name, title, "", f"NO {name}: install it in custom_nodes, or set COMFYUI_PACKS to where it is")
    described = (folder / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version\s*=\s*"([^"]+)"', described, flags=re.MULTILINE)
    assert version is not None, f"{name} does not say its version"
    if sign in nodes:
        return Pack(name, title, version[1])
    said = re.search(rf"Cannot import \S*/{re.escape(name)} module for custom nodes: (.*)", server.log)
    reason = said[1] if said else f"its node {sign} is not there, ComfyUI's log says why"
    return Pack(name, title, version[1], f"{name} CANNOT BE LOADED: install its requirements.txt ({reason})")
