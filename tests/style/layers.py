#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Includes between rooms: the table in docs/ARCHITECTURE.md, by the include lines of src/."""

import re

import style

# A room, and the rooms it may include besides itself.
ROOMS = {
    "base": set(),
    "crypto": {"base"},
    "io": {"base"},
    "netlink": {"base"},
    "jail": {"base"},
    "conf": {"base"},
    "proto": {"crypto", "base"},
    "host": {"io", "netlink", "conf", "base"},
    "control": {"conf", "base"},
    "privsep": {"conf", "base"},
    "datapath": {"io", "proto", "crypto", "base"},
    "names": {"proto", "crypto", "base"},
    "diag": {"datapath", "control", "proto", "base"},
    "daemon": {"diag", "names", "datapath", "control", "privsep", "jail", "netlink", "conf", "io",
               "proto", "crypto", "base"},
    "monitor": {"daemon", "privsep", "control", "host", "jail", "netlink", "conf", "crypto", "base"},
    "view": {"control", "conf", "crypto", "base"},
    "pair": {"control", "conf", "crypto", "base"},
    "cli": {"pair", "view", "monitor", "daemon", "host", "jail", "control", "conf", "crypto", "base"},
    "main": {"cli", "daemon", "base"},
}

# Headers that one room alone knows, or a few, by prefix.
OWNED = {
    "sodium": "crypto", "openssl/": "crypto", "intel-ipsec-mb.h": "crypto", "ipsec-mb.h": "crypto",
    "linux/if_tun.h": "io jail", "linux/virtio_net.h": "io", "linux/udp.h": "io",
    "netinet/udp.h": "io jail", "linux/errqueue.h": "io",
    "immintrin.h": "io",
    "libmnl/": "netlink", "linux/rtnetlink.h": "netlink", "linux/netlink.h": "netlink",
    "linux/if_link.h": "netlink", "linux/if_addr.h": "netlink", "linux/fib_rules.h": "netlink",
    "linux/if.h": "netlink", "linux/netconf.h": "netlink", "linux/filter.h": "io netlink",
    "linux/netfilter": "netlink",
    "ev.h": "daemon control names", "ares.h": "names",
    "seccomp.h": "jail", "linux/capability.h": "jail", "linux/futex.h": "jail",
    "netinet/tcp.h": "jail",
    "jansson.h": "view", "qrencode.h": "pair",
}

# The headers of the C library that the pure core may use: types, no system calls.
PURE = {
    "errno.h", "limits.h", "netinet/in.h", "netinet/ip.h", "netinet/ip6.h", "stdalign.h",
    "stdbool.h", "stddef.h", "stdint.h", "string.h",
}

# The C library and the kernel's plain interface, for rooms that are not pure.
LIBC = PURE | {
    "arpa/inet.h", "ctype.h", "dirent.h", "fcntl.h", "fnmatch.h", "getopt.h", "grp.h",
    "ifaddrs.h", "inttypes.h", "libgen.h", "link.h", "math.h", "net/if.h", "netdb.h", "poll.h", "pwd.h",
    "malloc.h", "sched.h", "signal.h", "spawn.h", "stdarg.h", "stdio.h", "stdlib.h", "strings.h",
    "sysexits.h", "syslog.h", "termios.h", "time.h", "unistd.h",
    "sys/epoll.h", "sys/eventfd.h", "sys/file.h", "sys/inotify.h", "sys/ioctl.h", "sys/mman.h",
    "sys/prctl.h", "sys/random.h", "sys/resource.h", "sys/signalfd.h", "sys/socket.h",
    "sys/stat.h", "sys/syscall.h", "sys/time.h", "sys/timerfd.h", "sys/types.h", "sys/uio.h", "sys/un.h",
    "sys/utsname.h", "sys/wait.h",
}

# Headers that only their own room may include: what stands behind a facade.
PRIVATE = {"proto/core.h", "proto/handshake.h", "proto/receive.h", "proto/send.h"}

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|\"([^\"]+)\"|(\S+))", re.MULTILINE)


def judge_system(room, header):
    """Why this room may not include <header>, or None."""
    for prefix, owner in OWNED.items():
        if header.startswith(prefix):
            return None if room in owner.split() else f"only {owner} may know <{header}>"
    if room == "proto":
        return None if header in PURE else f"the core is pure: no <{header}>"
    return None if header in LIBC else f"<{header}> belongs to no room (tests/style/layers.py)"


def judge_own(root, room, header):
    """Why this room may not include "header", or None."""
    target, slash, _ = header.partition("/")
    if not slash or target not in ROOMS:
        return f'"{header}" does not name its room'
    if not (root / "src" / header).is_file():
        return f'"{header}" does not exist'
    if target != room and target not in ROOMS[room]:
        return f"{room} may not include {target}"
    if target != room and header in PRIVATE:
        return f'"{header}" is private to {target}'
    return None


def check(root):
    """Yield a complaint for each include line that breaks the table."""
    for path in style.c_files(root):
        room = style.room_of(root, path)
        if room not in ROOMS:
            yield f"{path.relative_to(root)}: unknown room {room}"
            continue
        text = style.code_only(path.read_text(encoding="utf-8"), keep_strings=True)
        for match in INCLUDE.finditer(text):
            system, own, odd = match.groups()
            if odd:
                why = "include lines name a file"
            else:
                why = judge_system(room, system) if system else judge_own(root, room, own)
            if why:
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path.relative_to(root)}:{line}: {why}"


FAULTS = [
    ("a room upwards", {"src/base/a.c": '#include "proto/b.h"\n', "src/proto/b.h": ""},
     "src/base/a.c:1: base may not include proto"),
    ("siblings", {"src/io/a.c": '\n#include "netlink/b.h"\n', "src/netlink/b.h": ""},
     "src/io/a.c:2: io may not include netlink"),
    ("the core meets io", {"src/proto/a.h": '#include "io/b.h"\n', "src/io/b.h": ""},
     "proto may not include io"),
    ("cli meets the core", {"src/cli/a.c": '#include "proto/b.h"\n', "src/proto/b.h": ""},
     "cli may not include proto"),
    ("what is behind a facade",
     {"src/datapath/a.c": '#include "proto/core.h"\n', "src/proto/core.h": ""},
     'src/datapath/a.c:1: "proto/core.h" is private to proto'),
    ("no room named", {"src/proto/a.c": '#include "b.h"\n', "src/proto/b.h": ""},
     "does not name its room"),
    ("a missing file", {"src/io/a.c": '#include "base/nothing.h"\n'}, "does not exist"),
    ("libsodium elsewhere", {"src/proto/a.c": "#include <sodium.h>\n"}, "only crypto may know"),
    ("libsodium's parts", {"src/base/a.c": "#include <sodium/utils.h>\n"}, "only crypto"),
    ("libev elsewhere", {"src/io/a.c": "# include <ev.h>\n"}, "only daemon control names may"),
    ("libmnl elsewhere", {"src/daemon/a.c": "#include <libmnl/libmnl.h>\n"}, "only netlink"),
    ("tun elsewhere", {"src/daemon/a.c": "#include <linux/if_tun.h>\n"}, "only io jail may"),
    ("a clock in the core", {"src/proto/a.c": "#include <time.h>\n"}, "the core is pure"),
    ("a stranger", {"src/daemon/a.c": "#include <curl/curl.h>\n"}, "belongs to no room"),
    ("a macro", {"src/base/a.c": "#include WHATEVER\n"}, "name a file"),
    ("a new room", {"src/misc/a.c": "int x;\n"}, "unknown room misc"),
]
GOOD = {
    "src/base/bytes.h": "#include <stdint.h>\n",
    "src/proto/a.c": '/* #include <time.h> */\n#include "base/bytes.h"\n// #include <ev.h>\n',
    "src/crypto/b.c": '#include <sodium.h>\n#include "base/bytes.h"\n',
    "src/names/c.c": '#include <ev.h>\n#include <ares.h>\n#include "base/bytes.h"\n',
    "src/main.c": '#include "cli/cli.h"\n',
    "src/cli/cli.h": '#include "base/bytes.h"\n',
}

if __name__ == "__main__":
    style.must_catch(check, FAULTS, GOOD)
    style.finish(list(check(style.top())), len(style.c_files(style.top())))
