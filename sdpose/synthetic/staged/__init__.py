"""Films staged to try what is hard in following and steadying people: each of one kind, with exact identity and motion.

`KINDS` says which there are. Every kind has two or more people; all measures are adult heights and seconds, so the
same happens at any size and rate.
"""

from .films import staged
from .scenes import KINDS

__all__ = ["KINDS", "staged"]
