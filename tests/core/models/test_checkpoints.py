"""Both layouts, the way between them, and files that are not what they should be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from sdpose import load_model, save_model
from sdpose.errors import BadCheckpoint, BadOption, ModelNotFound, OutputError
from sdpose.models import SDPoseConfig, build_model, convert

from .conftest import GOLDENS, lay_out

FILES = ("unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "decoder/decoder")


@pytest.fixture(scope="module")
def single(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert(folder, tmp_path_factory.mktemp("single") / "model.safetensors")


def test_a_single_file_has_the_published_keys_and_shapes(single: Path, scheme: str) -> None:
    published = json.loads((GOLDENS / f"single_file_keys_{scheme}.json").read_text())
    found = {key: list(value.shape) for key, value in load_file(single).items()}
    assert found.pop("empty_text_embed") == [1, 2, 64]
    assert found == published


def test_a_single_file_computes_what_its_folder_does(folder: Path, single: Path, crops: torch.Tensor) -> None:
    one, other = load_model(folder), load_model(single)
    assert other.config.scheme == one.config.scheme
    torch.testing.assert_close(other.heatmaps(crops), one.heatmaps(crops), atol=1e-4, rtol=0)


def test_a_single_file_by_others_is_understood_from_its_shapes(
    folder: Path, single: Path, tmp_path: Path, crops: torch.Tensor
) -> None:
    tensors = load_file(single)
    context = tensors.pop("empty_text_embed")
    save_file(tensors, tmp_path / "foreign.safetensors")  # without our metadata
    found = load_model(tmp_path / "foreign.safetensors", context=context)
    torch.testing.assert_close(found.heatmaps(crops), load_model(folder).heatmaps(crops), atol=1e-4, rtol=0)


def test_there_and_back_every_byte_is_the_same(folder: Path, single: Path, tmp_path: Path) -> None:
    back = convert(single, tmp_path / "back")
    for file in FILES:
        before, after = load_file(folder / f"{file}.safetensors"), load_file(back / f"{file}.safetensors")
        assert before.keys() == after.keys()
        for key, value in before.items():
            assert value.dtype == after[key].dtype
            assert value.numpy().tobytes() == after[key].numpy().tobytes(), key
    again = convert(back, tmp_path / "again.safetensors")
    assert {k: v.numpy().tobytes() for k, v in load_file(single).items()} == {
        k: v.numpy().tobytes() for k, v in load_file(again).items()
    }


def test_converting_to_the_same_layout_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="already is a folder"):
        convert(folder, tmp_path / "other")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_in_use_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "precious.txt").write_text("keep me")
    with pytest.raises(OutputError, match="not empty"):
        save_model(build_model(SDPoseConfig.mini()), tmp_path / "model")
    assert (tmp_path / "model" / "precious.txt").read_text() == "keep me"


@pytest.mark.parametrize("name", ["model", "model.safetensors"])
def test_what_is_saved_is_loaded(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    model = build_model(SDPoseConfig.mini())
    save_model(model, tmp_path / name, dtype="float16")
    found = load_model(tmp_path / name)
    assert found.config == model.config
    for key, value in model.state_dict().items():
        assert torch.equal(found.state_dict()[key], value.half().float()), key
    assert torch.equal(found.network.context, model.network.context)


def test_half_a_checkpoint_is_read_straight_into_the_target_dtype(folder: Path) -> None:
    model = load_model(folder, dtype="bfloat16")
    assert {value.dtype for value in model.state_dict().values()} == {torch.bfloat16}
    assert model.network.context.dtype == torch.bfloat16


def _truncate(folder: Path) -> None:
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def _drop(folder: Path) -> None:
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    del tensors["mid_block.resnets.0.conv1.weight"]
    save_file(tensors, file)


def _reshape(folder: Path) -> None:
    file = folder / "decoder" / "decoder.safetensors"
    tensors = load_file(file)
    tensors["conv_layers.0.weight"] = tensors["conv_layers.0.weight"][:3].contiguous()
    save_file(tensors, file)


def _pickle(folder: Path) -> None:
    (folder / "decoder" / "decoder.safetensors").unlink()
    torch.save({}, folder / "decoder" / "decoder.pt")


def _other_head(folder: Path) -> None:
    file = folder / "decoder" / "decoder.safetensors"
    save_file({"final_layer.weight": torch.zeros(21, 8, 1, 1)}, file)


def _no_head(folder: Path) -> None:
    shutil.rmtree(folder / "decoder")


def _bad_config(folder: Path) -> None:
    (folder / "unet" / "config.json").write_text('{"block_out_channels": [8, 16], "cross_attention_dim": 64}')


def _flat_head(folder: Path) -> None:
    save_file({"final_layer.weight": torch.zeros(17)}, folder / "decoder" / "decoder.safetensors")


def _no_embedding(folder: Path) -> None:
    (folder / "empty_embedding.safetensors").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_truncate, "not a whole .safetensors file"),
        (_drop, "no tensor unet/mid_block.resnets.0.conv1.weight"),
        (_reshape, r"tensor conv_layers.0.weight should have shape \(8, 8, 1, 1\), it has \(3, 8, 1, 1\)"),
        (_pickle, "is a pickle"),
        (_other_head, "17 or 133 maps; this one gives 21"),
        (_flat_head, r"should have shape \(K, C, 1, 1\), it has \(17,\)"),
        (_no_head, "no decoder/decoder.safetensors"),
        (_bad_config, "can be built from this configuration"),
        (_no_embedding, r"needs the empty prompt's embedding \(1, 2, 64\)"),
    ],
    ids=lambda value: getattr(value, "__name__", "")[1:],
)
def test_a_damaged_folder_names_what_is_wrong(damage: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "model", "body")
    for file in folder.rglob("*"):
        file.chmod(0o755)
    damage(folder)
    with pytest.raises(BadCheckpoint, match=message):
        load_model(folder)


@pytest.mark.parametrize("metadata", ["{bad", '{"scheme": "body", "unet": {}}', '["body"]'])
def test_damaged_metadata_is_a_clear_error(tmp_path: Path, metadata: str) -> None:
    save_file({"some.weight": torch.zeros(3)}, tmp_path / "m.safetensors", metadata={"sdpose": metadata})
    with pytest.raises(BadCheckpoint):
        load_model(tmp_path / "m.safetensors")


def test_another_models_single_file_is_named_by_the_key_it_lacks(tmp_path: Path) -> None:
    save_file({"some.weight": torch.zeros(3)}, tmp_path / "sd.safetensors")
    with pytest.raises(BadCheckpoint, match=r"not an SDPose checkpoint.*heatmap_head\.final_layer\.weight"):
        load_model(tmp_path / "sd.safetensors")


@pytest.mark.parametrize("name", ["model.ckpt", "model.safetensors"])
def test_a_pickle_is_never_opened(tmp_path: Path, name: str) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / name)
    with pytest.raises(BadCheckpoint, match="is a pickle"):
        load_model(tmp_path / name)


def test_the_other_scheme_is_refused(folder: Path, scheme: str) -> None:
    other = {"body": "wholebody", "wholebody": "body"}[scheme]
    with pytest.raises(BadCheckpoint, match=f"is a {scheme} model; {other} was asked for"):
        load_model(folder, scheme=other)


def test_a_missing_model_says_what_there_could_be() -> None:
    with pytest.raises(ModelNotFound, match="mini, body, wholebody"):
        load_model("no/such/model")


def test_an_unknown_dtype_is_refused(folder: Path) -> None:
    with pytest.raises(BadOption, match="float32, float16, bfloat16"):
        load_model(folder, dtype="int8")


def test_an_embedding_of_another_width_is_refused(folder: Path) -> None:
    with pytest.raises(BadCheckpoint, match=r"should have shape \(1, 2, 64\)"):
        load_model(folder, context=torch.zeros(1, 2, 1024))


def test_old_names_of_the_vae_are_understood(tmp_path: Path, crops: torch.Tensor) -> None:
    folder = lay_out(tmp_path / "model", "body")
    before = load_model(folder).heatmaps(crops)
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = {}
    with safe_open(file, "pt") as handle:
        for key in handle.keys():  # noqa: SIM118
            name = key
            for new, former in old.items():
                name = name.replace(f"attentions.0.{new}.", f"attentions.0.{former}.")
            tensors[name] = handle.get_tensor(key)
    file.chmod(0o644)
    save_file(tensors, file)
    assert torch.equal(load_model(folder).heatmaps(crops), before)


def test_the_embedding_is_computed_from_the_text_encoder_and_kept(tmp_path: Path) -> None:
    from transformers import CLIPTextConfig, CLIPTextModel

    folder = lay_out(tmp_path / "model", "body")
    (folder / "empty_embedding.safetensors").unlink()
    torch.manual_seed(0)
    config = CLIPTextConfig(
        hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, vocab_size=49408
    )
    encoder = CLIPTextModel(config).eval()
    encoder.save_pretrained(folder / "text_encoder")
    with torch.inference_mode():
        truth = encoder(torch.tensor([[49406, 49407]])).last_hidden_state
    first = load_model(folder)
    torch.testing.assert_close(first.network.context, truth, atol=1e-5, rtol=0)
    shutil.rmtree(folder / "text_encoder")
    assert torch.equal(load_model(folder).network.context, first.network.context)
