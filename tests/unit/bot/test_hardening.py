"""Secrets leave the environment once they were read, and a crash writes no memory to disk."""

import os
import subprocess
import sys

import pytest

from bot.core.errors import ConfigurationError
from bot.hardening import wipe_environment


def test_secrets_leave_the_environment_and_the_rest_stays() -> None:
    variables = {
        "EXTENDED_API_KEY": "k", "A_STARKNET_PRIVATE": "0x1", "A_STARKNET_PUBLIC": "0x2", "MMBOT_DATABASE_URL": "p",
        "MMBOT_ALERT_URLS": "t", "MMBOT_HEARTBEAT_URL": "h", "PATH": "/bin", "MMBOT_ENV": "paper",
    }  # fmt: skip

    wiped = wipe_environment(variables)

    assert set(variables) == {"A_STARKNET_PUBLIC", "PATH", "MMBOT_ENV"}
    assert len(wiped) == 5


def test_settings_are_read_before_they_are_wiped() -> None:
    from backend.watching import from_outside

    variables = {"EXTENDED_API_KEY": "canary-api-key", "MMBOT_ALERT_URLS": "tgram://1:abc/2", "MMBOT_HOME": "/nowhere"}
    program = (
        "import json, os, resource, subprocess, sys\n"
        "from backend.watching import from_outside\n"
        "environment, alerts = from_outside(os.environ)\n"
        "child = subprocess.run(['env'], capture_output=True, text=True).stdout\n"
        "print(json.dumps([environment.api_key.reveal(), len(alerts.urls), 'canary' in child,"
        " resource.getrlimit(resource.RLIMIT_CORE)]))\n"
    )

    told = subprocess.run(
        [sys.executable, "-c", program], env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True, check=True
    )

    assert told.stdout.strip() == '["canary-api-key", 1, false, [0, 0]]'
    assert from_outside({"MMBOT_HOME": "/nowhere"})[0].api_key is None


def test_a_log_format_is_text_or_json() -> None:
    from backend.watching import wants_json

    assert [wants_json({"MMBOT_LOG_FORMAT": word} if word else {}) for word in ("", "text", "JSON")] == [False, False, True]
    with pytest.raises(ConfigurationError):
        wants_json({"MMBOT_LOG_FORMAT": "xml"})
