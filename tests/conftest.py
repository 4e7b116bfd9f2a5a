"""The one ComfyUI that all tests share; it starts when the first of them asks for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from .comfyui.server import Server, Unavailable, missing, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if reason := missing():
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(running(tmp_path_factory.mktemp("comfyui")))
        except Unavailable as error:
            pytest.skip(str(error))
        yield server
