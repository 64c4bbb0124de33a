/* SPDX-License-Identifier: ISC */
#include "daemon/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/descriptors.h"
#include "base/exitcode.h"
#include "base/log.h"
#include "base/mem.h"
#include "privsep/blob.h"

enum { HELD = 7 }; /* descriptors in a start */

/* What is in the blob, and nothing else. */
struct parcel {
	enum log_level level;
	struct daemon_start start;
};

_Static_assert(sizeof(struct parcel) == sizeof(enum log_level) + CONF_NAME_MAX + 1 +
						sizeof(struct tune) + sizeof(struct user) + 16 +
						13 * sizeof(uint32_t) + sizeof(uint16_t) + 6,
	       "no padding");

static void held(const struct daemon_start *s, int fd[HELD])
{
	const int all[HELD] = {
		s->monitor, s->device, s->control, s->udp[0], s->udp[1], s->state, s->stamps,
	};

	memcpy(fd, all, sizeof(all));
}

/* --- on this side --- */

static int keep_only(const struct daemon_start *s, int blob)
{
	int keep[HELD + 1];

	held(s, keep);
	keep[HELD] = blob;
	descriptors_close_but(keep, LEN(keep));
	for (size_t i = 0; i < LEN(keep); i++) {
		if (keep[i] >= 0 && fcntl(keep[i], F_SETFD, 0) < 0)
			return -errno;
	}
	return 0;
}

static int pack(const struct daemon_start *s)
{
	const struct parcel parcel = { .level = log_level(), .start = *s };

	return blob_make(&parcel, sizeof(parcel));
}

static bool is_passed_on(const char *variable)
{
	static const char *const begin[] = {
		/* For the libraries, and for the log while it starts. */
		"LD_",
		"OPENSSL_",
		"GLIBC_TUNABLES=",
		"RES_OPTIONS=",
		"LOCALDOMAIN=",
		"JOURNAL_STREAM=",
		"ASAN_OPTIONS=",
		"LSAN_OPTIONS=",
		"MSAN_OPTIONS=",
		"TSAN_OPTIONS=",
		"UBSAN_OPTIONS=",
		/* For tests. */
		"FASTCLOCK_JUMP=",
		"FASTCLOCK_RATE=",
		"FASTCLOCK_WALL=",
		"LIAR_PORT=",
		"LIAR_TO=",
		"TAUT_LIE=",
	};

	for (size_t i = 0; i < LEN(begin); i++) {
		if (strncmp(variable, begin[i], strlen(begin[i])) == 0)
			return true;
	}
	return false;
}

/* What else is in there may be secrets, above all in a container. */
static void forget_environment(void)
{
	char **to = environ;

	for (char **from = environ; from && *from; from++) {
		if (is_passed_on(*from))
			*to++ = *from;
	}
	if (to)
		*to = NULL;
}

int startup_exec(const struct daemon_start *s)
{
	char worker[] = STARTUP_NAME, name[sizeof(s->name)], blob[sizeof("-2147483648")];
	char *argv[] = { worker, name, blob, NULL };
	int fd = pack(s), r;

	if (fd < 0)
		return fd;
	memcpy(name, s->name, sizeof(name));
	snprintf(blob, sizeof(blob), "%d", fd);
	r = keep_only(s, fd);
	if (r < 0)
		return r;
	/* An unprivileged user would keep them.  Kernels before 4.3 have none. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return -errno;
	forget_environment();
	/* The file that runs, also if a new one has taken its name meanwhile. */
	execv("/proc/self/exe", argv);
	return -errno;
}

/* --- on the other side --- */

bool startup_is_meant(int argc, char **argv)
{
	return argc == 3 && strcmp(argv[0], STARTUP_NAME) == 0;
}

static void hide_descriptors(const struct daemon_start *s)
{
	int fd[HELD];

	held(s, fd);
	for (size_t i = 0; i < LEN(fd); i++) {
		if (fd[i] >= 0)
			fcntl(fd[i], F_SETFD, FD_CLOEXEC);
	}
}

/* The monitor does so when the tunnel is up; nobody would tell the worker. */
static void leave_terminal(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (chdir("/") < 0)
		log_warn("cannot leave the working directory: %m");
	if (fd < 0)
		return;
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	close(fd);
}

static int unpack(const char *word, struct parcel *parcel)
{
	struct print bytes = { 0 };
	uint64_t fd;
	int r;

	if (!text_u64(text_from_str(word), INT_MAX, &fd))
		return -EINVAL;
	r = blob_read((int)fd, &bytes);
	if (r == 0 && bytes.len != sizeof(*parcel))
		r = -EINVAL;
	if (r == 0) {
		memcpy(parcel, bytes.chars, sizeof(*parcel));
		close((int)fd);
	}
	print_fini(&bytes);
	return r;
}

int startup_main(char **argv)
{
	struct parcel parcel;
	int r = unpack(argv[2], &parcel);

	if (r < 0) {
		log_error("this is a part of a running tunnel, which no one else can start: %s",
			  strerror(-r));
		return EXITCODE_USAGE;
	}
	prctl(PR_SET_NAME, STARTUP_NAME);
	/* What executing a program takes back; the keys are not mapped yet. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* It must not outlive the monitor. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	mem_steady();
	log_set_level(parcel.level);
	log_set_name(parcel.start.name);
	hide_descriptors(&parcel.start);
	if (parcel.start.background)
		leave_terminal();
	return daemon_run(&parcel.start);
}
