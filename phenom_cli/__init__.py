"""The ``phenom`` command for people; ``phenom_cli.main`` is its entry point."""
