"""Builds the images of both connectors and tests them; docs/images.md is the manual."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class CannotBuild(Exception):
    """The message says what is wrong or missing, and what to do."""
