"""sdpose models, convert, evaluate and train: each is thin over the library."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sdpose.evaluation import evaluate_drawn
from sdpose.models import inventory, load_model

from .conftest import Result

Run = Callable[..., Result]


def test_models_lists_the_inventory(
    sdpose: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Path
) -> None:
    monkeypatch.setenv("SDPOSE_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "my_sdpose.safetensors").write_bytes(weights.read_bytes())
    result = sdpose("models")
    lines = result.out.splitlines()
    assert result.code == 0 and lines[0].split() == ["name", "layout", "size", "where", "what"]
    assert len(lines) == 1 + len(inventory())
    for row, line in zip(inventory(), lines[1:], strict=True):
        assert line.startswith(row.name) and row.note in line
        assert (str(row.path) if row.path else "to be downloaded") in line
    assert str(tmp_path / "my_sdpose.safetensors") in result.out


def test_convert_there_and_back(sdpose: Run, tmp_path: Path, weights: Path) -> None:
    result = sdpose("convert", weights, tmp_path / "folder")
    assert result.code == 0 and result.out.strip() == str(tmp_path / "folder")
    assert sdpose("convert", tmp_path / "folder", tmp_path / "back.safetensors").code == 0
    first, second = load_model(weights).state_dict(), load_model(tmp_path / "back.safetensors").state_dict()
    assert first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)
    result = sdpose("convert", weights, tmp_path / "other.safetensors")
    assert result.code == 1 and "already is a single file" in result.err


def test_evaluate_writes_what_the_library_measures(sdpose: Run, tmp_path: Path, weights: Path) -> None:
    words = ("--model", weights, "--seed-base", 70, "--count", 3, "--json", tmp_path / "scores.json")
    result = sdpose("evaluate", "drawn", *words)
    assert result.code == 0, result.err
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores == json.loads(json.dumps(evaluate_drawn(load_model(weights), 70, 3)))
    assert {"ap", "pck_0.1"} <= scores.keys() and all({"ap", "pck_0.1"} <= s.keys() for s in scores["styles"].values())
    lines = result.out.splitlines()
    assert lines[0].split() == ["people", "ap", "ap50", "ap75", "pck_0.1", "pck_0.2"]
    assert [line.split()[0] for line in lines[1:]] == ["all", "plain", "hard", *scores["styles"]]
    assert sdpose("evaluate", "drawn", "--model", weights, "--count", 0).code == 1


def test_train_refuses_impossible_options(sdpose: Run, tmp_path: Path) -> None:
    result = sdpose("train", "sdpose", "--out", tmp_path / "run", "--steps", 0)
    assert result.code == 1 and "steps must be at least 1" in result.err
    assert not (tmp_path / "run").exists()
    assert sdpose("train", "diffpose", "--out", tmp_path / "run", "--draws", 0).code == 1
    assert sdpose("train", "another", "--out", tmp_path / "run").code == 2


def test_train_leaves_a_model_that_loads(sdpose: Run, tmp_path: Path, weights: Path) -> None:
    words = ("--init", weights, "--steps", 2, "--batch-size", 1, "--window", 4, "--drawing-size", 96, "--workers", 0)
    result = sdpose(
        "train", "sdpose", "--out", tmp_path / "run", *words, "--validate-every", 0, "--reconstruction-weight", 0
    )
    assert result.code == 0, result.err
    assert "trained for 2 steps" in result.out
    model = Path(result.out.splitlines()[0].rpartition(": ")[0])
    assert load_model(model).input_wh == (48, 64)
