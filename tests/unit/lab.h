/* SPDX-License-Identifier: ISC */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H

/*
 * A network namespace for one test program.  It disappears with the process, with
 * everything that the test created.
 */

/*
 * Enter it, as root or as root of a user namespace; lo is up.  Exits with 77
 * (skipped) if that is not possible.
 */
void lab_enter(void);
/* Exits with 77 if this file cannot be opened for reading and writing. */
void lab_needs(const char *path);
/* Run a shell command; its exit status. */
int lab_try(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Run a command that must succeed, or else the test fails. */
void lab_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Write a word to a file, as sysctl does; the test fails if that is not possible. */
void lab_write(const char *path, const char *word);

#endif
