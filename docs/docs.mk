# SPDX-License-Identifier: ISC
# Installed with the program: man pages, examples, completions.

dist_man_MANS = \
	docs/man/taut.7 \
	docs/man/taut.8 \
	docs/man/taut.conf.5

dist_doc_DATA += docs/WHY.md docs/JAIL.md docs/MIGRATION.md docs/STATUS.md docs/status.schema.json \
	docs/events.schema.json docs/why.schema.json

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	conf/behind-nat.conf \
	conf/ipv6-only.conf \
	conf/point-to-point.conf \
	conf/road-warrior-gateway.conf \
	conf/road-warrior.conf \
	conf/routed-link.conf \
	conf/site-to-site.conf \
	conf/split-dns.conf

# bash loads the file named after the command.
bashcompletiondir = $(datadir)/bash-completion/completions
bashcompletion_DATA = completions/taut
completions/taut: completions/taut.bash
	$(AM_V_at)$(MKDIR_P) completions
	$(AM_V_GEN)cp $(srcdir)/completions/taut.bash $@
CLEANFILES += completions/taut

zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = completions/_taut
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = completions/taut.fish

EXTRA_DIST += completions/taut.bash
