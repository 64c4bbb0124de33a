/* SPDX-License-Identifier: ISC */
/* Whom to ask for the name of a peer, under a root directory of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read.h"
#include "host/upstream.h"

static char root[64];
static struct upstream upstream;
static struct conf own;
static struct network network;

static void put(const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *at = strchr(whole + strlen(root) + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(whole, 0755);
		*at = '/';
	}
	file = fopen(whole, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/taut-upstream-XXXXXX");
	assert_non_null(mkdtemp(root));
	put("/run/x", "");
	conf_init(&own);
	network = (struct network){ 0 };
	upstream = (struct upstream){ .root = root, .name = "wg0" };
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	conf_fini(&own);
	network_fini(&network);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static struct ip ip(const char *text)
{
	struct ip made;

	assert_true(ip_parse(&made, text, strlen(text)));
	return made;
}

static void bring(const char *server)
{
	const struct ip at = ip(server);

	assert_true(conf_add_dns(&own, &at, NULL, 0));
}

static void route(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(&p, text, strlen(text)));
	assert_int_equal(prefixes_add(&network.route, &p), 0);
}

static void expect(bool inside, const char *want)
{
	const struct upstream_view view = { .own = &own, .network = &network, .inside = inside };
	struct print out = { 0 };

	print_add(&out, "%s", "");
	assert_int_equal(upstream_print(&upstream, &view, &out), 0);
	assert_string_equal(out.chars, want);
	print_fini(&out);
}

/* The same whether or not there is a session. */
static void expect_always(const char *want)
{
	expect(false, want);
	expect(true, want);
}

#define NS(address) "nameserver " address "\n"

static void test_plain_file_is_taken_as_it_is(void **state)
{
	(void)state;
	put("/etc/resolv.conf",
	    "# x\n" NS("192.0.2.1") "search a.example\n\n" NS("192.0.2.2") "options ndots:2");
	put("/run/systemd/resolve/resolv.conf", NS("198.51.100.1"));
	expect_always("# x\nsearch a.example\noptions ndots:2\n" NS("192.0.2.1") NS("192.0.2.2"));
	network.divert[NETWORK_V4] = true;
	expect_always("# x\nsearch a.example\noptions ndots:2\n" NS("192.0.2.1") NS("192.0.2.2"));
}

static void test_without_a_file_there_are_no_servers(void **state)
{
	(void)state;
	expect_always("");
	put("/run/systemd/resolve/resolv.conf", NS("198.51.100.1"));
	expect_always(NS("198.51.100.1"));
}

static void test_file_that_is_too_long_is_refused(void **state)
{
	const struct upstream_view view = { .own = &own, .network = &network };
	char *text = malloc(UPSTREAM_CONF_MAX + 2);
	struct print out = { 0 };

	(void)state;
	memset(text, '#', UPSTREAM_CONF_MAX + 1);
	text[UPSTREAM_CONF_MAX + 1] = '\0';
	put("/etc/resolv.conf", text);
	assert_int_equal(upstream_print(&upstream, &view, &out), -EFBIG);
	text[UPSTREAM_CONF_MAX] = '\0';
	put("/etc/resolv.conf", text);
	assert_int_equal(upstream_print(&upstream, &view, &out), 0);
	print_fini(&out);
	free(text);
}

static void test_stub_is_asked_first_unless_the_tunnel_matters(void **state)
{
	(void)state;
	put("/etc/resolv.conf", NS("127.0.0.53") "options edns0\n");
	put("/run/systemd/resolve/resolv.conf", NS("192.0.2.1") NS("2001:db8::1") NS("127.0.0.1"));
	expect_always("options edns0\n" NS("127.0.0.53") NS("192.0.2.1") NS("2001:db8::1"));
	route("10.0.0.0/8");
	expect_always("options edns0\n" NS("127.0.0.53") NS("192.0.2.1") NS("2001:db8::1"));
	/* It would ask on its own, and its packets go into the tunnel. */
	route("192.0.2.0/24");
	expect(false, "options edns0\n" NS("192.0.2.1") NS("2001:db8::1") NS("127.0.0.53"));
	expect(true, "options edns0\n" NS("127.0.0.53") NS("192.0.2.1") NS("2001:db8::1"));
	network_fini(&network);
	network.divert[NETWORK_V6] = true;
	expect(false, "options edns0\n" NS("192.0.2.1") NS("2001:db8::1") NS("127.0.0.53"));
}

static void test_stubs_of_all_kinds_have_servers_behind_them(void **state)
{
	static const char *const sources[] = {
		"/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf",
		"/run/dnsmasq/resolv.conf",         "/run/resolvconf/interface/eth0.dhclient",
		"/run/resolvconf/interfaces/eth0",  "/run/resolvconf/keys/eth0",
	};
	char path[256];

	(void)state;
	network.divert[NETWORK_V4] = true;
	put("/etc/resolv.conf", NS("::1"));
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		expect(false, NS("::1"));
		put(sources[i], NS("192.0.2.1") NS("192.0.2.1"));
		expect(false, NS("192.0.2.1") NS("::1"));
		snprintf(path, sizeof(path), "%s%s", root, sources[i]);
		assert_int_equal(unlink(path), 0);
	}
}

static void test_servers_inside_are_asked_while_there_is_a_session(void **state)
{
	(void)state;
	bring("10.9.0.1");
	put("/etc/resolv.conf", NS("10.9.0.1") NS("192.0.2.1"));
	expect(true, NS("10.9.0.1") NS("192.0.2.1"));
	expect(false, NS("192.0.2.1"));
	/* Better than none. */
	put("/etc/resolv.conf", NS("10.9.0.1"));
	expect_always(NS("10.9.0.1"));
}

static void test_servers_of_before_are_remembered(void **state)
{
	(void)state;
	bring("10.9.0.1");
	put("/etc/resolv.conf", NS("192.0.2.1") NS("10.9.0.1") NS("192.0.2.2"));
	upstream_remember(&upstream, &own);
	put("/etc/resolv.conf", NS("10.9.0.1"));
	expect(false, NS("192.0.2.1") NS("192.0.2.2"));
	expect(true, NS("10.9.0.1") NS("192.0.2.1") NS("192.0.2.2"));
	/* A network that is joined later has others, which come first. */
	put("/run/resolvconf/interfaces/eth0", NS("198.51.100.1"));
	expect(false, NS("198.51.100.1") NS("192.0.2.1") NS("192.0.2.2"));
}

static void allow(const char *text)
{
	struct conf_peer *p = own.n_peer ? own.peer : conf_add_peer(&own);
	struct prefix net;

	assert_non_null(p);
	assert_true(prefix_parse(&net, text, strlen(text)));
	assert_true(conf_peer_allow(p, &net, false));
}

/* As hooks set them: DNS says nothing about them. */
static void test_what_seems_to_be_inside_comes_last(void **state)
{
	struct prefix address;

	(void)state;
	put("/etc/resolv.conf", NS("10.9.0.1") NS("192.0.2.1") NS("10.8.0.1") NS("192.0.2.2"));
	network.divert[NETWORK_V4] = true;
	allow("0.0.0.0/0");
	expect_always(NS("10.9.0.1") NS("192.0.2.1") NS("10.8.0.1") NS("192.0.2.2"));
	assert_true(prefix_parse(&address, "10.9.0.2/24", strlen("10.9.0.2/24")));
	assert_true(conf_add_address(&own, &address));
	expect(false, NS("192.0.2.1") NS("10.8.0.1") NS("192.0.2.2") NS("10.9.0.1"));
	allow("10.8.0.0/16");
	expect(false, NS("192.0.2.1") NS("192.0.2.2") NS("10.9.0.1") NS("10.8.0.1"));
	/* With a session they answer. */
	expect(true, NS("10.9.0.1") NS("192.0.2.1") NS("10.8.0.1") NS("192.0.2.2"));
	assert_int_equal(upstream.printed.n, 4);
}

static void test_what_seems_to_be_inside_replaces_no_memory(void **state)
{
	struct prefix address;

	(void)state;
	allow("10.9.0.0/24");
	put("/etc/resolv.conf", NS("192.0.2.1"));
	upstream_remember(&upstream, &own);
	put("/etc/resolv.conf", NS("10.9.0.1"));
	upstream = (struct upstream){ .root = root, .name = "wg0" };
	upstream_remember(&upstream, &own);
	expect(false, NS("10.9.0.1") NS("192.0.2.1"));
	route("10.9.0.0/24");
	expect(false, NS("192.0.2.1") NS("10.9.0.1"));
	/* The route of an address. */
	network_fini(&network);
	assert_true(prefix_parse(&address, "10.9.0.2/24", strlen("10.9.0.2/24")));
	assert_int_equal(prefixes_add(&network.address, &address), 0);
	expect(false, NS("192.0.2.1") NS("10.9.0.1"));
	/* Unless there is none. */
	upstream_forget(&upstream);
	upstream_remember(&upstream, &own);
	put("/etc/resolv.conf", "");
	expect(false, NS("10.9.0.1"));
}

static bool has_state(const char *path)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s/run/taut%s", root, path);
	return access(whole, F_OK) == 0;
}

static void test_a_killed_tunnel_leaves_them_to_the_next(void **state)
{
	mode_t mask = umask(0077);
	char path[256];
	struct stat st;

	(void)state;
	bring("10.9.0.1");
	put("/etc/resolv.conf", NS("192.0.2.1"));
	upstream_remember(&upstream, &own);
	umask(mask);
	snprintf(path, sizeof(path), "%s/run/taut", root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755); /* whatever the umask */
	put("/etc/resolv.conf", NS("10.9.0.1"));
	upstream = (struct upstream){ .root = root, .name = "wg0" };
	upstream_remember(&upstream, &own);
	expect(false, NS("192.0.2.1"));
	/* Once resolv.conf names others, what is old is forgotten. */
	put("/etc/resolv.conf", NS("192.0.2.7"));
	upstream = (struct upstream){ .root = root, .name = "wg0" };
	upstream_remember(&upstream, &own);
	put("/etc/resolv.conf", NS("10.9.0.1"));
	expect(false, NS("192.0.2.7"));
	assert_true(has_state("/wg0/nameservers"));
	upstream_forget(&upstream);
	assert_false(has_state("/wg0"));
	expect(false, NS("10.9.0.1"));
}

static void test_a_link_that_leads_nowhere_is_no_folder(void **state)
{
	char path[256];

	(void)state;
	put("/run/taut/x", "");
	snprintf(path, sizeof(path), "%s/run/taut/wg0", root);
	assert_int_equal(symlink("../private/taut/wg0", path), 0);
	put("/etc/resolv.conf", NS("192.0.2.1"));
	upstream_remember(&upstream, &own);
	assert_true(has_state("/wg0/nameservers"));
}

static void test_a_start_that_fails_early_leaves_the_file_alone(void **state)
{
	struct upstream other = { .root = root, .name = "wg0" };

	(void)state;
	put("/etc/resolv.conf", NS("192.0.2.1"));
	upstream_remember(&upstream, &own);
	upstream_forget(&other);
	assert_true(has_state("/wg0/nameservers"));
}

/* In another network namespace a tunnel of that name runs. */
static void test_what_is_kept_under_a_name_of_another_is_left_alone(void **state)
{
	struct upstream second = { .root = root };

	(void)state;
	bring("10.9.0.1");
	put("/etc/resolv.conf", NS("192.0.2.1"));
	upstream_remember(&upstream, &own);
	put("/etc/resolv.conf", NS("192.0.2.7"));
	upstream_remember(&second, &own);
	upstream_forget(&second);
	assert_true(has_state("/wg0/nameservers"));
	put("/etc/resolv.conf", NS("10.9.0.1"));
	upstream = (struct upstream){ .root = root, .name = "wg0" };
	upstream_remember(&upstream, &own);
	expect(false, NS("192.0.2.1"));
}

static void test_a_folder_that_cannot_be_written_costs_only_the_memory(void **state)
{
	(void)state;
	put("/run/taut", "a file");
	put("/etc/resolv.conf", NS("192.0.2.1"));
	upstream_remember(&upstream, &own);
	put("/etc/resolv.conf", "");
	expect_always(NS("192.0.2.1"));
	upstream_forget(&upstream);
}

static void test_there_is_a_most(void **state)
{
	char text[40 * 32] = "", line[32];
	struct print out = { 0 };
	const struct upstream_view view = { .own = &own, .network = &network };
	unsigned lines = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(line, sizeof(line), NS("192.0.2.%d"), i);
		strcat(text, line);
	}
	put("/etc/resolv.conf", text);
	assert_int_equal(upstream_print(&upstream, &view, &out), 0);
	for (const char *at = out.chars; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, UPSTREAM_MOST);
	print_fini(&out);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain_file_is_taken_as_it_is),
		TEST(test_without_a_file_there_are_no_servers),
		TEST(test_file_that_is_too_long_is_refused),
		TEST(test_stub_is_asked_first_unless_the_tunnel_matters),
		TEST(test_stubs_of_all_kinds_have_servers_behind_them),
		TEST(test_servers_inside_are_asked_while_there_is_a_session),
		TEST(test_servers_of_before_are_remembered),
		TEST(test_what_seems_to_be_inside_comes_last),
		TEST(test_what_seems_to_be_inside_replaces_no_memory),
		TEST(test_a_killed_tunnel_leaves_them_to_the_next),
		TEST(test_a_link_that_leads_nowhere_is_no_folder),
		TEST(test_a_start_that_fails_early_leaves_the_file_alone),
		TEST(test_what_is_kept_under_a_name_of_another_is_left_alone),
		TEST(test_a_folder_that_cannot_be_written_costs_only_the_memory),
		TEST(test_there_is_a_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
