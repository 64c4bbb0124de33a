/* SPDX-License-Identifier: ISC */
/*
 * Whenever a command that writes several files is killed, the next one finds all of the old
 * files or all of the new ones: it is killed before each of its system calls, and so is what
 * cleans up behind it.
 */
#include "hex.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "pair/confdir.h"
#include "pair/confsweep.h"
#include "pair/conftrail.h"

enum { SKIPPED = 77, TEXT_MAX = 256 };

/* Files that one command writes. */
struct scene {
	size_t n;
	struct {
		const char *path, *before, *after; /* before NULL: it is new */
		enum confdir_rights rights;
		bool replace;
		size_t kept;
	} file[CONFDIR_FILES];
};

/* The commands that there are: new --force, new, join --force, accept. */
static const struct scene scenes[] = {
	{ 3,
	  { { "/etc/taut/wg0.key", "old key", "new key", CONFDIR_SECRET, true, 0 },
	    { "/etc/taut/wg0.pair", "old line", "new line", CONFDIR_SECRET, true, 0 },
	    { "/etc/taut/wg0.conf", "old file", "new file", CONFDIR_SERVICE, true, 0 } } },
	{ 3,
	  { { "/etc/taut/wg0.key", NULL, "new key", CONFDIR_SECRET, false, 0 },
	    { "/etc/taut/wg0.pair", NULL, "new line", CONFDIR_SECRET, true, 0 },
	    { "/etc/taut/wg0.conf", NULL, "new file", CONFDIR_SERVICE, false, 0 } } },
	{ 3,
	  { { "/etc/taut/wg0.psk/PEER", NULL, "new psk", CONFDIR_SECRET, true, 0 },
	    { "/etc/taut/wg0.key", "old key", "new key", CONFDIR_SECRET, true, 0 },
	    { "/etc/taut/wg0.conf", "old file", "new file", CONFDIR_SERVICE, true, 0 } } },
	{ 2,
	  { { "/etc/taut/wg0.psk/PEER", NULL, "new psk", CONFDIR_SECRET, true, 0 },
	    { "/etc/taut/wg0.conf", "old", "old and new", CONFDIR_AS_BEFORE, true, 3 } } },
};

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void stage(const struct scene *s)
{
	size_t i;

	umount2("/etc/taut", MNT_DETACH); /* nothing is mounted before the first one */
	assert_int_equal(mount("none", "/etc/taut", "tmpfs", 0, "mode=700"), 0);
	for (i = 0; i < s->n; i++) {
		if (s->file[i].before)
			put(s->file[i].path, s->file[i].before);
	}
}

static void write_all_files(const struct scene *s)
{
	struct confdir_file files[CONFDIR_FILES];
	struct print text[CONFDIR_FILES] = { { 0 } };
	bool good;
	size_t i;

	for (i = 0; i < s->n; i++) {
		print_add(&text[i], "%s", s->file[i].after);
		files[i] = (struct confdir_file){ s->file[i].path, &text[i], s->file[i].rights,
						  s->file[i].replace, s->file[i].kept };
	}
	good = confdir_write(files, s->n);
	for (i = 0; i < s->n; i++)
		print_fini(&text[i]);
	if (!good)
		_exit(1);
}

static void tidy(const struct scene *s)
{
	(void)s;
	confdir_tidy();
}

/* In a process that is killed before its nth system call; false: it has not that many. */
static bool is_killed(void (*act)(const struct scene *), const struct scene *s, unsigned nth)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(SKIPPED);
		raise(SIGSTOP);
		act(s);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	/* It stops before each call and after it. */
	for (nth = 2 * nth + 1; nth; nth--) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFSTOPPED(status))
			continue;
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		return false;
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return true;
}

/* The text of a file; NULL: there is none. */
static const char *text_of(const char *path, char text[TEXT_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, TEXT_MAX - 1);
	close(fd);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static bool has(const char *path, const char *want)
{
	char text[TEXT_MAX];
	const char *is = text_of(path, text);

	return want ? is && strcmp(is, want) == 0 : !is;
}

/* Nothing but finished files. */
static void expect_no_trail(const char *path)
{
	const struct dirent *entry;
	DIR *d = opendir(path);

	while (d && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    entry->d_name[0] == '.')
			fail_msg("left: %s", entry->d_name);
	}
	if (d)
		closedir(d);
}

/* true: all files are new; false: all are as before. */
static bool is_done(const struct scene *s, unsigned nth)
{
	size_t i, old = 0, new = 0;

	for (i = 0; i < s->n; i++) {
		old += has(s->file[i].path, s->file[i].before);
		new += has(s->file[i].path, s->file[i].after);
	}
	if (old != s->n && new != s->n)
		fail_msg("scene %zu, killed before call %u: %zu old, %zu new of %zu",
			 (size_t)(s - scenes), nth, old, new, s->n);
	expect_no_trail("/etc/taut");
	expect_no_trail("/etc/taut/wg0.psk");
	return new == s->n;
}

static void test_a_kill_before_each_system_call_leaves_all_or_nothing(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LEN(scenes); i++) {
		bool seen[2] = { false };
		unsigned nth;

		for (nth = 0;; nth++) {
			stage(&scenes[i]);
			if (!is_killed(write_all_files, &scenes[i], nth))
				break;
			confdir_tidy();
			seen[is_done(&scenes[i], nth)] = true;
		}
		assert_true(nth > 20 && seen[0] && seen[1]);
		assert_true(is_done(&scenes[i], nth));
	}
}

/* The one that cleans up is killed, too, and the next one: a bit later each time. */
static void test_so_do_kills_of_those_that_clean_up(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LEN(scenes); i++) {
		unsigned nth, again;

		for (nth = 0;; nth++) {
			stage(&scenes[i]);
			if (!is_killed(write_all_files, &scenes[i], nth))
				break;
			for (again = 0; is_killed(tidy, &scenes[i], again); again++)
				;
			is_done(&scenes[i], nth);
		}
	}
}

static bool is_whole(void)
{
	int folder = open("/etc/taut", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool whole;

	assert_true(folder >= 0);
	whole = confsweep_is_whole(folder, "wg0");
	close(folder);
	return whole;
}

/*
 * What a process finds that may not undo it: each file is old or new, and none is missing; and
 * where some are old and some are new, it is told.
 */
static void test_no_file_is_missing_meanwhile_and_a_mixture_is_known(void **state)
{
	const struct scene *s = &scenes[0];
	unsigned nth, mixtures = 0;
	size_t i, old, new;

	(void)state;
	for (nth = 0;; nth++) {
		stage(s);
		if (!is_killed(write_all_files, s, nth))
			break;
		for (i = old = new = 0; i < s->n; i++) {
			old += has(s->file[i].path, s->file[i].before);
			new += has(s->file[i].path, s->file[i].after);
		}
		assert_int_equal(old + new, s->n);
		if (old && new)
			assert_false(is_whole());
		mixtures += old && new;
		confdir_tidy();
		assert_true(is_whole());
	}
	assert_true(mixtures >= 2);
	assert_true(is_whole());
}

static void test_what_others_left_is_no_trail(void **state)
{
	static const char *const names[] = { "/etc/taut/.wg0.conf.swp", "/etc/taut/.wg0.key.old",
					     "/etc/taut/wg0.key.1",     "/etc/taut/.other.1",
					     "/etc/taut/.done.x",       "/etc/taut/.1" };
	size_t i;

	(void)state;
	stage(&scenes[0]);
	for (i = 0; i < LEN(names); i++)
		put(names[i], "precious");
	confdir_tidy();
	for (i = 0; i < LEN(names); i++)
		assert_true(has(names[i], "precious"));
}

static void test_a_part_is_known_by_its_name(void **state)
{
	char name[CONFTRAIL_NAME], file[CONFTRAIL_NAME];
	int id = 0;

	(void)state;
	conftrail_name(name, "wg0.conf", 4711, CONFTRAIL_NEW);
	assert_string_equal(name, ".wg0.conf.4711");
	conftrail_name(name, "wg0.psk/PEER", 7, CONFTRAIL_OLD);
	assert_string_equal(name, "wg0.psk/.PEER.7.old");
	assert_true(conftrail_is_part(".PEER.7.old", file, &id));
	assert_string_equal(file, "PEER");
	assert_int_equal(id, 7);
	assert_true(conftrail_is_part(".a.b.none.8.none", file, &id));
	assert_string_equal(file, "a.b.none");
	assert_false(conftrail_is_part("..8", file, &id));
	assert_false(conftrail_is_part(".8", file, &id));
	assert_false(conftrail_is_part("a.8", file, &id));
	assert_false(conftrail_is_part(".a.2147483648", file, &id));
	assert_false(conftrail_is_part(".a.8.new", file, &id));
	assert_true(conftrail_is_mark(".done.9", &id) && id == 9);
	assert_false(conftrail_is_mark(".done.", &id) || conftrail_is_mark(".done.9.old", &id));
}

/* An /etc of our own, where confdir_write() has its folder. */
static bool enter(void)
{
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWNS | CLONE_NEWUSER) < 0)
		return false;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/etc", "tmpfs", 0, "mode=755") == 0 && mkdir("/etc/taut", 0700) == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_part_is_known_by_its_name),
		cmocka_unit_test(test_what_others_left_is_no_trail),
		cmocka_unit_test(test_a_kill_before_each_system_call_leaves_all_or_nothing),
		cmocka_unit_test(test_so_do_kills_of_those_that_clean_up),
		cmocka_unit_test(test_no_file_is_missing_meanwhile_and_a_mixture_is_known),
	};

	if (!enter()) {
		fprintf(stderr, "SKIP: no mount namespace: %s\n", strerror(errno));
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
