/* SPDX-License-Identifier: ISC */
#include "cli/await.h"

#include <stdio.h>
#include <time.h>

#include "control/ask.h"

enum { STEP_MS = 200 };

/* True if the peer has had a handshake; otherwise note what is known about it. */
static bool look(struct await *w, const struct tunnelview *r)
{
	size_t i;

	w->port = r->conf.listen_port;
	for (i = 0; i < r->conf.n_peer; i++) {
		if (!key_equal(&r->conf.peer[i].public_key, &w->peer))
			continue;
		if (r->conf.peer[i].handshake_sec)
			return true;
		snprintf(w->reason, sizeof(w->reason), "%s", r->peer[i].reason);
	}
	return false;
}

static bool inquire(struct await *w, const char *name)
{
	struct print lines = { 0 };
	struct tunnelview r;
	bool up = false;

	tunnelview_init(&r, name);
	if (ask(name, "get=1", &lines) == 0 &&
	    tunnelview_get(&r, text_from(lines.chars, lines.len)) == 0) {
		print_fini(&lines);
		if (ask(name, "status=1", &lines) == 0)
			tunnelview_status(&r, text_from(lines.chars, lines.len));
		up = look(w, &r);
	}
	print_fini(&lines);
	tunnelview_fini(&r);
	return up;
}

bool await_handshake(struct await *w, const char *name, unsigned seconds)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	unsigned waited;

	for (waited = 0; !inquire(w, name); waited += STEP_MS) {
		if (waited >= seconds * 1000)
			return false;
		nanosleep(&step, NULL);
	}
	return true;
}
