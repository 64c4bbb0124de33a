/* SPDX-License-Identifier: ISC */
#include "jail/filter.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail/calls.h"

enum { SET_MODE_FILTER = 1, API_KILL_PROCESS = 3 };

/*
 * libseccomp gives a filter one action for all that no rule covers, but ours needs two. So
 * there are two filters, and the kernel takes the sterner answer: the outer one kills, the
 * inner one refuses. A call that is merely refused otherwise passes the outer one.
 */
struct filter {
	scmp_filter_ctx ctx;
	bool threads;
	bool inner;
};

static bool exists(const char *name)
{
	return seccomp_syscall_resolve_name(name) >= 0;
}

static bool is_let_through(const struct filter *f, const struct call *call)
{
	if (call->when == CALL_NEVER || call->otherwise == CALL_UNKNOWN)
		return false;
	if (call->when == CALL_THREADS && !f->threads)
		return false;
	return !call->unless || !exists(call->unless);
}

static int allow(const struct filter *f, int number)
{
	return seccomp_rule_add_array(f->ctx, SCMP_ACT_ALLOW, number, 0, NULL);
}

static int allow_way(const struct filter *f, int number, const struct call_way *way)
{
	struct scmp_arg_cmp test[CALL_TESTS];
	unsigned n = 0;

	for (; n < CALL_TESTS && way->test[n].mask; n++) {
		const struct call_test *t = &way->test[n];
		uint32_t value = t->self ? (uint32_t)getpid() : t->value;

		test[n] = SCMP_CMP(t->argument, SCMP_CMP_MASKED_EQ, t->mask, value);
	}
	return seccomp_rule_add_array(f->ctx, SCMP_ACT_ALLOW, number, n, test);
}

static int allow_ways(const struct filter *f, int number, const struct call *call)
{
	int r = 0;

	if (!is_let_through(f, call))
		return 0;
	if (call->ways == 0)
		return allow(f, number);
	for (size_t i = 0; i < call->ways && r == 0; i++)
		r = allow_way(f, number, &call->way[i]);
	return r;
}

static int add_inner(const struct filter *f, int number, const struct call *call)
{
	if (call->otherwise == CALL_KILLS)
		return allow(f, number);
	if (call->otherwise == CALL_UNKNOWN)
		return seccomp_rule_add_array(f->ctx, SCMP_ACT_ERRNO(ENOSYS), number, 0, NULL);
	return allow_ways(f, number, call);
}

static int add_outer(const struct filter *f, int number, const struct call *call)
{
	if (call->otherwise == CALL_KILLS)
		return allow_ways(f, number, call);
	return allow(f, number);
}

static int add(const struct filter *f, const struct call *call)
{
	int number = seccomp_syscall_resolve_name(call->name);

	if (number < 0)
		return 0; /* this machine has no such call */
	return f->inner ? add_inner(f, number, call) : add_outer(f, number, call);
}

static int add_all(const struct filter *f)
{
	int r = 0;

	for (size_t i = 0; i < calls_count && r == 0; i++)
		r = add(f, &calls_table[i]);
	return r;
}

static int load(struct filter *f, uint32_t otherwise, uint32_t foreign)
{
	int r;

	f->ctx = seccomp_init(otherwise);
	if (!f->ctx)
		return -ENOMEM;
	r = seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_NNP, 0);
	/* Calls of another architecture, which have other numbers. */
	if (r == 0)
		r = seccomp_attr_set(f->ctx, SCMP_FLTATR_ACT_BADARCH, foreign);
	if (r == 0)
		r = add_all(f);
	if (r == 0)
		r = seccomp_load(f->ctx);
	seccomp_release(f->ctx);
	return r;
}

/* NULL: there are filters, of the kind that we need. */
static const char *hindrance(void)
{
	/* All socket calls are one, whose arguments a filter cannot see. */
	if (!exists("recvmsg"))
		return "socket calls of this machine cannot be told apart";
	/* With filters, the kernel looks at the one that is not there. */
	if (syscall(SYS_seccomp, SET_MODE_FILTER, 0, NULL) < 0 && errno != EFAULT)
		return errno == EPERM || errno == EACCES
			       ? "filters of system calls may not be used here"
			       : "this kernel has no filters of system calls";
	if (seccomp_api_get() < API_KILL_PROCESS)
		return "this kernel is too old: its filters cannot end a process";
	return NULL;
}

int filter_enter(bool log, bool threads, const char **why)
{
	struct filter inner = { .threads = threads, .inner = true };
	struct filter outer = { .threads = threads };
	uint32_t refuse = log ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EACCES);
	uint32_t kill = log ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS;
	int r;

	*why = hindrance();
	if (*why)
		return -ENOSYS;
	/* This order: the inner one refuses to load another. */
	r = load(&outer, kill, kill);
	return r < 0 ? r : load(&inner, refuse, kill);
}
