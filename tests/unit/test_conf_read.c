/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "conf/conf.h"
#include "said.h"

#define KEY "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="

/* A new file, whatever the umask. */
static void make_file(char path[64], const char *text, size_t len, mode_t mode)
{
	int fd;

	strcpy(path, "/tmp/taut-conf-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void test_rights_of_the_file_are_looked_at(void **state)
{
	static const struct {
		mode_t mode;
		char severity; /* 0: nothing is said */
		const char *verb;
	} fact[] = {
		{ 0600, 0, "" },        { 0400, 0, "" },        { 0640, 'W', "read" },
		{ 0604, 'W', "read" },  { 0620, 'E', "write" }, { 0602, 'E', "write" },
		{ 0666, 'E', "write" },
	};
	static const char text[] = "[Interface]\nMTU=1280\n";
	struct said *s = test_malloc(sizeof(*s));
	char path[64], want[256];
	struct conf c;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < LEN(fact); i++) {
		make_file(path, text, sizeof(text) - 1, fact[i].mode);
		conf_init(&c);
		said_init(s);
		err = conf_read_file(&c, path, &s->report);
		unlink(path);
		snprintf(want, sizeof(want),
			 "%c %s: users other than its owner may %s it; chmod 600 %s\n",
			 fact[i].severity, path, fact[i].verb, path);
		assert_string_equal(s->text, fact[i].severity ? want : "");
		assert_int_equal(err, fact[i].severity == 'E' ? -EINVAL : 0);
		assert_int_equal(c.mtu, 1280); /* still read, for its other errors */
		assert_string_equal(c.path, path);
		conf_fini(&c);
	}
	test_free(s);
}

static void test_what_cannot_be_read_has_its_errno(void **state)
{
	static const struct {
		const char *path;
		int err;
		const char *said;
	} fact[] = {
		{ "/nonexistent/wg0.conf", -ENOENT,
		  "E /nonexistent/wg0.conf: cannot read it: No such file or directory\n" },
		{ "/tmp", -EISDIR, "E /tmp: cannot read it: Is a directory\n" },
		{ "/dev/zero", -EFBIG,
		  "E /dev/zero: more than 4 MiB; this is not a configuration file\n" },
	};
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(fact); i++) {
		conf_init(&c);
		said_init(s);
		assert_int_equal(conf_read_file(&c, fact[i].path, &s->report), fact[i].err);
		assert_string_equal(s->text, fact[i].said);
		conf_fini(&c);
	}
	test_free(s);
}

/* A file that this process may not read, even as root: with other files it does what a user may. */
static int read_forbidden(struct conf *c, const char *path, struct said *s)
{
	bool root = geteuid() == 0;
	int err;

	if (root)
		assert_int_equal(seteuid(4711), 0);
	conf_init(c);
	said_init(s);
	err = conf_read_file(c, path, &s->report);
	if (root)
		assert_int_equal(seteuid(0), 0);
	return err;
}

static void write_credential(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fchmod(fileno(file), 0644), 0);
	assert_int_equal(fclose(file), 0);
}

static void test_a_copy_stands_in_for_what_may_not_be_read(void **state)
{
	static const char text[] = "[Interface]\nMTU=1280\n";
	char path[64], folder[] = "/tmp/taut-creds-XXXXXX", copy[128];
	struct said *s = test_malloc(sizeof(*s));
	struct conf c;

	(void)state;
	make_file(path, text, sizeof(text) - 1, 0);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(copy, sizeof(copy), "%s%s", folder, strrchr(path, '/'));

	/* No credentials, none of this name, and what stands for none. */
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(read_forbidden(&c, path, s), -EACCES);
	assert_non_null(strstr(s->text, "cannot read it: Permission denied"));
	conf_fini(&c);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	assert_int_equal(read_forbidden(&c, path, s), -EACCES);
	conf_fini(&c);
	write_credential(copy, "\n");
	assert_int_equal(read_forbidden(&c, path, s), -EACCES);
	conf_fini(&c);

	/* Keys count if they are in the file itself. */
	write_credential(copy, "[Interface]\nPrivateKey=" KEY "\n");
	assert_int_equal(read_forbidden(&c, path, s), 0);
	assert_true(c.copied && c.holds_keys);
	conf_fini(&c);
	write_credential(copy, "[Interface]\n[Peer]\nPublicKey=" KEY "\nPresharedKey=" KEY "\n");
	assert_int_equal(read_forbidden(&c, path, s), 0);
	assert_true(c.copied && c.holds_keys);
	conf_fini(&c);
	write_credential(copy, "[Interface]\nPrivateKeyFile=key\n");
	assert_int_equal(read_forbidden(&c, path, s), 0);
	assert_true(c.copied && !c.holds_keys);
	conf_fini(&c);
	write_credential(copy, "[Interface]\nMTU=1400\n");
	assert_int_equal(read_forbidden(&c, path, s), 0);
	assert_true(c.copied);
	assert_int_equal(c.mtu, 1400);
	assert_string_equal(c.path, path);
	assert_string_equal(s->text, "");
	conf_fini(&c);

	/* The file itself comes first, and one that does not exist has no copy. */
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(read_forbidden(&c, path, s), 0);
	assert_false(c.copied);
	assert_int_equal(c.mtu, 1280);
	conf_fini(&c);
	unlink(path);
	assert_int_equal(read_forbidden(&c, path, s), -ENOENT);
	conf_fini(&c);
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(copy);
	rmdir(folder);
	test_free(s);
}

static void test_a_file_may_have_4_mib_and_no_more(void **state)
{
	enum { MOST = 4 << 20 };
	char *text = test_malloc(MOST + 1);
	struct said *s = test_malloc(sizeof(*s));
	char path[64];
	struct conf c;
	size_t extra;
	int err;

	(void)state;
	memset(text, '\n', MOST + 1);
	for (extra = 0; extra < 2; extra++) {
		make_file(path, text, MOST + extra, 0600);
		conf_init(&c);
		said_init(s);
		err = conf_read_file(&c, path, &s->report);
		unlink(path);
		conf_fini(&c);
		assert_int_equal(err, extra ? -EFBIG : 0);
	}
	test_free(text);
	test_free(s);
}

#define KEY_LINE "PublicKey = ERERERERERERERERERERERERERERERERERERERERERE=\n"

static void test_peers_have_names(void **state)
{
	static const char a63[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const struct {
		const char *line, *name;
		bool warned;
	} fact[] = {
		{ "", "", false },
		{ "Name = the laptop # of the boss\n", "the laptop", false },
		{ "name=gr\xc3\xbcn \xe2\x82\xac \xf0\x9f\x90\x9f\n",
		  "gr\xc3\xbcn \xe2\x82\xac \xf0\x9f\x90\x9f", false },
		{ "# friendly_name = OnePlus 6T\n", "OnePlus 6T", false },
		{ " #Friendly_Name=x\r\n", "x", false },
		{ "# friendly_name\n# name = y\n# friendly_names = z\n", "", false },
		{ "Name = a\n# friendly_name = b\n", "b", false },
		{ "Name =\n", "", true },
		{ "Name = a\"b\\c\x1b[1m\x7f\n", "a_b_c_[1m_", true },
		{ "Name = a\xc2\x9b\xff\xc0\x80\xed\xa0\x80 b\n", "a_______ b", true },
		/* Right to left, and ends of lines; but not what is near them. */
		{ "Name = a\xe2\x80\xae"
		  "b\xe2\x80\xa8"
		  "c\xe2\x81\xa6"
		  "d\xe2\x80\x8f\n",
		  "a_b_c_d_", true },
		{ "Name = \xe2\x80\x90\xe2\x80\xa7\xe2\x81\xaa\n",
		  "\xe2\x80\x90\xe2\x80\xa7\xe2\x81\xaa", false },
		{ "# friendly_name = a\"b\n", "a_b", false },
		{ "Name = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", a63,
		  false },
		{ "Name = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n", a63,
		  true },
	};
	struct said *s = test_malloc(sizeof(*s));
	char text[512];
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < LEN(fact); i++) {
		snprintf(text, sizeof(text), "[Interface]\n# friendly_name = i\n[Peer]\n%s%s",
			 fact[i].line, KEY_LINE);
		conf_init(&c);
		said_init(s);
		assert_int_equal(conf_read_text(&c, "x", text, strlen(text), &s->report), 0);
		assert_string_equal(c.peer[0].name, fact[i].name);
		assert_int_equal(s->report.warnings, fact[i].warned);
		conf_fini(&c);
	}
	test_free(s);
}

static void test_a_name_is_cut_at_a_whole_character(void **state)
{
	char name[CONF_PEER_NAME], text[70];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 61, "\xe2\x82\xac", 3);
	assert_false(conf_peer_name(name, text_from(text, sizeof(text))));
	assert_int_equal(strlen(name), 61);
	memcpy(text + 60, "\xe2\x82\xac", 3);
	assert_true(conf_peer_name(name, text_from(text, 63)));
	assert_int_equal(strlen(name), 63);
	assert_false(conf_peer_name(name, text_from(text, 62))); /* half a character */
}

static void test_a_dash_is_standard_input(void **state)
{
	static const char text[] = "[Interface]\nMTU=1280\nFoo=1\n";
	struct said *s = test_malloc(sizeof(*s));
	int tube[2], kept = dup(STDIN_FILENO);
	struct conf c;

	(void)state;
	assert_int_equal(pipe(tube), 0);
	assert_int_equal(write(tube[1], text, sizeof(text) - 1), sizeof(text) - 1);
	close(tube[1]);
	assert_int_equal(dup2(tube[0], STDIN_FILENO), STDIN_FILENO);
	close(tube[0]);
	conf_init(&c);
	said_init(s);
	assert_int_equal(conf_read_file(&c, "-", &s->report), -EINVAL);
	assert_int_equal(c.mtu, 1280);
	assert_string_equal(s->text, "E -:3:1: unknown key Foo; remove it, or put # before it\n");
	conf_fini(&c);
	if (kept >= 0) {
		dup2(kept, STDIN_FILENO);
		close(kept);
	}
	test_free(s);
}

static size_t read_example(char *text, size_t size, const char *name)
{
	const char *top = getenv("srcdir");
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/conf/%s", top ? top : ".", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("cannot open %s; run me with srcdir set", path);
	n = read(fd, text, size);
	assert_true(n > 0 && (size_t)n < size);
	close(fd);
	return (size_t)n;
}

static const struct {
	const char *name;
	enum conf_table_kind table;
	size_t peers, allowed, dns, hooks; /* allowed: of the first peer; hooks: PostUp */
	bool calls;                        /* the first peer has an Endpoint */
} examples[] = {
	{ "behind-nat.conf", TABLE_AUTO, 1, 1, 0, 0, true },
	{ "ipv6-only.conf", TABLE_AUTO, 1, 2, 0, 0, true },
	{ "point-to-point.conf", TABLE_AUTO, 1, 2, 0, 0, true },
	{ "road-warrior-gateway.conf", TABLE_AUTO, 2, 2, 0, 0, false },
	{ "road-warrior.conf", TABLE_AUTO, 1, 2, 2, 0, true },
	{ "routed-link.conf", TABLE_OFF, 1, 2, 0, 2, true },
	{ "site-to-site.conf", TABLE_AUTO, 1, 4, 0, 0, true },
	{ "split-dns.conf", TABLE_AUTO, 1, 2, 4, 0, true },
};

/* The placeholder in each line of an example, and the complaint about it. */
static const struct {
	const char *begin, *said;
} placeholders[] = {
	{ "PrivateKey = put/",
	  "the private key is the placeholder from the examples, which everyone knows; make one "
	  "with taut genkey" },
	{ "PublicKey = put/", "the public key is the placeholder from the examples; put the peer's "
			      "here (at the other end: taut pubkey)" },
	{ "PresharedKey = put/",
	  "the preshared key is the placeholder from the examples, which everyone knows; make "
	  "one for both ends with taut genpsk, or remove it" },
};

static size_t add_complaint(char *said, size_t size, struct text line, unsigned number)
{
	size_t i, begin;

	for (i = 0; i < LEN(placeholders); i++) {
		begin = strlen(placeholders[i].begin);
		if (text_len(line) > begin && strncmp(line.at, placeholders[i].begin, begin) == 0)
			return (size_t)snprintf(said, size, "E f:%u:%zu: %s\n", number, begin - 3,
						placeholders[i].said);
	}
	return 0;
}

/* All keys in the examples are placeholders, and nothing else is wrong with them. */
static void test_the_keys_of_the_examples_are_refused(void **state)
{
	struct said *s = test_malloc(sizeof(*s));
	char text[8192], want[4096];
	struct text rest, line;
	unsigned number;
	struct conf c;
	size_t i, len, n;

	(void)state;
	for (i = 0; i < LEN(examples); i++) {
		rest = text_from(text, read_example(text, sizeof(text), examples[i].name));
		len = text_len(rest);
		want[n = 0] = '\0';
		for (number = 1; text_split(&rest, '\n', &line); number++)
			n += add_complaint(want + n, sizeof(want) - n, line, number);
		conf_init(&c);
		said_init(s);
		assert_int_equal(conf_read_text(&c, "f", text, len, &s->report), 0);
		assert_int_equal(conf_check(&c, NULL, &s->report), -EINVAL);
		assert_string_equal(s->text, want);
		assert_true(s->report.errors >= 1 + examples[i].peers);
		conf_fini(&c);
	}
	test_free(s);
}

/* "PUT/..." is a valid key. */
static void put_keys(char *text, size_t len)
{
	char *at = text;

	while ((at = memmem(at, len - (size_t)(at - text), "Key = put/", 10)))
		memcpy(at, "Key = PUT/", 10);
}

static void test_the_examples_are_otherwise_valid(void **state)
{
	struct said *s = test_malloc(sizeof(*s));
	char text[8192];
	struct conf c;
	size_t i, len;

	(void)state;
	for (i = 0; i < LEN(examples); i++) {
		len = read_example(text, sizeof(text), examples[i].name);
		put_keys(text, len);
		conf_init(&c);
		said_init(s);
		assert_int_equal(conf_read_text(&c, "f", text, len, &s->report), 0);
		assert_int_equal(conf_check(&c, NULL, &s->report), 0);
		assert_string_equal(s->text, "");
		assert_int_equal(c.table_kind, examples[i].table);
		assert_int_equal(c.n_peer, examples[i].peers);
		assert_int_equal(c.peer[0].n_allowed, examples[i].allowed);
		assert_int_equal(c.n_dns, examples[i].dns);
		assert_int_equal(c.n_hook[HOOK_POST_UP], examples[i].hooks);
		assert_int_equal(!!(c.peer[0].set & CONF_PEER_ENDPOINT), examples[i].calls);
		conf_fini(&c);
	}
	test_free(s);
}

static int is_example(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static void test_no_example_is_left_out(void **state)
{
	const char *top = getenv("srcdir");
	struct dirent **entries = NULL;
	char path[512];
	int i, n;

	(void)state;
	snprintf(path, sizeof(path), "%s/conf", top ? top : ".");
	n = scandir(path, &entries, is_example, alphasort);
	assert_int_equal(n, LEN(examples));
	for (i = 0; i < n; i++) {
		assert_string_equal(entries[i]->d_name, examples[i].name);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights_of_the_file_are_looked_at),
		cmocka_unit_test(test_what_cannot_be_read_has_its_errno),
		cmocka_unit_test(test_a_copy_stands_in_for_what_may_not_be_read),
		cmocka_unit_test(test_a_file_may_have_4_mib_and_no_more),
		cmocka_unit_test(test_peers_have_names),
		cmocka_unit_test(test_a_name_is_cut_at_a_whole_character),
		cmocka_unit_test(test_a_dash_is_standard_input),
		cmocka_unit_test(test_the_keys_of_the_examples_are_refused),
		cmocka_unit_test(test_the_examples_are_otherwise_valid),
		cmocka_unit_test(test_no_example_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
