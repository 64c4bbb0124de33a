/* SPDX-License-Identifier: ISC */
#ifndef CLI_TROUBLE_H
#define CLI_TROUBLE_H

/*
 * Say why a tunnel could not be asked: r is a negative result of ask() or control_connect(), or
 * the negative value of "errno=".  Of one that runs in another network namespace, also where that
 * is, and what to type; verb is the word for that.
 */
void trouble(const char *verb, const char *name, int r);

#endif
