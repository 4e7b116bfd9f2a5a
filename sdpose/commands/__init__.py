"""The subcommands of `sdpose`, one module each, and what they share.

A command module has a docstring that is its help text, `add_arguments(parser)`, and `run(args)`, which returns the
exit code. Whatever is slow to import is imported inside `run`.
"""
