/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/print.h"
#include "privsep/blob.h"
#include "privsep/message.h"

struct lab {
	int end[2];
	struct message_in in;
};

static struct lab lab;

static int set_up(void **state)
{
	*state = &lab;
	return message_pair(lab.end);
}

static int tear_down(void **state)
{
	(void)state;
	message_close_fds(&lab.in);
	close(lab.end[0]);
	close(lab.end[1]);
	return 0;
}

static unsigned count_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int receive(void)
{
	return message_recv(lab.end[1], &lab.in);
}

static void test_all_of_a_message_arrives(void **state)
{
	const struct message m = { .kind = 7, .seq = 1, .result = -2, .a = 3, .b = 4, .c = 5 };
	int fd[2] = { dup(0), dup(0) };

	(void)state;
	assert_int_equal(receive(), 0);
	assert_int_equal(message_send(lab.end[0], &m, "text", 4, fd, 2), 0);
	assert_int_equal(message_send(lab.end[0], &m, NULL, 0, NULL, 0), 0);
	assert_int_equal(receive(), 1);
	assert_memory_equal(&lab.in.head, &m, sizeof(m));
	assert_int_equal(lab.in.len, 4);
	assert_string_equal(lab.in.text, "text");
	assert_int_equal(lab.in.n_fd, 2);
	assert_int_equal(fcntl(lab.in.fd[1], F_GETFD), FD_CLOEXEC);
	message_close_fds(&lab.in);
	assert_int_equal(receive(), 1);
	assert_int_equal(lab.in.n_fd + lab.in.len, 0);
	assert_int_equal(lab.in.fd[0], -1);
	close(fd[0]);
	close(fd[1]);
}

static void test_what_is_no_message_is_refused(void **state)
{
	struct message m = { .kind = 7 };
	char big[sizeof(m) + MESSAGE_TEXT + 1] = { 7 };

	(void)state;
	for (size_t len = 1; len < sizeof(m); len++) {
		assert_int_equal(send(lab.end[0], &m, len, 0), (ssize_t)len);
		assert_int_equal(receive(), -EPROTO);
	}
	for (int i = 0; i < 3; i++) {
		m.zero[i] = 1;
		assert_int_equal(message_send(lab.end[0], &m, NULL, 0, NULL, 0), 0);
		assert_int_equal(receive(), -EPROTO);
		m.zero[i] = 0;
	}
	assert_true(send(lab.end[0], big, sizeof(big), 0) > 0);
	assert_int_equal(receive(), -EPROTO);
	assert_true(send(lab.end[0], big, sizeof(big) - 1, 0) > 0);
	assert_int_equal(receive(), 1);
}

static void test_more_fds_than_allowed_are_refused_and_closed(void **state)
{
	const struct message m = { .kind = 7 };
	struct iovec part = { (void *)(uintptr_t)&m, sizeof(m) };
	union {
		char room[CMSG_SPACE((MESSAGE_FDS + 1) * sizeof(int))];
		struct cmsghdr align;
	} rights = { 0 };
	struct msghdr h = { .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = rights.room,
			    .msg_controllen = sizeof(rights.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	int fd[MESSAGE_FDS + 1] = { 0 };
	unsigned before = count_fds();

	(void)state;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), fd, sizeof(fd));
	assert_true(sendmsg(lab.end[0], &h, 0) > 0);
	assert_int_equal(receive(), -EPROTO);
	assert_int_equal(count_fds(), before);
}

static void test_the_end_is_told_apart_from_silence(void **state)
{
	const struct message m = { .kind = 7 };

	(void)state;
	assert_int_equal(receive(), 0);
	close(lab.end[0]);
	assert_int_equal(receive(), -EPIPE);
	assert_int_equal(message_send(lab.end[1], &m, NULL, 0, NULL, 0), -EPIPE);
	lab.end[0] = dup(0);
}

static void test_who_does_not_read_holds_nobody_up(void **state)
{
	const struct message m = { .kind = 7 };
	int r = 0;

	(void)state;
	for (int i = 0; i < 100000 && r == 0; i++)
		r = message_send(lab.end[0], &m, NULL, 0, NULL, 0);
	assert_int_equal(r, -EAGAIN);
}

/* As before Linux 6.7: a shared mapping of sealed memory is refused, even one to read. */
static unsigned maps;

void *__real_mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset);

void *__wrap_mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);

	maps += seals >= 0;
	if (seals >= 0 && seals & F_SEAL_WRITE && flags & MAP_SHARED) {
		errno = EPERM;
		return MAP_FAILED;
	}
	return __real_mmap(at, len, protection, flags, fd, offset);
}

static void test_blobs_are_whole_and_sealed(void **state)
{
	struct print out = { 0 };
	char bytes[10000];
	int fd, other;
	size_t len;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	fd = blob_make(bytes, sizeof(bytes));
	assert_true(fd >= 0);
	assert_int_equal(blob_size(fd, &len), 0);
	assert_int_equal(blob_read(fd, &out), 0);
	assert_int_equal(maps, 1);
	assert_int_equal(out.len, sizeof(bytes));
	assert_memory_equal(out.chars, bytes, sizeof(bytes));
	assert_int_equal(pwrite(fd, "y", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	print_fini(&out);
	close(fd);
	fd = blob_make("", 0);
	assert_int_equal(blob_read(fd, &out), 0);
	assert_int_equal(out.len, 0);
	close(fd);

	/* Not sealed, or no memory at all. */
	other = memfd_create("t", MFD_ALLOW_SEALING);
	assert_int_equal(blob_size(other, &len), -EINVAL);
	assert_int_equal(blob_read(other, &out), -EINVAL);
	assert_int_equal(fcntl(other, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
	assert_int_equal(blob_read(other, &out), -EINVAL);
	close(other);
	assert_int_equal(blob_read(lab.end[0], &out), -EINVAL);
	assert_int_equal(blob_read(-1, &out), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_of_a_message_arrives),
		TEST(test_what_is_no_message_is_refused),
		TEST(test_more_fds_than_allowed_are_refused_and_closed),
		TEST(test_the_end_is_told_apart_from_silence),
		TEST(test_who_does_not_read_holds_nobody_up),
		TEST(test_blobs_are_whole_and_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
