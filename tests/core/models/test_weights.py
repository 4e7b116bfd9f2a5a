"""Where weights are looked for, and downloads against a local server that speaks the hub's language."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sdpose.errors import ModelNotFound
from sdpose.models import inventory, weights
from sdpose.models.weights import locate, published

CONTENT = b"0123456789" * 1000


class Hub(ThreadingHTTPServer):
    """Serves any file of any repository as CONTENT, with the headers that the hub gives, and keeps a log."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, str, str | None]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        start = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
        self._answer(CONTENT[start:], start)

    def _answer(self, body: bytes, start: int = 0) -> None:
        if "/resolve/" not in self.path:  # whatever else the client asks for by itself
            self.send_error(404)
            return
        self.server.requests.append((self.command, self.path, self.headers.get("Range")))
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{hashlib.sha256(CONTENT).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.path.split("/resolve/")[1].split("/")[0])
        self.send_header("Content-Length", str(len(CONTENT) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def download(cache: Path, endpoint: str, sha256: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """`weights.download("wholebody")` in a process of its own: the hub's address is read at import."""
    code = (
        "import sys; from sdpose.models import weights; from sdpose.errors import SDPoseError\n"
        f"weights.published()['wholebody']['files'] = {{'checkpoints/w.safetensors': {{'sha256': {sha256!r}}}}}\n"
        "try: print(weights.download('wholebody'))\n"
        "except SDPoseError as error: print(type(error).__name__, error); sys.exit(1)"
    )
    environment = os.environ | {"HF_HOME": str(cache), "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1"} | extra
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)


def test_a_download_is_pinned_checked_and_kept(hub: Hub, tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{hub.server_port}"
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    done = download(tmp_path, endpoint, sha256)
    assert done.returncode == 0, done.stdout + done.stderr
    path = Path(done.stdout.strip())
    assert path.read_bytes() == CONTENT
    assert path.name == "w.safetensors"
    entry = published()["wholebody"]
    wanted = f"/{entry['repo']}/resolve/{entry['revision']}/checkpoints/w.safetensors"
    assert {request[1] for request in hub.requests} == {wanted}
    fetched = [request for request in hub.requests if request[0] == "GET"]
    again = download(tmp_path, endpoint, sha256)
    assert again.returncode == 0
    assert [request for request in hub.requests if request[0] == "GET"] == fetched  # from the cache


def test_a_download_with_another_checksum_is_removed(hub: Hub, tmp_path: Path) -> None:
    done = download(tmp_path, f"http://127.0.0.1:{hub.server_port}", "0" * 64)
    assert done.returncode == 1
    assert "BadCheckpoint" in done.stdout
    assert "it was removed" in done.stdout
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size == len(CONTENT)]
    again = download(tmp_path, f"http://127.0.0.1:{hub.server_port}", hashlib.sha256(CONTENT).hexdigest())
    assert again.returncode == 0, again.stdout + again.stderr


def test_offline_says_which_files_to_put_where(tmp_path: Path) -> None:
    done = download(tmp_path, "http://127.0.0.1:9", "0" * 64, HF_HUB_OFFLINE="1", SDPOSE_MODELS=str(tmp_path / "here"))
    assert done.returncode == 1
    assert "OfflineError" in done.stdout
    for said in ("checkpoints/w.safetensors", published()["wholebody"]["revision"], str(tmp_path / "here")):
        assert said in done.stdout


@pytest.mark.parametrize("name", ["body", "wholebody"])
def test_files_put_where_the_message_says_are_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDPOSE_MODELS", str(tmp_path))
    message = weights._by_hand(name, published()[name], OSError("no network"))
    assert "no network" in message
    for file in published()[name]["files"]:
        place = tmp_path / file
        if found := re.search(rf"into {re.escape(str(tmp_path))}, as (\S+);", message):
            place = tmp_path / found[1]
        elif found := re.search(r"in a subfolder (\S+) with", message):
            place = tmp_path / found[1] / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")
    assert locate(name).is_relative_to(tmp_path)


def test_local_weights_come_before_any_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDPOSE_MODELS", str(tmp_path))
    (tmp_path / "sub").mkdir()
    file = tmp_path / "sub" / "sdpose_wholebody_fp16.safetensors"
    file.write_bytes(b"x")
    (tmp_path / "SDPose-Body" / "unet").mkdir(parents=True)
    assert locate("wholebody") == file
    assert locate("body") == tmp_path / "SDPose-Body"
    rows = {row.name: row for row in inventory()}
    assert rows["wholebody"].path == file
    assert rows["wholebody"].size == 1


def test_comfyuis_model_folders_are_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_DIR", str(tmp_path))
    file = tmp_path / "models" / "checkpoints" / "sdpose_wholebody_fp16.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    assert locate("wholebody") == file


def test_what_is_nowhere_is_listed_as_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_cached", lambda name: None)
    rows = {row.name: row for row in inventory([tmp_path])}
    assert rows["body"].path is None
    assert rows["body"].size == 3_811_943_787  # the sum of the published sizes


def test_files_that_look_like_sdpose_are_listed(tmp_path: Path) -> None:
    (tmp_path / "my_sdpose_v2.safetensors").write_bytes(b"123")
    (tmp_path / "mine" / "decoder").mkdir(parents=True)
    (tmp_path / "mine" / "decoder" / "decoder.safetensors").write_bytes(b"1234")
    found = {row.path: row.size for row in inventory([tmp_path])}
    assert found[tmp_path / "my_sdpose_v2.safetensors"] == 3
    assert found[tmp_path / "mine"] == 4


def test_a_name_that_is_nothing_is_refused() -> None:
    with pytest.raises(ModelNotFound, match="'maxi'"):
        locate("maxi")


def test_the_table_of_downloads_is_pinned() -> None:
    for entry in published().values():
        assert len(entry["revision"]) == 40
    for name in ("body", "wholebody"):
        assert all(len(facts["sha256"]) == 64 for facts in published()[name]["files"].values())
    assert json.dumps(published())
