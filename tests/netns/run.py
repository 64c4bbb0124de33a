#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Real tunnels in network namespaces, for root: run.py [-k PATTERN] [--long] [--program PATH]."""

import sys

import runner
import t_data    # noqa: F401
import t_tunnel  # noqa: F401
import t_timers  # noqa: F401
import t_move    # noqa: F401
import t_mtu     # noqa: F401
import t_pauses  # noqa: F401
import t_load    # noqa: F401
import t_flood   # noqa: F401
import t_shared  # noqa: F401
import t_clock   # noqa: F401
import t_uapi    # noqa: F401
import t_quick   # noqa: F401
import t_wgfile  # noqa: F401
import t_keys    # noqa: F401
import t_faults  # noqa: F401
import t_daemon  # noqa: F401
import t_start   # noqa: F401
import t_spaces  # noqa: F401
import t_status  # noqa: F401
import t_why     # noqa: F401
import t_routing  # noqa: F401
import t_worker  # noqa: F401
import t_names   # noqa: F401
import t_past    # noqa: F401
import t_dns     # noqa: F401
import t_kills   # noqa: F401
import t_closed  # noqa: F401
import t_liar    # noqa: F401
import t_drift   # noqa: F401

sys.exit(runner.main(__doc__))
