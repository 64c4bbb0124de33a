/* SPDX-License-Identifier: ISC */
/*
 * A fuzz target without a fuzzer: TARGET [-n INPUTS] [-t SECONDS] [-s SEED] [FILE|FOLDER]...
 * replays all files, then random inputs, the same each time: that many, or for that long (10 s).
 * Without files, the target's own corpus, if $srcdir says where the sources are.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "target.h"

enum { SECONDS = 10, FILE_MOST = 1 << 20 };

static unsigned long replayed, made;
static const char *program_name;
static const uint8_t *present; /* the input at the moment */
static size_t present_len;

/* A fault that was found can be looked at again: TARGET FILE. */
static void keep_input(int number)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s.found", program_name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && present && write(fd, present, present_len) == (ssize_t)present_len)
		fprintf(stderr, "input %lu is in %s\n", made, path);
	signal(number, SIG_DFL);
	raise(number);
}

static int replay_file(const char *path)
{
	uint8_t *data = malloc(FILE_MOST);
	FILE *f = fopen(path, "rb");
	size_t len = 0;

	if (!data || !f) {
		fprintf(stderr, "%s: cannot be read\n", path);
		free(data);
		if (f)
			fclose(f);
		return 1;
	}
	len = fread(data, 1, FILE_MOST, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, len);
	free(data);
	replayed++;
	return 0;
}

static int replay(const char *path)
{
	struct dirent *entry;
	struct stat st;
	char name[PATH_MAX];
	int bad = 0;
	DIR *dir;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return replay_file(path);
	dir = opendir(path);
	if (!dir)
		return 1;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		bad |= replay_file(name);
	}
	closedir(dir);
	return bad;
}

static int replay_own(const char *program)
{
	const char *top = getenv("srcdir"), *base = strrchr(program, '/');
	char path[PATH_MAX];

	if (!top)
		return 0;
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top, base ? base + 1 : program);
	return access(path, F_OK) == 0 ? replay(path) : 0;
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* inputs 0: until the time is over. */
static void make(unsigned long inputs, time_t end, struct prng *prng)
{
	uint8_t *room = malloc(target_cap);

	if (!room)
		abort();
	for (; inputs ? made < inputs : seconds() < end; made++) {
		size_t len = target_make(prng, room, target_cap);
		/* Of exact size, so that a sanitizer detects reads beyond its end. */
		uint8_t *data = malloc(len + 1);

		if (!data)
			abort();
		memcpy(data, room, len);
		data = realloc(data, len ? len : 1);
		present = data;
		present_len = len;
		LLVMFuzzerTestOneInput(data, len);
		present = NULL;
		free(data);
	}
	free(room);
}

int main(int argc, char **argv)
{
	unsigned long inputs = 0;
	time_t time = SECONDS;
	struct prng prng = { 1 };
	int opt, bad = 0;

	while ((opt = getopt(argc, argv, "n:s:t:")) != -1) {
		if (opt == 'n')
			inputs = strtoul(optarg, NULL, 0);
		else if (opt == 't')
			time = strtol(optarg, NULL, 0);
		else if (opt == 's')
			prng.state = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	for (int i = optind; i < argc; i++)
		bad |= replay(argv[i]);
	program_name = argv[0];
	signal(SIGABRT, keep_input);
	signal(SIGSEGV, keep_input);
	if (optind == argc)
		bad = replay_own(argv[0]);
	make(inputs, seconds() + time, &prng);
	printf("%lu files replayed, %lu inputs made\n", replayed, made);
	return bad;
}
