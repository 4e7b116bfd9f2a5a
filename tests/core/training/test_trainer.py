"""Training learns, stops and resumes without a trace, and never leaves half a checkpoint."""

import csv
import dataclasses
import json
from types import SimpleNamespace

import pytest
import torch

from sdpose.cli import main
from sdpose.errors import BadCheckpoint, BadOption, OutputError, SDPoseError
from sdpose.models import load_model, save_model
from sdpose.topology import get
from sdpose.training import checkpoints, train
from sdpose.training.checkpoints import load_checkpoint, save_checkpoint
from sdpose.training.sdpose.heldout import HeldOut
from sdpose.training.sdpose.start import fresh_model, starting_model

from .conftest import tiny_config


def same(one, other):
    """Whether two nested checkpoints hold the very same bits."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def log_rows(result):
    with result.log.open() as file:
        return list(csv.DictReader(file))


def test_four_people_are_learned_by_heart(config, tmp_path):
    result = train(
        config(steps=80, lr=6e-3, augment=0.0, log_every=10, reconstruction_share=0.0), tmp_path, progress=False
    )
    losses = [float(row["heatmap_loss"]) for row in log_rows(result)]
    assert losses[-1] < 0.35 * losses[0]
    assert load_model(result.model).scheme == "body"
    assert result.plot.read_bytes().startswith(b"\x89PNG")


def test_a_resumed_run_ends_with_the_same_bits(config, tmp_path, monkeypatch):
    straight = train(config(save_every=3), tmp_path / "straight", progress=False)

    with monkeypatch.context() as patch:
        patch.setattr("sdpose.training.trainer._Trainer._train_step", _stop_after(4))
        with pytest.raises(KeyboardInterrupt):
            train(config(save_every=3), tmp_path / "stopped", progress=False)
    assert load_checkpoint(tmp_path / "stopped" / "last.pt")["step"] == 3
    resumed = train(config(save_every=3), tmp_path / "stopped", progress=False)

    one, other = load_checkpoint(straight.checkpoint), load_checkpoint(resumed.checkpoint)
    for state in (one, other):
        for row in state["history"]:
            row["images_per_second"] = None
    assert same(one, other)
    assert [row["step"] for row in log_rows(resumed)] == [str(step) for step in range(1, 7)]


def _stop_after(steps):
    """A training step that is interrupted once `steps` are done."""
    from sdpose.training.trainer import _Trainer

    real = _Trainer._train_step

    def step(trainer, batch):
        if trainer.step == steps:
            raise KeyboardInterrupt
        return real(trainer, batch)

    return step


def test_a_finished_run_has_nothing_left_to_do(config, tmp_path):
    first = train(config(steps=1), tmp_path, progress=False)
    before = load_checkpoint(first.checkpoint)
    assert train(config(steps=1), tmp_path, progress=False) == first
    assert same(before, load_checkpoint(first.checkpoint))


def test_starting_afresh_replaces_the_run(config, tmp_path):
    train(config(steps=1), tmp_path, progress=False)
    train(config(steps=2, lr=0.01), tmp_path, resume=False, progress=False)
    assert load_checkpoint(tmp_path / "last.pt")["step"] == 2


def test_a_run_with_other_options_is_not_resumed(config, tmp_path):
    train(config(steps=1), tmp_path, progress=False)
    with pytest.raises(BadOption, match=r"lr \(then 0.001, now 0.01\)"):
        train(config(steps=1, lr=0.01), tmp_path, progress=False)
    assert train(config(steps=2), tmp_path, progress=False).steps == 2


def test_an_interrupted_save_leaves_the_old_checkpoint_whole(config, tmp_path, monkeypatch):
    train(config(steps=1), tmp_path, progress=False)
    before = load_checkpoint(tmp_path / "last.pt")

    def full_disk(state, path):
        path.write_bytes(b"half a checkpoint")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.torch, "save", full_disk)
    with pytest.raises(OutputError):
        save_checkpoint(tmp_path / "last.pt", before)
    monkeypatch.undo()
    assert same(before, load_checkpoint(tmp_path / "last.pt"))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 broken"])
def test_a_damaged_checkpoint_is_named(tmp_path, content):
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(BadCheckpoint, match=r"last\.pt"):
        load_checkpoint(tmp_path / "last.pt")


def test_a_foreign_file_is_not_a_checkpoint(tmp_path):
    torch.save({"step": 3}, tmp_path / "last.pt")
    with pytest.raises(BadCheckpoint, match="model, average"):
        load_checkpoint(tmp_path / "last.pt")


def _remove(path):
    path.unlink()


@pytest.mark.parametrize(
    "damage",
    [_remove, *(lambda path, text=text: path.write_text(text) for text in ("", "{", "[]", '{"steps": "six"}'))],
    ids=["missing", "empty", "cut", "list", "text for a number"],
)
def test_a_checkpoint_without_its_options_is_not_resumed(config, tmp_path, damage):
    train(config(steps=1), tmp_path, progress=False)
    damage(tmp_path / "config.json")
    with pytest.raises(BadCheckpoint, match=r"config\.json .*--restart"):
        train(config(steps=1), tmp_path, progress=False)


def test_a_file_is_no_folder_for_results(config, tmp_path, capsys):
    (tmp_path / "file").write_text("kept")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(OutputError, match="file"):
            train(config(steps=1), out, progress=False)
    assert main(["train", "sdpose", "--out", str(tmp_path / "file" / "run"), "--steps", "1"]) == 1
    assert "cannot write" in capsys.readouterr().err


def test_a_loss_that_runs_away_stops_the_run(config, tmp_path):
    with pytest.raises(SDPoseError, match=r"loss is (nan|inf)"):
        train(config(lr=1e30, clip=1e30, warmup=0, steps=20, save_every=20), tmp_path, progress=False)


@pytest.mark.parametrize(
    ("option", "steps", "tolerance"),
    [({"dtype": "bfloat16"}, 1, 0.05), ({"gradient_checkpointing": True}, 2, 1e-4)],
)
def test_cheaper_arithmetic_gives_nearly_the_same_losses(config, tmp_path, option, steps, tolerance):
    plain = log_rows(train(config(steps=steps), tmp_path / "plain", progress=False))
    cheap = log_rows(train(config(steps=steps, **option), tmp_path / "cheap", progress=False))
    losses = [[float(row["loss"]) for row in rows] for rows in (plain, cheap)]
    assert losses[1] == pytest.approx(losses[0], rel=tolerance)
    assert len(losses[0]) == steps


def test_pck_on_held_out_drawings_is_measured(config, tmp_path):
    result = train(config(steps=2, validate_every=1, validate_count=2), tmp_path, progress=False)
    measured = [row for row in log_rows(result) if row["pck_0.1"]]
    assert [row["step"] for row in measured] == ["1", "2"]
    assert result.score == float(measured[-1]["pck_0.1"]) and 0 <= result.score <= float(measured[-1]["pck_0.2"]) <= 1


@pytest.fixture
def wholebody(coco, tmp_path):
    """Options of a run on the stick figures with 133 keypoints each, of which the last 116 are not labelled."""
    content = json.loads(coco[0].read_text())
    for annotation in content["annotations"]:
        annotation["keypoints"] += [0] * 3 * 116
    (tmp_path / "wholebody.json").write_text(json.dumps(content))
    torch.manual_seed(0)
    save_model(fresh_model(dataclasses.replace(tiny_config(), scheme="wholebody"), tail=True), tmp_path / "wholebody")
    return {"scheme": "wholebody", "init": str(tmp_path / "wholebody"), "coco": str(tmp_path / "wholebody.json")}


def test_a_whole_body_is_judged_by_the_keypoints_that_drawings_have(config, wholebody, tmp_path):
    options = wholebody | {"steps": 2, "validate_every": 1, "validate_count": 2}
    result = train(config(**options), tmp_path / "run", progress=False)
    assert [row["step"] for row in log_rows(result) if row["pck_0.1"]] == ["1", "2"]
    assert load_model(result.model).scheme == "wholebody"


def test_held_out_keypoints_are_matched_by_name(config):
    """A model that has the drawings' keypoints in another order, and knows where each is."""
    held_out = HeldOut.drawn(config(validate_count=2), (32, 48))
    skeleton = dataclasses.replace(get("coco_wholebody133"), keypoints=get("coco_wholebody133").keypoints[::-1])
    model = SimpleNamespace(skeleton=skeleton, device="cpu", dtype=torch.float32)
    model.heatmaps = lambda crops: torch.arange(133).reshape(1, 133, 1, 1).expand(len(crops), -1, -1, -1)

    def decode(heatmaps):
        names = [skeleton.keypoints[channel] for channel in heatmaps[0, :, 0, 0]]
        return torch.from_numpy(held_out.points[:, [get("coco17").index(name) for name in names]]), None

    assert held_out.pck(model, SimpleNamespace(decode=decode)) == {"pck_0.1": 1.0, "pck_0.2": 1.0}


def test_a_frozen_encoder_does_not_move_and_a_free_one_does(config, tmp_path):
    start = starting_model(config()).state_dict()
    for frozen in (True, False):
        train(config(freeze_vae=frozen, steps=2), tmp_path / str(frozen), progress=False)
        end = load_checkpoint(tmp_path / str(frozen) / "last.pt")["model"]
        moved = [key for key in end if key.startswith("encoder.") and not torch.equal(start[key], end[key])]
        assert bool(moved) is not frozen


def test_input_size_and_sigma_travel_with_the_exported_model(config, tmp_path):
    result = train(config(input_width=48, input_height=64, sigma=2.5, steps=1), tmp_path, progress=False)
    model = load_model(result.model)
    assert model.input_wh == (48, 64) and model.codec.sigma == 2.5
    assert json.loads((tmp_path / "config.json").read_text())["sigma"] == 2.5
