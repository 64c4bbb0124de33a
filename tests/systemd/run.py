#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""taut as a service of systemd, for root: run.py [-k PATTERN] [--program PATH]."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../netns"))

import runner    # noqa: E402

import t_notify  # noqa: E402,F401
import t_unit    # noqa: E402,F401
import t_apart   # noqa: E402,F401
import t_real    # noqa: E402,F401
import t_tenants # noqa: E402,F401
import t_polkit  # noqa: E402,F401
import t_resolved # noqa: E402,F401
import t_pair    # noqa: E402,F401

# As on hardened hosts: whatever is for another user must set its own modes.
os.umask(0o077)
sys.exit(runner.main(__doc__))
