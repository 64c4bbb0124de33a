# SPDX-License-Identifier: ISC
# Files for systemd, NetworkManager and polkit; configure sets their directories.

unit_files = systemd/taut.target
built_units = systemd/taut@.service
built_generators = systemd/taut-generator
preset_files = systemd/90-taut.preset
network_files = systemd/network/10-taut.network
networkd_files = systemd/networkd/10-taut.conf
sysusers_files = systemd/sysusers.d/taut.conf
tmpfiles_files = systemd/tmpfiles.d/taut.conf
nm_files = systemd/NetworkManager/10-taut.conf
polkit_files = systemd/taut.rules
unit_examples = \
	systemd/examples/README \
	systemd/examples/encrypted-key.conf \
	systemd/examples/low-port.conf \
	systemd/examples/root.conf

EXTRA_DIST += systemd/taut@.service.in systemd/taut-generator.in $(unit_files) $(preset_files) $(network_files) \
	$(networkd_files) \
	$(sysusers_files) $(tmpfiles_files) $(nm_files) $(polkit_files)
check_DATA += $(built_units) $(built_generators)
CLEANFILES += $(built_units) $(built_generators)

unitexamplesdir = $(docdir)/examples/systemd
dist_unitexamples_DATA = $(unit_examples)

if WITH_SYSTEMDSYSTEMUNITDIR
systemdsystemunit_DATA = $(unit_files) $(built_units)
endif
if WITH_SYSTEMDSYSTEMGENERATORDIR
systemdsystemgenerator_SCRIPTS = $(built_generators)
endif
if WITH_SYSTEMDSYSTEMPRESETDIR
systemdsystempreset_DATA = $(preset_files)
endif
if WITH_SYSTEMDNETWORKDIR
systemdnetwork_DATA = $(network_files)
endif
if WITH_SYSTEMDNETWORKDCONFDIR
systemdnetworkdconf_DATA = $(networkd_files)
endif
if WITH_SYSUSERSDIR
sysusers_DATA = $(sysusers_files)
endif
if WITH_TMPFILESDIR
tmpfiles_DATA = $(tmpfiles_files)
endif
if WITH_NMCONFDIR
nmconf_DATA = $(nm_files)
endif
if WITH_POLKITRULESDIR
polkitrules_DATA = $(polkit_files)
endif

# Made by make, not by configure: directories are fully expanded only here.
systemd/taut@.service: $(srcdir)/systemd/taut@.service.in Makefile
	$(AM_V_at)$(MKDIR_P) systemd
	$(AM_V_GEN)sed -e 's|[@]bindir[@]|$(bindir)|g' -e 's|[@]docdir[@]|$(docdir)|g' \
		'$(srcdir)/systemd/taut@.service.in' >$@.tmp && mv $@.tmp $@

systemd/taut-generator: $(srcdir)/systemd/taut-generator.in Makefile
	$(AM_V_at)$(MKDIR_P) systemd
	$(AM_V_GEN)sed -e 's|[@]systemdsystemunitdir[@]|$(systemdsystemunitdir)|g' \
		'$(srcdir)/systemd/taut-generator.in' >$@.tmp && chmod 755 $@.tmp && mv $@.tmp $@
