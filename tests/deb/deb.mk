# SPDX-License-Identifier: ISC
EXTRA_DIST += tests/deb/run.py
package_logs = package-suite.log tests/deb/run.log tests/deb/run.trs
CLEANFILES += $(package_logs)

# The Debian package, installed, upgraded and purged in a chroot; needs root and a mirror,
# and nothing that is built here. An old log must not stand for a run.
check-package:
	rm -f $(package_logs)
	$(MAKE) $(AM_MAKEFLAGS) package-suite.log TEST_SUITE_LOG=package-suite.log \
		TEST_LOGS=tests/deb/run.log
.PHONY: check-package
