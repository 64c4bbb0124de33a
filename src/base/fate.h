/* SPDX-License-Identifier: ISC */
#ifndef BASE_FATE_H
#define BASE_FATE_H

/*
 * Where a packet goes next, or why it was dropped. Drops are counted under the names that
 * fate_name() gives.
 */
enum fate {
	FATE_NONE,      /* undecided: fresh from device or network */
	FATE_DEV,       /* write it to the device */
	FATE_NET,       /* send it to pkt.end */
	FATE_STAGED,    /* copied; it waits for a session */
	FATE_HANDSHAKE, /* copied into the handshake lane */
	FATE_KEEPALIVE, /* authentic and empty: consumed */
	FATE_CONSUMED,  /* authentic handshake message: consumed */
	/* from here on: dropped */
	FATE_DROPPED,
	FATE_RUNT = FATE_DROPPED, /* datagram of a length that its type cannot have */
	FATE_TYPE,                /* unknown message type, or reserved bytes not zero */
	FATE_SENDER,              /* nobody can answer it: port 0, or not the address of a host */
	FATE_NO_KEY,              /* we have no private key */
	FATE_MAC,                 /* mac1 is wrong: made for another key, or not WireGuard */
	FATE_HSQUEUE_FULL,        /* too many handshake messages are waiting */
	FATE_COOKIE_SENT,         /* under load: answered with a cookie instead */
	FATE_RATE,                /* under load: this source sends too many handshakes */
	FATE_NOISE,               /* handshake message does not decrypt */
	FATE_PSK,                 /* response does not decrypt: preshared keys differ */
	FATE_UNKNOWN_PEER,        /* initiation from a public key that is not configured */
	FATE_TIMESTAMP,           /* initiation not newer than the last one */
	FATE_FLOOD,               /* initiation less than 20 ms after the last one */
	FATE_NO_HANDSHAKE,        /* response or cookie to a handshake that is not ours */
	FATE_COOKIE,              /* cookie reply that does not decrypt */
	FATE_NO_SESSION,          /* data for a receiver index that is not ours */
	FATE_EXPIRED,             /* data under a key that is too old or used up */
	FATE_FORGED,              /* data that does not authenticate */
	FATE_REPLAY,              /* data seen before, or too far behind */
	FATE_NOT_IP,              /* inside is neither IPv4 nor IPv6 */
	FATE_LENGTH,              /* an inner length field disagrees with the packet */
	FATE_SOURCE,              /* inner source address is not allowed for this peer */
	FATE_NO_PEER,             /* no peer has the destination in its allowed IPs */
	FATE_NO_ENDPOINT,         /* the peer's address is not known */
	FATE_STAGE_FULL,          /* oldest of too many packets waiting for a session */
	FATE_STAGE_PURGED,        /* waited for a session that never came */
	FATE_NO_MEMORY,
	FATE_SEND,   /* the network refused it; pkt.err says why */
	FATE_DEVICE, /* the device refused it; pkt.err says why */
	FATE_COUNT
};

/* Stable lower-case name of a fate, as in status and logs: "replay", "no-session". */
const char *fate_name(enum fate fate);

#endif
