/* SPDX-License-Identifier: ISC */
#ifndef NETNS_LIAR_H
#define NETNS_LIAR_H

/*
 * A worker that lies to its monitor: the program as it is, but for the worker, which is this
 * one.  It moves no packets; it says it is ready, agrees to each configuration, hands over how
 * many it has had, and at one moment tells the lie that the environment names.  A worker that
 * takes over is honest.
 */

#include "daemon/daemon.h"
#include "privsep/message.h"

struct liar {
	const struct daemon_start *start;
	int sock; /* to the monitor */
	uint32_t seq;
	unsigned commits; /* configurations so far, also of the workers before */
	unsigned wrong;   /* answers that are not as they should be */
	bool over;
};

enum moment {
	AT_UP,            /* once the tunnel is up */
	AT_READY,         /* instead of saying so */
	AT_PLAN,          /* instead of the answer; at a reload, if it is that */
	AFTER_PLAN,       /* ...after it */
	AT_COMMIT,        /* the same of a commit, before anything is handed over */
	AFTER_STATE,      /* ...between that and the answer */
	AFTER_COMMIT,     /* ...after the answer */
	AT_START = 1 << 8 /* added to the latter: at the start, not at a reload */
};

/* What comes with a message, a descriptor of this kind. */
enum thing {
	NO_THING,
	A_BLOB,
	A_PIPE,
	A_DEVICE,    /* /dev/null */
	A_FOLDER,    /* / */
	A_SOCKET,    /* UDP */
	A_LINGERER,  /* TCP, with what nobody reads: closing it takes a minute */
	AN_EPOLL,    /* which waits for itself */
	ITS_CHANNEL, /* the socket to the monitor */
	UNSEALED,
	MAY_GROW, /* sealed, but for that */
	MAY_SHRINK,
	MAY_BE_WRITTEN,
	MAY_BE_UNSEALED, /* that is, sealed further */
	TOO_BIG,         /* one byte more than a blob may have */
	AS_BIG_AS_MAY_BE,
	HUGE,   /* a hole of a terabyte */
	STAMPS, /* as they should be */
	DAMAGED_STAMPS,
};

enum { THINGS = 300 }; /* in a message; the kernel takes 253 */

struct lie {
	const char *name;
	unsigned moment; /* enum moment */
	bool deadly;     /* the monitor is to end the worker */
	/* How it is told; NULL: by one message. */
	void (*tell)(struct liar *l, const struct lie *lie);
	struct message m;
	int len;       /* of the head; 0: all of it; -1: nothing at all */
	unsigned text; /* bytes */
	enum thing thing;
	unsigned things; /* how many of them; 0: one, if there is a thing */
};

extern const struct lie lies_messages[], lies_deeds[]; /* the last one has no name */

/* --- liar.c --- */

/* A line for the log. */
void liar_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void liar_send(struct liar *l, const struct message *m);
/* The next message of the monitor; ms: how long to wait.  false: none has come. */
bool liar_hear(struct liar *l, struct message_in *in, int ms);
/* Ask, and take the answer.  Orders meanwhile are obeyed.  false: there was none. */
bool liar_ask(struct liar *l, struct message m, struct message_in *answer);
/* The same of an order or an answer to an order, as an honest worker does. */
void liar_obey(struct liar *l, struct message_in *in);
void liar_agree(struct liar *l, int kind, int result);
void liar_hand_over(struct liar *l);

/* --- liar_things.c --- */

/* A descriptor, to be closed by the caller. */
int liar_thing(const struct liar *l, enum thing thing);
void liar_tell_message(struct liar *l, const struct lie *lie);

#endif
