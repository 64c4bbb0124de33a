# SPDX-License-Identifier: ISC
INTEROP_TESTS += tests/interop/run.py
EXTRA_DIST += tests/interop/run.py
