#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Everything at once: unlimited TCP both ways, a bounded stream of tiny datagrams, pings.

  mixed.py [--taut PATH] [--peer PATH] [--seconds 60] [--udp-mbit 5] [--wire] [--judge]
           [--json FILE]

One daemon after the other.  A ping leaves every 2 ms, or once the previous one is answered,
but after 10 ms at the latest: slow answers reduce the rate, which is why the number of
pings is shown.  Memory is sampled every second; taut also reports the largest delay of a
timer of its core.  A ping without an answer counts as the slowest of all.
Prints a table; with --judge it exits with 1 if a timer of taut was late by more than
5 ms or its memory grew by more than 1 MiB.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time

import figures
import rivals

LATE_US, GROWTH_MIB = 5000, 1.0
SETTLE = 5      # seconds after which memory should not grow any more
PING_INTERVAL = 0.002


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def start_ping(tunnel, seconds, path):
    with open(path, "wb") as out:
        return tunnel.lab.spawn(tunnel.ns[0], "ping", "-n", "-i", PING_INTERVAL, "-w", seconds,
                                rivals.INNER[1], stdout=out, stderr=subprocess.STDOUT)


def read_ping(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    times = sorted(float(t) * 1e3 for t in re.findall(r" time=([\d.]+) ms", text))
    sent = int((re.search(r"(\d+) packets transmitted", text) or [0, 0])[1])
    all_sent = times + [None] * (sent - len(times))
    return {"sent": sent, "answered": len(times), "p50": percentile(all_sent, 0.5),
            "p90": percentile(all_sent, 0.9), "p99": percentile(all_sent, 0.99),
            "max": times[-1] if times else None}


def start_iperf(tunnel, port, path, *options):
    with open(path, "wb") as out:
        return tunnel.lab.spawn(tunnel.ns[0], "iperf3", "-J", "-c", rivals.INNER[1], "-p", port,
                                *options, stdout=out, stderr=subprocess.DEVNULL)


def read_iperf(path):
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)
    if "error" in answer:
        raise rivals.Failure(f"iperf3: {answer['error']}")
    return answer["end"]


def sample_memory(tunnel, seconds, samples):
    begin = time.monotonic()
    for second in range(seconds + 1):
        time.sleep(max(0, begin + second - time.monotonic()))
        samples.append([second, *(round(tunnel.memory(end), 2) for end in (0, 1))])


def late(tunnel):
    found = [tunnel.status(end).get("timer_late_max_us") for end in (0, 1)]
    return max(map(int, found)) if all(found) else None


def measure(rival, segmented, seconds, mbit):
    with rivals.tunnel(rival, segmented) as tunnel:
        paths = [os.path.join(tunnel.lab.dir, name) for name in ("tcp", "udp", "ping")]
        for port in (5201, 5202):
            tunnel.serve(port)
        memory = []
        sampler = threading.Thread(target=sample_memory, args=(tunnel, seconds, memory))
        loads = [start_iperf(tunnel, 5201, paths[0], "-t", seconds, "--bidir"),
                 start_iperf(tunnel, 5202, paths[1], "-t", seconds, "-u", "-l", 64,
                             "-b", f"{mbit}M"),
                 start_ping(tunnel, seconds, paths[2])]
        before = tunnel.cpu()
        sampler.start()
        for load in loads:
            load.wait(seconds + 60)
        sampler.join()
        cpu = tunnel.cpu() - before
        tcp, udp = read_iperf(paths[0]), read_iperf(paths[1])["sum"]
        after = [max(sample[1:]) for sample in memory if sample[0] >= SETTLE]
        return {"ping": read_ping(paths[2]), "memory": memory, "peak": tunnel.peak(),
                "growth": max(after) - after[0] if after else None, "cpu": cpu,
                "gbit": [tcp[k]["bits_per_second"] / 1e9
                         for k in ("sum_received", "sum_received_bidir_reverse")],
                "udp kpps": (udp["packets"] - udp["lost_packets"]) / udp["seconds"] / 1e3,
                "udp lost": udp["lost_packets"] / max(udp["packets"], 1),
                "timer late us": late(tunnel)}


def number(value, digits=0):
    return "-" if value is None else f"{value:.{digits}f}"


def lines(result):
    """The table, head first."""
    found = result["daemons"]
    ways = (
        ("ping p50, us", lambda d: number(d["ping"]["p50"])),
        ("ping p90, us", lambda d: number(d["ping"]["p90"])),
        ("ping p99, us", lambda d: number(d["ping"]["p99"])),
        ("ping max, us", lambda d: number(d["ping"]["max"])),
        ("pings unanswered", lambda d: f"{d['ping']['sent'] - d['ping']['answered']}"
                                       f" of {d['ping']['sent']}"),
        ("tcp, Gbit/s, each way", lambda d: " + ".join(number(g, 2) for g in d["gbit"])),
        ("udp 64, kpps", lambda d: number(d["udp kpps"], 1)),
        ("udp 64, lost", lambda d: number(d["udp lost"] * 100, 2) + " %"),
        ("CPU s of both daemons", lambda d: number(d["cpu"], 1)),
        ("peak memory, MiB", lambda d: number(d["peak"], 1)),
        (f"memory grew after {SETTLE} s, MiB", lambda d: number(d["growth"], 2)),
        ("latest timer, us", lambda d: number(d["timer late us"])),
    )
    return [["", *found], *([title, *(way(d) for d in found.values())] for title, way in ways)]


def faults(daemon):
    """Ways in which the tunnel under test failed under load."""
    if not daemon:
        yield "it was not measured"
        return
    late_us, growth = daemon["timer late us"], daemon["growth"]
    if late_us is None or late_us > LATE_US:
        yield f"a timer was late by {number(late_us)} us, {LATE_US} are allowed"
    if growth is None or growth > GROWTH_MIB:
        yield f"memory grew by {number(growth, 2)} MiB, {GROWTH_MIB} are allowed"


def title(result):
    return (f"mixed load for {result['seconds']} s, {figures.TABLES[result['table']]}: tcp both "
            f"ways, udp 64 at {result['udp mbit']} Mbit/s, a ping each 2 ms")


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--taut", default=os.environ.get("TAUT", "src/taut"))
    p.add_argument("--peer", default="wireguard-go")
    p.add_argument("--seconds", type=int, default=60)
    p.add_argument("--udp-mbit", type=int, default=5)
    p.add_argument("--wire", action="store_true")
    p.add_argument("--judge", action="store_true")
    p.add_argument("--json")
    options = p.parse_args()
    why = rivals.lab_hindrance(options.wire)
    if why:
        print(f"mixed load: left out: {why}")
        return 0
    rivals.end_on_term()
    taut = os.path.abspath(options.taut) if "/" in options.taut else options.taut
    result = {"about": rivals.about(), "seconds": options.seconds, "udp mbit": options.udp_mbit,
              "table": "wire" if options.wire else "plain", "daemons": {}}
    for name, program in (("taut", taut), ("wireguard-go", options.peer)):
        rival = rivals.WireGuard(name, program)
        why = rivals.hindrance(rival)
        if why:
            print(f"left out: {name}: {why}")
            continue
        result["daemons"][name] = measure(rival, options.wire, options.seconds, options.udp_mbit)
    print(title(result))
    print(figures.plain_text(lines(result)))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    found = list(faults(result["daemons"].get("taut"))) if options.judge else []
    print("".join(f"taut: {fault}\n" for fault in found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
