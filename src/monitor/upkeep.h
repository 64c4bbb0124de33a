/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_UPKEEP_H
#define MONITOR_UPKEEP_H

/*
 * Keep what is ours on the host: what others take away is put back within a second, within limits
 * (monitor/wanted.h), and told.  It begins when PostUp has ended: what hooks have taken away
 * by then is not wanted.
 */

#include "base/print.h"
#include "monitor/common.h"

/* Without it the tunnel works as well: a failure is logged. */
void upkeep_open(struct monitor *m);
void upkeep_close(struct monitor *m);

/* For the loop: what to poll, -1: nothing; read what came; do what is due, in ms or earlier. */
int upkeep_fd(const struct monitor *m);
void upkeep_read(struct monitor *m);
int upkeep_work(struct monitor *m, int ms);

/*
 * A reload has changed what is wanted.  Compare all of it with the host, put back what is missing,
 * and report that.
 */
void upkeep_reload(struct monitor *m, struct print *report);
/* Another worker does not know what the last one was told. */
void upkeep_tell_again(struct monitor *m);

#endif
