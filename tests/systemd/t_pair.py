# SPDX-License-Identifier: ISC
"""Two hosts, each with a real systemd, paired by the commands that an admin types."""

import re

from box import Box
from lab import check, equal, wait_for
from runner import test
from t_unit import unit_path

TAUT = "/opt/taut/bin/taut"
UNIT = "taut@wg0.service"


class Host(Box):
    """A box without a tunnel, in a namespace of its own."""

    def __init__(self, lab, label):
        super().__init__(lab, lab.namespace(label), unit_path(), {}, label=label)

    def taut(self, *argv, **options):
        return self.run(TAUT, *argv, timeout=90, **options)

    def rights(self, *names):
        return self.run("sh", "-c", 'cd /etc/taut && stat -c "%n %a %U %G" "$@"', "sh",
                        *names).out.splitlines()

    def states(self):
        return [self.show(UNIT, key) for key in ("ActiveState", "UnitFileState", "StatusText")]

    def address(self):
        config = self.run("cat", "/etc/taut/wg0.conf").out
        return re.search(r"^Address = ([^/]*)/", config, re.M)[1]


def two_hosts(lab):
    a, b = Host(lab, "a"), Host(lab, "b")
    lab.wire(a.ns, b.ns)
    return a, b


def is_up(host):
    wait_for(lambda: host.show(UNIT, "StatusText") == "up: session works", 7, "StatusText")
    equal(host.states(), ["active", "enabled", "up: session works"], "unit")
    pid = host.show(UNIT, "MainPID")
    equal(host.run("ps", "-o", "user:20=", "-p", pid).out.strip(), "taut-wg0", "its user")


@test(needs=["taut"], slow=9, timeout=120)
def systemd_runs_what_pairing_wrote(lab):
    """Four commands; the service reads its file and gets its key, which only root can read."""
    a, b = two_hosts(lab)
    offer = a.taut("new", "wg0", "--listen").out
    joined = b.taut("join", "wg0", offer.strip(), "--start")
    done = a.taut("accept", "wg0", joined.out.strip(), "--start")
    check("wg0 is up" in done.err, done.err)
    for host, other in ((a, b), (b, a)):
        host.ns.must_ping(other.address(), 3, interval=0.2)
    for host in (a, b):
        is_up(host)
        equal(host.rights(".", "wg0.conf", "wg0.key"),
              [". 750 root taut", "wg0.conf 640 root taut", "wg0.key 600 root root"], "rights")
        journal = host.journal(UNIT)
        check("other than its owner" not in journal, f"a warning about rights: {journal}")
        key = host.run("cat", "/etc/taut/wg0.key").out.strip()
        check(len(key) == 44 and key not in host.run("cat", "/etc/taut/wg0.conf").out,
              "the key where all tunnels may read it")
        refused = host.run("setpriv", "--reuid", "taut", "--regid", "taut", "--clear-groups", "cat",
                           "/etc/taut/wg0.key", ok=False)
        check(refused.code and not refused.out, "the user of the service may read the key")
        host.systemctl("reload", UNIT)
        host.systemctl("restart", UNIT)
    wait_for(lambda: a.ns.ping(b.address()), 20, "the tunnel after restarts of both")


@test(needs=["taut"], slow=9, timeout=120)
def systemd_pairing_once_more_takes_the_new_key(lab):
    """By systemctl, started before the other end; then with --force: the service is restarted."""
    a, b = two_hosts(lab)
    a.systemctl("enable", "--now", UNIT, ok=False)      # too early: the file does not exist
    offer = a.taut("new", "wg0", "--listen", "--psk", "--start").out
    joined = b.taut("join", "wg0", "-", input=offer)
    b.systemctl("enable", "--now", UNIT)
    done = a.taut("accept", "wg0", joined.out.strip())
    check("wg0 is up" in done.err, done.err)
    offer = a.taut("new", "wg0", "--listen", "--force").out
    joined = b.taut("join", "wg0", offer.strip(), "--force", "--start")
    done = a.taut("accept", "wg0", joined.out.strip())
    check("wg0 is up" in done.err, done.err)
    a.ns.must_ping(b.address(), 3, interval=0.2)
    is_up(a)
    is_up(b)


@test(needs=["taut"], slow=9, timeout=120)
def systemd_pairing_restarts_what_cannot_reload(lab):
    """A file for root only, of which the service has a copy: accept takes a restart, not a reload."""
    a, b = two_hosts(lab)
    offer = a.taut("new", "wg0", "--listen", "--start").out
    a.run("sh", "-c", "cd /etc/taut && chown root:root wg0.conf && chmod 600 wg0.conf")
    a.systemctl("restart", UNIT)
    joined = b.taut("join", "wg0", offer.strip(), "--start")
    before = a.show(UNIT, "MainPID")
    done = a.taut("accept", "wg0", joined.out.strip(), "--start")
    check("wg0 is up" in done.err, done.err)
    check(a.show(UNIT, "MainPID") != before, "not restarted")
    equal(a.rights("wg0.conf"), ["wg0.conf 600 root root"], "rights")
    a.ns.must_ping(b.address(), 3, interval=0.2)
    is_up(a)


@test(needs=["taut"], slow=9, timeout=120)
def systemd_passes_preshared_keys(lab):
    """Each from a file that only root may read; a service that runs is restarted for a new one."""
    a, b = two_hosts(lab)
    offer = a.taut("new", "wg0", "--listen", "--psk", "--start", "--address", "10.66.0.1/24").out
    joined = b.taut("join", "wg0", "-", "--start", input=offer)
    done = a.taut("accept", "wg0", joined.out.strip())
    check("wg0 is up" in done.err, done.err)
    a.taut("export", "wg0", "--new-peer", "--psk")
    a.systemctl("restart", UNIT)
    shown = [line.split("\t")[1] for line in
             a.run("wg", "show", "wg0", "preshared-keys").out.splitlines()]
    equal(len(set(shown)), 2, f"keys: {shown}")
    files = a.run("sed", "-n", "s/PresharedKeyFile = //p", "/etc/taut/wg0.conf").out.split()
    equal([a.run("cat", f"/etc/taut/{file}").out.strip() for file in files], shown, "keys, files")
    equal(a.rights("wg0.psk", *files), ["wg0.psk 700 root root"] +
          [f"{file} 600 root root" for file in files], "rights")
    text = a.run("cat", "/etc/taut/wg0.conf").out
    for key in shown:
        check(key not in text, "a preshared key where all tunnels may read it")
    # One of another end, changed by hand: the reload fails, and says which file it cannot read.
    a.run("sed", "-i", "s|= wg0.psk/.*|= wg0.psk/other|", "/etc/taut/wg0.conf")
    a.run("cp", f"/etc/taut/{files[0]}", "/etc/taut/wg0.psk/other")
    a.systemctl("reload", UNIT, ok=False)
    check("wg0.psk/other: cannot open it: Permission denied" in a.journal(UNIT), a.journal(UNIT))
    wait_for(lambda: b.ns.ping("10.66.0.1"), 20, "the tunnel after the restart")
    equal(a.show(UNIT, "ActiveState"), "active", "state")


@test(needs=["taut"], slow=4, timeout=90)
def systemd_says_what_rights_the_file_needs(lab):
    """A file for the wrong group: no restart, and the remedy is printed; so for the folder."""
    a = Host(lab, "a")
    lab.wire(a.ns, lab.namespace("b"))
    a.taut("new", "wg0", "--listen")
    # A unit of older versions passes no file.
    a.put(f"/etc/systemd/system/{UNIT}.d/old.conf", "[Service]\nLoadCredential=\nSetCredential=\n"
          "LoadCredential=%i.key:/etc/taut/%i.key\n")
    a.systemctl("daemon-reload")
    a.run("chmod", "600", "/etc/taut/wg0.conf")
    check(a.systemctl("start", UNIT, ok=False).code != 0, "a start without a file")
    journal = a.journal(UNIT)
    check("chown root:taut /etc/taut/wg0.conf; chmod 640 /etc/taut/wg0.conf" in journal, journal)
    a.run("chmod", "640", "/etc/taut/wg0.conf")
    a.run("chmod", "700", "/etc/taut")
    check(a.systemctl("restart", UNIT, ok=False).code != 0, "a start without its folder")
    journal = a.journal(UNIT)
    check("chown root:taut /etc/taut; chmod 750 /etc/taut" in journal, journal)
    a.run("chmod", "750", "/etc/taut")
    a.systemctl("restart", UNIT)
    equal(a.show(UNIT, "ActiveState"), "active", "state")


@test(needs=["taut"], slow=6, timeout=90)
def systemd_runs_what_was_imported(lab):
    """A file of wg-quick, with its key in it."""
    a, b = two_hosts(lab)
    a.taut("new", "wg0", "--listen", "--address", "10.66.0.1/24", "--start")
    exported = a.taut("export", "wg0", "--new-peer").out
    a.systemctl("reload", UNIT)
    b.taut("import", "-", "wg0", "--start", input=exported)
    b.ns.must_ping("10.66.0.1", 1, 10)
    is_up(b)
    equal(b.rights("wg0.conf", "wg0.key"), ["wg0.conf 640 root taut", "wg0.key 600 root root"],
          "rights")
