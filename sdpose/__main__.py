"""`python -m sdpose` is the `sdpose` command."""

from .cli import main

raise SystemExit(main())
