# SPDX-License-Identifier: ISC
# Two hosts paired by their admins' hands: new, join, accept; export and import.
TESTS += tests/pair/run.py
EXTRA_DIST += \
	tests/pair/host.py \
	tests/pair/qrread.py \
	tests/pair/run.py \
	tests/pair/t_crash.py \
	tests/pair/t_docs.py
