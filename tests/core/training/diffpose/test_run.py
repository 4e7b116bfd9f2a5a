"""DiffPose learns, stops and resumes without a trace, and starts from what it is given."""

import csv

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from sdpose.cli import main
from sdpose.errors import BadCheckpoint, BadOption, ModelNotFound
from sdpose.models.diffpose import DiffPoseConfig, build_diffpose, load_diffpose, save_diffpose
from sdpose.training import train
from sdpose.training.checkpoints import load_checkpoint
from sdpose.training.diffpose import DiffPoseTrainConfig
from sdpose.training.diffpose.objective import DenoisingObjective
from sdpose.training.diffpose.recipe import DiffPoseRecipe
from sdpose.training.diffpose.start import starting_model, vitpose_backbone
from sdpose.training.trainer import _Trainer

from ...conftest import tiny


def losses(result):
    with result.log.open() as file:
        return [float(row["heatmap_loss"]) for row in csv.DictReader(file) if row["heatmap_loss"]]


def weights(folder):
    state = load_checkpoint(folder / "last.pt")
    return {**state["model"], **{f"average.{key}": value for key, value in state["average"].items()}}


def test_two_films_are_learned(config, tmp_path):
    result = train(
        config(steps=60, batch_size=4, lr=5e-3, augment=0.0, reuse=1000, log_every=10), tmp_path, progress=False
    )
    found = losses(result)
    assert found[-1] < 0.6 * found[0]
    assert load_diffpose(result.model, device="cpu").config.delta == 2
    assert result.plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("stop", [1, 2, 3, 5])
def test_a_run_interrupted_at_any_step_ends_with_the_same_bits(config, tmp_path, monkeypatch, stop):
    train(config(save_every=2), tmp_path / "straight", progress=False)
    real = _Trainer._train_step

    def step(trainer, batch):
        if trainer.step == stop:
            raise KeyboardInterrupt
        return real(trainer, batch)

    with monkeypatch.context() as patch:
        patch.setattr(_Trainer, "_train_step", step)
        with pytest.raises(KeyboardInterrupt):
            train(config(save_every=2), tmp_path / "stopped", progress=False)
    train(config(save_every=2), tmp_path / "stopped", progress=False)
    one, other = weights(tmp_path / "straight"), weights(tmp_path / "stopped")
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_map_on_held_out_film_is_measured(config, tmp_path):
    result = train(config(steps=2, validate_every=1, validate_count=1), tmp_path, progress=False)
    with result.log.open() as file:
        rows = [row for row in csv.DictReader(file) if row["map"]]
    assert [row["step"] for row in rows] == ["1", "2"]
    assert result.score == float(rows[-1]["map"]) and 0 <= float(rows[-1]["map_1"]) <= 1


def test_workers_and_measuring_leave_a_resumed_run_the_same(config, tmp_path, monkeypatch):
    options = {"workers": 2, "validate_every": 2, "validate_count": 1, "save_every": 2, "steps": 4}
    train(config(**options), tmp_path / "straight", progress=False)
    real = _Trainer._train_step

    def step(trainer, batch):
        if trainer.step == 3:
            raise KeyboardInterrupt
        return real(trainer, batch)

    with monkeypatch.context() as patch:
        patch.setattr(_Trainer, "_train_step", step)
        with pytest.raises(KeyboardInterrupt):
            train(config(**options), tmp_path / "stopped", progress=False)
    train(config(**options), tmp_path / "stopped", progress=False)
    one, other = weights(tmp_path / "straight"), weights(tmp_path / "stopped")
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_frozen_backbone_does_not_move_and_a_free_one_does(config, tmp_path):
    start = starting_model(config(), "coco17").state_dict()
    for frozen in (True, False):
        train(config(freeze_backbone=frozen, steps=2), tmp_path / str(frozen), progress=False)
        end = load_checkpoint(tmp_path / str(frozen) / "last.pt")["model"]
        moved = {key.split(".")[0] for key in end if not torch.equal(start[key], end[key])}
        assert moved == {"strl", "decoder"} | (set() if frozen else {"backbone"})


def test_a_wider_window_starts_as_the_narrow_network_was(tmp_path):
    torch.manual_seed(0)
    narrow = build_diffpose(tiny(delta=0))
    save_diffpose(narrow, tmp_path / "narrow.safetensors")
    config = DiffPoseTrainConfig(init=str(tmp_path / "narrow.safetensors"), delta=2)
    wide = starting_model(config, "coco17")
    assert wide.config.delta == 2
    assert all(torch.equal(wide.strl.positions[:, k], narrow.strl.positions[:, 0]) for k in range(5))
    assert wide.strl.frames.weight[0, 2] == narrow.strl.frames.weight[0, 0]
    assert torch.equal(wide.decoder.final_layer.weight, narrow.decoder.final_layer.weight)
    back = tmp_path / "wide.safetensors"
    save_diffpose(wide, back)
    again = starting_model(DiffPoseTrainConfig(init=str(back), delta=0), "coco17")
    assert torch.equal(again.strl.positions, narrow.strl.positions)
    assert torch.equal(again.strl.frames.weight, narrow.strl.frames.weight)


def test_switches_change_the_network_and_keep_what_fits(config):
    model = starting_model(config(interaction="concat", levels=1, strl=False, fusion="concat", sigma=2.0), "coco17")
    sizes = model.config
    assert (sizes.interaction, sizes.levels, sizes.strl, sizes.fusion, sizes.sigma) == ("concat", 1, False, "concat", 2)
    original = starting_model(config(), "coco17")
    assert torch.equal(model.backbone.pos_embed, original.backbone.pos_embed)
    assert starting_model(config(signal_scale=0.0), "coco17").diffusion.scale is None
    assert starting_model(config(), "posetrack17").skeleton.name == "posetrack17"


def test_keypoints_of_another_skeleton_are_not_mixed_up(config):
    original = starting_model(config(), "coco17")
    torch.manual_seed(1)
    other = starting_model(config(), "posetrack17")
    assert torch.equal(other.backbone.pos_embed, original.backbone.pos_embed)
    for name in ("decoder.final_layer.weight", "decoder.down.0.0.weight"):
        assert not torch.equal(other.state_dict()[name], original.state_dict()[name])


def test_switches_that_differ_from_the_files_are_said(config, caplog):
    starting_model(config(interaction="concat", delta=1), "coco17")
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(said) == 2 and "has delta 2; this run has 1" in said[0] and "has interaction 'lookup'" in said[1]


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_backbone_drops_nothing(config, frozen):
    settings = config(freeze_backbone=frozen)
    objective = DenoisingObjective(starting_model(settings, "coco17"), settings).train()
    assert objective.model.backbone.training is not frozen and objective.model.decoder.training
    crops = torch.randn(8, 3, 48, 32)
    one, other = objective.model.features(crops), objective.model.features(crops)
    assert torch.equal(one, other) is frozen


def test_the_backbone_is_vitposes(tmp_path):
    """transformers' ViTPose of the same weights gives the same features."""
    from transformers import VitPoseBackbone, VitPoseBackboneConfig

    torch.manual_seed(0)
    theirs = VitPoseBackbone(
        VitPoseBackboneConfig(
            image_size=[64, 48], patch_size=[16, 16], hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
            out_indices=[3],
        )
    ).eval()  # fmt: skip
    path = tmp_path / "vitpose.safetensors"
    save_file({f"backbone.{key}": value.contiguous() for key, value in theirs.state_dict().items()}, path)
    sizes = DiffPoseConfig(input_wh=(48, 64), width=32, depth=3, heads=4, channels=(16, 8, 8), decoder_heads=2)
    ours = build_diffpose(sizes).backbone
    tensors = vitpose_backbone(path, sizes)
    ours.load_state_dict({key: tensors[key] for key in ours.state_dict()})
    pictures = torch.randn(2, 3, 64, 48)
    with torch.inference_mode():
        expected = theirs(pictures).feature_maps[0]
        tokens = ours(pictures)
    torch.testing.assert_close(tokens.flatten(2).transpose(1, 2), expected.flatten(2).transpose(1, 2)
                               if expected.ndim == 4 else expected, rtol=0, atol=1e-4)  # fmt: skip


def test_what_is_no_backbone_is_refused(tmp_path):
    save_file({"pos_embed": torch.zeros(1, 5, 8)}, tmp_path / "other.safetensors")
    with pytest.raises(BadCheckpoint, match=r"pos_embed should have shape \(1, 49, 256\), it has \(1, 5, 8\)"):
        starting_model(DiffPoseTrainConfig(init=str(tmp_path / "other.safetensors")), "coco17")
    with pytest.raises(ModelNotFound):
        starting_model(DiffPoseTrainConfig(init=str(tmp_path / "none.safetensors")), "coco17")


def test_earlier_layers_learn_more_slowly_and_only_matrices_decay(config):
    groups = DiffPoseRecipe(config(layer_decay=0.5, weight_decay=0.1)).parameters()
    scales = {round(group["lr_scale"], 6) for group in groups}
    assert scales == {1.0, 0.5**1, 0.5**2, 0.125}  # after the backbone, its norm, two layers... and patches
    for group in groups:
        assert group["weight_decay"] in (0.0, pytest.approx(0.1))
        if group["weight_decay"]:
            assert all(parameter.ndim > 1 for parameter in group["params"])
    counted = sum(parameter.numel() for group in groups for parameter in group["params"])
    assert counted == sum(value.numel() for value in DiffPoseRecipe(config()).model.parameters())


def test_the_papers_schedule_falls_tenfold_at_each_third():
    config = DiffPoseTrainConfig(schedule="steps", steps=60, warmup=0, lr=5e-4)
    rates = [config.lr_at(step) for step in (0, 19, 20, 39, 40, 59)]
    assert rates == pytest.approx([5e-4, 5e-4, 5e-5, 5e-5, 5e-6, 5e-6])


@pytest.mark.parametrize(
    "changes",
    [{"size": "huge"}, {"draws": 0}, {"narrow": 2.0}, {"layer_decay": 0.0}, {"posetrack": "a"}, {"held_out": "b"},
     {"signal_scale": -1.0}, {"schedule": "flat"}, {"film_size": 4}, {"sigma": 0.0}, {"validate_count": 0},
     {"clip": 0.0}, {"heatmap_weight": -1.0}, {"threads": 0}, {"held_out": None, "posetrack": "a", "images": "b"}],
    ids=str,
)  # fmt: skip
def test_impossible_options_are_refused(changes):
    with pytest.raises(BadOption, match=next(iter(changes))):
        DiffPoseTrainConfig(**changes)


def test_the_command_trains(tiny_file, tmp_path, capsys):
    words = ["--init", str(tiny_file), "--steps", "1", "--batch-size", "1", "--workers", "0", "--validate-every", "0",
             "--film-size", "64", "--film-frames", "2", "--window", "1", "--no-strl"]  # fmt: skip
    assert main(["train", "diffpose", "--out", str(tmp_path / "run"), *words]) == 0
    assert "trained for 1 steps" in capsys.readouterr().out
    assert not load_diffpose(tmp_path / "run" / "model.safetensors", device="cpu").config.strl
    assert np.isfinite(losses(train(DiffPoseTrainConfig(
        init=str(tiny_file), steps=1, batch_size=1, workers=0, validate_every=0, film_size=64, film_frames=2, window=1,
        strl=False,
    ), tmp_path / "run", progress=False))).all()  # fmt: skip
