"""The one ComfyUI that all tests of a session share; it starts when the first of them asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .comfyui.server import Server, missing, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if reason := missing():
        pytest.skip(reason)
    with running(tmp_path_factory.mktemp("comfyui")) as server:
        yield server
