# SPDX-License-Identifier: ISC
"""A real systemd-resolved: who is asked for which names while a tunnel is up, seen on the wire."""

import base64
import json
import os
import re
import time

import dnslab
from lab import check, equal, wait_for, within
from runner import test
from t_polkit import need_polkit, start_polkit
from t_real import BoxPair
from t_unit import config_with_key_file

STUB = "127.0.0.53"
INSIDE, OUTSIDE = "192.0.2.2", "192.0.2.1"      # what the two name servers say of every name
ALL = ("10.7.0.2/32, fd07::2/128", "0.0.0.0/0, ::/0")


def find(name):
    return dnslab.find("systemd-resolved", f"/usr/lib/systemd/{name}", f"/lib/systemd/{name}",
                       f"/usr/bin/{name}")


def put_program(box, path):
    """From outside, into a folder of the box that is mounted over /usr/sbin."""
    with open(path, "rb") as file:
        text = base64.b64encode(file.read()).decode()
    box.run("sh", "-ec", 'umask 022; mkdir -p /opt/sbin; base64 -d >"$1"; chmod 755 "$1"', "sh",
            f"/opt/sbin/{os.path.basename(path)}", input=text)


def start_resolved(box):
    """With polkit, and our rule, so that units may talk to it."""
    for name in ("systemd-resolved", "resolvectl"):
        put_program(box, find(name))
    box.run("systemd-sysusers", "--inline", "u systemd-resolve - x")
    start_polkit(box, {})
    box.run("mount", "--bind", "/opt/sbin", "/usr/sbin")
    box.run("ln", "-sf", "../run/systemd/resolve/stub-resolv.conf", "/etc/resolv.conf")
    box.put("/etc/systemd/resolved.conf", "[Resolve]\nLLMNR=no\nMulticastDNS=no\nCache=no\n"
                                          "FallbackDNS=\n")
    box.run("systemd-run", "--quiet", "--unit=resolved", "--property=Type=notify",
            "--property=User=systemd-resolve", "--property=RuntimeDirectory=systemd/resolve",
            "--property=AmbientCapabilities=CAP_SETPCAP CAP_NET_RAW CAP_NET_BIND_SERVICE",
            "/usr/sbin/systemd-resolved")


class Resolved:
    """The box of a pair, with a name server outside and one in the tunnel."""

    def __init__(self, lab, allowed, dns):
        need_polkit()
        find("systemd-resolved")
        self.pair = pair = BoxPair(lab)
        text = re.sub("(?m)^MTU", f"DNS = {dns}\nMTU", config_with_key_file(pair, 0), count=1)
        self.box = pair.box(text.replace(ALL[0], allowed))
        start_resolved(self.box)
        pair.b.start_config(pair.config(1))
        self.outside = dnslab.Server(lab, pair.b.ns, pair.outer[1], OUTSIDE)
        self.inside = dnslab.Server(lab, pair.b.ns, "10.7.0.2", INSIDE)
        self.capture = lab.capture(pair.a.ns, pair.dev_a)
        # As the network has it from DHCP.
        self.box.run("resolvectl", "dns", pair.dev_a, pair.outer[1])
        equal(self.ask("before.example.org"), OUTSIDE, "before the start")
        check("before.example.org" in self.in_clear(), "the capture sees no question")

    def ask(self, name):
        return dnslab.ask(self.pair.a.ns, STUB, name)

    def in_clear(self):
        return dnslab.in_clear(self.capture)

    def start(self):
        self.box.systemctl("start", self.pair.unit)
        self.pair.a.wait_ping("10.7.0.2", 10, "tunnel")
        check(self.dns()["set"], f"DNS: {self.dns()}; resolved: {self.box.journal('resolved')}")
        self.forget()

    def forget(self):
        self.capture.forget()
        del self.outside.names[:], self.inside.names[:]

    def taut(self, *argv, **options):
        return self.box.run("/opt/taut/bin/taut", *argv, self.pair.a.name, **options)

    def dns(self):
        return json.loads(self.taut("status", "--json").out)["interfaces"][0]["dns"]

    def codes(self):
        said = json.loads(self.taut("why", "--json", ok=False).out)
        return [v["code"] for v in said["verdicts"]]


@test(needs=["taut", "dbus-daemon", "busctl"], slow=12, timeout=90)
def systemd_resolved_sends_all_names_into_a_full_tunnel(lab):
    """Also if the file has domains: none is seen in clear; and afterwards all is as before."""
    r = Resolved(lab, ALL[1], "10.7.0.2, home.lan")
    r.start()
    for name in ("www.example.org", "example.com", "x.home.lan", "a.b.c.example.net"):
        equal(r.ask(name), INSIDE, f"{name} while the tunnel is up")
    equal((r.in_clear(), r.outside.names), ([], []), "names in clear")
    equal(r.dns(), {"set": True, "by": "systemd-resolved", "servers": ["10.7.0.2"],
                    "domains": ["~.", "home.lan"], "error": None, "also_asked": None,
                    "asked_outside": None}, "status")
    check("E-DNS" not in r.codes(), f"why: {r.codes()}")
    r.box.systemctl("stop", r.pair.unit)
    equal(r.ask("after.example.org"), OUTSIDE, "after the end")


@test(needs=["taut", "dbus-daemon", "busctl"], slow=12, timeout=90)
def systemd_resolved_sends_only_its_domains_into_a_split_tunnel(lab):
    """And the server in the tunnel hears of no other name; without domains, of all."""
    r = Resolved(lab, ALL[0], "10.7.0.2, corp.example., lab.example")
    r.start()
    for name, answer in (("www.example.org", OUTSIDE), ("x.corp.example", INSIDE),
                         ("y.lab.example", INSIDE), ("corp.example", INSIDE),
                         ("notcorp.example", OUTSIDE)):
        equal(r.ask(name), answer, name)
    equal(sorted(set(r.inside.names)), ["corp.example", "x.corp.example", "y.lab.example"],
          "names in the tunnel")
    equal(sorted(set(r.in_clear())), ["notcorp.example", "www.example.org"], "names in clear")
    equal(r.dns()["domains"], ["corp.example", "lab.example"], "status")
    r.box.run("sed", "-i", "s/^DNS = .*/DNS = 10.7.0.2/", f"/etc/taut/{r.pair.a.name}.conf")
    r.box.systemctl("reload", r.pair.unit)
    wait_for(lambda: r.dns()["domains"] == ["~."], 5, "the reload")
    r.forget()
    equal(r.ask("www.example.org"), INSIDE, "without domains")
    equal(r.in_clear(), [], "names in clear without domains")


@test(needs=["taut", "dbus-daemon", "busctl"], slow=20, timeout=90)
def systemd_resolved_that_hangs_does_not_hold_up_a_tunnel(lab):
    """It is stopped (SIGSTOP): the start takes 5 s longer, and says so; a reload sets it later."""
    r = Resolved(lab, ALL[0], "10.7.0.2")
    r.box.systemctl("kill", "--signal=STOP", "resolved")
    before = time.monotonic()
    r.box.systemctl("start", r.pair.unit)
    within(time.monotonic() - before, 4.5, 9, "seconds that the start took")
    r.pair.a.wait_ping("10.7.0.2", 10, "tunnel")
    journal = r.box.journal(r.pair.unit)
    check("DNS not set: resolvectl did not end within 5 s and was killed" in journal,
          f"the journal: {journal}")
    check(r.dns()["error"].startswith("resolvectl did not end"), f"status: {r.dns()}")
    check("E-DNS" in r.codes(), f"why: {r.codes()}")
    r.box.systemctl("kill", "--signal=CONT", "resolved")
    r.box.systemctl("reload", r.pair.unit)
    wait_for(lambda: r.dns()["set"], 8, "the reload")
    r.forget()
    equal((r.ask("www.example.org"), r.in_clear()), (INSIDE, []), "after the reload")
    r.box.systemctl("stop", r.pair.unit)
