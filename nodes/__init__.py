"""Thin ComfyUI nodes, one file per step a user drags; the work itself lives in the `sdpose` library."""
