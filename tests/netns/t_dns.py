# SPDX-License-Identifier: ISC
"""The DNS key: which helper is told what, what becomes of that, and that nothing waits for it."""

import contextlib
import json
import os
import re
import signal
import time

import dnslab
import schema
from lab import check, equal, wait_for, within
from node import Pair, uapi
from runner import test
from t_pauses import Pulse

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/status.schema.json")
STUB = "nameserver 127.0.0.53\n"
ALL = ("10.7.0.2/32, fd07::2/128", "0.0.0.0/0, ::/0")
MOST = 0.010       # seconds without a packet

# In a mount namespace of its own: the programs of the lab, first in line, and its resolv.conf.
ENTER = """#!/bin/sh
exec unshare -m sh -c 'mount --bind {dir}/sbin /usr/sbin
mount --bind {dir}/resolv.conf "$(realpath /etc/resolv.conf)"
{more}
exec "$@"' sh {program} "$@"
"""
# Without the helpers of this machine: all other programs, by links.
ALONE = """mount --bind /usr/bin {dir}/bin
mount -t tmpfs none /usr/bin
{dir}/bin/ln -s {dir}/bin/* /usr/bin/
rm -f /usr/bin/resolvectl /usr/bin/resolvconf"""
# A /run/resolvconf of its own.
RECORDS = """mkdir -p {dir}/run {dir}/run.all /run/wireguard
mount --bind /run {dir}/run.all
mount -t tmpfs none /run
mkdir /run/wireguard /run/resolvconf
mount --bind {dir}/run.all/wireguard /run/wireguard
mount --bind {dir}/run /run/resolvconf"""
# Writes down what it is told; hangs, with a child, while there is a file of that name.
HELPER = """#!/bin/sh
echo "$@" >>{dir}/told
[ ! -e {dir}/hang ] || {{ sleep 1000 & sleep 1001; }}
[ "$1" != -a ] || cat >>{dir}/told
"""


class Host:
    """What DNS is like on the host of a pair's a."""

    def __init__(self, lab, pair, text=STUB, helpers=("resolvectl",), more=""):
        self.lab, self.pair = lab, pair
        for name in ("sbin", "bin"):
            os.mkdir(os.path.join(lab.dir, name))
        os.chmod(lab.dir, 0o755)
        self.resolv_conf(text)
        for name in helpers:
            self.install(name)
        words = {"dir": lab.dir, "more": more.format(dir=lab.dir)}
        self.enter = lab.file("enter", ENTER.format(program="", **words), 0o755)
        pair.a.program = lab.file("wrapper", ENTER.format(program=lab.program, **words), 0o755)

    def resolv_conf(self, text):
        self.lab.file("resolv.conf", text, 0o644)

    def install(self, name, text=None):
        self.lab.file(f"sbin/{name}", text or HELPER.format(dir=self.lab.dir), 0o755)

    def hang(self, yes):
        self.lab.file("hang", "")
        if not yes:
            os.unlink(os.path.join(self.lab.dir, "hang"))

    def told(self):
        """What the helpers were told since the last time."""
        path = os.path.join(self.lab.dir, "told")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="ascii") as file:
            text = file.read()
        os.unlink(path)
        return text.replace(self.pair.a.name, "NAME")

    def hanging(self):
        """Helpers, and children of theirs, that still run."""
        found = []
        for pid in self.pair.a.ns.pids():
            with contextlib.suppress(FileNotFoundError), \
                    open(f"/proc/{pid}/cmdline", "rb") as file:
                if b"sleep\0" + b"100" in file.read():
                    found.append(pid)
        return found

    def sees(self, path):
        return self.pair.a.ns.run(self.enter, "cat", path).out

    def taut(self, *argv, **options):
        return self.pair.a.ns.run(self.lab.program, *argv, **options)

    def status(self):
        """(the line about DNS, what JSON says of it)."""
        text = self.taut("status", self.pair.a.name).out
        said = json.loads(self.taut("status", "--json", self.pair.a.name).out)
        equal(list(schema.judge(said, schema.load(SCHEMA))), [], "status.schema.json")
        line = re.search(r"^  dns: (.*)$", text, re.M)
        return line and line.group(1), said["interfaces"][0]["dns"]

    def why(self):
        """(certainty, all its words) of E-DNS; None: it is not there."""
        said = json.loads(self.taut("why", "--json", self.pair.a.name, ok=False).out)
        for v in said["verdicts"]:
            if v["code"] == "E-DNS":
                steps = " ".join(step["text"] for step in v["steps"])
                check(v["problem"], "E-DNS is a problem")
                return v["certainty"], f"{v['what']} {v['because']} {steps}"
        return None


def flows(pulse, act, most, tries=1):
    """No packet is held up while act waits for a helper; the best try counts, since others share
    the machine."""
    machine = pulse.pause(lambda: None, 2)
    for _ in range(tries):
        longest = pulse.pause(act, 0.2)
        if longest < most + machine:
            return
    check(False, f"no packet for {longest * 1000:.1f} ms, {machine * 1000:.1f} without it")


def begin(lab, *args, dns="10.7.0.2", **options):
    pair = Pair(lab, start=False)
    pair.b.start_config(pair.config(1))
    return pair, Host(lab, pair, *args, **options), pair.config(0, f"DNS = {dns}")


def rewrite(pair, text):
    with open(pair.a.config, "w", encoding="ascii") as file:
        file.write(text)


def reload(pair):
    done = pair.a.ns.run(pair.lab.program, "reload", pair.a.name)
    return done.out + done.err


@test(needs=["taut", "unshare"], alone=True, slow=30, timeout=90, steady=True)
def hanging_dns_helper_stops_nothing(lab):
    """At the start, in a reload, at the end: 5 s, then it is killed with its child; data flows."""
    pair, host, text = begin(lab, helpers=("resolvectl", "resolvconf"))
    host.hang(True)
    before = time.monotonic()
    pair.a.start_config(text)
    pair.a.wait_ping("10.7.0.2", 4, "the tunnel, while the helper hangs")
    with Pulse(pair.a) as pulse:
        wait_for(lambda: pulse.answers, 2, "the first answer")
        # There is only one try.
        flows(pulse, lambda: pair.a.wait_log(
            "DNS not set: resolvectl did not end within 5 s and was killed; the tunnel works "
            "without it", 8), 0.2)
    within(time.monotonic() - before, 4.5, 8, "seconds until the warning")
    wait_for(lambda: not host.hanging(), 3, "the end of helper and child")
    pair.a.wait_log(": ready", 2)
    equal(host.told(), "domain NAME ~.\n", "what helpers were told")
    line, said = host.status()
    equal(line, "not set: resolvectl did not end within 5 s and was killed", "status")
    equal((said["set"], said["by"], said["servers"], said["domains"], said["error"]),
          (False, None, ["10.7.0.2"], ["~."], line[len("not set: "):]), "JSON")
    certainty, words = host.why()
    check(certainty == "sure" and "10.7.0.2" in words and f"taut reload {pair.a.name}" in words,
          f"why: {certainty}: {words}")

    def reload_in_vain():       # nothing has changed, so it is tried again
        before = time.monotonic()
        said = uapi(pair.a.name, "reload=1\n\n")
        check("DNS still not set: resolvectl did not end" in said, f"reload said: {said}")
        within(time.monotonic() - before, 4.5, 8, "seconds until the answer")
    with Pulse(pair.a) as pulse:
        wait_for(lambda: pulse.answers, 2, "the first answer")
        flows(pulse, reload_in_vain, MOST, 3)
    host.hang(False)
    check("DNS set" in reload(pair), "reload with a helper that works")
    equal(host.status()[0], "10.7.0.2 for all names, by systemd-resolved", "status")
    equal(host.why(), None, "E-DNS")
    host.hang(True)
    rewrite(pair, text.replace("DNS = 10.7.0.2", "DNS = 10.7.0.2, x.example"))
    check("DNS changed" in reload(pair), "reload with another domain")

    host.resolv_conf("nameserver 10.7.0.2\n")   # now resolvconf is the one
    host.hang(False)
    reload(pair)
    equal(host.status()[0], "10.7.0.2 for all names, by resolvconf", "status")
    host.hang(True)
    before = time.monotonic()
    pair.a.process.send_signal(signal.SIGTERM)
    equal(pair.a.wait_exit(12), 0, "exit status")
    within(time.monotonic() - before, 4.5, 8, "seconds until the end")
    check("DNS settings not removed: a helper did not end" in pair.a.log(), "no line about it")
    equal(host.hanging(), [], "helpers that still run")


@test(needs=["taut", "unshare"], slow=4, steady=True)
def dns_is_for_all_names_or_for_its_domains(lab):
    """By what AllowedIPs take: to resolved, from the start and by reloads; a new worker knows."""
    pair, host, text = begin(lab, dns="10.7.0.2, ~home.lan., fd07::2")
    pair.a.start_config(text)
    pair.a.wait_log(": ready")
    equal(host.told(), "domain NAME ~home.lan\ndefault-route NAME no\n"
                       "dns NAME 10.7.0.2 fd07::2\n", "a tunnel to one host")
    line, said = host.status()
    equal(line, "10.7.0.2 fd07::2 for ~home.lan, by systemd-resolved", "status")
    equal(said, {"set": True, "by": "systemd-resolved", "servers": ["10.7.0.2", "fd07::2"],
                 "domains": ["~home.lan"], "error": None, "also_asked": None,
                 "asked_outside": None}, "JSON")
    metrics = host.taut("status", "--prometheus", pair.a.name).out
    check(f'taut_dns_set{{interface="{pair.a.name}"}} 1\n' in metrics, "metric")
    equal(host.why(), None, "E-DNS")
    check("nothing to change" in reload(pair), "a reload of the same")
    equal(host.told(), "domain NAME ~home.lan\ndefault-route NAME no\n"
                       "dns NAME 10.7.0.2 fd07::2\n", "others may have changed it meanwhile")
    rewrite(pair, text.replace(*ALL))
    check("DNS changed" in reload(pair), "reload")
    equal(host.told(), "domain NAME ~.\ndefault-route NAME yes\ndns NAME 10.7.0.2 fd07::2\n",
          "all traffic goes into the tunnel")
    os.kill(pair.a.workers()[0], signal.SIGKILL)
    wait_for(lambda: "took over" in pair.a.log(), 5, "a new worker")
    wait_for(lambda: host.status()[0] == "10.7.0.2 fd07::2 for all names, by systemd-resolved", 2,
             "status of the new worker")
    rewrite(pair, text.replace(ALL[0], "0.0.0.0/0"))
    check("DNS changed" not in reload(pair), "one family is as good as two")
    equal(host.told(), "domain NAME ~.\ndefault-route NAME yes\ndns NAME 10.7.0.2 fd07::2\n",
          "all names, as before")
    equal(host.status()[0], "10.7.0.2 fd07::2 for all names, by systemd-resolved; fd07::2 is asked "
                            "past the tunnel", "status without IPv6")
    equal(host.status()[1]["asked_outside"], "fd07::2", "JSON")
    certainty, words = host.why()
    check(certainty == "sure" and "fd07::2" in words, f"why: {certainty}: {words}")
    check("DNS: fd07::2 is in no AllowedIPs" in pair.a.log(), "the log does not say so")
    rewrite(pair, pair.config(0))
    check("DNS changed" in reload(pair), "reload")
    equal(host.told(), "revert NAME\n", "without DNS")
    equal(host.status(), (None, None), "status without DNS")
    pair.a.stop()
    equal(host.told(), "", "what helpers were told at the end")


@test(needs=["taut", "unshare"], slow=4, steady=True)
def tunnel_without_a_dns_helper_says_so(lab):
    """In the log, the status and why; it works, and leaves resolv.conf alone."""
    plain = "nameserver 192.0.2.53\n"
    pair, host, text = begin(lab, plain, helpers=(), more=ALONE)
    pair.a.start_config(text)
    pair.a.wait_log("DNS not set: neither resolvectl nor resolvconf is installed; the tunnel works "
                    "without it", 3, 1)
    pair.a.wait_log(": ready")
    pair.a.ns.must_ping("10.7.0.2")
    line, said = host.status()
    equal((line, said["error"]), ("not set: neither resolvectl nor resolvconf is installed",
                                  "neither resolvectl nor resolvconf is installed"), "status")
    certainty, words = host.why()
    check(certainty == "sure" and "install systemd-resolved or openresolv" in words,
          f"why: {certainty}: {words}")
    equal(host.sees("/etc/resolv.conf"), plain, "resolv.conf")
    host.install("resolvectl", "#!/bin/sh\necho 'no such link' >&2\nexit 1\n")
    said = reload(pair)
    check("DNS still not set: resolvectl failed: no such link" in said, f"reload said: {said}")
    equal(host.status()[0], "not set: resolvectl failed: no such link", "status")
    # It takes them, but nobody asks it: not until resolv.conf leads there.
    host.install("resolvectl")
    check("DNS set" in reload(pair), "reload with a helper")
    equal(host.status()[0], "10.7.0.2 for all names, by systemd-resolved; programs also ask "
                            "192.0.2.53", "status")
    equal(host.status()[1]["also_asked"], "192.0.2.53", "JSON")
    certainty, words = host.why()
    check(certainty == "likely" and "192.0.2.53" in words and "stub-resolv.conf" in words,
          f"why: {certainty}: {words}")
    host.resolv_conf(STUB)
    reload(pair)
    equal((host.status()[0], host.why()), ("10.7.0.2 for all names, by systemd-resolved", None),
          "status, E-DNS")
    pair.a.stop()


def install_openresolv(lab, host):
    """The real one, but its files are those of the lab, and it restarts nothing."""
    folder = dnslab.find("openresolv", "/lib/resolvconf")
    files = {"sbin/resolvconf": dnslab.find("openresolv", "/sbin/resolvconf"),
             "lib/libc": f"{folder}/libc"}
    os.mkdir(f"{lab.dir}/lib")
    lab.file("resolvconf.conf", "libc_restart=:\n")
    for name, path in files.items():
        with open(path, encoding="utf-8") as file:
            text = file.read()
        check("openresolv" in text or name != "sbin/resolvconf", f"{path} is another resolvconf")
        text = text.replace("/lib/resolvconf", f"{lab.dir}/lib")
        lab.file(name, text.replace("SYSCONFDIR=/etc", f"SYSCONFDIR={lab.dir}"), 0o755)
    host.resolv_conf("# Generated by resolvconf\n")


@test(needs=["taut", "unshare", "getent"], slow=5, steady=True)
def openresolv_sends_all_names_into_the_tunnel(lab):
    """The real one: no name in clear while the tunnel is up, and afterwards all is as before, also
    if it was killed."""
    pair, host, text = begin(lab, helpers=(), dns="10.7.0.2, home.lan", more=RECORDS)
    install_openresolv(lab, host)
    outside = dnslab.Server(lab, pair.b.ns, pair.outer[1], "192.0.2.1")
    inside = dnslab.Server(lab, pair.b.ns, "10.7.0.2", "192.0.2.2")
    capture = lab.capture(pair.a.ns, pair.dev_a)
    pair.a.ns.run(host.enter, "resolvconf", "-a", pair.dev_a,
                  input=f"nameserver {pair.outer[1]}\nsearch lan\n")

    def address(name):
        return pair.a.ns.run(host.enter, "getent", "-s", "hosts:dns", "ahostsv4",
                             name).out.split()[0]
    equal(address("before.example.org"), "192.0.2.1", "before the start")
    check("before.example.org" in dnslab.in_clear(capture), "the capture sees no question")
    for config in (text.replace(*ALL), text):       # it cannot tell names apart
        pair.a.start_config(config)
        wait_for(lambda: "10.7.0.2" in host.sees("/etc/resolv.conf"), 5, "its server")
        pair.a.wait_ping("10.7.0.2", 4, "the tunnel")
        capture.forget()
        del outside.names[:]
        for name in ("www.example.org", "example.com", "x.home.lan", "router.lan"):
            equal(address(name), "192.0.2.2", f"{name} while the tunnel is up")
        equal((dnslab.in_clear(capture), outside.names), ([], []), "names in clear")
        equal(host.status()[0], "10.7.0.2 for all names, by resolvconf", "status")
        equal(host.why(), None, "E-DNS")
        pair.a.stop()
        equal(address("after.example.org"), "192.0.2.1", "after the end")
    pair.a.start_config(text)
    wait_for(lambda: "10.7.0.2" in host.sees("/etc/resolv.conf"), 5, "its server")
    pair.a.process.kill()
    pair.a.wait_exit(5)
    check("10.7.0.2" in host.sees("/etc/resolv.conf"), "who has changed resolv.conf?")
    said = pair.a.ns.run(host.enter, lab.program, "down", pair.a.name)
    check("its DNS servers" in said.out + said.err, f"down said: {said.out}{said.err}")
    equal(address("afterwards.example.org"), "192.0.2.1", "after down")
    check(inside.names, "the server in the tunnel was not asked")
