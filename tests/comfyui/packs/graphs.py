"""Parts of the graphs between our nodes and those of others, and what came of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from sdpose import Poses, formats

from ..prompts import node, picture
from ..server import Server

Nodes = dict[str, dict[str, Any]]
Link = list[Any]
PREVIEW, SHOW = "PreviewImage", "SDPoseKitProbe_ShowValue"


class Failed(Exception):
    """A graph ended badly; the message says which node said what."""


def run(server: Server, prompt: Nodes) -> dict[str, Any]:
    """Run a prompt to its good end; outputs by node id. Raises Failed."""
    entry = server.wait(server.queue(prompt))
    for kind, said in entry["status"]["messages"]:
        if kind == "execution_error":
            error = said["exception_type"].rpartition(".")[2]
            raise Failed(f"{said['node_type']}: {error}: {said['exception_message'].strip()}")
    assert entry["status"]["status_str"] == "success", entry["status"]
    looked_at = [name for name, each in prompt.items() if each["class_type"] in (PREVIEW, SHOW)]
    if blocked := [name for name in looked_at if name not in entry["outputs"]]:
        raise Failed(f"{', '.join(blocked)}: Blocked: nothing came out")
    return entry["outputs"]


def within(name: str, nodes: Nodes) -> Nodes:
    """Nodes under names of their own, so that they can share a graph with others; links to others stay."""

    def link(value: Any) -> Any:
        return [f"{name}: {value[0]}", value[1]] if isinstance(value, list) and value[0] in nodes else value

    renamed = {}
    for key, each in nodes.items():
        inputs = {input_: link(value) for input_, value in each["inputs"].items()}
        renamed[f"{name}: {key}"] = each | {"inputs": inputs}
    return renamed


def apart(name: str, outputs: dict[str, Any]) -> dict[str, Any]:
    """The outputs of the nodes of one name, by their own."""
    mine = f"{name}: "
    return {key.removeprefix(mine): each for key, each in outputs.items() if key.startswith(mine)}


def value(payload: Any) -> dict[str, Any]:
    """A value as it is, of any type."""
    return node("SDPoseKitProbe_Value", text=json.dumps(payload))


def poses_of(clip: list[Poses]) -> dict[str, Any]:
    """Poses as our own nodes hand them on."""
    return value(formats.write(clip))


def show(link: Link) -> dict[str, Any]:
    return node(SHOW, value=link)


def preview(link: Link) -> dict[str, Any]:
    return node(PREVIEW, images=link)


def pictures(server: Server, outputs: dict[str, Any], name: str) -> list[np.ndarray]:
    """What a `preview` of that name has seen: (H, W, 3) uint8 each."""
    return [picture(server, description)[..., :3] for description in outputs[name]["images"]]


def shown(outputs: dict[str, Any], name: str) -> Any:
    """What a `show` of that name has seen; a list of it when it saw several."""
    values = [json.loads(text) for text in outputs[name]["json"]]
    return values[0] if len(values) == 1 else values


def convert(link: Link, profile: str = "core", **options: Any) -> dict[str, Any]:
    own = {"dialect": "auto", "scores": "as the profile does", "threshold": -1, "width": 0, "height": 0}
    return node("SDPoseKit_ConvertPoses", poses=link, profile=profile, **own | options)


def skeleton(link: Link, size_wh: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    """Our own picture of poses; of a size that some dialects do not say."""
    look = {"style": "dwpose", "threshold": 0.3, "body": True, "feet": "off", "hands": True, "face": True}
    size = {"width": size_wh[0], "height": size_wh[1], "stick_width": 0, "scale": 1.0, "opacity": 1.0}
    return node("SDPoseKit_RenderSkeleton", poses=link, **look, **size)


def one_person(link: Link) -> dict[str, Any]:
    return node("SDPoseKit_SelectPeople", poses=link, **{"rule": "largest", "rule.count": 1})


def one_frame(link: Link) -> dict[str, Any]:
    return node("SDPoseKit_PickFrame", poses=link, index=0)


@cache
def _inputs(server: Server, kind: str) -> dict[str, Any]:
    return server.request(f"/object_info/{kind}")[kind]["input"]


def defaults(server: Server, kind: str, **given: Any) -> dict[str, Any]:
    """A node of another pack with its own defaults, and what is given."""
    inputs = _inputs(server, kind)
    filled = {}
    for name, (type_, *options) in (inputs.get("required", {}) | inputs.get("optional", {})).items():
        chosen = type_ if isinstance(type_, list) else (options or [{}])[0].get("options")
        default = (options or [{}])[0].get("default")
        if chosen:
            filled[name] = chosen[0] if default is None else default
        elif default is not None and type_ in ("INT", "FLOAT", "BOOLEAN", "STRING"):
            filled[name] = default
        elif type_ == "STRING":
            filled[name] = ""
    return node(kind, **filled | given)
