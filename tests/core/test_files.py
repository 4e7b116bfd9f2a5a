"""Outputs appear whole or not at all."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sdpose.errors import OutputError
from sdpose.files import JsonList, atomic_path, make_folder, stamp, write_json, write_png, write_text


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_only_when_the_block_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "a.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == target.parent and temporary.suffix == ".txt"
        assert not target.exists()
    assert target.read_text() == "whole"
    assert _names(target.parent) == ["a.txt"]


@pytest.mark.parametrize("failure", [ValueError("bad"), KeyboardInterrupt()])
def test_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path, failure: BaseException) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(type(failure)), atomic_path(target) as temporary:
        temporary.write_text("half of the n")
        raise failure
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def test_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a\.txt"), atomic_path(tmp_path / "a.txt"):
        pass
    assert _names(tmp_path) == []


def test_folder_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write .*check the path"):
        write_text(tmp_path / "file" / "a.txt", "x")
    with pytest.raises(OutputError, match="cannot write"):
        make_folder(tmp_path / "file" / "inside")


def test_target_that_is_a_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(OutputError, match=r"a\.json"):
        write_json(tmp_path / "a.json", [])
    assert _names(tmp_path) == ["a.json"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_json_floats_come_back_bit_by_bit(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, values)
    back = json.loads(path.read_text())
    assert [v.hex() for v in back] == [v.hex() for v in values]


def test_json_is_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"name": "\u7d75"}, indent=1)
    assert (tmp_path / "a.json").read_bytes() == '{\n "name": "\u7d75"\n}\n'.encode()


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_refuses_what_it_cannot_say(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", [value])
    assert _names(tmp_path) == []


def test_png_round_trip_is_exact(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    write_png(tmp_path / "a.png", pixels)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), pixels)


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is a POSIX one")
@pytest.mark.parametrize("writer", ["json", "png", "video"])
def test_full_disk_leaves_the_old_file_and_an_explanation(tmp_path: Path, writer: str) -> None:
    """A real limit on how large a file may grow, in a process of its own, stands in for the full disk."""
    target = tmp_path / {"json": "a.json", "png": "a.png", "video": "a.mp4"}[writer]
    target.write_text("old")
    script = f"""
        import resource
        import numpy as np
        from sdpose.errors import OutputError
        from sdpose.files import write_json, write_png
        from sdpose.media import VideoWriter
        noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            if {writer!r} == "json":
                write_json({str(target)!r}, list(range(5000)))
            elif {writer!r} == "png":
                write_png({str(target)!r}, noise)
            else:
                with VideoWriter({str(target)!r}, 25) as video:
                    for _ in range(60):
                        video.write(noise)
        except OutputError as error:
            raise SystemExit(str(error))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"cannot write {target}" in done.stderr and "free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert target.read_text() == "old"
    assert _names(tmp_path) == [target.name]


def test_stamp_tells_states_apart(tmp_path: Path) -> None:
    part = tmp_path / "model" / "unet" / "weights.safetensors"
    write_text(part, "one")
    write_text(tmp_path / "model" / "constant.safetensors", "same")
    os.utime(part, ns=(5, 5))

    def now() -> object:
        return stamp(tmp_path / "model", ignored={"constant.safetensors"})

    states = [now(), stamp(part)]
    write_text(tmp_path / "model" / "constant.safetensors", "not looked at")
    write_text(tmp_path / "model" / "readme.txt", "not weights")
    assert [now(), stamp(part)] == states
    part.write_text("two")
    os.utime(part, ns=(7, 7))
    states.append(now())
    part.write_text("three")
    os.utime(part, ns=(7, 7))
    states.append(now())
    assert len(set(states)) == 4, "by time of change and by size, a folder like a file"
    part.unlink()
    assert stamp(part) != states[1], "gone"


def test_list_is_written_entry_by_entry_as_if_it_were_whole(tmp_path: Path) -> None:
    for entries in ([], [{"x": 0.1}], [1, [2.5, None], "\u00e9"]):
        with JsonList(tmp_path / "list.json") as file:
            for entry in entries:
                file.add(entry)
            assert not (tmp_path / "list.json").exists()
        write_json(tmp_path / "whole.json", entries)
        assert (tmp_path / "list.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
        (tmp_path / "list.json").unlink()


def test_list_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    write_json(tmp_path / "list.json", ["old"])
    with pytest.raises(KeyboardInterrupt), JsonList(tmp_path / "list.json") as file:
        file.add("new")
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match="JSON"), JsonList(tmp_path / "list.json") as file:
        file.add(math.nan)
    assert json.loads((tmp_path / "list.json").read_text()) == ["old"]
    assert _names(tmp_path) == ["list.json"]
    with pytest.raises(OutputError, match="check the path"), JsonList(tmp_path / "list.json" / "inside.json"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is a POSIX one")
def test_list_for_which_there_is_no_room(tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OutputError, match="free some space"), JsonList(tmp_path / "list.json") as file:
            file.add("x" * 200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert _names(tmp_path) == []
