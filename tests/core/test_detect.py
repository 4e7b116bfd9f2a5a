"""Person boxes: real, untrained Ultralytics models from their own configurations, and no network."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from sdpose.detect import Detector, _ultralytics, download_weights, find_weights, weights_cache
from sdpose.errors import BadCheckpoint, BadImage, BadOption, MissingDependency, ModelNotFound, OfflineError

if find_spec("ultralytics") is None:  # not importorskip, which would import it before it is held back
    pytest.skip("needs ultralytics", allow_module_level=True)

FRAMES = np.random.default_rng(3).integers(0, 256, (3, 96, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Settings and caches of nobody but this test run."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YOLO_CONFIG_DIR", str(home))
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        yield home


def _save(config: str, path: Path, bias: float | None = None) -> Path:
    """An untrained model as a checkpoint; with `bias` everything is a person, a large one more surely so."""
    torch.manual_seed(0)
    model = _ultralytics("models").YOLO(config)
    if bias is not None:
        for level, branch in enumerate(model.model.model[-1].cv3):
            torch.nn.init.normal_(branch[-1].weight, std=1e-3)
            torch.nn.init.constant_(branch[-1].bias, bias + 0.2 * level)
    model.save(path)
    return path


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory, _home: Path) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("weights")
    return {
        "sure": _save("yolo11n.yaml", folder / "sure.pt", bias=1.0),  # 0.73 to 0.80
        "unsure": _save("yolo11n.yaml", folder / "unsure.pt", bias=-0.7),  # 0.33 to 0.43
        "blind": _save("yolo11n.yaml", folder / "blind.pt", bias=-9.0),
        "pose": _save("yolo11n-pose.yaml", folder / "pose.pt", bias=1.0),
        "classify": _save("yolo11n-cls.yaml", folder / "classify.pt"),
    }


# --- the chain of fallbacks


@pytest.mark.parametrize("kind", ["sure", "pose"])
def test_boxes_are_pixels_of_the_frame_surest_first(weights: dict[str, Path], kind: str) -> None:
    found = Detector(weights[kind], device="cpu")(FRAMES[0])
    assert found.stage == "detector" and len(found.boxes) > 0
    assert found.boxes.dtype == found.scores.dtype == np.float64
    assert found.boxes.shape == (len(found.scores), 4)
    assert (found.boxes >= 0).all() and (found.boxes <= [64, 96, 64, 96]).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
    assert (found.scores >= 0.5).all() and (np.diff(found.scores) <= 0).all()


@pytest.mark.parametrize(
    ("kind", "fallback", "stage"),
    [
        ("sure", "frame", "detector"),
        ("unsure", "lower", "lower_threshold"),
        ("unsure", "frame", "lower_threshold"),
        ("unsure", "none", "nobody"),
        ("blind", "lower", "nobody"),
        ("blind", "none", "nobody"),
        ("blind", "frame", "whole_frame"),
    ],
)
def test_fallback_chain_reports_its_stage(weights: dict[str, Path], kind: str, fallback: Any, stage: str) -> None:
    found = Detector(weights[kind], device="cpu", fallback=fallback)(FRAMES[0])
    assert found.stage == stage
    assert (len(found.boxes) == 0) == (stage == "nobody")
    if stage == "lower_threshold":
        assert (found.scores < 0.5).all() and (found.scores >= 0.25).all()
    if stage == "whole_frame":
        assert found.boxes.tolist() == [[0, 0, 64, 96]] and found.scores.tolist() == [0]


def test_threshold_decides(weights: dict[str, Path]) -> None:
    everybody = Detector(weights["sure"], threshold=0.3, device="cpu")(FRAMES[0])
    some = Detector(weights["sure"], threshold=0.75, device="cpu")(FRAMES[0])
    assert np.array_equal(some.boxes, everybody.boxes[everybody.scores >= 0.75])
    assert 0 < len(some.boxes) < len(everybody.boxes)


def test_result_does_not_depend_on_the_other_frames(weights: dict[str, Path]) -> None:
    detector = Detector(weights["sure"], device="cpu")
    wide = FRAMES[0].transpose(1, 0, 2).copy()
    together = detector.batch([FRAMES[0], FRAMES[1], wide, FRAMES[2]])
    for frame, found in zip([FRAMES[0], FRAMES[1], wide, FRAMES[2]], together, strict=True):
        alone = detector(frame)
        assert np.allclose(found.boxes, alone.boxes, atol=1e-3)
        assert np.allclose(found.scores, alone.scores, atol=1e-5)
    assert detector.batch([]) == []


def test_colours_reach_the_model_as_rgb(weights: dict[str, Path]) -> None:
    """What the network sees of a red frame is a red frame."""
    detector = Detector(weights["sure"], device="cpu")
    seen: list[torch.Tensor] = []
    detector(FRAMES[0])  # sets the predictor up
    detector._model.predictor.model.model.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 255
    detector(red)
    assert seen[-1][0, :, 320, 320].tolist() == [1, 0, 0]


@pytest.mark.parametrize("shape", [(1, 1, 3), (2000, 3, 3)])
def test_extreme_sizes(weights: dict[str, Path], shape: tuple[int, int, int]) -> None:
    assert Detector(weights["blind"], device="cpu")(np.zeros(shape, np.uint8)).stage == "nobody"


@pytest.mark.parametrize(
    "frame", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((0, 8, 3), np.uint8)]
)
def test_what_is_no_frame_is_refused(weights: dict[str, Path], frame: npt.NDArray[Any]) -> None:
    with pytest.raises(BadImage, match="uint8"):
        Detector(weights["blind"], device="cpu")(frame)


@pytest.mark.parametrize("options", [{"fallback": "guess"}, {"threshold": 1.5}, {"lower_threshold": float("nan")}])
def test_impossible_options_are_refused(weights: dict[str, Path], options: dict[str, Any]) -> None:
    with pytest.raises(BadOption, match=next(iter(options))):
        Detector(weights["blind"], **options)


# --- finding and checking weights


def test_weights_are_found_by_name_in_folders_in_order(
    tmp_path: Path, weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    (tmp_path / "second" / "x.pt").write_bytes(b"")
    assert find_weights("x.pt", ["first", "second"]) == tmp_path / "second" / "x.pt"
    (tmp_path / "first" / "x.pt").write_bytes(b"")
    assert find_weights("x.pt", ["first", "second"]) == tmp_path / "first" / "x.pt"
    (tmp_path / "x.pt").write_bytes(b"")
    assert find_weights("x.pt", ["first", "second"]) == tmp_path / "x.pt"


def test_weights_are_found_where_they_are_downloaded_to(_home: Path) -> None:
    weights_cache().mkdir(parents=True)
    (weights_cache() / "cached.pt").write_bytes(b"")
    assert find_weights("cached.pt") == _home / "cache" / "sdpose-kit" / "detectors" / "cached.pt"


def test_missing_weights_name_the_places_and_touch_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelNotFound, match=r"yolo11x\.pt are neither here nor in /somewhere.*download_weights"):
        Detector("yolo11x.pt", folders=["/somewhere"])
    with pytest.raises(ModelNotFound, match=r"models/gone\.pt: check the path"):
        Detector("models/gone.pt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04" + bytes(100)])
def test_damaged_weights_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "yolo11x.pt").write_bytes(content)
    with pytest.raises(BadCheckpoint, match=r"yolo11x\.pt cannot be used as a detector"):
        Detector(tmp_path / "yolo11x.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["yolo11x.pt"]


class _Attack:
    """Runs code when it is unpickled."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.victim),)


def test_code_in_weights_does_not_run(tmp_path: Path) -> None:
    torch.save({"model": _Attack(tmp_path / "ran")}, tmp_path / "attack.pt")
    (tmp_path / "old.pt").write_bytes(pickle.dumps({"model": _Attack(tmp_path / "ran")}, protocol=2))
    for name in ("attack.pt", "old.pt"):
        with pytest.raises(BadCheckpoint, match=name):
            Detector(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_models_of_another_kind_are_refused(tmp_path: Path, weights: dict[str, Path]) -> None:
    with pytest.raises(BadCheckpoint, match="is a classify model"):
        Detector(weights["classify"])
    (tmp_path / "person.onnx").write_bytes(b"")
    with pytest.raises(BadCheckpoint, match=r"no \.pt file"):
        Detector(tmp_path / "person.onnx")


@pytest.mark.parametrize("name", ["o'brien.pt", "yolov5n.pt"])
def test_names_that_ultralytics_rewrites_are_refused(tmp_path: Path, weights: dict[str, Path], name: str) -> None:
    folder = Path("/tmp") if "u" in str(tmp_path) else tmp_path
    path = folder / name
    path.write_bytes(weights["blind"].read_bytes())
    try:
        with pytest.raises(BadCheckpoint, match="rename or move"):
            Detector(path)
    finally:
        path.unlink()


# --- manners


def _run(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "PYTHONPATH": str(root), "HOME": str(cwd / "home"), **environment}
    env.pop("XDG_CACHE_HOME", None)
    (cwd / "work").mkdir(parents=True)
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=cwd / "work",
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_detecting_leaves_the_process_and_the_working_directory_as_they_were(
    tmp_path: Path, weights: dict[str, Path]
) -> None:
    done = _run(
        f"""
        import os, sys
        import sdpose.detect
        assert not {{"ultralytics", "cv2"}} & set(sys.modules)
        import cv2, numpy as np, torch
        from PIL import Image
        torch.set_num_threads(2)
        cv2.setNumThreads(2)
        before, style, functions = dict(os.environ), np.get_printoptions(), (Image.open, torch.save)
        detector = sdpose.detect.Detector({str(weights["sure"])!r}, device="cpu")
        assert detector(np.zeros((64, 64, 3), np.uint8)).stage == "detector"
        assert dict(os.environ) == before and torch.get_num_threads() == cv2.getNumThreads() == 2
        assert np.get_printoptions() == style and functions == (Image.open, torch.save)
        from ultralytics.utils import AUTOINSTALL, ONLINE
        from ultralytics.utils.events import events
        assert not AUTOINSTALL and not ONLINE and not events.enabled
        """,
        tmp_path,
        YOLO_CONFIG_DIR=str(tmp_path / "settings"),
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    assert list((tmp_path / "work").iterdir()) == []


def test_download_without_network_is_an_offline_error(tmp_path: Path) -> None:
    """A proxy that refuses every connection is as good as no network, and answers at once."""
    done = _run(
        """
        from pathlib import Path
        from sdpose.detect import download_weights
        from sdpose.errors import OfflineError
        try:
            download_weights("yolo11x.pt", Path("models"))
        except OfflineError as error:
            print(error)
        """,
        tmp_path,
        https_proxy="http://127.0.0.1:9",
        HTTPS_PROXY="http://127.0.0.1:9",
        no_proxy="",
        YOLO_CONFIG_DIR=str(tmp_path / "settings"),
    )
    assert done.returncode == 0, done.stderr
    assert "yolo11x.pt could not be downloaded" in done.stdout and "put it into models" in done.stdout
    assert [p for p in (tmp_path / "work").rglob("*") if p.is_file()] == []


def test_download_knows_what_is_published_and_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"no anime_person\.pt"):
        download_weights("anime_person.pt", tmp_path)
    (tmp_path / "yolo11n.pt").write_bytes(b"here")
    assert download_weights("yolo11n.pt", tmp_path) == tmp_path / "yolo11n.pt"


def test_missing_ultralytics_says_how_to_install_it(tmp_path: Path, weights: dict[str, Path]) -> None:
    done = _run(
        f"""
        import sys
        sys.meta_path.insert(0, type("Absent", (), {{"find_spec": staticmethod(
            lambda name, *rest: (_ for _ in ()).throw(ModuleNotFoundError(name=name)) if name == "ultralytics" else None
        )}}))
        from sdpose.detect import Detector
        from sdpose.errors import MissingDependency
        for source in ("yolo11x.pt", {str(weights["sure"])!r}):
            try:
                Detector(source)
            except MissingDependency as error:
                print(error)
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("pip install ultralytics (AGPL-3.0), or bring boxes from elsewhere") == 2


def test_offline_error_is_a_model_not_found() -> None:
    assert issubclass(OfflineError, ModelNotFound) and issubclass(MissingDependency, ImportError)
