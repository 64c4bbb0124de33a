#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Where taut's processor time goes: one TCP stream, both daemons under perf, by stage.

  stages.py [--taut PATH] [--seconds 6] [--wire] [--json FILE]

perf samples the processor clock (cpu-clock: it works on virtual machines too).  A sample
inside a system call belongs to that call, whatever the kernel does in it; any other sample
belongs to the source file of the function it hit.  "interrupted" is work that the kernel
did for others during the daemon's time, and the return after preemption.  The unit is that
of the cost model: microseconds per payload of 45 full packets.  Prints tables; asserts
nothing.
"""

import argparse
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import figures
import path
import rivals

PAYLOAD = 45 * 1368             # bytes: MTU 1420 less headers and timestamps
RATE = 1999                     # samples per second; not a divisor of any timer
TOP = 12

LIBC = r"^(?:__GI_+|__libc_|__)?"   # how libc calls its own entry points
CALLS = (("loop", r"sys_epoll_\w+$|" + LIBC + r"epoll_\w+$"),
         ("UDP send", r"sys_send(to|m?msg)$|^udp(v6)?_sendmsg$|" + LIBC + r"send(to|m?msg)$"),
         ("UDP receive", r"sys_recv(from|m?msg)$|" + LIBC + r"recv(from|m?msg)$"),
         ("TUN read", r"sys_readv?$|^vfs_readv?$|^do_readv$|^tun_chr_read|" + LIBC + r"readv?$"),
         ("TUN write", r"sys_writev?$|^vfs_writev?$|^do_writev$|^tun_chr_write|" + LIBC
          + r"writev?$"))
AWAY = re.compile("^asm_sysvec|^finish_task_switch|^exit_to_user_mode_loop")
FILES = (("aead", "AEAD"), ("vnet|csum", "split and join"), ("loop|ev|clock", "loop"),
         ("dev|tun|udp|path|pkt|batch|offload", "bookkeeping of I/O"),
         ("tunnel|session|replay|keyring|timers|peers?|index|allowed|inner|send|stage|"
          "deadlines|lane|fate|handshake|noise|cookie|admin", "core"))
LIBRARIES = (("IPSec_MB|libcrypto|libsodium", "AEAD"), ("libev", "loop"))
SYMBOLS = (("chacha|poly1305|poly_|imb_|_job|aead|EVP_|CRYPTO_|sodium", "AEAD"),
           ("mem(cpy|move|set|cmp)", "split and join"), ("^ev_|epoll|clock_gettime", "loop"),
           ("getrandom|endpoint", "core"))

# Microseconds by the cost model: (sender, receiver); wire: without segmentation.
MODEL = {"loop": (0.1, 0.1), "TUN read": (3.5, None), "split and join": (1.75, 1.25),
         "core": (0.5, 1.0), "AEAD": (16.5, 17.0), "UDP send": (3.5, None),
         "UDP receive": (None, 4.2), "TUN write": (None, 8.9)}
MODEL_WIRE = {**MODEL, "UDP send": (17.0, None), "UDP receive": (None, 6.8)}
ORDER = (*MODEL, "bookkeeping of I/O", "interrupted", "the rest")

FRAME = re.compile(r"^\s*[0-9a-f]+ (.*) \((.*)\)$")


def files_of(program):
    """{function: source file} as the symbol table has it; exported ones name theirs."""
    done = subprocess.run(["readelf", "-sW", program], capture_output=True, text=True,
                          check=False)
    found, current = {}, ""
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) < 8:
            continue
        if words[3] == "FILE":
            current = words[7]
        elif words[3] == "FUNC":
            name = words[7].split(".")[0]
            found[name] = current if words[4] == "LOCAL" else name.split("_")[0]
    return found


def first_match(table, text):
    return next((stage for pattern, stage in table if re.search(pattern, text)), None)


def stage_of(frames, files):
    """frames: (symbol, object), the innermost first."""
    if any(AWAY.search(symbol) for symbol, _ in frames):
        return "interrupted"
    for stage, pattern in CALLS:
        if any(re.search(pattern, symbol) for symbol, _ in frames):
            return stage
    symbol, where = frames[0]
    if "kernel" in where or where.startswith("["):
        return first_match(SYMBOLS, " ".join(s for s, _ in frames)) or "the rest"
    name = re.split(r"[.@+]", symbol)[0]
    own = re.sub(r"\.\w+$", "", os.path.basename(files.get(name, "")))
    stage = next((s for pattern, s in FILES if own and re.match(f"({pattern})(_|$)", own)), None)
    return stage or first_match(LIBRARIES, where) or first_match(SYMBOLS, symbol) or "the rest"


def samples(data):
    """Each sample as its frames."""
    done = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym,dso"], text=True,
                          capture_output=True, check=False)
    for block in done.stdout.split("\n\n"):
        frames = [m.groups() for m in map(FRAME.match, block.splitlines()) if m]
        if frames:
            yield frames


def digest(data, files, micros):
    """Samples as microseconds by stage, and the functions that were hit most."""
    stages, tops = collections.Counter(), collections.Counter()
    for frames in samples(data):
        stages[stage_of(frames, files)] += 1
        tops[(frames[0][0], os.path.basename(frames[0][1]))] += 1
    total = sum(stages.values())
    if not total:
        raise rivals.Failure("perf took no samples")
    return {"us": micros, "samples": total,
            "stages": {s: n / total * micros for s, n in stages.most_common()},
            "top": [[symbol, where, n / total] for (symbol, where), n in tops.most_common(TOP)]}


def record(tunnel, seconds):
    """iperf3's answer, CPU seconds of each end, and perf's files."""
    data = [os.path.join(tunnel.lab.dir, f"perf{end}") for end in (0, 1)]
    perfs = [subprocess.Popen(["perf", "record", "-q", "-o", data[end], "-e", "cpu-clock", "-F",
                               str(RATE), "-g", "-p", str(tunnel.daemons[end].pid)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
             for end in (0, 1)]
    try:
        before = [tunnel.cpu_of(end) for end in (0, 1)]
        answer, _ = path.iperf(tunnel, seconds, [])
        used = [tunnel.cpu_of(end) - before[end] for end in (0, 1)]
    finally:
        for perf in perfs:
            perf.send_signal(signal.SIGINT)
        for perf in perfs:
            perf.wait(30)
    return answer, used, data


def measure(taut, segmented, seconds):
    with rivals.tunnel(rivals.WireGuard("taut", taut), segmented) as tunnel:
        tunnel.serve()
        answer, used, data = record(tunnel, seconds)
        got = answer["sum_received"]["bytes"]
        files = files_of(taut)
        ends = [digest(data[end], files, used[end] / got * PAYLOAD * 1e6) for end in (0, 1)]
        return {"gbit": answer["sum_received"]["bits_per_second"] / 1e9,
                "aead": tunnel.status(0).get("aead", "?"), "ends": ends}


def number(value):
    return "-" if value is None else f"{value:.1f}"


def lines(result):
    """The table, head first."""
    model = MODEL_WIRE if result["table"] == "wire" else MODEL
    ends = [end["stages"] for end in result["ends"]]
    made = [["us per 45 full packets", "sender, model", "sender", "receiver, model", "receiver"]]
    for stage in ORDER:
        want = model.get(stage, (None, None))
        made.append([stage, number(want[0]), number(ends[0].get(stage, 0)), number(want[1]),
                     number(ends[1].get(stage, 0))])
    sums = [sum(w[i] or 0 for w in model.values()) for i in (0, 1)]
    made.append(["sum", number(sums[0]), number(result["ends"][0]["us"]), number(sums[1]),
                 number(result["ends"][1]["us"])])
    return made


def top_lines(result):
    made = [["sender", "%", "receiver", "%"]]
    for pair in zip(*(end["top"] for end in result["ends"])):
        made.append([cell for symbol, where, share in pair
                     for cell in (f"{symbol} ({where.strip('[]')})", f"{share * 100:.1f}")])
    return made


def title(result):
    return (f"stages of one TCP stream, {figures.TABLES[result['table']]}, {result['aead']}, "
            f"{result['gbit']:.2f} Gbit/s under perf")


def hindrance(segmented):
    for name in ("perf", "readelf"):
        if not shutil.which(name):
            return f"no {name}"
    return rivals.lab_hindrance(segmented)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--taut", default=os.environ.get("TAUT", "src/taut"))
    p.add_argument("--seconds", type=int, default=6)
    p.add_argument("--wire", action="store_true")
    p.add_argument("--json")
    options = p.parse_args()
    why = hindrance(options.wire)
    if why:
        print(f"stages: left out: {why}")
        return 0
    rivals.end_on_term()
    result = {"about": rivals.about(), "table": "wire" if options.wire else "plain",
              **measure(os.path.abspath(options.taut), options.wire, options.seconds)}
    print(title(result))
    print(figures.plain_text(lines(result)))
    print("\nfunctions hit most")
    print(figures.plain_text(top_lines(result)))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
