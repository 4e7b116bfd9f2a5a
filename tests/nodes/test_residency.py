"""Networks under ComfyUI's memory manager: one copy, the same numbers, and gone when nobody needs them."""

from __future__ import annotations

import gc

import pytest
import torch


@pytest.fixture
def residency(pack):
    return pack.part("nodes.residency")


@pytest.fixture(scope="session")
def weights(pack, tmp_path_factory):
    """An untrained network of the bundled model's size."""
    library = pack.part("sdpose")
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "random.safetensors"
    library.save_model(library.build_model(library.models.SDPoseConfig.mini()), path)
    return path


@pytest.fixture
def crops(pack):
    width, height = pack.part("sdpose").models.SDPoseConfig.mini().input_wh
    return torch.rand(3, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


def loaded_modules():
    import comfy.model_management

    return [entry.model.model for entry in comfy.model_management.current_loaded_models]


def test_the_numbers_are_the_librarys(residency, pack, weights, crops):
    plain = pack.part("sdpose").load_model(weights, device="cpu")
    with torch.inference_mode():
        for flip in (False, True):
            assert torch.equal(residency.resident(weights).heatmaps(crops, flip), plain.heatmaps(crops, flip))


def test_one_copy_for_everybody(residency, weights, crops):
    first, second = residency.resident(weights), residency.resident(weights, "float32")
    assert first is second  # float32 is what "auto" means on the CPU
    with torch.inference_mode():
        first.heatmaps(crops)
        second.heatmaps(crops, flip=True)
    assert sum(module is first.network for module in loaded_modules()) == 1
    assert sum(module is first.encoder for module in loaded_modules()) == 1
    assert residency.resident(weights, "float16") is not first


def test_nothing_stays_when_nobody_holds_it(residency, weights, crops):
    model = residency.resident(weights, "bfloat16")
    with torch.inference_mode():
        model.heatmaps(crops)
    name = id(model.network)
    assert name in map(id, loaded_modules())
    del model
    gc.collect()
    assert name not in map(id, loaded_modules())


def test_a_replaced_file_is_read_again(residency, weights, tmp_path):
    import os
    import shutil

    path = tmp_path / "mine.safetensors"
    shutil.copy(weights, path)
    first = residency.resident(path)
    os.utime(path, (1, 1))
    assert residency.resident(path) is not first


def test_weights_that_stay_in_main_memory_are_fetched_layer_by_layer(residency, weights):
    """What makes a model run that is larger than the GPU: every layer with weights knows how to fetch them."""
    model = residency.resident(weights)
    bare = [
        name
        for half in (model.encoder, model.network)
        for name, layer in half.named_modules()
        if list(layer.parameters(recurse=False)) and not hasattr(layer, "comfy_cast_weights")
    ]
    assert bare == []


def test_half_precision_weights_take_full_precision_pictures(residency, weights, crops):
    with torch.inference_mode():
        full = residency.resident(weights).heatmaps(crops)
        half = residency.resident(weights, "float16").heatmaps(crops)
    assert half.dtype == torch.float32
    assert (half - full).abs().max() < 0.05 * full.abs().max()


def test_the_empty_prompt_comes_from_comfyui_when_the_file_lacks_it(residency, weights, tmp_path):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    tensors = load_file(weights)
    del tensors["empty_text_embed"]
    with safe_open(weights, "pt") as file:
        save_file(tensors, tmp_path / "bare.safetensors", file.metadata())
    assert residency._context(weights) is None
    assert residency._context(tmp_path / "bare.safetensors").shape == (1, 2, 1024)


def test_a_batch_that_does_not_fit_is_halved(residency, pack, weights, monkeypatch):
    """ComfyUI says "out of memory" from the loader as well as from the network."""
    import comfy.model_management
    import numpy as np

    model = residency.resident(weights)
    real = comfy.model_management.load_models_gpu
    per_picture = max(model._encoder_bytes(), model._network_bytes())
    asked = []

    def full(models, memory_required):
        asked.append(round(memory_required / per_picture))
        if asked[-1] > 2:
            raise torch.OutOfMemoryError("out of memory")
        real(models, memory_required=memory_required)

    monkeypatch.setattr(comfy.model_management, "load_models_gpu", full)
    frames = np.random.default_rng(0).integers(0, 256, (5, 40, 30, 3), dtype=np.uint8)
    halved = pack.part("sdpose").Estimator(model, batch_size=8)(frames)
    assert asked == [5, 4, 2, 2, 1]
    monkeypatch.undo()
    whole = pack.part("sdpose").Estimator(model, batch_size=8)(frames)
    for one, other in zip(halved, whole, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-4)
