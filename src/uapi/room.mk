# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libuapi.a
libuapi_a_SOURCES = \
	src/uapi/uapi.h \
	src/uapi/uapi_frame.c \
	src/uapi/uapi_get.c \
	src/uapi/uapi_set.c
