"""The pack as ComfyUI loads it, under a name of its own, in the process of the tests."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ..comfyui.server import ROOT, comfyui_dir, missing

NAME = "/somewhere/custom_nodes/sdpose_x_kit"
"""ComfyUI names a pack after its path, with dots replaced."""


class Pack:
    """The loaded pack.

    Attributes:
        nodes: node id -> class.
        loaded: modules that were imported on the way.
    """

    def __init__(self, base: Path) -> None:
        before = set(sys.modules)
        spec = importlib.util.spec_from_file_location(NAME, ROOT / "__init__.py")
        self.module = sys.modules[NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self.nodes = {node.GET_SCHEMA().node_id: node for node in asyncio.run(self._nodes())}
        self.loaded = set(sys.modules) - before
        self.base = base

    async def _nodes(self) -> list[Any]:
        extension = await self.module.comfy_entrypoint()
        await extension.on_load()
        return await extension.get_node_list()

    def part(self, name: str) -> ModuleType:
        """A module of the pack: "nodes.sockets", "sdpose.poses"."""
        return importlib.import_module(f".{name}", NAME)

    def run(self, node_id: str, **inputs: Any) -> tuple[Any, ...]:
        """Execute one node; its outputs."""
        return self.nodes[node_id].PREPARE_CLASS_CLONE(None).EXECUTE_NORMALIZED(**inputs).result


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    if reason := missing():
        pytest.skip(reason)
    base = tmp_path_factory.mktemp("base")
    # At the end: `nodes`, `utils` and `tests` of ComfyUI must not come before anything that has the same name here.
    sys.path.append(str(comfyui_dir()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ComfyUI's own, while it is imported
        try:
            _point_comfyui_at(base)
        except (ImportError, OSError, RuntimeError) as error:  # before anything of the pack is touched
            pytest.skip(f"COMFYUI CANNOT BE IMPORTED: {error}")
        loaded = Pack(base)
    yield loaded
    sys.path.remove(str(comfyui_dir()))


@pytest.fixture(scope="session")
def diffpose_file(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained DiffPose that sees one frame on either side, a few layers small."""
    import torch

    models = pack.part("sdpose.models")
    sizes = {"stem": (8, 8, 8, 8), "width": 16, "depth": 2, "heads": 2, "channels": (16, 8, 8), "time_width": 8}
    sizes |= {"strl_width": 16, "strl_depth": 1, "strl_heads": 2, "delta": 1}
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("diffpose") / "random.safetensors"
    models.save_diffpose(models.build_diffpose(models.DiffPoseConfig.mini(**sizes)), path)
    return path


@pytest.fixture
def cancelled(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AbstractContextManager[None]]:
    """`with cancelled(at=3)`: Cancel is pressed when a node asks for the third time, and ends what runs there and then.

    Layers of ComfyUI ask as well; they are kept from it, so that only what the pack asks is counted.
    """
    import comfy.model_management as management

    @contextmanager
    def pressed(at: int) -> Iterator[None]:
        asked = 0

        def interrupt() -> None:
            nonlocal asked
            asked += 1
            if asked == at:
                raise management.InterruptProcessingException

        monkeypatch.setattr(management, "throw_exception_if_processing_interrupted", interrupt)
        monkeypatch.setattr("comfy.ops.run_every_op", lambda: None)
        with pytest.raises(management.InterruptProcessingException):
            yield
        assert asked == at

    return pressed


def _point_comfyui_at(base: Path) -> None:
    """Set what the command line would set, before anything reads it."""
    from comfy.cli_args import args

    args.cpu = True
    args.base_directory = str(base)
    import comfy.model_management
    import comfy.model_patcher  # noqa: F401
    import comfy_api.latest  # noqa: F401
    import comfy_extras.nodes_lotus  # noqa: F401
    import folder_paths

    for folder in ("input", "output", "temp", "models/sdpose", "models/checkpoints"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    assert folder_paths.base_path == str(base)
