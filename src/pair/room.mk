# SPDX-License-Identifier: ISC
# Pairing two hosts, and the files that it writes.

noinst_LIBRARIES += libpair.a
libpair_a_CFLAGS = $(AM_CFLAGS) $(QRENCODE_CFLAGS)
libpair_a_SOURCES = \
	src/pair/confdir.c src/pair/confdir.h \
	src/pair/confsweep.c src/pair/confsweep.h \
	src/pair/conftext.c src/pair/conftext.h \
	src/pair/conftrail.c src/pair/conftrail.h \
	src/pair/dial.c src/pair/dial.h \
	src/pair/localnet.c src/pair/localnet.h \
	src/pair/offer.c src/pair/offer.h \
	src/pair/pairline.c src/pair/pairline.h \
	src/pair/pairline_endpoint.c \
	src/pair/pairline_field.c src/pair/pairline_field.h \
	src/pair/pairline_text.c src/pair/pairline_text.h \
	src/pair/pairopts.c src/pair/pairopts.h \
	src/pair/peerfile.c src/pair/peerfile.h \
	src/pair/pickaddr.c src/pair/pickaddr.h \
	src/pair/qr.h \
	src/pair/qr_draw.c \
	src/pair/readline.c src/pair/readline.h \
	src/pair/vital.c src/pair/vital.h

# With libqrencode, or with a file that says that it is not there.
if HAVE_QRENCODE
libpair_a_SOURCES += src/pair/qr.c
EXTRA_DIST += src/pair/qr_none.c
else
libpair_a_SOURCES += src/pair/qr_none.c
EXTRA_DIST += src/pair/qr.c
endif

EXTRA_DIST += src/pair/README.md
