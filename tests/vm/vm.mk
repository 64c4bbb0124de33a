# SPDX-License-Identifier: ISC
EXTRA_DIST += tests/vm/init.sh tests/vm/run.py

# The jail and some tunnels on the kernel of the distribution, in an emulated machine; needs
# root, apt and qemu-system-x86, and up to ten minutes.
check-kernel: all $(check_DATA) $(check_PROGRAMS)
	$(AM_TESTS_ENVIRONMENT) $(PYTHON) $(srcdir)/tests/vm/run.py
.PHONY: check-kernel
