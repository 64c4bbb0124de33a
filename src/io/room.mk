# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libio.a
libio_a_SOURCES = \
	src/io/csum.c src/io/csum.h \
	src/io/csum_avx2.c \
	src/io/dev.c src/io/dev.h \
	src/io/dev_tun.c \
	src/io/offload.c src/io/offload.h \
	src/io/query.c src/io/query.h \
	src/io/tun.c src/io/tun.h \
	src/io/udp.c src/io/udp.h \
	src/io/udp_error.c src/io/udp_error.h \
	src/io/udp_send.c \
	src/io/udp_socket.c \
	src/io/udp_work.h \
	src/io/vnet.h \
	src/io/vnet_ip.h \
	src/io/vnet_merge.c \
	src/io/vnet_split.c \
	src/io/vnet_write.c

EXTRA_DIST += src/io/README.md
