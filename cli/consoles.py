"""Where the commands write: as wide as the terminal, and wide enough for a table where there is none."""

import sys

from rich.console import Console

_WIDTH_OF_FILES = 150
out = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
err = Console(stderr=True, width=None if sys.stderr.isatty() else _WIDTH_OF_FILES)
