# SPDX-License-Identifier: ISC
#
# A unit test is a file test_<noun>.c and a line in this list; it is linked with all rooms.
# Only a test that shares sources with others says so below.

unit_tests = \
	tests/unit/test_addr \
	tests/unit/test_admin \
	tests/unit/test_aead \
	tests/unit/test_aead_backends \
	tests/unit/test_aead_check \
	tests/unit/test_aead_choice \
	tests/unit/test_aead_memory \
	tests/unit/test_aead_thread \
	tests/unit/test_allowed \
	tests/unit/test_apply \
	tests/unit/test_blake2s \
	tests/unit/test_bucket \
	tests/unit/test_bytes \
	tests/unit/test_aeadsel \
	tests/unit/test_conf_check \
	tests/unit/test_conf_file \
	tests/unit/test_conf_keys \
	tests/unit/test_conf_pack \
	tests/unit/test_conf_read \
	tests/unit/test_conf_settle \
	tests/unit/test_conftrail \
	tests/unit/test_control \
	tests/unit/test_cookie \
	tests/unit/test_csum \
	tests/unit/test_culprit \
	tests/unit/test_deadlines \
	tests/unit/test_descriptors \
	tests/unit/test_dev_tun \
	tests/unit/test_dh \
	tests/unit/test_dump \
	tests/unit/test_event_json \
	tests/unit/test_flight \
	tests/unit/test_syscall_faults \
	tests/unit/test_subscribers \
	tests/unit/test_handshake \
	tests/unit/test_host \
	tests/unit/test_index \
	tests/unit/test_inner \
	tests/unit/test_kdf \
	tests/unit/test_jail_report \
	tests/unit/test_keep \
	tests/unit/test_keepalive \
	tests/unit/test_key \
	tests/unit/test_keygen \
	tests/unit/test_keyring \
	tests/unit/test_hsqueue \
	tests/unit/test_load \
	tests/unit/test_log \
	tests/unit/test_loop \
	tests/unit/test_mem \
	tests/unit/test_message \
	tests/unit/test_monitor \
	tests/unit/test_nameserver \
	tests/unit/test_netlink \
	tests/unit/test_noise \
	tests/unit/test_notices \
	tests/unit/test_notify \
	tests/unit/test_outbox \
	tests/unit/test_pages \
	tests/unit/test_phase \
	tests/unit/test_pickaddr \
	tests/unit/test_pairline \
	tests/unit/test_datapath \
	tests/unit/test_peers \
	tests/unit/test_batch \
	tests/unit/test_pump \
	tests/unit/test_ring \
	tests/unit/test_reconcile \
	tests/unit/test_record \
	tests/unit/test_reach \
	tests/unit/test_rights \
	tests/unit/test_rng \
	tests/unit/test_regress_proto \
	tests/unit/test_rekey \
	tests/unit/test_shared \
	tests/unit/test_replay \
	tests/unit/test_reload \
	tests/unit/test_resolvconf \
	tests/unit/test_resolver \
	tests/unit/test_selftest \
	tests/unit/test_session \
	tests/unit/test_settle \
	tests/unit/test_shell \
	tests/unit/test_show \
	tests/unit/test_siphash \
	tests/unit/test_spawn \
	tests/unit/test_staged \
	tests/unit/test_stamping \
	tests/unit/test_stampfile \
	tests/unit/test_stamps \
	tests/unit/test_state \
	tests/unit/test_status \
	tests/unit/test_status_json \
	tests/unit/test_status_metrics \
	tests/unit/test_summary \
	tests/unit/test_text \
	tests/unit/test_textfile \
	tests/unit/test_timers \
	tests/unit/test_faults \
	tests/unit/test_tune \
	tests/unit/test_tunnel \
	tests/unit/test_uapi_frame \
	tests/unit/test_uapi_get \
	tests/unit/test_uapi_set \
	tests/unit/test_udp \
	tests/unit/test_udp_error \
	tests/unit/test_unixwatch \
	tests/unit/test_upstream \
	tests/unit/test_vault \
	tests/unit/test_verdict \
	tests/unit/test_vnet_merge \
	tests/unit/test_vocabulary \
	tests/unit/test_wanted \
	tests/unit/test_vnet_split \
	tests/unit/test_why \
	tests/unit/test_xaead
if HAVE_IPSECMB
unit_tests += tests/unit/test_aead_scrub
endif
if HAVE_SECCOMP
unit_tests += tests/unit/test_jail tests/unit/test_jail_calls tests/unit/test_jail_work
endif
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests) tests/unit/aead_forced.sh tests/unit/aead_ipsecmb.sh \
	tests/unit/cli_keys.sh

LDADD = $(ROOM_LIBS) $(CMOCKA_LIBS)

unit_lab = tests/unit/lab.c tests/unit/lab.h
unit_pair = tests/unit/pair.c tests/unit/pair.h
unit_jailed = tests/unit/jailed.c tests/unit/jailed.h
unit_judge = \
	tests/fuzz/judge.c tests/fuzz/judge.h \
	tests/fuzz/naive.c tests/fuzz/naive.h \
	tests/fuzz/stream.c tests/fuzz/stream.h

tests_unit_test_admin_SOURCES = tests/unit/test_admin.c $(unit_pair)
tests_unit_test_csum_SOURCES = tests/unit/test_csum.c $(unit_judge)
tests_unit_test_dev_tun_SOURCES = tests/unit/test_dev_tun.c $(unit_lab)
tests_unit_test_syscall_faults_SOURCES = tests/unit/test_syscall_faults.c $(unit_judge)
tests_unit_test_flight_SOURCES = tests/unit/test_flight.c tests/unit/adversary.h $(unit_pair)
tests_unit_test_handshake_SOURCES = tests/unit/test_handshake.c $(unit_pair)
tests_unit_test_host_SOURCES = tests/unit/test_host.c $(unit_lab)
tests_unit_test_jail_SOURCES = tests/unit/test_jail.c $(unit_jailed) $(unit_lab)
tests_unit_test_jail_calls_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_test_jail_report_SOURCES = tests/unit/test_jail_report.c $(unit_jailed)
tests_unit_test_jail_work_SOURCES = tests/unit/test_jail_work.c $(unit_jailed) $(unit_lab)
tests_unit_test_resolvconf_SOURCES = tests/unit/test_resolvconf.c $(unit_lab)
tests_unit_test_keepalive_SOURCES = tests/unit/test_keepalive.c $(unit_pair)
tests_unit_test_load_SOURCES = tests/unit/test_load.c $(unit_pair)
tests_unit_test_netlink_SOURCES = tests/unit/test_netlink.c $(unit_lab)
tests_unit_test_notices_SOURCES = tests/unit/test_notices.c $(unit_lab)
tests_unit_test_regress_proto_SOURCES = tests/unit/test_regress_proto.c $(unit_pair)
tests_unit_test_shared_SOURCES = tests/unit/test_shared.c $(unit_pair)
tests_unit_test_rekey_SOURCES = tests/unit/test_rekey.c $(unit_pair)
tests_unit_test_settle_SOURCES = tests/unit/test_settle.c $(unit_pair)
tests_unit_test_tunnel_SOURCES = tests/unit/test_tunnel.c $(unit_pair)
tests_unit_test_udp_SOURCES = tests/unit/test_udp.c $(unit_lab)
tests_unit_test_udp_error_SOURCES = tests/unit/test_udp_error.c $(unit_lab)
tests_unit_test_vnet_merge_SOURCES = tests/unit/test_vnet_merge.c $(unit_judge)
tests_unit_test_vnet_split_SOURCES = tests/unit/test_vnet_split.c $(unit_judge)
tests_unit_test_control_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fchmodat
tests_unit_test_descriptors_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=close_range
tests_unit_test_keep_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mlock
tests_unit_test_message_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mmap
tests_unit_test_monitor_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aead_lacks -Wl,--wrap=bringup \
	-Wl,--wrap=bringup_undo -Wl,--wrap=startup_exec
tests_unit_test_reload_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=config_read -Wl,--wrap=walk
tests_unit_test_stamping_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=elevate_reply
tests_unit_test_syscall_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=ioctl -Wl,--wrap=read \
	-Wl,--wrap=recvmmsg -Wl,--wrap=sendmsg -Wl,--wrap=write -Wl,--wrap=writev

EXTRA_DIST += \
	scripts/vectors-to-c.py \
	tests/sim/prng.h \
	tests/unit/aead_forced.sh \
	tests/unit/aead_ipsecmb.sh \
	tests/unit/big.h \
	tests/unit/cli_keys.sh \
	tests/unit/conf_told.inc \
	tests/unit/ipsecmb/intel-ipsec-mb.h \
	tests/unit/forced.h \
	tests/unit/hex.h \
	tests/unit/machine.h \
	tests/unit/said.h \
	tests/unit/seed.h \
	tests/unit/vectors.h \
	tests/unit/vectors.json
