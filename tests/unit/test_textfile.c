/* SPDX-License-Identifier: ISC */
/* A file is seen either unchanged or complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "view/textfile.h"

struct lab {
	char dir[64], path[128];
};

static int set_up(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	strcpy(l->dir, "/tmp/taut-textfile-XXXXXX");
	if (!mkdtemp(l->dir))
		return -1;
	snprintf(l->path, sizeof(l->path), "%s/taut.prom", l->dir);
	*state = l;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *l = *state;

	unlink(l->path);
	rmdir(l->path);
	rmdir(l->dir);
	free(l);
	return 0;
}

static unsigned files_in(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void expect(const char *path, const char *text)
{
	char got[128] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(got, text);
}

static void test_a_file_is_made_and_replaced_readable_by_all(void **state)
{
	struct lab *l = *state;
	struct stat before, after;

	umask(077);
	assert_int_equal(textfile_write(l->path, "one\n", 4), 0);
	expect(l->path, "one\n");
	assert_int_equal(stat(l->path, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0644);
	assert_int_equal(textfile_write(l->path, "2\n", 2), 0);
	expect(l->path, "2\n");
	assert_int_equal(stat(l->path, &after), 0);
	/* another file: a reader that has the old one open keeps reading it */
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(files_in(l->dir), 1);
}

static void test_who_reads_the_old_one_reads_it_to_its_end(void **state)
{
	struct lab *l = *state;
	char got[16] = "";
	int fd;

	assert_int_equal(textfile_write(l->path, "the old one", 11), 0);
	fd = open(l->path, O_RDONLY);
	assert_int_equal(read(fd, got, 4), 4);
	assert_int_equal(textfile_write(l->path, "new", 3), 0);
	assert_int_equal(read(fd, got + 4, 12), 7);
	assert_string_equal(got, "the old one");
	close(fd);
}

static void test_a_failure_leaves_nothing_behind(void **state)
{
	struct lab *l = *state;
	char path[256];

	assert_int_equal(mkdir(l->path, 0700), 0);
	assert_int_equal(textfile_write(l->path, "x", 1), -EISDIR);
	assert_int_equal(files_in(l->dir), 1);
	snprintf(path, sizeof(path), "%s/none/taut.prom", l->dir);
	assert_int_equal(textfile_write(path, "x", 1), -ENOENT);
	snprintf(path, sizeof(path), "%s/", l->dir);
	assert_int_equal(textfile_write(path, "x", 1), -EISDIR);
	assert_int_equal(files_in(l->dir), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_file_is_made_and_replaced_readable_by_all,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_reads_the_old_one_reads_it_to_its_end,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_failure_leaves_nothing_behind, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
