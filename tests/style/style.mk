# SPDX-License-Identifier: ISC

style_tests = \
	tests/style/circles.py \
	tests/style/completions.py \
	tests/style/contributing.py \
	tests/style/counting.py \
	tests/style/docs.py \
	tests/style/format.py \
	tests/style/hardening.py \
	tests/style/headers.py \
	tests/style/layers.py \
	tests/style/man.py \
	tests/style/modes.sh \
	tests/style/names.py \
	tests/style/purity.py \
	tests/style/unused.py \
	tests/style/rooms.py \
	tests/style/sizes.py \
	tests/style/words.py

TESTS += $(style_tests)
EXTRA_DIST += $(style_tests) tests/style/objects.py tests/style/style.py

# They read what the build makes: make before judging, also under make -j.
tests/style/circles.log: src/taut$(EXEEXT)
tests/style/completions.log: src/taut$(EXEEXT)
tests/style/docs.log: src/taut$(EXEEXT)
tests/style/hardening.log: src/taut$(EXEEXT)
tests/style/man.log: src/taut$(EXEEXT)
tests/style/modes.log: src/taut$(EXEEXT)
tests/style/names.log: src/taut$(EXEEXT)
tests/style/unused.log: src/taut$(EXEEXT)
tests/style/purity.log: libproto.a libdiag.a libcontrol.a libcrypto.a libbase.a
