"""One ComfyUI with every pack of others that is installed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..server import Server, Unavailable, missing, running
from .found import Pack, folders, found


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A ComfyUI with our pack among all others."""
    if reason := missing():
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:
        base = tmp_path_factory.mktemp("crowd")
        try:
            yield stack.enter_context(running(base, list(folders().values()), [Path(__file__).parent / "probe"]))
        except Unavailable as error:
            pytest.skip(str(error))


@pytest.fixture(scope="session")
def packs(crowd: Server) -> dict[str, Pack]:
    """What is known of each pack, by its name."""
    return found(crowd)
