/* SPDX-License-Identifier: ISC */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

/* What --start does, and the equivalent command for the admin to type. */

#include <stdbool.h>

#include "base/key.h"

/* This host runs systemd. */
bool launch_by_systemd(void);
/*
 * Reload a running tunnel, or start it. A service that runs with a key other than own (public)
 * is restarted, because it gets its keys at the start; so is one with a new preshared key
 * (more_keys), and one whose file is for root only. enable: at every boot, too, with systemd.
 * false: reported.
 */
bool launch_tunnel(const char *name, bool enable, const struct key *own, bool more_keys);
/*
 * The command that does so for a new file: "systemctl enable --now taut@NAME", "taut reload
 * NAME"...
 */
enum { LAUNCH_TEXT = 96 };
void launch_command(char text[LAUNCH_TEXT], const char *name);
bool launch_is_running(const char *name);

#endif
