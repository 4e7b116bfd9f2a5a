"""One ComfyUI for all tests of a session."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from .server import Server, missing, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Server]:
    if reason := missing():
        pytest.skip(reason)
    with running(tmp_path_factory.mktemp("comfyui")) as server:
        yield server
