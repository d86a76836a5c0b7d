"""Lets the CDK's standard suites generate their tests from ``acceptance-test-config.yml``."""

from __future__ import annotations

pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]
