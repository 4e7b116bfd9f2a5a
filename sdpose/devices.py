"""Where networks run."""

from __future__ import annotations

import torch

from .errors import BadOption

__all__ = ["pick_device"]


def pick_device(device: str | torch.device) -> torch.device:
    """A device by name; "auto" is the accelerator that is present (CUDA and ROCm, XPU, MPS), else the CPU.

    Raises:
        BadOption: torch knows no such device.
    """
    if device != "auto":
        try:
            return torch.device(device)
        except RuntimeError as error:
            raise BadOption(f"device is auto, cpu, cuda, cuda:1, mps, ...; got {device!r}") from error
    # Asked one by one: torch.accelerator would answer at once, but only in torch 2.7 and newer.
    present = {"cuda": torch.cuda, "xpu": getattr(torch, "xpu", None), "mps": torch.backends.mps}
    return torch.device(next((name for name, kind in present.items() if kind and kind.is_available()), "cpu"))
