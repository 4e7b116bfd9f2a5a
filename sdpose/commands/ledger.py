"""What a run over many inputs has finished, so that the next run goes on from there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..files import stamp, write_json
from . import console
from .inputs import Item

__all__ = ["Ledger"]


class Ledger:
    """One JSON file per finished input, in a folder beside the results.

    Args:
        folder: where they are kept, inside the folder of the results.
        settings: everything the results depend on, as plain JSON. When the folder was left by a run with others,
            it is emptied, with a message.
        afresh: empty it in any case.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], afresh: bool = False) -> None:
        self._folder = folder
        record = folder / "settings.json"
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        if record.is_file() and (afresh or _read(record).get("digest") != digest):
            if not afresh:
                console.warn("The settings are not those of the run before: starting over.")
            for old in folder.glob("*.json"):
                old.unlink()
        write_json(record, {"digest": digest, "settings": settings}, indent=1)

    def frames(self, item: Item) -> list[dict[str, Any]] | None:
        """The OpenPose frames of a finished item, or None when it is not, has changed, or lost its results."""
        entry = _read(self._path(item))
        if entry.get("source") != _source(item) or not all(
            (self._folder.parent / name).is_file() for name in entry["results"]
        ):
            return None
        frames: list[dict[str, Any]] = entry["frames"]
        return frames

    def add(self, item: Item, frames: list[dict[str, Any]], results: list[Path]) -> None:
        """Record a finished item: its OpenPose frames, and the files that were written for it."""
        names = [path.name for path in results]
        write_json(self._path(item), {"source": _source(item), "results": names, "frames": frames})

    def _path(self, item: Item) -> Path:
        return self._folder / f"item-{item.name}.json"


def _source(item: Item) -> Any:
    """The stamp of an item's file, as it comes back from JSON."""
    return json.loads(json.dumps(stamp(item.path)))


def _read(path: Path) -> dict[str, Any]:
    """A file of the ledger; empty when there is none, or when it is not one, which means the work is done again."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
