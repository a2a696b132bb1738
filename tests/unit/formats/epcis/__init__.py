"""EPCIS 2.0, its pure part."""

from pathlib import Path

SHARED = Path(__file__).resolve().parents[5] / "shared" / "vectors"
"""Other people's vectors, beside the project."""
