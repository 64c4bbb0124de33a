/* SPDX-License-Identifier: ISC */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

/* Descriptors that a process inherits, but has no use for. */

#include <stddef.h>

/* Close all but the standard ones and these n, any of which may be -1. They are sorted. */
void descriptors_close_but(int *keep, size_t n);

#endif
