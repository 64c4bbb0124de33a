/* SPDX-License-Identifier: ISC */
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

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA="
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbA="

/* A separate folder for each test, removed with the files in it. */
struct place {
	char folder[32];
	char conf[64];  /* "FOLDER/wg.conf", not written */
	char creds[64]; /* "FOLDER/creds" */
	struct conf c;
	struct said said;
};

static void path_in(char path[128], const char *folder, const char *name)
{
	snprintf(path, 128, "%s/%s", folder, name);
}

static void write_file(const char *folder, const char *name, const char *text, mode_t mode)
{
	char path[128];
	int fd;

	path_in(path, folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	strcpy(p->folder, "/tmp/taut-keys-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->conf, sizeof(p->conf), "%s/wg.conf", p->folder);
	snprintf(p->creds, sizeof(p->creds), "%s/creds", p->folder);
	assert_int_equal(mkdir(p->creds, 0700), 0);
	unsetenv("CREDENTIALS_DIRECTORY");
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	static const char *const name[] = { "key", "psk", "link", "fifo" };
	struct place *p = *state;
	char path[128];
	size_t i;

	for (i = 0; i < LEN(name); i++) {
		path_in(path, p->folder, name[i]);
		remove(path);
		path_in(path, p->creds, name[i]);
		remove(path);
	}
	rmdir(p->creds);
	rmdir(p->folder);
	unsetenv("CREDENTIALS_DIRECTORY");
	free(p);
	return 0;
}

/* Load the key of a conf that names it; p->c holds the result until conf_fini(). */
static int load(struct place *p, const char *name)
{
	char text[256];

	snprintf(text, sizeof(text), "[Interface]\nPrivateKeyFile = %s\n", name);
	conf_init(&p->c);
	said_init(&p->said);
	assert_int_equal(conf_read_text(&p->c, p->conf, text, strlen(text), &p->said.report), 0);
	return conf_load_keys(&p->c, &p->said.report);
}

static bool has_key(const struct conf *c, const char *base64)
{
	struct key key;

	assert_true(key_from_base64(&key, base64, KEY_BASE64_LEN));
	return c->set & CONF_PRIVATE_KEY && key_equal(&c->private_key, &key);
}

static void refused(struct place *p, const char *name, const char *path, const char *why)
{
	char want[512];

	snprintf(want, sizeof(want), "E %s:2:18: %s: %s\n", p->conf, path, why);
	assert_int_equal(load(p, name), -EINVAL);
	assert_string_equal(p->said.text, want);
	assert_false(p->c.set & CONF_PRIVATE_KEY);
	assert_true(key_is_zero(&p->c.private_key));
	conf_fini(&p->c);
}

static void test_white_space_around_a_key_is_accepted(void **state)
{
	static const char *const text[] = { KEY_A, KEY_A "\n", " \t\n" KEY_A "\r\n\n" };
	struct place *p = *state;
	size_t i;

	for (i = 0; i < LEN(text); i++) {
		write_file(p->folder, "key", text[i], 0600);
		assert_int_equal(load(p, "key"), 0);
		assert_string_equal(p->said.text, "");
		assert_true(has_key(&p->c, KEY_A));
		/* Once loaded, the conf is as if the key stood in the file. */
		assert_false(p->c.set & CONF_PRIVATE_KEY_FILE);
		assert_null(p->c.private_key_file);
		assert_int_equal(conf_load_keys(&p->c, &p->said.report), 0);
		assert_int_equal(conf_check(&p->c, NULL, &p->said.report), 0);
		conf_fini(&p->c);
	}
}

static void test_each_right_of_others_is_refused(void **state)
{
	struct place *p = *state;
	char path[128], why[256];
	mode_t bit;

	path_in(path, p->folder, "key");
	snprintf(why, sizeof(why), "users other than its owner have access to it; chmod 600 %s",
		 path);
	for (bit = S_IXOTH; bit <= S_IRGRP; bit <<= 1) {
		write_file(p->folder, "key", KEY_A, 0600 | bit);
		refused(p, "key", path, why);
	}
	write_file(p->folder, "key", KEY_A, 0400);
	assert_int_equal(load(p, "key"), 0);
	conf_fini(&p->c);
}

static void test_only_plain_files_hold_keys(void **state)
{
	struct place *p = *state;
	char path[128], target[128];

	write_file(p->folder, "key", KEY_A, 0600);
	path_in(target, p->folder, "key");
	path_in(path, p->folder, "link");
	assert_int_equal(symlink(target, path), 0);
	refused(p, "link", path, "is a symbolic link; name the file itself");

	path_in(path, p->folder, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(p, "fifo", path, "is not a regular file; name the file that holds the key");
	refused(p, p->creds, p->creds, "is not a regular file; name the file that holds the key");
	refused(p, "/dev/null", "/dev/null",
		"is not a regular file; name the file that holds the key");

	path_in(path, p->folder, "none");
	refused(p, "none", path, "cannot open it: No such file or directory");
}

static void test_what_is_no_key_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} fact[] = {
		{ "", "is empty; write a key into it (taut genkey, taut genpsk)" },
		{ "\n", "is empty; write a key into it (taut genkey, taut genpsk)" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA\n",
		  "43 characters, expected 44: was the trailing = lost?" },
		{ KEY_A "=", "45 characters, expected 44; it must hold one base64 key and "
			     "nothing else" },
		{ KEY_A "\n" KEY_B,
		  "89 characters, expected 44; it must hold one base64 key and nothing else" },
		{ "PrivateKey = " KEY_A,
		  "57 characters, expected 44; it must hold one base64 key and nothing else" },
		{ "aaaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaaaA=",
		  "does not hold a base64 key; make a new one (taut genkey, taut genpsk)" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaB=",
		  "does not hold a base64 key; make a new one (taut genkey, taut genpsk)" },
	};
	struct place *p = *state;
	char path[128], *big = test_malloc(5001);
	size_t i;

	path_in(path, p->folder, "key");
	for (i = 0; i < LEN(fact); i++) {
		write_file(p->folder, "key", fact[i].text, 0600);
		refused(p, "key", path, fact[i].why);
	}
	memset(big, '\n', 5000);
	big[5000] = '\0';
	write_file(p->folder, "key", big, 0600);
	refused(p, "key", path,
		"is too long for a key; it must hold 44 characters and nothing "
		"else");
	test_free(big);
}

static void test_credentials_are_looked_up_first(void **state)
{
	struct place *p = *state;
	char path[128], why[256];

	write_file(p->folder, "key", KEY_A, 0600);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", p->creds, 1), 0);
	assert_int_equal(load(p, "key"), 0); /* not there: beside the file */
	assert_true(has_key(&p->c, KEY_A));
	conf_fini(&p->c);

	write_file(p->creds, "key", KEY_B, 0400);
	assert_int_equal(load(p, "key"), 0);
	assert_true(has_key(&p->c, KEY_B));
	conf_fini(&p->c);

	/* An absolute name is used unchanged. */
	path_in(path, p->folder, "key");
	assert_int_equal(load(p, path), 0);
	assert_true(has_key(&p->c, KEY_A));
	conf_fini(&p->c);

	/* What systemd's ACL for the service's user looks like. */
	write_file(p->creds, "key", KEY_B, 0440);
	assert_int_equal(load(p, "key"), 0);
	conf_fini(&p->c);

	path_in(path, p->creds, "key");
	snprintf(why, sizeof(why), "users other than its owner have access to it; chmod 600 %s",
		 path);
	write_file(p->creds, "key", KEY_B, 0444);
	refused(p, "key", path, why);
}

/* systemd passes the files of a folder as ID_FILE. */
static void test_a_credential_has_no_folders(void **state)
{
	struct place *p = *state;
	char path[128];

	write_file(p->folder, "key", KEY_A, 0600);
	path_in(path, p->folder, "sub");
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(path, "key", KEY_A, 0600);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", p->creds, 1), 0);
	assert_int_equal(load(p, "sub/key"), 0); /* not there: beside the file */
	assert_true(has_key(&p->c, KEY_A));
	conf_fini(&p->c);
	write_file(p->creds, "sub_key", KEY_B, 0400);
	assert_int_equal(load(p, "sub/key"), 0);
	assert_true(has_key(&p->c, KEY_B));
	conf_fini(&p->c);
	/* Nothing leads out of the credentials. */
	write_file(p->creds, ".._key", KEY_B, 0400);
	assert_int_equal(load(p, "../key"), 0);
	assert_true(has_key(&p->c, KEY_B));
	conf_fini(&p->c);
	path_in(path, p->folder, "sub/key");
	remove(path);
	path_in(path, p->folder, "sub");
	rmdir(path);
	path_in(path, p->creds, "sub_key");
	remove(path);
	path_in(path, p->creds, ".._key");
	remove(path);
}

static void test_credential_of_one_empty_line_is_none(void **state)
{
	struct place *p = *state;
	char path[128];

	write_file(p->folder, "key", KEY_A, 0600);
	write_file(p->creds, "key", "\n", 0400);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", p->creds, 1), 0);
	assert_int_equal(load(p, "key"), 0);
	assert_true(has_key(&p->c, KEY_A));
	conf_fini(&p->c);

	/* What is missing is what the admin should have written, not the placeholder. */
	path_in(path, p->folder, "key");
	assert_int_equal(remove(path), 0);
	refused(p, "key", path, "cannot open it: No such file or directory");

	/* Anything else was meant to be a key. */
	path_in(path, p->creds, "key");
	write_file(p->creds, "key", "", 0400);
	refused(p, "key", path, "is empty; write a key into it (taut genkey, taut genpsk)");
	write_file(p->creds, "key", " \n", 0400);
	refused(p, "key", path, "is empty; write a key into it (taut genkey, taut genpsk)");
}

static void test_preshared_keys_are_loaded_for_each_peer(void **state)
{
	static const char text[] = "[Interface]\nPrivateKey = " KEY_A "\n"
				   "[Peer]\nPublicKey = " KEY_B "\nPresharedKeyFile = psk\n"
				   "[Peer]\nPublicKey = " KEY_A "\nPresharedKeyFile = none\n";
	struct place *p = *state;
	char want[256];
	struct key b;

	write_file(p->folder, "psk", KEY_B, 0600);
	assert_true(key_from_base64(&b, KEY_B, KEY_BASE64_LEN));
	conf_init(&p->c);
	said_init(&p->said);
	assert_int_equal(conf_read_text(&p->c, p->conf, text, sizeof(text) - 1, &p->said.report),
			 0);
	assert_int_equal(conf_load_keys(&p->c, &p->said.report), -EINVAL);
	snprintf(want, sizeof(want),
		 "E %s:8:20: %s/none: cannot open it: No such file or directory\n", p->conf,
		 p->folder);
	assert_string_equal(p->said.text, want);
	assert_true(p->c.peer[0].set & CONF_PEER_PSK);
	assert_false(p->c.peer[0].set & CONF_PEER_PSK_FILE);
	assert_true(key_equal(&p->c.peer[0].psk, &b));
	assert_false(p->c.peer[1].set & CONF_PEER_PSK);
	conf_fini(&p->c);
}

static void test_a_key_given_both_ways_is_left_to_the_check(void **state)
{
	static const char text[] = "[Interface]\nPrivateKey = " KEY_A "\nPrivateKeyFile = key\n";
	struct place *p = *state;

	write_file(p->folder, "key", KEY_B, 0600);
	conf_init(&p->c);
	said_init(&p->said);
	assert_int_equal(conf_read_text(&p->c, p->conf, text, sizeof(text) - 1, &p->said.report),
			 0);
	assert_int_equal(conf_load_keys(&p->c, &p->said.report), 0);
	assert_true(has_key(&p->c, KEY_A));
	assert_int_equal(conf_check(&p->c, NULL, &p->said.report), -EINVAL);
	conf_fini(&p->c);
}

static void test_a_placeholder_in_a_file_is_refused_too(void **state)
{
	static const char text[] = "[Interface]\nPrivateKeyFile = key\n"
				   "[Peer]\nPublicKey = " KEY_B "\nPresharedKeyFile = psk\n";
	struct place *p = *state;
	char want[512];

	write_file(p->folder, "key", "put/your/own/private/key/here/////////////0=\n", 0600);
	write_file(p->folder, "psk", "put/the/output/of/taut/genpsk/here////////0=\n", 0600);
	conf_init(&p->c);
	said_init(&p->said);
	assert_int_equal(conf_read_text(&p->c, p->conf, text, sizeof(text) - 1, &p->said.report),
			 0);
	assert_int_equal(conf_load_keys(&p->c, &p->said.report), 0);
	assert_int_equal(conf_check(&p->c, NULL, &p->said.report), -EINVAL);
	snprintf(
		want, sizeof(want),
		"E %s:2:18: the private key is the placeholder from the examples, which everyone "
		"knows; make one with taut genkey\n"
		"E %s:5:20: the preshared key is the placeholder "
		"from the examples, which everyone knows; make one for both ends with taut genpsk, "
		"or remove it\n",
		p->conf, p->conf);
	assert_string_equal(p->said.text, want);
	conf_fini(&p->c);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_white_space_around_a_key_is_accepted),
		TEST(test_each_right_of_others_is_refused),
		TEST(test_only_plain_files_hold_keys),
		TEST(test_what_is_no_key_is_refused),
		TEST(test_credentials_are_looked_up_first),
		TEST(test_a_credential_has_no_folders),
		TEST(test_credential_of_one_empty_line_is_none),
		TEST(test_preshared_keys_are_loaded_for_each_peer),
		TEST(test_a_placeholder_in_a_file_is_refused_too),
		TEST(test_a_key_given_both_ways_is_left_to_the_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
