/* SPDX-License-Identifier: ISC */
/* What resolvectl and resolvconf are told: programs that write it down, in a mount namespace. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "host/host.h"
#include "host/resolvconf.h"
#include "lab.h"

/* Programs are looked for there first. */
#define PROGRAMS "/usr/sbin"
#define STUB     "nameserver 127.0.0.53\n"

static char folder[] = "/tmp/test-resolvconf-XXXXXX";
static struct conf conf;
static struct resolvconf_result result;

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void uninstall(const char *program)
{
	lab_run("rm -f " PROGRAMS "/%s", program);
}

/* A program that writes down its words and what it reads, and does this. */
static void install(const char *program, const char *does)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), PROGRAMS "/%s", program);
	snprintf(text, sizeof(text),
		 "#!/bin/sh\necho \"%s $*\" >>%s/said\n[ \"$1\" != -a ] || cat >>%s/said\n%s\n",
		 program, folder, folder, does);
	uninstall(program); /* it may be a link */
	put(path, text);
	lab_run("chmod 755 %s", path);
}

static void resolv_conf(const char *text)
{
	put("/etc/resolv.conf", text);
}

static int set_up(void **state)
{
	char said[64];

	(void)state;
	snprintf(said, sizeof(said), "%s/said", folder);
	put(said, "");
	put("/etc/nsswitch.conf", "");
	install("resolvectl", "");
	install("resolvconf", "");
	conf_init(&conf);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	conf_fini(&conf);
	return 0;
}

/* The entries of DNS, as a file has them. */
static void wish(const char *entries)
{
	struct conf_report report = { 0 };
	char text[1024];
	int n = snprintf(text, sizeof(text),
			 "[Interface]\nPrivateKey=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA=\n"
			 "DNS=%s\n",
			 entries);

	conf_fini(&conf);
	assert_int_equal(conf_read_text(&conf, "f", text, (size_t)n, &report), 0);
}

static struct resolvconf_wish wished(bool all)
{
	return (struct resolvconf_wish){
		.name = "lo", .dns = conf.dns, .n = conf.n_dns, .all = all
	};
}

static int set(bool all)
{
	const struct resolvconf_wish w = wished(all);

	return resolvconf_set(&w, &result);
}

static void expect_said(const char *lines)
{
	char path[64], text[1024];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/said", folder);
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	put(path, "");
	assert_string_equal(text, lines);
}

static const struct {
	const char *entries;
	bool all;
	const char *domains, *whether_default, *servers; /* as resolvectl gets them */
} wishes[] = {
	{ "10.8.0.1", false, "~.", "yes", "10.8.0.1" },
	{ "10.8.0.1", true, "~.", "yes", "10.8.0.1" },
	{ "10.8.0.1, home.lan", true, "~. home.lan", "yes", "10.8.0.1" },
	{ "10.8.0.1, home.lan", false, "home.lan", "no", "10.8.0.1" },
	{ "10.8.0.1, ~home.lan., .x.example", false, "~home.lan x.example", "no", "10.8.0.1" },
	{ "10.8.0.1, ~home.lan", true, "~.", "yes", "10.8.0.1" },
	{ "10.8.0.1, home.lan, ~.", false, "~. home.lan", "yes", "10.8.0.1" },
	{ "fe80::1%lo, fe80::2%1, fe80::3, fd00::1", false, "~.", "yes",
	  "fe80::1%lo fe80::2%1 fe80::3 fd00::1" },
	{ "home.lan", false, "home.lan", "no", "" },
	{ "home.lan", true, "home.lan", "no", "" },
};

static void test_resolved_is_asked_for_all_names_or_for_these_alone(void **state)
{
	char lines[512];
	int n;

	(void)state;
	resolv_conf(STUB);
	for (size_t i = 0; i < LEN(wishes); i++) {
		wish(wishes[i].entries);
		assert_int_equal(set(wishes[i].all), 0);
		n = snprintf(lines, sizeof(lines),
			     "resolvectl domain lo %s\nresolvectl default-route lo %s\n",
			     wishes[i].domains, wishes[i].whether_default);
		if (*wishes[i].servers)
			snprintf(lines + n, sizeof(lines) - (size_t)n, "resolvectl dns lo %s\n",
				 wishes[i].servers);
		expect_said(lines);
		assert_int_equal(result.helper, RESOLVCONF_BY_RESOLVECTL);
		assert_string_equal(result.domains, wishes[i].domains);
		assert_string_equal(result.servers, wishes[i].servers);
		assert_string_equal(result.aside, "");
		assert_false(result.left_out);
	}
}

/* It cannot tell names apart. */
static void test_resolvconf_gets_what_resolv_conf_would_have(void **state)
{
	(void)state;
	resolv_conf("nameserver 10.8.0.1\n");
	wish("10.8.0.1, fe80::1%eth0, home.lan, ~y.example, x.example");
	assert_int_equal(set(false), 0);
	expect_said("resolvconf -a lo -m 0 -x\nnameserver 10.8.0.1\nnameserver fe80::1%eth0\n"
		    "search home.lan x.example\n");
	assert_int_equal(result.helper, RESOLVCONF_BY_RESOLVCONF);
	assert_string_equal(result.servers, "10.8.0.1 fe80::1%eth0");
	assert_string_equal(result.domains, "~. home.lan x.example");
	assert_string_equal(result.aside, "");
	assert_int_equal(resolvconf_undo("lo", 1U << RESOLVCONF_BY_RESOLVCONF), 0);
	expect_said("resolvconf -d lo -f\n");
	/* Not -x: there would be no server at all. */
	resolv_conf("nameserver 192.0.2.53\n");
	wish("home.lan");
	assert_int_equal(set(true), 0);
	expect_said("resolvconf -a lo -m 0\nsearch home.lan\n");
	assert_string_equal(result.servers, "");
	assert_string_equal(result.domains, "home.lan");
	assert_string_equal(result.aside, "");
}

static void test_settings_of_a_link_that_is_gone_need_no_helper(void **state)
{
	(void)state;
	assert_int_equal(resolvconf_undo("lo", 1U << RESOLVCONF_BY_RESOLVECTL), 0);
	expect_said("resolvectl revert lo\n");
	assert_int_equal(resolvconf_undo("gone0", 1U << RESOLVCONF_BY_RESOLVECTL), 0);
	expect_said("");
	assert_int_equal(resolvconf_undo("gone0", 1U << RESOLVCONF_BY_RESOLVCONF), 0);
	expect_said("resolvconf -d gone0 -f\n");
}

static void test_other_helper_steps_in(void **state)
{
	(void)state;
	wish("10.8.0.1");
	resolv_conf(STUB);
	install("resolvectl", "echo 'not so' >&2; exit 1");
	assert_int_equal(set(true), 0);
	expect_said("resolvectl domain lo ~.\nresolvconf -a lo -m 0 -x\nnameserver 10.8.0.1\n");
	assert_int_equal(result.helper, RESOLVCONF_BY_RESOLVCONF);
	resolv_conf("nameserver 10.8.0.1\n");
	install("resolvconf", "exit 1");
	assert_int_equal(set(true), -EIO);
	assert_int_equal(result.helper, RESOLVCONF_NONE);
	assert_int_equal(result.failed, RESOLVCONF_BY_RESOLVCONF);
	assert_string_equal(result.said, "");
	assert_int_equal(result.unsure, RESOLVCONF_NONE);
	expect_said("resolvconf -a lo -m 0 -x\nnameserver 10.8.0.1\nresolvectl domain lo ~.\n");
	resolv_conf(STUB);
	assert_int_equal(set(true), -EIO);
	assert_int_equal(result.failed, RESOLVCONF_BY_RESOLVECTL);
	assert_string_equal(result.said, "not so");
	assert_string_equal(result.servers, "10.8.0.1");
	uninstall("resolvconf");
	assert_int_equal(set(true), -EIO);
	assert_int_equal(result.failed, RESOLVCONF_BY_RESOLVECTL);
}

/* openresolv fails with what follows from a record, not with the record. */
static void test_record_is_taken_back_if_it_has_no_effect(void **state)
{
	(void)state;
	wish("10.8.0.1");
	resolv_conf("");
	uninstall("resolvectl");
	install("resolvconf", "mkdir -p /run/resolvconf/keys; cd /run/resolvconf/keys; "
			      "[ \"$1\" != -a ] || { : >lo; exit 1; }; rm lo");
	assert_int_equal(set(true), -EIO);
	expect_said("resolvconf -a lo -m 0 -x\nnameserver 10.8.0.1\nresolvconf -d lo -f\n");
	assert_int_equal(result.unsure, RESOLVCONF_NONE);
	install("resolvconf", ": >/run/resolvconf/keys/lo; exit 1");
	assert_int_equal(set(true), -EIO);
	assert_int_equal(result.unsure, RESOLVCONF_BY_RESOLVCONF);
	lab_run("rm -r /run/resolvconf");
}

static void test_resolvconf_of_resolved_is_no_other_one(void **state)
{
	(void)state;
	wish("10.8.0.1, home.lan");
	resolv_conf("");
	uninstall("resolvconf");
	lab_run("ln -s resolvectl " PROGRAMS "/resolvconf");
	assert_int_equal(set(false), 0);
	expect_said("resolvectl domain lo home.lan\nresolvectl default-route lo no\n"
		    "resolvectl dns lo 10.8.0.1\n");
}

static void test_servers_on_another_interface_are_not_for_resolved(void **state)
{
	(void)state;
	resolv_conf(STUB);
	wish("fe80::1%eth7, 10.8.0.1");
	assert_int_equal(set(true), 0);
	assert_true(result.left_out);
	assert_string_equal(result.servers, "10.8.0.1");
	expect_said("resolvectl domain lo ~.\nresolvectl default-route lo yes\n"
		    "resolvectl dns lo 10.8.0.1\n");
	wish("fe80::1%eth7");
	uninstall("resolvconf");
	assert_int_equal(set(true), -EADDRNOTAVAIL);
	assert_string_equal(result.servers, "fe80::1%eth7");
	expect_said("");
}

static const struct {
	const char *resolv_conf, *aside;
} others[] = {
	{ STUB, "" },
	{ "", "" },
	{ "nameserver 10.8.0.1\nnameserver ::1\nnameserver 0.0.0.0\n", "" },
	{ "# nameserver 192.0.2.1\n;nameserver 192.0.2.2\nsearch x\noptions edns0\n" STUB, "" },
	{ "nameserver 192.0.2.53\n", "192.0.2.53" },
	{ "nameserver 127.0.0.1\n nameserver\t2001:db8::53 # by hand\n", "2001:db8::53" },
	{ "nameserver 10.8.0.1\r\nnameserver fe80::1%eth0\r\nnameserver 192.0.2.53",
	  "fe80::1%eth0" },
	{ "nameserver 10.8.0.11\n", "10.8.0.11" },
	{ "nameserver nonsense\nnameserver\n", "" },
};

static void test_server_that_is_asked_besides_is_found(void **state)
{
	struct resolvconf_wish w;

	(void)state;
	wish("10.8.0.1");
	w = wished(true);
	for (size_t i = 0; i < LEN(others); i++) {
		resolv_conf(others[i].resolv_conf);
		resolvconf_look(&w, &result);
		assert_string_equal(result.aside, others[i].aside);
		assert_int_equal(set(true), 0);
		assert_string_equal(result.aside, others[i].aside);
	}
}

static void test_lists_for_people_are_cut_at_words(void **state)
{
	char entries[512];
	size_t len = 0;

	(void)state;
	resolv_conf(STUB);
	for (int i = 0; i < 40; i++)
		len += (size_t)snprintf(entries + len, sizeof(entries) - len, "10.8.0.%d,", i);
	wish(entries);
	assert_int_equal(set(true), 0);
	len = strlen(result.servers);
	assert_in_range(len, 230, RESOLVCONF_WORDS - 1);
	assert_string_equal(result.servers + len - 4, " ...");
	assert_memory_equal(result.servers, "10.8.0.0 10.8.0.1 ", 18);
	/* More than a command line of ours has. */
	for (int i = 40; i < 62; i++)
		assert_true(conf_add_dns(&conf, &conf.dns[0].server, NULL, 0));
	uninstall("resolvconf");
	assert_int_equal(set(true), -E2BIG);
}

static struct host *host;

static void open_host(void)
{
	assert_int_equal(host_open(&host), 0);
}

static int set_on_host(void)
{
	const struct resolvconf_wish w = wished(true);

	return host_dns_set(host, &w, &result);
}

static void test_each_helper_that_was_used_is_undone(void **state)
{
	(void)state;
	open_host();
	wish("10.8.0.1");
	/* Its record is what resolv.conf is made of. */
	install("resolvconf", "[ \"$1\" = -a ] || echo 'nameserver 127.0.0.53' >/etc/resolv.conf");
	resolv_conf("nameserver 10.8.0.1\n");
	assert_int_equal(set_on_host(), 0);
	expect_said("resolvconf -a lo -m 0 -x\nnameserver 10.8.0.1\n");
	resolv_conf(STUB "nameserver 192.0.2.53\n");
	assert_int_equal(set_on_host(), 0);
	expect_said("resolvectl domain lo ~.\nresolvectl default-route lo yes\n"
		    "resolvectl dns lo 10.8.0.1\nresolvconf -d lo -f\n");
	assert_string_equal(result.aside, "");
	assert_int_equal(host_dns_drop(host, "lo"), 0);
	expect_said("resolvectl revert lo\n");
	assert_int_equal(host_dns_drop(host, "lo"), 0);
	expect_said("");
	host_close(host);
}

/* Even if it is not the one whose failure is told. */
static void test_helper_that_is_killed_is_undone(void **state)
{
	(void)state;
	open_host();
	wish("10.8.0.1");
	resolv_conf(STUB);
	install("resolvectl", "echo 'not so' >&2; exit 1");
	install("resolvconf", "[ \"$1\" != -a ] || exec sleep 60");
	assert_int_equal(set_on_host(), -EIO);
	assert_string_equal(result.said, "not so");
	expect_said("resolvectl domain lo ~.\nresolvconf -a lo -m 0 -x\nnameserver 10.8.0.1\n");
	assert_int_equal(host_dns_drop(host, "lo"), 0);
	expect_said("resolvconf -d lo -f\n");
	host_close(host);
}

static void test_record_of_a_killed_tunnel_is_swept(void **state)
{
	static const char *const folders[] = { "interface", "interfaces", "keys" };

	(void)state;
	for (size_t i = 0; i < LEN(folders); i++) {
		lab_run("mkdir -p /run/resolvconf/%s && : >/run/resolvconf/%s/lo2", folders[i],
			folders[i]);
		assert_int_equal(resolvconf_sweep("lo"), 0);
		expect_said("");
		lab_run(": >/run/resolvconf/%s/lo", folders[i]);
		assert_int_equal(resolvconf_sweep("lo"), 1);
		expect_said("resolvconf -d lo -f\n");
		lab_run("rm -r /run/resolvconf");
	}
}

static const struct {
	const char *nsswitch;
	bool asks;
} modules[] = {
	{ "hosts: files resolve [!UNAVAIL=return] dns\n", true },
	{ "passwd: files\n\thosts:\tmymachines\tresolve", true },
	{ "hosts: files dns # resolve\n", false },
	{ "hosts: files resolve4 dns\npasswd: resolve\n", false },
	{ "#hosts: resolve\nhosts:\nnetworks: resolve\n", false },
	{ "", false },
};

/* It counts only while it runs. */
static void test_libc_may_ask_resolved_past_resolv_conf(void **state)
{
	(void)state;
	wish("10.8.0.1");
	for (size_t i = 0; i < LEN(modules); i++) {
		resolv_conf("nameserver 192.0.2.53\n");
		put("/etc/nsswitch.conf", modules[i].nsswitch);
		assert_false(asked_resolved());
		lab_run("mkdir -p /run/systemd/resolve && : >/run/systemd/resolve/io.systemd.Resolve");
		assert_int_equal(asked_resolved(), modules[i].asks);
		assert_int_equal(set(true), 0);
		assert_int_equal(result.helper, modules[i].asks ? RESOLVCONF_BY_RESOLVECTL
								: RESOLVCONF_BY_RESOLVCONF);
		/* Other programs do as resolv.conf says. */
		assert_string_equal(result.aside, "192.0.2.53");
		lab_run("rm -r /run/systemd");
		resolv_conf(STUB);
		assert_true(asked_resolved());
	}
}

static void enter(void)
{
	lab_enter();
	if (!mkdtemp(folder) || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    lab_try("mount -t tmpfs none " PROGRAMS " && cd %s && : >resolv.conf && "
		    ": >nsswitch.conf && mount --bind nsswitch.conf /etc/nsswitch.conf && "
		    "mount --bind resolv.conf \"$(realpath /etc/resolv.conf)\" && "
		    "mount -t tmpfs none /run",
		    folder) != 0) {
		fprintf(stderr, "SKIP: no mount namespace, no /etc/resolv.conf, or no "
				"/etc/nsswitch.conf\n");
		exit(77);
	}
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(test_resolved_is_asked_for_all_names_or_for_these_alone),
		EACH(test_resolvconf_gets_what_resolv_conf_would_have),
		EACH(test_settings_of_a_link_that_is_gone_need_no_helper),
		EACH(test_other_helper_steps_in),
		EACH(test_record_is_taken_back_if_it_has_no_effect),
		EACH(test_resolvconf_of_resolved_is_no_other_one),
		EACH(test_servers_on_another_interface_are_not_for_resolved),
		EACH(test_server_that_is_asked_besides_is_found),
		EACH(test_lists_for_people_are_cut_at_words),
		EACH(test_each_helper_that_was_used_is_undone),
		EACH(test_helper_that_is_killed_is_undone),
		EACH(test_record_of_a_killed_tunnel_is_swept),
		EACH(test_libc_may_ask_resolved_past_resolv_conf),
	};
	int failed;

	enter();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	lab_run("rm -r %s", folder);
	return failed;
}
