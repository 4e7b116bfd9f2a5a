"""What the pack is from outside: what importing it costs, and what every node promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..comfyui.server import ROOT, comfyui_dir

INVENTORY = Path(__file__).with_name("inventory.json")
NODE_IDS = sorted(path.stem for path in (ROOT / "web" / "docs").glob("*.md"))


GROUPS = ("required", "optional")
FILE_LISTS = ("model", "detector", "file")
"""Inputs whose options are the files that happen to be there."""


def slot(name, info):
    """What a saved workflow depends on: the type and, for a widget, its default and limits."""
    kind, options = info[0], info[1] if len(info) > 1 else {}
    kept = {key: options[key] for key in ("default", "min", "max", "step") if key in options}
    if kind == "COMBO" and name not in FILE_LISTS:
        kept["options"] = options["options"]
    if kind == "COMFY_DYNAMICCOMBO_V3":
        kept["options"] = {option["key"]: slots(option["inputs"]) for option in options["options"]}
    if kind == "COMFY_AUTOGROW_V3":
        template = options["template"]
        kept["template"] = slots(template["input"]) | {key: template[key] for key in ("prefix", "min", "max")}
    return {"type": kind, **kept}


def slots(inputs):
    """The inputs of a node, or of an option of a combo."""
    return {group: {name: slot(name, entry) for name, entry in inputs.get(group, {}).items()} for group in GROUPS}


def inventory(nodes):
    """Node ids, inputs and outputs, as they are now."""
    found = {}
    for node_id, node in sorted(nodes.items()):
        info = node.GET_NODE_INFO_V1()
        found[node_id] = slots(info["input"]) | {"outputs": dict(zip(info["output_name"], info["output"], strict=True))}
    return found


def every_input(schema):
    """The inputs, those inside the options of a combo too; one that grows into several counts once."""
    return [slot for outer in schema.inputs for slot in ([outer] if hasattr(outer, "template") else outer.get_all())]


def test_saved_workflows_keep_working(pack):
    """Removing or renaming a node or an input breaks what people have saved. When it is meant, write the new
    inventory with UPDATE_INVENTORY=1 and say so in the change."""
    now = inventory(pack.nodes)
    if os.environ.get("UPDATE_INVENTORY"):
        INVENTORY.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
    assert now == json.loads(INVENTORY.read_text(encoding="utf-8"))


def test_every_node_is_explained(pack):
    words = json.loads((ROOT / "nodes" / "words.json").read_text(encoding="utf-8"))
    assert sorted(pack.nodes) == NODE_IDS == sorted(words)
    for node_id, node in pack.nodes.items():
        schema = node.GET_SCHEMA()
        assert schema.category.startswith("SDPose Kit/") and schema.description and schema.search_aliases
        inputs = every_input(schema)
        assert {slot.id for slot in inputs} == set(words[node_id]["inputs"])
        assert {slot.id for slot in schema.outputs} == set(words[node_id]["outputs"])
        assert all(slot.tooltip for slot in (*inputs, *schema.outputs))


@pytest.mark.parametrize("node_id", NODE_IDS)
def test_help_page_tells_of_every_input_and_output(pack, node_id):
    page = (ROOT / "web" / "docs" / f"{node_id}.md").read_text(encoding="utf-8")
    schema = pack.nodes[node_id].GET_SCHEMA()
    assert page.startswith(f"# {schema.display_name}\n")
    assert [slot.id for slot in (*every_input(schema), *schema.outputs) if f"**{slot.id}**" not in page] == []


def test_node_ids_are_literal(pack):
    """The registry's index reads the source; it does not run it."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "nodes").glob("*.py"))
    assert all(f'node_id="{node_id}"' in source for node_id in pack.nodes)


IMPORT = """
import socket, sys
def refuse(*_): raise AssertionError("the pack went to the network")
socket.socket.connect = socket.getaddrinfo = refuse
import asyncio, importlib.util, logging, warnings
sys.path.append(sys.argv.pop(1))
root = sys.argv.pop(1)
from comfy.cli_args import args
args.cpu = True
import comfy.model_management, comfy.model_patcher, comfy.ops, comfy_api.latest, comfy_extras.nodes_lotus
before = set(sys.modules)
path = list(sys.path)
said = []
class Listener(logging.Handler):
    def emit(self, record): said.append(record.getMessage())
logging.getLogger().addHandler(Listener(logging.WARNING))
warnings.simplefilter("error")
spec = importlib.util.spec_from_file_location("/packs/sdpose-kit", root + "/__init__.py")
module = importlib.util.module_from_spec(spec)
sys.modules["/packs/sdpose-kit"] = module
spec.loader.exec_module(module)
async def load():
    extension = await module.comfy_entrypoint()
    await extension.on_load()
    return [node.GET_SCHEMA().node_id for node in await extension.get_node_list()]
assert len(asyncio.run(load())) > 5
heavy = {"ultralytics", "diffusers", "accelerate", "matplotlib", "mmcv", "mmpose", "mmdet", "mmengine", "onnxruntime"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert "cv2" not in set(sys.modules) - before
assert not said, said
assert sys.path == path
"""


def test_importing_is_cheap_quiet_and_offline(pack):
    command = [sys.executable, "-c", IMPORT, str(comfyui_dir()), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
