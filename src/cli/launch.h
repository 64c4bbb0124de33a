/* SPDX-License-Identifier: ISC */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

/* What --start does, and how it is written where somebody else is to do it. */

#include <stdbool.h>

#include "base/key.h"

/* systemd runs this host. */
bool launch_by_systemd(void);
/*
 * A tunnel that runs reads its file again; else it is started.  A service that runs with
 * another key than own (public) is started anew, for it was handed its key at the start.
 * enable: at each boot, too, where systemd runs.  false: said why.
 */
bool launch_tunnel(const char *name, bool enable, const struct key *own);
/* What does so with a new file: "systemctl enable --now taut@NAME", "taut reload NAME"... */
enum { LAUNCH_TEXT = 64 };
void launch_command(char text[LAUNCH_TEXT], const char *name);
bool launch_is_running(const char *name);

#endif
