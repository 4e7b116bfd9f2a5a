"""A real ComfyUI with the pack in it, as a process of its own, for tests that need one."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACK = "sdpose-kit"
PROBE = "sdposekit-probe"
START_SECONDS = 120


def comfyui_dir() -> Path | None:
    """Where ComfyUI is: $COMFYUI_DIR, else above custom_nodes when the pack sits there, else ~/ComfyUI."""
    named = os.environ.get("COMFYUI_DIR")
    candidates = [Path(named)] if named else [ROOT.parents[1], Path.home() / "ComfyUI"]
    return next((path for path in candidates if (path / "comfy_extras").is_dir()), None)


def missing() -> str | None:
    """Why no ComfyUI can be started here, or None when one can."""
    if comfyui_dir() is None:
        return "NO COMFYUI: set COMFYUI_DIR to a ComfyUI checkout to run these tests"
    needed = ("aiohttp", "alembic", "comfy_kitchen", "comfyui_frontend_package", "transformers")
    if lacking := [name for name in needed if importlib.util.find_spec(name) is None]:
        return f"COMFYUI CANNOT START: install its requirements.txt ({', '.join(lacking)} missing)"
    return None


class Unavailable(Exception):
    """ComfyUI itself does not start here, with or without the pack."""


class Refused(Exception):
    """ComfyUI answered a request with an error; the message is its answer."""


class Server:
    """A running ComfyUI.

    Attributes:
        base: its folder for models, input, output, user and custom_nodes.
        url: where it answers.
        pid: its process.
    """

    def __init__(self, base: Path, url: str, log: Path, pid: int) -> None:
        self.base, self.url, self._log, self.pid = base, url, log, pid

    @property
    def log(self) -> str:
        """Everything it has said so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def request(self, path: str, data: Any = None, raw: bool = False) -> Any:
        """GET, or POST `data` as JSON; the answer as JSON, or as bytes."""
        body = None if data is None else json.dumps(data).encode()
        headers = {"Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, body, headers), timeout=60) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode()) from error
        return content if raw else json.loads(content or b"null")

    def queue(self, prompt: dict[str, Any]) -> str:
        """Start a prompt in API format; its id. Every node of it has to be valid."""
        answer = self.request("/prompt", {"prompt": prompt})
        assert not answer["node_errors"], answer["node_errors"]
        return answer["prompt_id"]

    def wait(self, prompt_id: str, seconds: float = 120) -> dict[str, Any]:
        """The history of a prompt once it has ended, well or badly."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if entry := self.request(f"/history/{prompt_id}").get(prompt_id):
                return entry
            time.sleep(0.05)
        raise AssertionError(f"the prompt did not end in {seconds} s; the log ends:\n{self.log[-3000:]}")

    def run(self, prompt: dict[str, Any]) -> dict[str, Any]:
        """Run a prompt to its good end; outputs by node id."""
        entry = self.wait(self.queue(prompt))
        assert entry["status"]["status_str"] == "success", entry["status"]["messages"][-1]
        return entry["outputs"]

    def image(self, description: dict[str, str]) -> bytes:
        """The file of a picture that an output describes."""
        query = "&".join(f"{key}={description[key]}" for key in ("filename", "subfolder", "type"))
        return self.request(f"/view?{query}", raw=True)


@contextlib.contextmanager
def running(base: Path, packs: Sequence[Path] = (), probes: Sequence[Path] = ()) -> Iterator[Server]:
    """A ComfyUI on the CPU with this pack and the probe pack of the tests, ended on leaving.

    Args:
        base: where its folders are made.
        packs: other packs' folders, brought in by links.
        probes: further probe packs, which are copied.
    """
    comfyui = comfyui_dir()
    assert comfyui is not None
    for folder in ("custom_nodes", "input", "output", "temp", "user", "models"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    (base / "custom_nodes" / PACK).symlink_to(ROOT, target_is_directory=True)
    for pack in packs:
        (base / "custom_nodes" / pack.name).symlink_to(pack, target_is_directory=True)
    probed = {PROBE: Path(__file__).parent / "probe"} | {f"{PROBE}-{probe.parent.name}": probe for probe in probes}
    for name, probe in probed.items():
        shutil.copytree(probe, base / "custom_nodes" / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, str(comfyui / "main.py"), "--cpu", "--port", str(port), "--disable-api-nodes"),
        *("--base-directory", str(base), "--user-directory", str(base / "user")),
        *("--disable-all-custom-nodes", "--whitelist-custom-nodes", PACK, *probed, *(pack.name for pack in packs)),
        *("--database-url", "sqlite:///:memory:"),
    ]
    log = base / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=base, stdout=output, stderr=subprocess.STDOUT)
    server = Server(base, f"http://127.0.0.1:{port}", log, process.pid)
    try:
        _await_answer(server, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_answer(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            server.request("/system_stats")
            return
        time.sleep(0.2)
    if process.poll() is not None and PACK not in server.log:
        # It ended before it came to any pack, e.g. because its own requirements do not fit each other.
        raise Unavailable(f"COMFYUI CANNOT START BY ITSELF: {server.log.strip().splitlines()[-1]}")
    raise AssertionError(f"ComfyUI did not start:\n{server.log[-5000:]}")


def api_format(workflow: dict[str, Any], object_info: dict[str, Any]) -> dict[str, Any]:
    """A saved workflow as the prompt that the page would send (for workflows without subgraphs or muted nodes)."""
    origin = {link[0]: [str(link[1]), link[2]] for link in workflow["links"]}
    prompt = {}
    for node in workflow["nodes"]:
        if node["type"] in object_info:  # notes and groups exist on the page only
            inputs = _widget_values(node, object_info[node["type"]])
            inputs |= {slot["name"]: origin[slot["link"]] for slot in node["inputs"] if slot.get("link") is not None}
            prompt[str(node["id"])] = {"class_type": node["type"], "inputs": inputs}
    return prompt


def _widget_values(node: dict[str, Any], info: dict[str, Any]) -> dict[str, Any]:
    values = iter(node.get("widgets_values") or [])
    specs = info["input"].get("required", {}) | info["input"].get("optional", {})
    found = {}
    for name in [slot["name"] for slot in node["inputs"] if "widget" in slot]:
        found[name] = next(values)
        if name in specs and specs[name][1].get("control_after_generate"):  # others belong to an option of a combo
            next(values)  # the page keeps what happens to a seed after a run beside the seed
    return found
