/* SPDX-License-Identifier: ISC */
#ifndef CONF_CONF_H
#define CONF_CONF_H

/*
 * A configuration as a plain value: what a file, a control request or argv asks for, and, in
 * the other direction, what a running tunnel reports. `set` tells which fields are given; the
 * others are zero. Parsed as a whole, checked as a whole, then applied by the daemon; nothing
 * here touches a daemon.
 *
 * Secrets inside are wiped by conf_fini().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/endpoint.h"
#include "base/ip.h"
#include "base/key.h"
#include "base/prefix.h"
#include "base/text.h"
#include "conf/tune.h"

enum {
	CONF_NAME_MAX = 15, /* interface name (IFNAMSIZ - 1) */
	CONF_MTU_MIN = 68,
	CONF_MTU_MAX = 65535,
	CONF_MTU_IPV6 = 1280, /* below it the kernel allows no IPv6 on a device */
	CONF_PEER_NAME = 64,  /* bytes of a peer's name, with its NUL */
};

enum conf_set {
	CONF_PRIVATE_KEY = 1 << 0, /* zero key: remove it */
	CONF_PRIVATE_KEY_FILE = 1 << 1,
	CONF_LISTEN_PORT = 1 << 2, /* 0: a random one */
	CONF_FWMARK = 1 << 3,      /* 0: off */
	CONF_REPLACE_PEERS = 1 << 4,
	CONF_MTU = 1 << 5,
	CONF_TABLE = 1 << 6,
	CONF_SAVE = 1 << 7, /* SaveConfig: accepted, ignored */
	CONF_AEAD = 1 << 8,
	CONF_AWAIT_KEY = 1 << 9, /* no private key: a hook will set it */
};

enum conf_peer_set {
	CONF_PEER_PSK = 1 << 0, /* zero key: none */
	CONF_PEER_PSK_FILE = 1 << 1,
	CONF_PEER_ENDPOINT = 1 << 2,  /* endpoint (numeric), or host and port */
	CONF_PEER_KEEPALIVE = 1 << 3, /* 0: off */
	CONF_PEER_REPLACE_ALLOWED = 1 << 4,
	CONF_PEER_REMOVE = 1 << 5,
	CONF_PEER_UPDATE_ONLY = 1 << 6,
	CONF_PEER_PUBLIC_KEY = 1 << 7,
	CONF_PEER_SELF = 1 << 8, /* with our own key: not a peer, only the key is given */
};

/* Where in a file something was given, for errors found later. line 0: unknown. */
struct conf_place {
	uint32_t line, column; /* from 1 */
};

struct conf_allowed {
	struct prefix prefix; /* as given: host bits are kept, the tunnel masks them */
	bool remove;          /* allowed_ip=-... */
	struct conf_place place;
};

struct conf_peer {
	unsigned set; /* enum conf_peer_set */
	struct key public_key, psk;
	char name[CONF_PEER_NAME]; /* for people; "": none */
	char *psk_file;
	struct endpoint endpoint; /* known unless host is set */
	char *host;               /* a name to resolve, NULL if numeric */
	uint16_t port;            /* of host */
	uint16_t keepalive;       /* seconds */
	struct conf_allowed *allowed;
	size_t n_allowed, cap_allowed;
	struct conf_place place; /* of [Peer] */
	struct conf_place key_place, psk_place, endpoint_place;
	/* reported by a running tunnel */
	uint64_t rx_bytes, tx_bytes;
	uint64_t handshake_sec; /* CLOCK_REALTIME of the last handshake; 0: never */
	uint32_t handshake_nsec;
};

enum conf_hook { HOOK_PRE_UP, HOOK_POST_UP, HOOK_PRE_DOWN, HOOK_POST_DOWN, HOOK_KINDS };

enum conf_table_kind { TABLE_AUTO, TABLE_OFF, TABLE_NUMBER };

struct conf_dns {
	struct ip server; /* family 0: search is set */
	char *search;     /* a domain */
};

struct conf {
	unsigned set;    /* enum conf_set */
	char *path;      /* the file, for messages; NULL: not from a file */
	bool copied;     /* as the service manager read the file when it started us */
	bool holds_keys; /* the file itself, not only files that it names */
	struct key private_key;
	char *private_key_file;
	uint16_t listen_port;
	uint32_t fwmark;
	uint32_t mtu;
	enum conf_table_kind table_kind;
	uint32_t table;
	struct prefix *address;
	size_t n_address;
	struct conf_dns *dns;
	size_t n_dns;
	char **hook[HOOK_KINDS]; /* shell text as written, %i not yet replaced */
	size_t n_hook[HOOK_KINDS];
	struct tune tune;
	struct conf_place mtu_place;
	struct conf_place key_place; /* of PrivateKey, or PrivateKeyFile, good or bad */
	const char *aead;            /* one of aeadname()'s */
	struct conf_place aead_place;
	struct conf_peer *peer;
	size_t n_peer, cap_peer;
};

/* Zero everything; conf_fini() wipes and frees what was added since. */
void conf_init(struct conf *c);
void conf_fini(struct conf *c);
/* Wipe the secret keys; the rest stays, for comparison with the next file. */
void conf_forget_secrets(struct conf *c);
/* A new, zeroed peer at the end; NULL: no memory. Pointers to earlier peers become invalid. */
struct conf_peer *conf_add_peer(struct conf *c);
/* Remove all those with CONF_PEER_REMOVE; pointers to the others become invalid. */
void conf_drop_peers(struct conf *c);
/* false: no memory. */
bool conf_peer_allow(struct conf_peer *p, const struct prefix *prefix, bool remove);
/* One more entry at the end of each list; texts are copied. server family 0: a search domain. */
bool conf_add_address(struct conf *c, const struct prefix *address);
bool conf_add_dns(struct conf *c, const struct ip *server, const char *search, size_t len);
bool conf_add_hook(struct conf *c, enum conf_hook kind, const char *command, size_t len);

/*
 * Make a peer's name from arbitrary text: UTF-8 without control characters, quotes and
 * backslashes, which become '_', and cut at a whole character. false: it was changed.
 */
bool conf_peer_name(char name[CONF_PEER_NAME], struct text from);

/* MTU is too small for IPv6: the kernel refuses its addresses and routes, or removes them. */
bool conf_mtu_lacks_ipv6(const struct conf *c);

/* 1..15 characters of [a-zA-Z0-9_=+.-], not "." or "..": wg-quick's rule. */
bool conf_name_ok(const char *name);

/*
 * The errors found, one line each: "FILE:LINE:COLUMN: what; what to do". Warnings do not make
 * a file invalid.
 */
enum conf_severity { CONF_WARNING, CONF_ERROR };
struct conf_report {
	void (*say)(void *ctx, enum conf_severity severity, const char *line);
	void *ctx;
	unsigned errors, warnings; /* counted by the parser; start at 0 */
};

/*
 * Read a wg-quick style file (protocol in docs/man/taut.conf.5).  Every error of
 * the file is reported in one go.  0; -EINVAL when errors were reported; another
 * -errno when the file cannot be read (reported too).  path may be "-" for
 * standard input.
 *
 * # starts a comment, except in a hook: as with newer wg-quick, the shell gets it. White space
 * within a line is ignored, except in hooks and file names, and it separates the entries of
 * Address and DNS, which wg-quick leaves to the shell. Peers come with
 * CONF_PEER_REPLACE_ALLOWED, as a file lists all their allowed IPs, unless the last AllowedIPs has
 * an entry with + or -. The comment "# friendly_name = x", which other programs read, is
 * equivalent to Name = x.
 *
 * If users other than its owner may read the file, that is a warning (it may hold keys); the
 * group of the service may, unless there are keys in it. If others may write it, that is an
 * error (it may hold hooks). A file that we may not read is taken from the credential of its
 * name instead, if the service manager has passed one (copied).
 *
 * conf_read_text() does the same for text in memory; name stands for the file in reports.
 */
int conf_read_file(struct conf *c, const char *path, struct conf_report *r);
int conf_read_text(struct conf *c, const char *name, const char *text, size_t len,
		   struct conf_report *r);

/* The group that the service runs under, which may read its files; false: no such group. */
bool conf_service_group(gid_t *group);

/*
 * Load PrivateKeyFile and PresharedKeyFile into the key fields; afterwards the conf is as if
 * the keys had stood in the file (CONF_PRIVATE_KEY is set instead of CONF_PRIVATE_KEY_FILE,
 * likewise for peers). A key given both ways stays as it is: conf_check() complains. Relative
 * names are looked up in $CREDENTIALS_DIRECTORY first (with _ in place of each /, as systemd
 * names the files of a folder), then next to the config file. A key file that others may read,
 * or that is not a regular file, is an error with the chmod to type. 0 or -EINVAL, reported.
 */
int conf_load_keys(struct conf *c, struct conf_report *r);

/*
 * What wg(8) accepts though it is seldom intended gets the meaning that it has there, with a
 * warning: a later [Peer] of the same key changes the earlier one and replaces its networks; a
 * network of two peers belongs to the last one; "-" before a network takes it back; our own key is
 * no peer (CONF_PEER_SELF); without a private key, an Up hook sets it (CONF_AWAIT_KEY).
 * For files, once conf_load_keys() is done; what is made of foreign text is not to be settled,
 * but judged by conf_check(), which calls all this an error.  public_key: as there.  0 or
 * -ENOMEM, reported.
 */
int conf_settle(struct conf *c, const struct key *public_key, struct conf_report *r);

/*
 * Check what must hold between fields before they are used: a private key, no peer twice, own
 * key not a peer (public_key: derived from ours by the caller, NULL if unknown), no prefix
 * with two peers... 0 or -EINVAL, reported.
 */
int conf_check(const struct conf *c, const struct key *public_key, struct conf_report *r);

/*
 * The part of it that also applies to a request to a running tunnel: no key is
 * key_is_placeholder(), except that of a peer to be removed.  0 or -EINVAL, reported.
 */
int conf_check_placeholders(const struct conf *c, struct conf_report *r);

/*
 * The file of a tunnel's name: /etc/taut/NAME.conf, else /etc/wireguard/NAME.conf;
 * an argument with a '/' is a path.  name gets the interface name.  0, -ENOENT
 * (path is the first place looked at), -EACCES (path is where we may not look), or
 * -EINVAL: not a name.
 */
int conf_find(const char *arg, char *path, size_t path_size, char name[CONF_NAME_MAX + 1]);

#endif
