# SPDX-License-Identifier: ISC
"""A file that works with wg-quick works with taut, unchanged."""

import os
import re
import time

import noise
from lab import check, equal, wait_for
from node import Pair
from runner import test
from t_daemon import host_state, taut
from t_start import rewrite
from t_why import codes
from t_worker import kill_worker

V4 = "10.7.0.2"

# In a mount namespace of its own, where nobody can execute bash.
WITHOUT_BASH = """#!/bin/sh
exec unshare -m sh -c 'for f in /usr/bin/bash /bin/bash; do
        test ! -x $f || mount --bind /dev/null $f; done; exec "$0" "$@"' {program} "$@"
"""


def content(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def reload_changes_nothing(node):
    """It may repeat its warnings."""
    done = taut(node.lab, node.ns, "reload", node.name)
    check(not re.search(r"\b(changed|added|removed)\b", done.out + done.err),
          f"reload said: {done.out}{done.err}")


@test(needs=["taut", "bash"])
def hooks_are_bash_as_with_wg_quick(lab):
    """Its syntax, its options, its locale; %i and # as written."""
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    hooks = (f"PreUp = a=(%i $LC_ALL); [[ ${{#a[@]}} == 2 ]]; echo ${{a[@]}} >{mark}\n"
             f"PostUp = read -r x < <(wg show %i public-key); [[ $x == ?*= ]]; echo $x >>{mark}\n"
             f"PostUp = case aab in +(a)b) echo extglob >>{mark} ;; esac # and a comment\n"
             f"PostDown = cat <<< down >>{mark}\n")
    pair.a.start_config(pair.config(0, hooks))
    pair.a.wait_log(": ready")
    pair.a.stop()
    equal(content(mark).splitlines(), [f"{pair.a.name} C", pair.a.public, "extglob", "down"],
          "what the hooks saw")
    done = taut(lab, pair.a.ns, "check", pair.a.config)
    check("hooks are run by bash -e -o pipefail\n" in done.out, f"check said: {done.out}")
    equal(done.err, "", "warnings of check")


@test(needs=["taut", "bash"])
def hook_ends_at_its_first_failure(lab):
    """A kill switch of several commands is in force as a whole, or the tunnel does not start."""
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    for command, status in (("false; touch {}", 1), ("(exit 3); touch {}", 3),
                            ("false | true; touch {}", 1), ("x=$(exit 4); touch {}", 4)):
        for kind in ("PreUp", "PostUp"):
            path = lab.file(pair.a.name + ".conf",
                            pair.config(0, f"{kind} = {command.format(mark)}\n"))
            done = taut(lab, pair.a.ns, "run", path, ok=False)
            equal(done.code, 1, f"exit status with {kind} = {command}")
            check(f"{kind} failed with exit status {status}" in done.err, f"log: {done.err}")
            check(not os.path.exists(mark), f"{kind} = {command} went on")
            check(pair.a.name not in pair.a.ns.links(), "the link is still there")


@test(needs=["taut", "unshare"])
def without_bash_hooks_are_for_sh_and_that_is_told(lab):
    """The first failure ends them as well; a warning if the text looks like bash."""
    pair = Pair(lab, start=False)
    program = lab.file("without-bash", WITHOUT_BASH.format(program=lab.program), 0o755)
    mark = os.path.join(lab.dir, "mark")
    path = lab.file(pair.a.name + ".conf", pair.config(0, f"PostUp = false; touch {mark}\n"))
    done = pair.a.ns.run(program, "check", path)
    check("hooks are run by sh -e\n" in done.out, f"check said: {done.out}")
    equal(done.err, "", "warnings of check")
    done = pair.a.ns.run(program, "run", path, ok=False)
    equal(done.code, 1, "exit status of run")
    check(not os.path.exists(mark), "the hook went on")
    path = lab.file(pair.a.name + ".conf", pair.config(0, "PostUp = [[ -e / ]]\n"))
    for verb in ("check", "run"):
        done = pair.a.ns.run(program, verb, path, ok=False)
        check("PostUp looks like bash, but there is no bash" in done.err,
              f"{verb} said: {done.err}")
        equal(done.err.count("looks like bash"), 1, f"warnings of {verb}")


def keyless(pair, hook, rest=""):
    """a's file without its key, which that hook sets."""
    return pair.config(0, hook + "\n", rest).replace(
        f"PrivateKey = {noise.b64(pair.a.private)}\n", "")


def hooks_bring_the_keys(lab, kind):
    """A reload keeps them, and another worker has them."""
    pair = Pair(lab, start=False, psk=True)
    hook = (f"{kind} = wg set %i private-key <(cat {pair.a.key_file})\n"
            f"PostUp = wg set %i peer {pair.b.public} preshared-key <(cat {pair.psk})")
    pair.a.start_config(keyless(pair, hook))
    pair.b.start_config(pair.config(1, rest=f"PresharedKeyFile = {pair.psk}\n"))
    pair.a.wait_log(": ready")
    equal(pair.a.show("public-key"), pair.a.public, "our public key")
    pair.a.ns.must_ping(V4)
    check("no PrivateKey in [Interface]" in pair.a.log(), "no warning")
    rewrite(pair.a, keyless(pair, hook, "PersistentKeepalive = 7\n"))
    taut(lab, pair.a.ns, "reload", pair.a.name)
    equal(pair.a.peer(pair.b)["keepalive"], "7", "keepalive of the second file")
    equal(pair.a.show("public-key"), pair.a.public, "our public key after a reload")
    pair.a.ns.must_ping(V4)
    kill_worker(pair.a)
    pair.a.wait_ping(V4, 3, "a new worker")
    equal(pair.a.show("public-key"), pair.a.public, "our public key in a new worker")
    reload_changes_nothing(pair.a)
    equal(pair.a.show("preshared-keys").split("\t")[1], content(pair.psk).strip(),
          "the preshared key")


@test(needs=["taut", "bash"])
def post_up_may_set_the_private_key(lab):
    """The example of wg-quick's manual."""
    hooks_bring_the_keys(lab, "PostUp")


@test(needs=["taut", "bash"])
def pre_up_may_set_the_private_key(lab):
    """Newer wg-quick adds the file to what PreUp has set."""
    hooks_bring_the_keys(lab, "PreUp")


@test(needs=["taut"])
def tunnel_waits_for_the_key_that_a_hook_brings(lab):
    """It is up, and `why` says what it waits for; then it works, without a restart."""
    pair = Pair(lab, start=False)
    pair.a.start_config(keyless(pair, "PostUp = true"))
    pair.b.start_config(pair.config(1))
    pair.a.wait_log(": ready")
    check("E-NO-KEY" in codes(pair.a), f"why says {codes(pair.a)}")
    check(not pair.a.ns.ping(V4), "a ping without a key was answered")
    pair.a.set("private-key", pair.a.key_file)
    pair.a.wait_ping(V4, 6, "with a key")
    check("E-NO-KEY" not in codes(pair.a), f"why still says {codes(pair.a)}")


@test(needs=["taut"])
def forgotten_private_key_is_an_error(lab):
    pair = Pair(lab, start=False)
    path = lab.file(pair.a.name + ".conf", keyless(pair, "PostDown = true"))
    done = taut(lab, pair.a.ns, "run", path, ok=False)
    equal(done.code, 78, "exit status of run")
    check("no PrivateKey" in done.err, f"run said: {done.err}")


def peers_of(node):
    """{public key: (preshared key, endpoint, networks, keepalive)}."""
    found = {}
    for line in node.wg("show", node.name, "dump").out.splitlines()[1:]:
        key, psk, endpoint, allowed, _, _, _, keepalive = line.split("\t")
        found[key] = (psk, endpoint, sorted(allowed.split(",")), keepalive)
    return found


@test(needs=["taut"])
def what_wg_accepts_means_the_same(lab):
    """The same file by wg setconf, as it stands, and by taut: the same peers run."""
    pair = Pair(lab, start=False)
    third = noise.b64(noise.public(noise.private()))
    peers = (f"[Peer]\nPublicKey = {pair.b.public}\nEndpoint = 192.0.2.7:7\n"
             "AllowedIPs = 10.20.0.0/16, 10.21.0.0/16\nPersistentKeepalive = 9\n"
             f"[Peer]\nPublicKey = {pair.a.public}\nAllowedIPs = 10.7.0.2/32\n"
             f"[Peer]\nPublicKey = {third}\nAllowedIPs = 10.20.0.0/16, 10.22.0.1/16\n"
             f"[Peer]\nPublicKey = {pair.b.public}\nEndpoint = [{pair.outer[1]}]:2002\n"
             "AllowedIPs = 10.7.0.2/32, 10.22.0.0/16\n")
    interface = f"[Interface]\nPrivateKey = {noise.b64(pair.a.private)}\nListenPort = 2001\n"
    pair.a.start()
    pair.a.wg("setconf", pair.a.name, lab.file("plain.conf", interface + peers))
    wanted = peers_of(pair.a)
    pair.a.stop()
    equal(len(wanted), 2, "peers by wg setconf")
    pair.a.start_config(f"{interface}Address = 10.7.0.1/255.255.255.0\nMTU = {pair.mtu}\n{peers}")
    equal(peers_of(pair.a), wanted, "peers")
    check("10.7.0.1/24" in pair.a.ns.run("ip", "addr", "show", pair.a.name).out, "the address")
    routes = pair.a.ns.run("ip", "route", "show", "dev", pair.a.name).out
    check("10.22.0.0/16" in routes and "10.20.0.0/16" in routes, f"routes: {routes}")
    check("10.21.0.0/16" not in routes, f"a route to a network of nobody: {routes}")
    check("E-OWN-KEY" in codes(pair.a), f"why says {codes(pair.a)}")
    pair.b.start_config(pair.config(1))
    pair.a.wait_ping(V4, 6, "through the peer that was given twice")
    reload_changes_nothing(pair.a)


@test(slow=14, needs=["taut"], timeout=60)
def down_hooks_that_do_not_end_are_given_up(lab):
    """PreDown ignores TERM, and PostDown hangs; `taut down` takes it down, and nothing is left."""
    pair = Pair(lab, start=False)
    before = host_state(pair.a.ns)
    mark = os.path.join(lab.dir, "mark")
    pair.a.start_config(pair.config(
        0, f"PreDown = trap '' TERM; echo pre >>{mark}; while :; do sleep 0.1; done\n"
           f"PreDown = echo second >>{mark}\n"
           f"PostDown = echo post >>{mark}; (trap '' TERM; exec sleep 60) & wait\n"))
    pair.a.wait_log(": ready")
    began = time.monotonic()
    equal(taut(lab, pair.a.ns, "down", pair.a.name).code, 0, "exit status of down")
    took = time.monotonic() - began
    check(10.5 < took < 15, f"down took {took:.1f} s")
    equal(pair.a.wait_exit(), 0, "exit status of the tunnel")
    equal(content(mark).split(), ["pre", "post"], "hooks that ran")
    for kind in ("PreDown", "PostDown"):
        check(f"{kind} took too long and was given up" in pair.a.log(), f"no word about {kind}")
    wait_for(lambda: not pair.a.ns.pids(), 2, "the end of all that hooks have started")
    equal(host_state(pair.a.ns), before, "state of the host afterwards")


@test(needs=["taut", "bash"])
def down_hooks_that_fail_do_not_keep_the_next_ones(lab):
    """The tunnel goes down in any case, so what they are to undo has no second chance."""
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    pair.a.start_config(pair.config(0, "".join(
        f"{kind} = echo 1 >>{mark}; false | true; echo never >>{mark}\n{kind} = echo 2 >>{mark}\n"
        for kind in ("PreDown", "PostDown"))))
    pair.a.wait_log(": ready")
    equal(taut(lab, pair.a.ns, "down", pair.a.name).code, 0, "exit status of down")
    equal(pair.a.wait_exit(), 0, "exit status of the tunnel")
    equal(content(mark).split(), ["1", "2", "1", "2"], "hooks that ran")
    for kind in ("PreDown", "PostDown"):
        equal(pair.a.log().count(f"{kind} failed with exit status 1"), 1, f"words about {kind}")


@test(slow=3, needs=["taut"])
def slow_up_hooks_and_down_hooks_in_time_are_waited_for(lab):
    pair = Pair(lab, start=False)
    mark = os.path.join(lab.dir, "mark")
    pair.a.start_config(pair.config(
        0, "".join(f"{kind} = sleep 0.7; echo {kind} >>{mark}\n"
                   for kind in ("PostUp", "PreDown", "PreDown", "PostDown"))))
    pair.a.wait_log(": ready", 6)
    pair.a.stop()
    equal(content(mark).split(), ["PostUp", "PreDown", "PreDown", "PostDown"], "hooks that ended")
    check("given up" not in pair.a.log(), f"log: {pair.a.log()}")
