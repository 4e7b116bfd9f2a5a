"""A DiffPose comes back from its file as it was, and what is not one is refused with a reason."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from sdpose.errors import BadCheckpoint, ModelNotFound
from sdpose.models import load_model
from sdpose.models.diffpose import build_diffpose, is_diffpose, load_diffpose, save_diffpose


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "model.safetensors"
    save_diffpose(model, path)
    return path


def test_a_saved_model_is_the_same_model(model, file):
    again = load_diffpose(file, device="cpu")
    assert again.config == model.config
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in again.state_dict().items())
    assert not any(parameter.requires_grad for parameter in again.parameters())
    assert not again.training
    windows = torch.rand(1, 5, 16, 3, 2)
    assert torch.equal(again.heatmaps(windows, steps=3, eta=1.0), model.heatmaps(windows, steps=3, eta=1.0))
    assert is_diffpose(file)


def test_half_precision_halves_the_file(model, file, tmp_path):
    save_diffpose(model, tmp_path / "half.safetensors", "float16")
    assert (tmp_path / "half.safetensors").stat().st_size < 0.7 * file.stat().st_size
    assert load_diffpose(tmp_path / "half.safetensors", device="cpu").dtype == torch.float32


def test_a_file_can_be_read_by_whoever_may_read_its_neighbours(file):
    neighbour = file.with_name("neighbour")
    neighbour.touch()
    assert file.stat().st_mode == neighbour.stat().st_mode


def test_the_config_travels_in_the_file(config, tmp_path):
    model = build_diffpose(config(levels=1, strl=False, delta=1, signal_scale=None))
    save_diffpose(model, tmp_path / "m.safetensors")
    assert load_diffpose(tmp_path / "m.safetensors", device="cpu").config == model.config


def test_nothing_there(tmp_path):
    with pytest.raises(ModelNotFound):
        load_diffpose(tmp_path / "none.safetensors")
    with pytest.raises(ModelNotFound, match="give diffpose-mini or a"):
        load_diffpose(tmp_path)


def test_each_loader_refuses_the_other_network(file):
    with pytest.raises(BadCheckpoint, match=r"load it with sdpose\.load_diffpose"):
        load_model(file)
    with pytest.raises(BadCheckpoint, match="is not a DiffPose file"):
        load_diffpose("mini")


def test_another_network_is_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    assert not is_diffpose(tmp_path / "other.safetensors")
    assert not is_diffpose(tmp_path)
    with pytest.raises(BadCheckpoint, match="is not a DiffPose file"):
        load_diffpose(tmp_path / "other.safetensors")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [("{", "not the JSON"), (json.dumps({"depth": 0}), "depth must be"), (json.dumps({"size": 1}), "cannot be read"),
     (json.dumps([1]), "cannot be read"), (json.dumps({"skeleton": "cat"}), "cannot be read")],
)  # fmt: skip
def test_a_damaged_config_is_refused(file, metadata, message):
    save_file(load_file(file), file, metadata={"diffpose": metadata})
    with pytest.raises(BadCheckpoint, match=message):
        load_diffpose(file, device="cpu")


def test_missing_and_misshapen_tensors_are_named(model, file):
    metadata = {"diffpose": json.dumps(model.config.to_dict())}
    tensors = load_file(file)
    save_file({key: value for key, value in tensors.items() if key != "strl.positions"}, file, metadata=metadata)
    with pytest.raises(BadCheckpoint, match=r"strl.positions should have shape \(1, 5, 6, 16\), it has none"):
        load_diffpose(file, device="cpu")
    save_file(tensors | {"strl.positions": torch.zeros(1, 3, 6, 16)}, file, metadata=metadata)
    with pytest.raises(BadCheckpoint, match=r"it has \(1, 3, 6, 16\)"):
        load_diffpose(file, device="cpu")
