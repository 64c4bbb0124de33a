/* SPDX-License-Identifier: ISC */
/*
 * For tests only, by LD_PRELOAD: a CLOCK_BOOTTIME that runs FASTCLOCK_RATE times as
 * fast from the start of the process on, so that the release program shows its
 * timers of minutes in seconds.  Timers (timerfd) on that clock follow; every other
 * clock is unchanged, but for FASTCLOCK_WALL.  Only the worker lives faster: the monitor waits as long as
 * ever.
 *
 * FASTCLOCK_JUMP may name a file of 8 bytes, a signed count of nanoseconds in host
 * order, that is added to the clock: a test writes there to let the machine "sleep".
 *
 * FASTCLOCK_WALL is a signed count of seconds that is added to CLOCK_REALTIME.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { NS = 1000000000, FDS = 4096 };

static int64_t base;
static int64_t rate = 1, wall;
static const volatile int64_t *jump;
static unsigned char on_boottime[FDS];

static int64_t to_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS + t->tv_nsec;
}

static struct timespec from_ns(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NS, .tv_nsec = ns % NS };
}

static int64_t real_now(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &t);
	return to_ns(&t);
}

__attribute__((constructor)) static void start(void)
{
	const char *text = getenv("FASTCLOCK_RATE");
	const char *path = getenv("FASTCLOCK_JUMP");
	const char *seconds = getenv("FASTCLOCK_WALL");
	void *map;
	int fd;

	if (text && atoi(text) > 0 && strcmp(program_invocation_short_name, "taut-worker") == 0)
		rate = atoi(text);
	if (seconds)
		wall = atoll(seconds);
	base = real_now();
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*jump), PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		jump = map;
	close(fd);
}

static int64_t jumped(void)
{
	return jump ? *jump : 0;
}

/* A moment of the fast clock, as the kernel knows it; rounded up, so that no timer is early. */
static int64_t kernel_moment(int64_t fast)
{
	int64_t since = fast - base - jumped();

	return since <= 0 ? 1 : base + (since + rate - 1) / rate;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	long r = syscall(SYS_clock_gettime, clock, t);

	if (r == 0 && clock == CLOCK_BOOTTIME)
		*t = from_ns(base + (to_ns(t) - base) * rate + jumped());
	if (r == 0 && clock == CLOCK_REALTIME)
		t->tv_sec += wall;
	return (int)r;
}

int timerfd_create(clockid_t clock, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, clock, flags);

	if (fd >= 0 && fd < FDS)
		on_boottime[fd] = clock == CLOCK_BOOTTIME;
	return fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *want, struct itimerspec *old)
{
	struct itimerspec scaled;
	int64_t value;

	if (!want || fd < 0 || fd >= FDS || !on_boottime[fd])
		return (int)syscall(SYS_timerfd_settime, fd, flags, want, old);
	value = to_ns(&want->it_value);
	if (value > 0 && (flags & TFD_TIMER_ABSTIME))
		value = kernel_moment(value);
	else if (value > 0)
		value = (value + rate - 1) / rate;
	scaled.it_value = from_ns(value);
	scaled.it_interval = from_ns((to_ns(&want->it_interval) + rate - 1) / rate);
	return (int)syscall(SYS_timerfd_settime, fd, flags, &scaled, old);
}
