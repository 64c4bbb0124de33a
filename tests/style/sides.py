#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The border between the two sides of a change: daemon/hostside.c and daemon/tunnelside.c.

Neither file names what is the other's: members of struct daemon and struct change, types and
functions of rooms.  In the table of parts, each part has functions of its own side only.
"""

import re

import style

TABLE = "src/daemon/reconcile.c"
# Plain values of struct daemon, for both.
PLAIN = {"mtu", "port", "mark"}
SIDES = {
    "host": {
        "file": "src/daemon/hostside.c",
        "rooms": {"base", "conf", "host", "netlink"},
        "daemon": PLAIN | {"host", "ifindex", "network", "table", "said_no_v6", "options.name"},
        "change": {"walk", "from", "to", "report", "sockets", "has_sockets", "link", "rerouted",
                   "wanted", "raised"},
        # Of the room itself.  rebind, rpfilter: ask both sides, and answer with plain values.
        # mtu_expect: by the file alone.
        "calls": {"config_same_dns", "mtu_expect", "rebind_plan", "rebind_cancel",
                  "rebind_log_port", "rpfilter_warn"},
    },
    "tunnel": {
        "file": "src/daemon/tunnelside.c",
        "rooms": {"base", "conf", "crypto", "datapath", "names", "proto"},
        "daemon": PLAIN | {"datapath", "loop", "names", "mtu_chosen", "options.aead"},
        "change": {"walk", "from", "to", "report", "now", "sockets", "has_sockets", "link",
                   "rerouted", "error"},
        # linkwatch: chooses the MTU by the paths to the peers, and sets it.
        "calls": {"apply_check", "apply_request", "apply_file", "rebind_commit", "tuning_compare",
                  "mtu_forget", "loop_follow_datapath", "linkwatch_choose_mtu",
                  "linkwatch_endpoint", "linkwatch_link"},
    },
}
PART = re.compile(r"\{ \.name = .*? \},\n", re.DOTALL)


def rooms_of_words(root):
    """{word: the rooms that have a file of that name}; an exported name begins with it."""
    words = {}
    for path in style.c_files(root):
        words.setdefault(path.stem, set()).add(style.room_of(root, path))
    return words


def judge_name(name, words, side):
    """Why this side may not use a function or a type of that name, or None."""
    rooms = words.get(name, words.get(name.partition("_")[0], set()))
    if not rooms or rooms & side["rooms"] or name in side["calls"]:
        return None
    if name in ("daemon", "change") or name.partition("_")[0] + ".c" == side["file"].split("/")[-1]:
        return None
    return f"{name} is of {' or '.join(sorted(rooms))}"


def judge_file(root, side):
    """Yield a complaint for each name that is the other side's."""
    text = style.code_only((root / side["file"]).read_text(encoding="utf-8"), keep_strings=True)
    words = rooms_of_words(root)
    for own in re.findall(r"^static .*?\b(\w+)\(", text, re.M):
        words[own] = set()
    for number, line in enumerate(text.split("\n"), 1):
        include = re.match(r'#include "(\w+)/', line)
        line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
        whys = []
        if include and include.group(1) not in side["rooms"] | {"daemon"}:
            whys.append(f"includes {include.group(1)}")
        for pattern, what in ((r"\bd->((?:options\.)?\w+)", "daemon"),
                              (r"\b(?:c|change)->(\w+)", "change")):
            whys += [f"{what}'s {name} is not of this side"
                     for name in re.findall(pattern, line) if name not in side[what]]
        for name in re.findall(r"\bstruct (\w+)|\b(\w+)\(", line):
            whys.append(judge_name("".join(name), words, side))
        yield from (f"{side['file']}:{number}: {why}" for why in whys if why)


def judge_table(root):
    """Yield a complaint for each part with a function of the other side."""
    text = style.code_only((root / TABLE).read_text(encoding="utf-8"), keep_strings=True)
    parts = PART.findall(text)
    if not parts:
        yield f"{TABLE}: no parts"
    for part in parts:
        side = re.search(r"\bSIDE_(\w+)", part).group(1).lower()
        for name in re.findall(r"\b(\w+)side_\w+", part):
            if name != side:
                yield f"{TABLE}: a part of the {side}'s side has a function of the {name}'s"


def check(root):
    """Yield all complaints."""
    for side in SIDES.values():
        yield from judge_file(root, side)
    yield from judge_table(root)


GOOD = {
    "src/daemon/hostside.c": '#include "daemon/hostside.h"\n#include "host/host.h"\n'
                             "int hostside_plan_a(struct daemon *d, struct change *c)\n{\n"
                             '\tlog_error("tunnel_down(): d->loop");\n'
                             "\treturn host_mtu(d->host, d->ifindex, c->to->mtu);\n}\n",
    "src/daemon/tunnelside.c": '#include "proto/admin.h"\n#include "daemon/mtu.h"\n'
                               "/* d->host */\nvoid tunnelside_commit_b(struct daemon *d)\n{\n"
                               "\tmtu_forget(&d->datapath.tunnel);\n}\n",
    TABLE: "static const struct part parts[] = {\n"
           '\t{ .name = "a", SIDE_HOST, ALL, .plan = hostside_plan_a },\n'
           '\t{ .name = "b",\n\t  SIDE_TUNNEL,\n\t  .commit = tunnelside_commit_b },\n};\n',
    "src/host/host.h": "", "src/host/undo.h": "", "src/proto/admin.h": "",
    "src/proto/tunnel.h": "", "src/daemon/mtu.h": "", "src/daemon/hostside.h": "",
    "src/daemon/tunnelside.h": "", "src/base/log.h": "",
}
HOSTSIDE, TUNNELSIDE = (side["file"] for side in SIDES.values())


def also(path, line):
    """The good tree, with one more line in a file."""
    return {**GOOD, path: GOOD[path] + line + "\n"}


FAULTS = [
    ("the tunnel names the host", also(TUNNELSIDE, "\td->host = NULL;"),
     f"{TUNNELSIDE}:8: daemon's host is not of this side"),
    ("the tunnel calls the host", also(TUNNELSIDE, "\thost_mtu(h, 1);"), "host_mtu is of host"),
    ("the tunnel knows the undo list", also(TUNNELSIDE, "static struct undo *u;"),
     "undo is of host"),
    ("the tunnel includes the host", also(TUNNELSIDE, '#include "host/host.h"'), "includes host"),
    ("the tunnel touches what the host keeps", also(TUNNELSIDE, "\tc->wanted.divert_table = 1;"),
     "change's wanted is not of this side"),
    ("the host names the data path", also(HOSTSIDE, "\td->datapath.batch = 1;"),
     f"{HOSTSIDE}:8: daemon's datapath is not of this side"),
    ("the host calls the core", also(HOSTSIDE, "\tadmin_up(t, c->to);"), "admin_up is of proto"),
    ("the host knows a type of the core", also(HOSTSIDE, "static struct tunnel *t;"),
     "tunnel is of proto"),
    ("the host includes the core", also(HOSTSIDE, '#include "proto/admin.h"'), "includes proto"),
    ("the host takes another way to it", also(HOSTSIDE, "\tmtu_forget(t);"),
     "mtu_forget is of daemon"),
    ("the host calls the tunnel's side", also(HOSTSIDE, "\ttunnelside_commit_b(d);"),
     "tunnelside_commit_b is of daemon"),
    ("a part with a function of the other side",
     {**GOOD, TABLE: GOOD[TABLE].replace("hostside_plan_a", "tunnelside_plan_a")},
     "a part of the host's side has a function of the tunnel's"),
    ("an empty table", {**GOOD, TABLE: ""}, "no parts"),
]

if __name__ == "__main__":
    style.must_catch(check, FAULTS, GOOD)
    style.finish(list(check(style.top())), len(SIDES))
