# SPDX-License-Identifier: ISC
TESTS += tests/systemd/analyze.py tests/systemd/run.py
EXTRA_DIST += \
	tests/systemd/analyze.py \
	tests/systemd/box.py \
	tests/systemd/box.sh \
	tests/systemd/manager.py \
	tests/systemd/run.py \
	tests/systemd/t_apart.py \
	tests/systemd/t_notify.py \
	tests/systemd/t_pair.py \
	tests/systemd/t_polkit.py \
	tests/systemd/t_real.py \
	tests/systemd/t_resolved.py \
	tests/systemd/t_tenants.py \
	tests/systemd/t_unit.py

# They read what the build makes.
tests/systemd/analyze.log tests/systemd/run.log: src/taut$(EXEEXT) systemd/taut@.service \
	systemd/taut-generator
