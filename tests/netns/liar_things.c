/* SPDX-License-Identifier: ISC */
/* What a lie may bring along, and the lies that are one message. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/conf.h"
#include "netns/liar.h"
#include "privsep/blob.h"
#include "privsep/stamps.h"

enum {
	ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
	LINGER_SECONDS = 60,
	TEXT_MOST = 1 << 17,
};

static int memory(off_t size, int seals)
{
	int fd = memfd_create("liar", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, size) < 0 || (seals && fcntl(fd, F_ADD_SEALS, seals) < 0))
		_exit(4);
	return fd;
}

static int a_pipe(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		_exit(4);
	close(fd[1]);
	return fd[0];
}

/* Its other end, LIAR_TO, does not read; so what is written here stays. */
static int a_lingerer(void)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = LINGER_SECONDS };
	const char *port = getenv("LIAR_TO");
	struct sockaddr_in to = { .sin_family = AF_INET };
	static const char bytes[65536];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)strtoul(port ? port : "0", NULL, 10));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0)
		_exit(4);
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	return fd;
}

static int an_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC), other = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0 || other < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, other, &e) < 0)
		_exit(4);
	return fd;
}

static int stamps(bool damaged)
{
	static const struct key key = { { 7 } };
	uint8_t at[STAMPS_AT] = { 0x40, 0, 0, 0, 1 };
	struct print bytes = { 0 };
	int fd;

	stamps_begin(&bytes);
	stamps_add(&bytes, &key, at);
	stamps_end(&bytes);
	if (damaged)
		bytes.chars[bytes.len / 2] ^= 1;
	fd = blob_make(bytes.chars, bytes.len);
	print_fini(&bytes);
	return fd;
}

int liar_thing(const struct liar *l, enum thing thing)
{
	switch (thing) {
	case NO_THING:
		return -1;
	case A_BLOB:
		return blob_make("1", 1);
	case A_PIPE:
		return a_pipe();
	case A_DEVICE:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case A_FOLDER:
		return open("/", O_PATH | O_CLOEXEC);
	case A_SOCKET:
		return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	case A_LINGERER:
		return a_lingerer();
	case AN_EPOLL:
		return an_epoll();
	case ITS_CHANNEL:
		return dup(l->sock);
	case UNSEALED:
		return memory(1, 0);
	case MAY_GROW:
		return memory(1, ALL_SEALS & ~F_SEAL_GROW);
	case MAY_SHRINK:
		return memory(1, ALL_SEALS & ~F_SEAL_SHRINK);
	case MAY_BE_WRITTEN:
		return memory(1, ALL_SEALS & ~F_SEAL_WRITE);
	case MAY_BE_UNSEALED:
		return memory(1, ALL_SEALS & ~F_SEAL_SEAL);
	case TOO_BIG:
		return memory(BLOB_MAX + 1, ALL_SEALS);
	case AS_BIG_AS_MAY_BE:
		return memory(BLOB_MAX, ALL_SEALS);
	case HUGE:
		return memory((off_t)1 << 40, ALL_SEALS);
	case STAMPS:
		return stamps(false);
	case DAMAGED_STAMPS:
		return stamps(true);
	}
	return -1;
}

/* --- one message --- */

static size_t attach(struct msghdr *h, char *room, const int *fd, unsigned n)
{
	struct cmsghdr *c = (void *)room;

	if (!n)
		return 0;
	h->msg_control = room;
	h->msg_controllen = CMSG_SPACE(n * sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fd, n * sizeof(int));
	return n;
}

void liar_tell_message(struct liar *l, const struct lie *lie)
{
	static char text[TEXT_MOST],
		room[CMSG_SPACE(THINGS * sizeof(int))] __attribute__((aligned(8)));
	unsigned n = lie->thing ? lie->things ? lie->things : 1 : 0;
	struct message m = lie->m;
	struct iovec part[2] = { { &m, lie->len > 0 ? (size_t)lie->len : sizeof(m) },
				 { text, lie->text } };
	struct msghdr h = { .msg_iov = part, .msg_iovlen = 2 };
	int fd[THINGS];

	memset(text, 'x', sizeof(text));
	if (lie->len < 0)
		part[0].iov_len = 0;
	for (unsigned i = 0; i < n; i++)
		fd[i] = liar_thing(l, lie->thing);
	attach(&h, room, fd, n);
	if (sendmsg(l->sock, &h, MSG_NOSIGNAL) < 0) {
		liar_say("wrong: cannot send: %s", strerror(errno));
		l->wrong++;
	}
	for (unsigned i = 0; i < n; i++)
		close(fd[i]);
}

#define DEADLY(what, ...)                                 \
	{                                                 \
		.name = what, .deadly = true, __VA_ARGS__ \
	}

const struct lie lies_messages[] = {
	/* Heads. */
	DEADLY("verb 0", .m = { .kind = 0 }),
	DEADLY("the verb after the last", .m = { .kind = MESSAGE_STOP + 1 }),
	DEADLY("the verb before the first order", .m = { .kind = MESSAGE_PLAN - 1 }),
	DEADLY("an order", .m = { .kind = MESSAGE_PLAN }),
	DEADLY("the last order", .m = { .kind = MESSAGE_END }),
	DEADLY("verb 255", .m = { .kind = 255 }),
	DEADLY("first byte not zero", .m = { .kind = MESSAGE_REDO, .zero = { 1, 0, 0 } }),
	DEADLY("second byte not zero", .m = { .kind = MESSAGE_REDO, .zero = { 0, 128, 0 } }),
	DEADLY("third byte not zero", .m = { .kind = MESSAGE_REDO, .zero = { 0, 0, 255 } }),
	DEADLY("nothing", .len = -1),
	DEADLY("one byte", .m = { .kind = MESSAGE_REDO }, .len = 1),
	DEADLY("half a head", .m = { .kind = MESSAGE_REDO }, .len = sizeof(struct message) / 2),
	DEADLY("a byte too few", .m = { .kind = MESSAGE_REDO }, .len = sizeof(struct message) - 1),
	DEADLY("a byte too many", .m = { .kind = MESSAGE_REDO }, .text = 1),
	DEADLY("too long a text", .m = { .kind = MESSAGE_NOTE }, .text = MESSAGE_TEXT + 1),
	DEADLY("far too long a text", .m = { .kind = MESSAGE_NOTE }, .text = TEXT_MOST),
	/* Values for which there is no answer. */
	DEADLY("log level 0", .m = { .kind = MESSAGE_LOG }, .text = 9),
	DEADLY("log level 5", .m = { .kind = MESSAGE_LOG, .a = 5 }, .text = 9),
	DEADLY("the greatest log level", .m = { .kind = MESSAGE_LOG, .a = UINT32_MAX }, .text = 9),
	DEADLY("exit status 256", .m = { .kind = MESSAGE_STOP, .a = 256 }),
	DEADLY("the greatest exit status", .m = { .kind = MESSAGE_STOP, .a = UINT32_MAX }),
	DEADLY("a reload without a number", .m = { .kind = MESSAGE_RELOAD }),
	DEADLY("planned, result 1", .m = { .kind = MESSAGE_PLANNED, .result = 1 }),
	DEADLY("planned, result INT_MIN", .m = { .kind = MESSAGE_PLANNED, .result = INT_MIN }),
	DEADLY("done, result -4096", .m = { .kind = MESSAGE_DONE, .result = -4096 }),
	DEADLY("planned, MTU too small", .m = { .kind = MESSAGE_PLANNED, .a = CONF_MTU_IPV6 - 1 }),
	DEADLY("planned, MTU too great", .m = { .kind = MESSAGE_PLANNED, .a = CONF_MTU_MAX + 1 }),
	/* Descriptors. */
	DEADLY("a descriptor with a verb", .m = { .kind = MESSAGE_REDO }, .thing = A_BLOB),
	DEADLY("a descriptor with a note", .m = { .kind = MESSAGE_NOTE }, .thing = A_BLOB),
	DEADLY("a descriptor with nothing", .len = -1, .thing = A_BLOB),
	DEADLY("a question for resolv.conf with one", .m = { .kind = MESSAGE_RESOLV, .seq = 1 },
	       .thing = A_BLOB),
	DEADLY("a question for resolv.conf with a text", .m = { .kind = MESSAGE_RESOLV, .seq = 1 },
	       .text = 16),
	DEADLY("no state", .m = { .kind = MESSAGE_STATE }),
	DEADLY("two states", .m = { .kind = MESSAGE_STATE }, .thing = A_BLOB, .things = 2),
	DEADLY("three states", .m = { .kind = MESSAGE_STATE }, .thing = A_BLOB, .things = 3),
	DEADLY("253 states", .m = { .kind = MESSAGE_STATE }, .thing = A_BLOB, .things = 253),
	DEADLY("a state with a text", .m = { .kind = MESSAGE_STATE }, .text = 1, .thing = A_BLOB),
	DEADLY("a pipe", .m = { .kind = MESSAGE_STATE }, .thing = A_PIPE),
	DEADLY("a device", .m = { .kind = MESSAGE_STATE }, .thing = A_DEVICE),
	DEADLY("a folder", .m = { .kind = MESSAGE_STATE }, .thing = A_FOLDER),
	DEADLY("a socket", .m = { .kind = MESSAGE_STATE }, .thing = A_SOCKET),
	DEADLY("its own channel", .m = { .kind = MESSAGE_STATE }, .thing = ITS_CHANNEL),
	DEADLY("an epoll", .m = { .kind = MESSAGE_STATE }, .thing = AN_EPOLL),
	DEADLY("an unsealed memory file", .m = { .kind = MESSAGE_STATE }, .thing = UNSEALED),
	DEADLY("one that may grow", .m = { .kind = MESSAGE_STATE }, .thing = MAY_GROW),
	DEADLY("one that may shrink", .m = { .kind = MESSAGE_STATE }, .thing = MAY_SHRINK),
	DEADLY("one that may be written", .m = { .kind = MESSAGE_STATE }, .thing = MAY_BE_WRITTEN),
	DEADLY("one with seals to come", .m = { .kind = MESSAGE_STATE }, .thing = MAY_BE_UNSEALED),
	DEADLY("one that is too big", .m = { .kind = MESSAGE_STATE }, .thing = TOO_BIG),
	DEADLY("one that is huge", .m = { .kind = MESSAGE_STATE }, .thing = HUGE),
	DEADLY("no stamps", .m = { .kind = MESSAGE_STAMP }),
	DEADLY("stamps twice", .m = { .kind = MESSAGE_STAMP }, .thing = STAMPS, .things = 2),
	DEADLY("stamps with a text", .m = { .kind = MESSAGE_STAMP }, .text = 1, .thing = STAMPS),
	DEADLY("damaged stamps", .m = { .kind = MESSAGE_STAMP }, .thing = DAMAGED_STAMPS),
	DEADLY("a state as stamps", .m = { .kind = MESSAGE_STAMP }, .thing = A_BLOB),
	DEADLY("a pipe as stamps", .m = { .kind = MESSAGE_STAMP }, .thing = A_PIPE),
	DEADLY("a folder as stamps", .m = { .kind = MESSAGE_STAMP }, .thing = A_FOLDER),
	DEADLY("unsealed stamps", .m = { .kind = MESSAGE_STAMP }, .thing = UNSEALED),
	DEADLY("zeros as stamps", .m = { .kind = MESSAGE_STAMP }, .thing = AS_BIG_AS_MAY_BE),
	DEADLY("huge stamps", .m = { .kind = MESSAGE_STAMP }, .thing = HUGE),
	{ 0 },
};
