import os
import sys
from pathlib import Path

import pytest

# Before the engine is loaded: threads that wait leave the processors to others.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tiny() -> Path:
    """BERT with 3 layers of 4 heads, random weights, and PyTorch's numbers beside them."""
    return ROOT / "tests/golden/tiny/bert-mlm"
