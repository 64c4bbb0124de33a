/* SPDX-License-Identifier: ISC */
#ifndef PRIVSEP_MESSAGE_H
#define PRIVSEP_MESSAGE_H

/*
 * What monitor and worker say to each other: a head of fixed size, at most eight descriptors
 * (SCM_RIGHTS) and, for NOTE, LOG, DNS and DRIFT, a short text, over a socket pair that keeps the
 * borders of messages.  The worker may be broken: the monitor checks everything, and the worker
 * can name no address, no route, no path and no command.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_kind {
	/*
	 * From the worker. Those above NOTE are answered by the same kind and seq, unless seq
	 * is 0; result is 0 or -errno.
	 */
	MESSAGE_UDP = 1,  /* a: port, 0 any; b: mark.  Answer: a: the port; the sockets, with c:
			     enum crossing */
	MESSAGE_MARK,     /* a: the mark of the sockets */
	MESSAGE_MTU,      /* a: of the device */
	MESSAGE_SEGMENTS, /* a: most segments of a big packet to the device */
	MESSAGE_REDO,     /* the link has flapped: add again what the kernel has removed */
	MESSAGE_RELOAD,   /* read the file again; answered by MESSAGE_RELOADED */
	MESSAGE_RESOLV,   /* a: 1: servers inside the tunnel first.  Answer: fd: a blob, the text of
			     a resolv.conf */
	MESSAGE_QUERY,    /* a: AF_INET or AF_INET6, b: bits of enum message_query.  Answer: fd: a
			     socket for a question to a name server, which has our mark; b: the
			     link that it leaves by, 0: as routes tell */
	MESSAGE_NOTE,     /* the text for the service manager */
	MESSAGE_LOG,      /* a: level; a line for the log */
	MESSAGE_READY,    /* orders are obeyed from now on */
	MESSAGE_ALIVE,    /* the loop runs, and neither device nor sockets keep failing */
	MESSAGE_PLANNED,  /* result: of MESSAGE_PLAN */
	MESSAGE_DONE,     /* result: of MESSAGE_COMMIT */
	MESSAGE_STATE,    /* fd: a blob for the next worker, if this one dies */
	MESSAGE_STAMP,    /* fd: a blob of stamps (stamps.h), for the file that outlives us */
	MESSAGE_STOP,     /* a: exit status; the tunnel is to end */
	/* From the monitor, not answered except where it says so. */
	MESSAGE_PLAN = 64, /* fd: a blob, the configuration to be; a: enum walk; b: the mark that
			      it will have, if it is known and not in there, or 0 */
	MESSAGE_COMMIT,    /* a: port, b: mark, c: enum crossing; new sockets, if any */
	MESSAGE_CANCEL,    /* forget what was planned */
	MESSAGE_RELOADED,  /* seq, or 0: by a signal; result; fd: a blob with lines, if any */
	MESSAGE_SERVE,     /* answer the control socket from now on: hooks may ask there */
	MESSAGE_UP,        /* serve, and the tunnel is fully up, its hooks have run */
	MESSAGE_DUMP,      /* write the status to the log */
	MESSAGE_KICK,      /* the network has changed */
	MESSAGE_DNS,       /* the text: struct dns_state (dnsstate.h) */
	MESSAGE_DRIFT,     /* as text: struct drift, what others have taken away */
	MESSAGE_END,       /* close everything and exit */
};

enum message_query {
	MESSAGE_QUERY_TCP = 1 << 0,    /* else UDP */
	MESSAGE_QUERY_AROUND = 1 << 1, /* it leaves by the best route that is not ours... */
	/* ...to that server in the last answer to MESSAGE_RESOLV, from 1; 0: by a default route */
	MESSAGE_QUERY_SERVER = 1 << 8,
};

struct message {
	uint8_t kind;
	uint8_t zero[3];
	uint32_t seq;
	int32_t result;
	uint32_t a, b, c;
};

enum {
	MESSAGE_FDS = 8,
	MESSAGE_TEXT = 1000, /* bytes at most */
};

struct message_in {
	struct message head;
	int fd[MESSAGE_FDS]; /* -1: none; the receiver owns them */
	unsigned n_fd;
	size_t len; /* of text */
	char text[MESSAGE_TEXT + 1];
};

/* A connected pair; both ends are closed in programs that are started. 0 or -errno. */
int message_pair(int fd[2]);
/*
 * Send one; text and the fds may be absent, and the fds stay the caller's.  Never blocks: 0;
 * -EAGAIN: the other side does not read; -EPIPE: it is gone.
 */
int message_send(int sock, const struct message *m, const char *text, size_t len, const int *fd,
		 unsigned n_fd);
/* The same, but while the other side does not read, wait this long. */
int message_insist(int sock, const struct message *m, const char *text, size_t len, const int *fd,
		   unsigned n_fd, int ms);
/* Nothing, and no descriptors. */
void message_empty(struct message_in *in);
/*
 * Receive one.  1; 0: none is there; -EPIPE: the other side is gone; -EPROTO: that was no
 * message, and what came with it is closed.
 */
int message_recv(int sock, struct message_in *in);
/* They may be anything: this does not wait, as close(2) could, for a socket that lingers. */
void message_close_fds(struct message_in *in);
/* Nobody can send to this side any more; what is there already can be received, then -EPIPE. */
void message_shut(int sock);
/* Close all that was sent but not received, before the socket is closed. */
void message_drain(int sock);

#endif
