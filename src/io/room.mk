# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libio.a
libio_a_SOURCES = \
	src/io/dev.c src/io/dev.h \
	src/io/dev_tun.c \
	src/io/udp.c src/io/udp.h src/io/udp_work.h \
	src/io/udp_send.c \
	src/io/udp_socket.c
