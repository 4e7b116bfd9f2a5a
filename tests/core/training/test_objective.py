"""The losses, and what they may and may not move."""

import pytest
import torch

from sdpose.training.losses import heatmap_loss
from sdpose.training.sdpose.objective import Objective
from sdpose.training.sdpose.start import starting_model


def batch(people=4):
    generator = torch.Generator().manual_seed(0)
    crops = torch.randint(0, 256, (people, 48, 32, 3), dtype=torch.uint8, generator=generator)
    return crops, torch.rand(people, 17, 2, generator=generator) * 30, torch.ones(people, 17)


def test_heatmap_loss_by_hand():
    predicted, target = torch.zeros(1, 2, 2, 2), torch.ones(1, 2, 2, 2)
    assert heatmap_loss(predicted, target, torch.tensor([[1.0, 0.0]])) == 0.5
    assert heatmap_loss(predicted, target, torch.tensor([[1.0, 0.5]])) == 0.5 + 0.25 / 2


def test_unlabelled_keypoints_teach_nothing(config):
    torch.manual_seed(0)
    objective = Objective(starting_model(config()), config(reconstruction_share=0.0))
    crops, points, _ = batch()
    heat, _ = objective(crops, points, torch.zeros(4, 17))
    heat.backward()
    assert heat == 0 and objective.model.network.head.final_layer.weight.grad.abs().max() == 0


def test_the_reconstruction_branch_cannot_empty_the_latents(config):
    torch.manual_seed(0)
    objective = Objective(starting_model(config()), config(reconstruction_share=1.0))
    _, reconstruction = objective(*batch())
    reconstruction.backward()
    assert reconstruction > 0
    assert all(parameter.grad is None for parameter in objective.model.encoder.parameters())
    assert objective.model.network.unet.conv_out.weight.grad.abs().max() > 0


@pytest.mark.parametrize("people", [1, 2])
def test_the_smallest_batches_are_reconstructed_too(config, people):
    torch.manual_seed(0)
    objective = Objective(starting_model(config()), config(batch_size=people, reconstruction_share=0.25))
    heat, reconstruction = objective(*batch(people))
    (heat + reconstruction).backward()
    assert reconstruction > 0
    learning = [parameter for parameter in objective.parameters() if parameter.requires_grad]
    assert all(parameter.grad is not None for parameter in learning), "several processes wait for every gradient"


def test_both_tasks_differ_by_the_task_embedding_alone(config):
    torch.manual_seed(0)
    network = starting_model(config()).network
    latents = torch.randn(1, 4, 6, 4)
    reconstructed = network.reconstruct(latents)
    network.task.copy_(torch.tensor([[0.0, 0.84147098, 1.0, 0.54030231]]))
    assert torch.allclose(network._run(latents, network.task), reconstructed, atol=1e-6)
