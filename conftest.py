"""Settings for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Plugins that take a second or more to import, by the test file that needs them. The CDK's image
# tests need its options too: add -p airbyte_cdk.test.standard_tests.pytest_hooks.
_PLUGINS = {
    "test_cdk_standard.py": "airbyte_cdk.test.standard_tests.pytest_hooks",
    "test_sandbox_openapi.py": "schemathesis.extra.pytest_plugin",
}

# Every run has the same examples, so that a failed run can be repeated. To search for new ones:
# HYPOTHESIS_PROFILE=search ./run test unit_tests/phenom_api
# No limit depends on how busy the machine is.
_AT_ANY_LOAD = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", _AT_ANY_LOAD, derandomize=True)
settings.register_profile("search", _AT_ANY_LOAD, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Give the process its umask back: a command that a test runs in this process may change it."""
    before = os.umask(0o077)
    os.umask(before)
    yield
    os.umask(before)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> None:
    """Load the plugin that a test file needs before its tests are collected."""
    if plugin := _PLUGINS.get(module_path.name):
        parent.config.pluginmanager.import_plugin(plugin)
