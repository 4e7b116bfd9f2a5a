"""Writing results: each file appears whole under its name, or not at all. And telling when a file has changed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Container, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from .errors import OutputError

__all__ = [
    "JsonList",
    "Stamp",
    "atomic_folder",
    "atomic_path",
    "make_folder",
    "output_error",
    "stamp",
    "write_json",
    "write_png",
    "write_text",
]

Stamp = tuple[str, tuple[tuple[str, int, int], ...]]
"""A path, and the name, time of change (ns) and size of each file there that counts."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary name beside `path`, moved over it when the block succeeds and removed when it fails.

    The temporary file has the suffix of `path`, so that a writer which picks its format by name still does.
    Missing parent folders are made.

    Raises:
        OutputError: the operating system refused to write; what stood at `path` before is still there.
    """
    target = Path(path)
    temporary = target.with_name(f".sdpose-{uuid4().hex}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        # The file may never have been made, and a parent that is no folder makes even asking an error.
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """A temporary folder beside `path`, moved there when the block succeeds and removed when it fails.

    Missing parent folders are made.

    Raises:
        OutputError: something is there already, other than an empty folder; or the operating system refused.
    """
    target = Path(path)
    temporary = target.with_name(f".sdpose-{uuid4().hex}")
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise OutputError(
                f"cannot write {target}: something is there already; name a new folder, or empty it first"
            )
        temporary.mkdir(parents=True)
        yield temporary
        if target.is_dir():
            target.rmdir()  # Windows moves nothing over a folder, not even over an empty one
        temporary.replace(target)
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def make_folder(path: str | Path) -> Path:
    """Make a folder and its parents unless they exist, so that a long run fails early rather than late.

    Raises:
        OutputError: it cannot be made, or cannot be written to.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise output_error(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    return folder


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends.

    Raises:
        OutputError: see `atomic_path`.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, data: Any, indent: int | None = None) -> None:
    """Write JSON; a float read back is the same float, bit by bit.

    Raises:
        OutputError: see `atomic_path`.
        ValueError: `data` holds NaN or infinity, which JSON has no word for.
    """
    write_text(path, json.dumps(data, indent=indent, ensure_ascii=False, allow_nan=False) + "\n")


class JsonList:
    """Writes a JSON list entry by entry, so that it may be longer than memory.

    The file appears when the `with` block ends without an error; it is what `write_json` writes of the whole list.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._between = "["

    def __enter__(self) -> JsonList:
        with contextlib.ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self.path))
            self._file = stack.enter_context(temporary.open("w", encoding="utf-8", newline="\n"))
            stack.push(self._leave)  # runs before the move; what it raises stops the move
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, entry: Any) -> None:
        """Append an entry.

        Raises:
            OutputError: it cannot be written, e.g. because the disk is full.
            ValueError: it holds NaN or infinity, which JSON has no word for.
        """
        self._write(self._between + json.dumps(entry, ensure_ascii=False, allow_nan=False))
        self._between = ", "

    def finish(self) -> None:
        """Close the list and the file, which waits for the end of the block to get its name. Raises OutputError."""
        if not self._file.closed:
            self._write(("[" if self._between == "[" else "") + "]\n")
            with self._explained():
                self._file.close()

    def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()

    def _write(self, text: str) -> None:
        with self._explained():
            self._file.write(text)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise output_error(self.path, error) from error


def write_png(path: str | Path, image: npt.NDArray[np.uint8]) -> None:
    """Write a picture, uint8 (H, W, 3) RGB, as PNG.

    Raises:
        OutputError: see `atomic_path`.
    """
    from PIL import Image

    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG")


def output_error(path: Path, error: OSError) -> OutputError:
    """What went wrong when writing `path`, and what to do about it."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        advice = "free some space, or choose another folder"
    elif error.errno in _FORBIDDEN:
        advice = "choose a folder that you may write to"
    else:
        advice = "check the path"
    return OutputError(f"cannot write {path}: {reason}; {advice}. Nothing half-written was left behind.")


def stamp(path: Path, ignored: Container[str] = ()) -> Stamp:
    """What tells one state of a file, or of the weights in a folder, from another without reading it.

    A folder's own time does not change when a file inside is replaced, so each file in it is looked at.

    Args:
        path: a file, or a folder of .safetensors files at any depth.
        ignored: names of files that do not count.
    """
    files = sorted(path.rglob("*.safetensors")) if path.is_dir() else [path]
    facts = [(file, file.stat()) for file in files if file.is_file() and file.name not in ignored]
    return str(path.resolve()), tuple((str(file), fact.st_mtime_ns, fact.st_size) for file, fact in facts)
