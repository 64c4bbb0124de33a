#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The whole path of several tunnel daemons, side by side in one run.

  path.py [--taut PATH] [--peer PATH] [--rounds N] [--seconds N] [--wire | --plain]
          [--daemons NAME,...] [--loads NAME,...] [--floor PATH]
          [--congestion NAME] [--json FILE]

Rounds alternate between the daemons, so that a machine that slows down slows all of them
down; the figures are medians.  Daemons: taut with the cipher that it chooses, taut-NAME
with each other cipher, wireguard-go (--peer), openvpn, fastd; those that are not installed
are left out, with a line that says so.  --floor BUILD/tests/bench/bench_floor adds the
figures without any daemon, and with nothing but a cipher; it carries TCP only, so it needs
--loads.  --congestion makes TCP use that congestion control instead of the machine's
default: bbr sets a timer for each packet that it sends, cubic does not.  Prints tables;
asserts nothing.

  Gbit/s    payload received, by iperf3 over TCP
  CPU s/GB  processor seconds of both daemons per GB (10^9 bytes) of that payload
  machine   the same for the whole machine, iperf3 and the kernel included
  kpps      datagrams received, in thousands a second, from an unlimited sender
  ping      mean of a flood of pings, each sent when the previous one was answered
  memory    peak resident memory of one daemon
  idle      CPU seconds of both daemons in 2 s without traffic
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import time

import figures
import rivals

LOADS = {                       # of iperf3
    "tcp": [], "tcp-back": ["-R"], "tcp-4": ["-P", "4"], "tcp-duplex": ["--bidir"],
    "udp-1200": ["-u", "-b", "0", "-l", "1200"], "udp-64": ["-u", "-b", "0", "-l", "64"],
}
OTHERS = ("rtt", "idle", "rss")
PINGS = 2000
IDLE_SECONDS = 2
TRIES = 3
FAILURES = 2        # of one daemon, which is then not tried again


def machine_cpu():
    """Seconds in which the processors did anything."""
    with open("/proc/stat", encoding="ascii") as file:
        words = [int(w) for w in file.readline().split()[1:]]
    return (sum(words[:3]) + words[5] + words[6]) / os.sysconf("SC_CLK_TCK")


def iperf(tunnel, seconds, options, port=5201):
    """The report of iperf3. After a flood its server may need a moment."""
    why = "?"
    for _ in range(TRIES):
        before = tunnel.cpu(), machine_cpu()
        done = tunnel.ns[0].run("iperf3", "-J", "-c", rivals.INNER[1], "-p", port,
                                "-t", seconds, *options, ok=False, timeout=seconds + 60)
        used = tunnel.cpu() - before[0], machine_cpu() - before[1]
        try:
            answer = json.loads(done.out)
        except ValueError:
            answer = {"error": done.err.strip() or "no answer"}
        if "error" not in answer:
            return answer["end"], used
        why = answer["error"]
        time.sleep(1)
    raise rivals.Failure(f"iperf3: {why}")


def measure_tcp(tunnel, name, seconds):
    end, (own, machine) = iperf(tunnel, seconds, LOADS[name])
    sums = [end["sum_received"]] + [end[k] for k in ("sum_received_bidir_reverse",) if k in end]
    got = sum(s["bytes"] for s in sums) / 1e9
    return {f"{name} gbit": sum(s["bits_per_second"] for s in sums) / 1e9,
            f"{name} cpu": own / got if got else None,
            f"{name} machine": machine / got if got else None}


def measure_udp(tunnel, name, seconds):
    end, (own, _) = iperf(tunnel, seconds, LOADS[name])
    got = end["sum"]["packets"] - end["sum"]["lost_packets"]
    return {f"{name} kpps": got / end["sum"]["seconds"] / 1e3,
            f"{name} lost": end["sum"]["lost_packets"] / max(end["sum"]["packets"], 1),
            f"{name} cpu": own / got * 1e6 if got > 0 else None}


def measure_rtt(tunnel):
    text = tunnel.ns[0].run("ping", "-q", "-f", "-c", PINGS, rivals.INNER[1], timeout=60).out
    return {"rtt us": float(re.search(r"= [\d.]+/([\d.]+)/", text).group(1)) * 1e3}


def measure_idle(tunnel):
    before = tunnel.cpu()
    time.sleep(IDLE_SECONDS)
    return {"idle cpu": tunnel.cpu() - before}


def measure(rival, segmented, loads, seconds, congestion=None):
    """One daemon, all loads: {figure: value}."""
    found = {}
    with rivals.tunnel(rival, segmented, congestion) as tunnel:
        if any(name in LOADS for name in loads):
            tunnel.serve()
        for name in loads:
            if name in LOADS:
                way = measure_udp if name.startswith("udp") else measure_tcp
                found.update(way(tunnel, name, seconds))
            elif name in ("rtt", "idle"):
                found.update(measure_rtt(tunnel) if name == "rtt" else measure_idle(tunnel))
        found["rss"] = tunnel.peak()
        offloads = {k: v for k, v in tunnel.status(0).items()
                    if k in ("aead", "segments_per_run", "syscalls_per_mb")}
        if offloads:
            found["status"] = offloads
    return found


def choose(options):
    """The requested rivals that are available; {name: why not} of the others."""
    wanted, left_out, here = options.daemons, {}, []
    asked = [rival for rival in rivals.candidates(options.taut, options.peer)
             if not wanted or rival.name in wanted]
    for rival in asked + rivals.floors(options.floor):
        why = rivals.hindrance(rival)
        if why:
            left_out[rival.name] = why
        else:
            here.append(rival)
    return here, left_out


def save(path, result):
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")


def run_rounds(here, tables, options, result):
    failures = collections.Counter()
    for count in range(options.rounds):
        for name in tables:
            for rival in here:
                if failures[rival.name] >= FAILURES:
                    continue
                print(f"\r\033[Kround {count + 1} of {options.rounds}: {name}, {rival.name}",
                      end="", file=sys.stderr, flush=True)
                try:
                    one = measure(rival, name == "wire", options.loads, options.seconds,
                                  options.congestion)
                except (rivals.Failure, OSError, subprocess.SubprocessError) as e:
                    failures[rival.name] += 1
                    result["failed"].append(f"{rival.name}, {name}, round {count + 1}: {e}")
                    continue
                result["tables"][name].setdefault(rival.name, []).append(one)
                save(options.json, result)
    print("\r\033[K", end="", file=sys.stderr)


def show(result):
    for name, table in result["tables"].items():
        if table:
            print(f"whole path, {figures.TABLES[name]}: medians of {result['rounds']} rounds of "
                  f"{result['seconds']} s")
            print(figures.plain_text([figures.heads(table), *figures.rows(table)]) + "\n")
    for name, why in result["left_out"].items():
        print(f"left out: {name}: {why}")
    for what in result["failed"]:
        print(f"failed: {what}")


def estimate(options):
    """Seconds that a run takes, for all.sh."""
    each = 2.5 + len([n for n in options.loads if n in LOADS]) * (options.seconds + 0.7) + 3.5
    daemons = (len(options.daemons or ()) or 6) + len(rivals.floors(options.floor))
    return each * options.rounds * len(options.tables) * daemons


def arguments():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--taut", default=os.environ.get("TAUT", "src/taut"))
    p.add_argument("--peer", default="wireguard-go")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=int, default=2)
    p.add_argument("--plain", action="store_true", help="only the unmodified veth")
    p.add_argument("--wire", action="store_true", help="only the veth without segmentation")
    p.add_argument("--daemons", type=lambda s: s.split(","))
    p.add_argument("--loads", type=lambda s: s.split(","), default=[*LOADS, *OTHERS])
    p.add_argument("--floor", type=os.path.abspath)
    p.add_argument("--congestion")
    p.add_argument("--estimate", action="store_true", help="only say how many seconds it takes")
    p.add_argument("--json")
    options = p.parse_args()
    unknown = set(options.loads) - {*LOADS, *OTHERS}
    if unknown:
        p.error(f"no load is called {', '.join(sorted(unknown))}; there are "
                f"{', '.join([*LOADS, *OTHERS])}")
    with open("/proc/sys/net/ipv4/tcp_available_congestion_control", encoding="ascii") as file:
        controls = file.read().split()
    if options.congestion and options.congestion not in controls:
        p.error(f"TCP here has no {options.congestion}; it has {', '.join(controls)}")
    options.tables = [n for n in figures.TABLES if getattr(options, n)] or list(figures.TABLES)
    if "/" in options.taut:
        options.taut = os.path.abspath(options.taut)
    return options


def main():
    options = arguments()
    if options.estimate:
        print(round(estimate(options)))
        return 0
    why = rivals.lab_hindrance("wire" in options.tables)
    if why:
        print(f"whole path: left out: {why}")
        return 0
    rivals.end_on_term()
    here, left_out = choose(options)
    if not here:
        print("whole path: none of the daemons is here")
        return 1
    result = {"about": rivals.about(options.congestion), "rounds": options.rounds,
              "seconds": options.seconds, "versions": {r.name: r.version() for r in here},
              "left_out": left_out, "failed": [], "tables": {name: {} for name in options.tables}}
    run_rounds(here, options.tables, options, result)
    save(options.json, result)
    show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
