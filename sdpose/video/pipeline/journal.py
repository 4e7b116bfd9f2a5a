"""What a run has estimated so far, frame by frame, so that the next one goes on from there."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

import numpy as np

from ...errors import OutputError
from ...files import output_error
from ...poses import FloatArray, Poses
from ...topology import get

__all__ = ["Entry", "Journal"]

_FIELDS = ("points", "scores", "boxes", "box_scores", "track_ids")


class Entry(NamedTuple):
    """What is known of a frame.

    Attributes:
        poses: as the network found them: neither tracked nor steadied.
        found: boxes (N, 4) of its people as they were found, or None where the poses have them all.
    """

    poses: Poses
    found: FloatArray | None


class Journal:
    """A file of JSON lines: first what the poses depend on, then a line per frame, each written at once.

    Everything read back is what was written, to the last bit. A last line that was torn, because the machine stopped
    in the middle, is dropped.

    Args:
        path: the file; its folder exists.
        settings: everything that poses before tracking and steadying depend on, as plain JSON. A journal that was
            left by a run with others begins afresh.
        afresh: begin afresh in any case.

    Attributes:
        count: frames that an earlier run left.
        outdated: whether there was a journal with other settings.

    Raises:
        OutputError: the file cannot be written.
    """

    def __init__(self, path: Path, settings: Any, afresh: bool = False) -> None:
        self.path = path
        self._head = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        self.count, end, self.outdated = (0, 0, False) if afresh else self._scanned()
        try:
            self._file: IO[bytes] = path.open("r+b" if end else "wb")
            self._file.truncate(end)
            self._file.seek(end)
        except OSError as error:
            raise output_error(path, error) from error
        if not end:
            self._write({"settings": self._head})

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # each line was written when it came
            self._file.close()

    def entries(self) -> Iterator[Entry]:
        """What an earlier run left, in order."""
        with self.path.open("rb") as file:
            next(file)
            for _ in range(self.count):
                yield _entry(json.loads(next(file)))

    def add(self, entry: Entry) -> None:
        """Write down the next frame.

        Raises:
            OutputError: it cannot be written.
        """
        poses = entry.poses
        values = {name: getattr(poses, name) for name in _FIELDS} | {"found": entry.found}
        line = {name: None if value is None else value.tolist() for name, value in values.items()}
        self._write({"skeleton": poses.skeleton.name, "canvas_wh": poses.canvas_wh, **line})

    def _write(self, line: Any) -> None:
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise output_error(self.path, error) from error

    def _scanned(self) -> tuple[int, int, bool]:
        """How many frames there are, where the last one ends, and whether they are of another run."""
        try:
            with self.path.open("rb") as file:
                head = file.readline()
                if _parsed(head).get("settings") != self._head:
                    return 0, 0, True
                count, end = 0, len(head)
                for line in file:
                    if "points" not in _parsed(line):
                        break
                    count, end = count + 1, end + len(line)
                return count, end, False
        except FileNotFoundError:
            return 0, 0, False
        except OSError as error:
            raise OutputError(f"the journal {self.path} cannot be read ({error.strerror}): remove it") from error


def _parsed(line: bytes) -> dict[str, Any]:
    """A line of the journal; empty when it is torn or something else."""
    try:
        content = json.loads(line) if line.endswith(b"\n") else {}
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _entry(line: dict[str, Any]) -> Entry:
    skeleton = get(line["skeleton"])
    people, keypoints = len(line["points"]), len(skeleton)
    shapes = [(people, keypoints, 2), (people, keypoints), (people, 4), (people,), (people,)]
    values = {
        name: None if line[name] is None else np.reshape(np.array(line[name]), shape)
        for name, shape in zip(_FIELDS, shapes, strict=True)
    }
    found = None if line["found"] is None else np.reshape(np.array(line["found"], np.float64), (-1, 4))
    return Entry(Poses(skeleton=skeleton, canvas_wh=tuple(line["canvas_wh"]), **values), found)  # type: ignore[arg-type]
