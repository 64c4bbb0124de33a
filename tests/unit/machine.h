/* SPDX-License-Identifier: ISC */
#ifndef UNIT_MACHINE_H
#define UNIT_MACHINE_H

/* One tunnel with two peers, as the tests of all renderers for machines have it. */

#include "view/tunnelview.h"

#define MACHINE_PRIVATE_HEX "c809f3e5317e9575c9b5ed78b638b7ce530dabe85ddab614220241801ddf0669"
#define MACHINE_PRIVATE     "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
#define MACHINE_PUBLIC      "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="
#define MACHINE_NO_HEX      "0000000000000000000000000000000000000000000000000000000000000000"
#define MACHINE_ONES_HEX    "1111111111111111111111111111111111111111111111111111111111111111"
#define MACHINE_ONES        "ERERERERERERERERERERERERERERERERERERERERERE="
#define MACHINE_TWOS_HEX    "2222222222222222222222222222222222222222222222222222222222222222"
#define MACHINE_TWOS        "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="
#define MACHINE_PSK_HEX     "3333333333333333333333333333333333333333333333333333333333333333"
#define MACHINE_PSK         "MzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM="

#define MACHINE_GET                                                               \
	"private_key=" MACHINE_PRIVATE_HEX "\nlisten_port=51820\nfwmark=51820\n"  \
	"public_key=" MACHINE_ONES_HEX "\npreshared_key=" MACHINE_NO_HEX "\n"     \
	"public_key=" MACHINE_TWOS_HEX "\npreshared_key=" MACHINE_PSK_HEX "\n"    \
	"endpoint=[fd00::2]:51821\nlast_handshake_time_sec=1700000037\n"          \
	"last_handshake_time_nsec=500000000\ntx_bytes=123456\nrx_bytes=7890123\n" \
	"persistent_keepalive_interval=25\nallowed_ip=10.1.2.0/24\nallowed_ip=fd00::/64\n"

#define MACHINE_STATUS                                                                                                 \
	"interface=wg0 state=up listen_port=51820 fwmark=0xca6c mtu=1420 peers=2 "                                     \
	"public_key=" MACHINE_PUBLIC " rx_bytes=7890123 tx_bytes=123456 aead=ipsec-mb "                                \
	"aead_ns_64=181 aead_ns_1424=402 dns=on dns_servers=\"10.7.0.2 fd07::2\" "                                     \
	"dns_domains=\"~. corp.example\" dns_by=\"resolvconf\" dns_aside=\"192.0.2.53\" dns_outside=\"2001:db8::53\" " \
	"under_load=no cookies_sent=0 cookies_received=2 "                                                             \
	"udp4=on udp6=off recv_calls=9 timer_late_max_us=1500 "                                                        \
	"offload_tun_vnet=on offload_udp_gso=off(kernel-damages-runs),2-downgrades "                                   \
	"segments_per_run=2.5 drop_lane-full=3 drop_replay=1\n"                                                        \
	"peer=" MACHINE_ONES " endpoint=none state=idle reason=\"no endpoint: \\\"waits\\\"\" "                        \
	"state_age=0 handshake_age=never key_age=none heard_age=never rx_packets=0 "                                   \
	"tx_packets=0 keepalive=off handshakes=0 allowed_ips=0\n"                                                      \
	"peer=" MACHINE_TWOS                                                                                           \
	" name=\"42\" endpoint=[fd00::2]:51821 state=up reason=\"session works\" "                                     \
	"state_age=61 handshake_age=63 key_age=62 heard_age=2 rx_packets=7000 "                                        \
	"tx_packets=900 keepalive=25 handshakes=4 allowed_ips=2 drop_no-session=5\n"

/* taut's; or that of a daemon which knows get=1 only. */
static inline int machine_report(struct tunnelview *r, const char *name, bool of_taut)
{
	int err;

	tunnelview_init(r, name);
	err = tunnelview_get(r, text_from_str(MACHINE_GET));
	if (err == 0 && of_taut)
		tunnelview_status(r, text_from_str(MACHINE_STATUS));
	return err;
}

#endif
