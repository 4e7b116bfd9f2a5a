"""Networks under ComfyUI's memory manager: one copy, the same numbers, and gone when nobody needs them."""

from __future__ import annotations

import gc

import pytest
import torch


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def model(residency, weights):
    """Held for all tests, so that it is loaded once."""
    return residency.resident(weights)


@pytest.fixture(scope="session")
def crops(model):
    width, height = model.input_wh
    return torch.rand(3, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


def loaded_modules():
    import comfy.model_management

    return [entry.model.model for entry in comfy.model_management.current_loaded_models]


def test_the_numbers_are_the_librarys(pack, model, weights, crops):
    plain = pack.part("sdpose").load_model(weights, device="cpu")
    with torch.inference_mode():
        for flip in (False, True):
            assert torch.equal(model.heatmaps(crops, flip), plain.heatmaps(crops, flip))


def test_one_copy_for_everybody(residency, model, weights, crops):
    second = residency.resident(weights, "float32")
    assert second is model  # float32 is what "auto" means on the CPU
    with torch.inference_mode():
        model.heatmaps(crops[:1])
        second.heatmaps(crops[:1], flip=True)
    assert sum(module is model.network for module in loaded_modules()) == 1
    assert sum(module is model.encoder for module in loaded_modules()) == 1


def test_half_precision_is_another_copy_that_goes_when_nobody_holds_it(residency, model, weights, crops):
    half = residency.resident(weights, "float16")
    with torch.inference_mode():
        full, maps = model.heatmaps(crops[:1]), half.heatmaps(crops[:1])
    assert maps.dtype == torch.float32 and (maps - full).abs().max() < 0.05 * full.abs().max()
    name = id(half.network)
    assert name in map(id, loaded_modules())
    del half
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


def test_a_file_replaced_inside_a_folder_is_read_again(residency, pack, tmp_path):
    import os

    library = pack.part("sdpose")
    library.save_model(library.build_model(library.models.SDPoseConfig.mini()), tmp_path / "mine")
    first = residency.resident(tmp_path / "mine")
    assert residency.resident(tmp_path / "mine") is first
    os.utime(next((tmp_path / "mine").glob("decoder/*.safetensors")), (1, 1))
    assert residency.resident(tmp_path / "mine") is not first


def test_weights_that_stay_in_main_memory_are_fetched_layer_by_layer(model):
    """What makes a model run that is larger than the GPU: every layer with weights knows how to fetch them."""
    bare = [
        name
        for half in (model.encoder, model.network)
        for name, layer in half.named_modules()
        if list(layer.parameters(recurse=False)) and not hasattr(layer, "comfy_cast_weights")
    ]
    assert bare == []


def test_the_empty_prompt_comes_from_comfyui_when_the_file_lacks_it(residency, weights, tmp_path):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    tensors = load_file(weights)
    del tensors["empty_text_embed"]
    with safe_open(weights, "pt") as file:
        save_file(tensors, tmp_path / "bare.safetensors", file.metadata())
    assert residency._context(weights) is None
    assert residency._context(tmp_path / "bare.safetensors").shape == (1, 2, 1024)


def test_a_batch_that_does_not_fit_is_halved(residency, pack, model, monkeypatch):
    """ComfyUI's loader runs out of memory as well as the network; nothing is lost either way."""
    import comfy.model_management
    import numpy as np

    real = comfy.model_management.load_models_gpu
    asked = []

    def full(models, memory_required):
        asked.append(round(memory_required))
        if memory_required > 2 * model._network_bytes():
            raise torch.OutOfMemoryError("out of memory")
        real(models, memory_required=memory_required)

    frames = np.random.default_rng(0).integers(0, 256, (5, 40, 30, 3), dtype=np.uint8)
    whole = pack.part("sdpose").Estimator(model, batch_size=8)(frames)
    monkeypatch.setattr(residency.ResidentModel, "_encoder_bytes", lambda self: 1)
    monkeypatch.setattr(comfy.model_management, "load_models_gpu", full)
    halved = pack.part("sdpose").Estimator(model, batch_size=8)(frames)
    assert asked == [round(model._network_bytes() * crops) for crops in (5, 4, 2, 2, 1)]
    for one, other in zip(halved, whole, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-4)


def test_pictures_are_encoded_as_memory_allows(model, crops, monkeypatch):
    import comfy.model_management

    with torch.inference_mode():
        together = model.latents(crops)
        sizes = []
        hook = model.encoder.register_forward_pre_hook(lambda _module, inputs: sizes.append(len(inputs[0])))
        monkeypatch.setattr(comfy.model_management, "get_free_memory", lambda device: 2.5 * model._encoder_bytes())
        apart = model.latents(crops)
        hook.remove()
    assert sizes == [2, 1]
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)


# DiffPose.


@pytest.fixture(scope="session")
def diffpose(residency, diffpose_file):
    """Held for all tests, so that it is loaded once."""
    return residency.resident_diffpose(diffpose_file)


@pytest.fixture(scope="session")
def windows(diffpose):
    (columns, rows), config = diffpose.config.tokens_wh, diffpose.config
    return torch.rand(2, config.frames, config.width, rows, columns, generator=torch.Generator().manual_seed(2))


def test_the_numbers_of_diffpose_are_the_librarys(pack, diffpose, diffpose_file, windows):
    plain = pack.part("sdpose").load_diffpose(diffpose_file, device="cpu")
    generator = torch.Generator().manual_seed(3)
    crops = torch.rand(3, 3, *diffpose.input_wh[::-1], generator=generator) * 2 - 1
    begin = torch.rand(2, 17, *diffpose.heatmap_wh[::-1], generator=generator)
    with torch.inference_mode():
        assert torch.equal(diffpose.features(crops), plain.features(crops))
        for options in ({"steps": 3, "noises": 2}, {"noises": 1, "start": begin, "start_step": 300}):
            assert torch.equal(diffpose.heatmaps(windows, **options), plain.heatmaps(windows, **options))


def test_one_copy_of_diffpose_for_everybody(residency, diffpose, diffpose_file, windows):
    assert residency.resident_diffpose(diffpose_file, "float32") is diffpose
    half = residency.resident_diffpose(diffpose_file, "float16")
    with torch.inference_mode():
        full, maps = diffpose.heatmaps(windows, noises=1), half.heatmaps(windows, noises=1)
    assert maps.dtype == torch.float32 and (maps - full).abs().max() < 0.05 * full.abs().max()
    layers = [module for module in loaded_modules() if type(module).__name__ == "DiffPoseLayers"]
    assert sum(module.decoder is diffpose.decoder for module in layers) == 1
    name = next(id(module) for module in layers if module.decoder is half.decoder)
    del half, layers
    gc.collect()
    assert name not in map(id, loaded_modules())


def test_diffpose_runs_where_its_weights_did_not_fit(diffpose, windows, monkeypatch):
    """The meta device stands for a full GPU: whatever is not fetched from main memory fails beside it."""
    import comfy.model_management

    elsewhere = torch.device("meta")
    monkeypatch.setattr(comfy.model_management, "load_models_gpu", lambda *args, **options: None)
    monkeypatch.setattr(type(diffpose), "device", elsewhere)
    width, height = diffpose.input_wh
    begin = torch.zeros(2, 17, *diffpose.heatmap_wh[::-1], device=elsewhere)
    with torch.inference_mode():
        features = diffpose.features(torch.zeros(3, 3, height, width))
        maps = diffpose.heatmaps(windows, steps=2, noises=2)
        warm = diffpose.decoder(begin, diffpose.pyramid(windows), torch.zeros(2, dtype=torch.long, device=elsewhere))
    assert {tensor.device for tensor in (features, maps, warm)} == {elsewhere}
    bare = {
        name.rsplit(".", 1)[-1]
        for layer in diffpose.modules()
        if not hasattr(layer, "comfy_cast_weights")
        for name, _ in layer.named_parameters(recurse=False)
    }
    assert bare == {"pos_embed", "positions"}


def test_diffpose_asks_for_the_memory_of_each_batch(residency, pack, diffpose, monkeypatch):
    """Of frames and of windows; a batch that finds no room is halved, and nothing is lost."""
    import comfy.model_management
    import numpy as np

    real = comfy.model_management.load_models_gpu
    asked = []

    def full(models, memory_required):
        asked.append(round(memory_required))
        if memory_required > 2 * diffpose._crop_bytes():
            raise torch.OutOfMemoryError("out of memory")
        real(models, memory_required=memory_required)

    def estimator():
        return pack.part("sdpose").VideoEstimator(diffpose, steps=1, noises=2, batch_size=4)

    frames = np.random.default_rng(0).integers(0, 256, (4, 40, 30, 3), dtype=np.uint8)
    boxes = [[[2, 2, 28, 38]]] * 4
    whole = estimator()(frames, boxes)
    crop, window = diffpose._crop_bytes(), diffpose._window_bytes() + 2 * diffpose._noise_bytes()
    monkeypatch.setattr(residency.ResidentDiffPose, "_noise_bytes", lambda self: (crop - self._window_bytes()) / 2)
    monkeypatch.setattr(comfy.model_management, "load_models_gpu", full)
    halved = estimator()(frames, boxes)
    assert window > 0 and asked == [round(crop * people) for people in (4, 2, 2, 4, 2, 2)]
    for one, other in zip(halved, whole, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-4)


def test_the_other_kind_of_model_is_named(residency, pack, weights, diffpose_file):
    errors = pack.part("sdpose.errors")
    with pytest.raises(errors.BadCheckpoint, match="is not a DiffPose file"):
        residency.resident_diffpose(weights)
    with pytest.raises(errors.BadCheckpoint, match="is a DiffPose and not an SDPose"):
        residency.resident(diffpose_file)
