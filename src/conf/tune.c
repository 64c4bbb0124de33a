/* SPDX-License-Identifier: ISC */
#include "conf/tune.h"

static const struct {
	const char *key, *option;
	const char *help;
	uint32_t min, max;  /* of a number */
	const char *expect; /* of a number: all that it may be */
} knobs[TUNE_KINDS] = {
	[TUNE_TUN_VNET] = { "TunVnet", "tun-vnet", .help = "several packets in one call" },
	[TUNE_TUN_TSO] = { "TunTso", "tun-tso",
			   .help = "split big TCP packets from the interface" },
	[TUNE_TUN_USO] = { "TunUso", "tun-uso",
			   .help = "split big UDP packets from the interface" },
	[TUNE_TUN_TCP_GRO] = { "TunTcpGro", "tun-tcp-gro",
			       .help = "join TCP packets for the interface" },
	[TUNE_TUN_UDP_GRO] = { "TunUdpGro", "tun-udp-gro",
			       .help = "join UDP packets for the interface" },
	[TUNE_UDP_GSO] = { "UdpGso", "udp-gso", .help = "send several datagrams in one call" },
	[TUNE_UDP_GRO] = { "UdpGro", "udp-gro", .help = "receive several datagrams in one call" },
	[TUNE_UDP_RCVBUF] = { "UdpRcvbuf", "udp-rcvbuf", "bytes of receive buffer, each socket",
			      64 << 10, 256 << 20, "auto, or a number of bytes 64K..256M" },
	[TUNE_UDP_SNDBUF] = { "UdpSndbuf", "udp-sndbuf", "bytes of send buffer, each socket",
			      256 << 10, 256 << 20, "auto, or a number of bytes 256K..256M" },
	[TUNE_TUN_QUEUE_LEN] = { "TunQueueLen", "tun-queue-len", "packets waiting in the interface",
				 1, 1 << 16, "auto, or a number of packets 1..65536" },
	[TUNE_TUN_GSO_SEGS] = { "TunGsoSegs", "tun-gso-segs", "segments of one big packet", 1,
				65535, "auto, or a number of segments 1..65535" },
	[TUNE_BATCH_BYTES] = { "BatchBytes", "batch-bytes", "bytes moved one way in a turn",
			       64 << 10, 64 << 20, "auto, or a number of bytes 64K..64M" },
};

const char *tune_key(enum tune_kind kind)
{
	return knobs[kind].key;
}

const char *tune_option(enum tune_kind kind)
{
	return knobs[kind].option;
}

const char *tune_help(enum tune_kind kind)
{
	return knobs[kind].help;
}

static bool read_switch(struct text value, uint32_t *out)
{
	static const char *const words[] = {
		[TUNE_AUTO] = "auto", [TUNE_ON] = "on", [TUNE_OFF] = "off"
	};

	for (uint32_t i = 0; i <= TUNE_OFF; i++) {
		if (!text_is_nocase(value, words[i]))
			continue;
		*out = i;
		return true;
	}
	return false;
}

/* Decimal, optionally followed by K or M. */
static bool read_number(struct text value, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t unit = 1, n;

	if (text_is_nocase(value, "auto")) {
		*out = 0;
		return true;
	}
	if (text_len(value) == 0)
		return false;
	switch (value.end[-1]) {
	case 'k':
	case 'K':
		unit = 1 << 10;
		value.end--;
		break;
	case 'm':
	case 'M':
		unit = 1 << 20;
		value.end--;
		break;
	default:
		break;
	}
	if (!text_u64(value, max / unit, &n) || n * unit < min)
		return false;
	*out = (uint32_t)(n * unit);
	return true;
}

const char *tune_set(struct tune *t, enum tune_kind kind, struct text value)
{
	uint32_t taken = 0;
	bool good = kind < TUNE_SWITCHES
			    ? read_switch(value, &taken)
			    : read_number(value, knobs[kind].min, knobs[kind].max, &taken);

	if (!good)
		return kind < TUNE_SWITCHES ? "on, off or auto" : knobs[kind].expect;
	t->value[kind] = taken;
	t->given |= 1u << kind;
	return NULL;
}

void tune_override(struct tune *t, const struct tune *over)
{
	for (unsigned i = 0; i < TUNE_KINDS; i++) {
		if (over->given & 1u << i)
			t->value[i] = over->value[i];
	}
	t->given |= over->given;
}

enum tune_kind tune_differs(const struct tune *a, const struct tune *b, enum tune_kind from)
{
	while (from < TUNE_KINDS && a->value[from] == b->value[from])
		from++;
	return from;
}
