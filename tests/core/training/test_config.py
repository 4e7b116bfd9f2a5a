"""The config, as JSON and as command line options."""

import argparse
import subprocess
import sys

import pytest

from sdpose.errors import BadOption
from sdpose.training import TrainConfig
from sdpose.training.options import add_arguments, config_from_args


def parse(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser, TrainConfig)
    return config_from_args(parser.parse_args(words), TrainConfig)


def test_no_options_are_the_defaults():
    assert parse() == TrainConfig()


def test_options_of_every_kind():
    config = parse(
        "--steps", "7", "--lr", "0.5", "--init", "mini", "--augment", "0.2", "--freeze-vae", "--input-width", "96",
        "--input-height", "128",
    )  # fmt: skip
    assert config.input_wh == (96, 128)
    assert config == TrainConfig(
        steps=7, lr=0.5, init="mini", augment=0.2, freeze_vae=True, input_width=96, input_height=128
    )


def test_every_option_explains_itself():
    parser = argparse.ArgumentParser()
    add_arguments(parser, TrainConfig)
    assert all(action.help for action in parser._actions)


def test_json_round_trip(tmp_path):
    config = TrainConfig(steps=9, sigma=2.0)
    config.save(tmp_path / "config.json")
    assert TrainConfig.load(tmp_path / "config.json") == config
    (tmp_path / "config.json").write_text('{"stepz": 9}')
    with pytest.raises(BadOption, match="stepz"):
        TrainConfig.load(tmp_path / "config.json")


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"lr": -1.0}, {"lr": float("nan")}, {"coco": "a.json"}, {"input_width": 96}, {"scheme": "hands"},
     {"scheme": "wholebody"}, {"dtype": "float8"}, {"input_width": 100, "input_height": 128}, {"ema": 1.5},
     {"augment": 2.0}],
)  # fmt: skip
def test_impossible_options_are_named(wrong):
    with pytest.raises(BadOption, match=next(iter(wrong))):
        TrainConfig(**wrong)


def test_learning_rate_warms_up_and_decays():
    config = TrainConfig(steps=100, warmup=10, lr=1.0, final_lr=0.1)
    rates = [config.lr_at(step) for step in range(100)]
    assert rates[0] == 0.1 and rates[9] == 1.0 and rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True) and 0.1 < rates[-1] < 0.102


def test_sigma_follows_the_heatmap_with_a_floor():
    config = TrainConfig()
    assert [config.sigma_for(width) for width in (192, 96, 24)] == [6.0, 3.0, 1.5]
    assert TrainConfig(sigma=2.0).sigma_for(192) == 2.0


def test_options_load_without_torch():
    code = "import sys, sdpose.training.options; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
