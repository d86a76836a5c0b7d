"""Settings for all tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Lets the CDK's standard suites generate their tests from ``acceptance-test-config.yml``.
pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]

# The same examples in every run, so that a red run can be run again. To search for new ones:
# HYPOTHESIS_PROFILE=search ./run test unit_tests/phenom_api
# No limit depends on how busy the machine is.
_AT_ANY_LOAD = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", _AT_ANY_LOAD, derandomize=True)
settings.register_profile("search", _AT_ANY_LOAD, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
