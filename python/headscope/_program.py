"""The command `headscope`: the program that lies in the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Becomes the program, with this process's arguments."""
    program = Path(__file__).parent / "bin" / "headscope"
    os.execv(program, ["headscope", *sys.argv[1:]])
