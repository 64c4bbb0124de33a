# SPDX-License-Identifier: ISC
"""The polkit rule: our service may configure systemd-resolved, and nobody else by it."""

import glob
import os

from lab import Skip, check, equal, wait_for
from runner import test
from t_real import BoxPair
from t_unit import config_with_key_file

POLKITD = "/usr/lib/polkit-1/polkitd"
RESOLVE = "org.freedesktop.resolve1."
ALLOWED = ("set-dns-servers", "set-domains", "set-default-route", "revert")
REFUSED = ("set-dnssec", "register-service")

BUS = """<busconfig><type>system</type>
<listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy>
</busconfig>
"""
ACTION = """<action id="{}"><description>x</description><message>x</message><defaults>
<allow_any>no</allow_any><allow_inactive>no</allow_inactive><allow_active>no</allow_active>
</defaults><annotate key="org.freedesktop.policykit.owner">unix-user:systemd-resolve</annotate>
</action>
"""

# The only rule that is there when the first of these is loaded is ours: it is kept, and asked about
# processes that do not exist. What polkit says of the action case.N is the answer about the Nth.
CATCH = """polkit.add = polkit.addRule;
polkit.addRule = function(rule) { polkit.ours = rule; };
"""
TRY = """polkit.addRule = polkit.add;
var cases = %s;
polkit.addRule(function(action, subject) {
	if (action.id.indexOf("org.test.case") != 0)
		return;
	var one = cases[Number(action.id.substr(13))];
	return polkit.ours({ id: "org.freedesktop.resolve1." + one[0] }, one[1]) || polkit.Result.NO;
});
"""
CASES = (
    (True, '["set-domains", { user: "taut-wg0", session: null }]'),
    (True, '["set-domains", { user: "taut-wg0", system_unit: null }]'),
    (True, '["revert", { user: "taut" }]'),
    (True, '["revert", { user: "61500", system_unit: "taut@a\\\\x2bb.service", '
           'no_new_privileges: true }]'),
    (False, '["set-dnssec", { user: "taut-wg0" }]'),
    (False, '["set-domains", { user: "taut-wg0", session: "c1" }]'),
    (False, '["set-domains", { user: "tautology" }]'),
    (False, '["set-domains", { user: "x-taut-wg0" }]'),
    (False, '["set-domains", { user: "taut-" }]'),
    (False, '["set-domains", { user: "taut-wg0", system_unit: "x.service", '
            'no_new_privileges: true }]'),
    (False, '["set-domains", { user: "taut-wg0", system_unit: "xtaut@wg0.service", '
            'no_new_privileges: true }]'),
    (False, '["set-domains", { user: "taut-wg0", system_unit: "taut@wg0.service", '
            'no_new_privileges: false }]'),
)


def start_polkit(box, rules):
    """A bus, and polkit with our rule, and only its own actions."""
    actions = [RESOLVE + name for name in ALLOWED + REFUSED] + \
        [f"org.test.case{i}" for i in range(len(CASES))]
    box.run("systemd-sysusers", *glob.glob("/usr/lib/sysusers.d/polkit*.conf"))
    for folder in ("actions", "rules.d"):
        box.run("mount", "-t", "tmpfs", "-o", "mode=755", "none", f"/usr/share/polkit-1/{folder}")
    box.put("/usr/share/polkit-1/actions/test.policy",
            f"<policyconfig>{''.join(map(ACTION.format, actions))}</policyconfig>\n")
    box.run("install", "-m", "644", "/box/rules/taut.rules", "/usr/share/polkit-1/rules.d/")
    for name, text in rules.items():
        box.put(f"/usr/share/polkit-1/rules.d/{name}", text)
    box.run("install", "-d", "-m", "755", "/etc/polkit-1/rules.d", "/run/dbus",
            *(f"/run/systemd/{name}" for name in ("seats", "sessions", "users", "machines")))
    box.put("/etc/test-bus.conf", BUS)
    box.run("systemd-run", "--quiet", "--unit=bus", "dbus-daemon", "--nofork", "--nopidfile",
            "--config-file=/etc/test-bus.conf")
    wait_for(lambda: box.run("test", "-S", "/run/dbus/system_bus_socket", ok=False).code == 0, 10,
             "the bus")
    box.run("systemd-run", "--quiet", "--unit=polkit", POLKITD, "--no-debug")
    wait_for(lambda: "org.freedesktop.PolicyKit1" in box.run("busctl", "--list", ok=False).out, 10,
             "polkit")


def asked(action):
    """For a shell: whether the shell itself may do this."""
    return f"pkcheck --action-id {action} --process $$ >/dev/null 2>&1 && echo {action}; "


def need_polkit():
    if not os.path.exists(POLKITD):
        raise Skip("no polkitd")


@test(needs=["taut", "pkcheck", "dbus-daemon", "busctl"], slow=8, timeout=90)
def systemd_tunnel_may_set_name_servers(lab):
    """By polkit itself: the tunnel's dynamic user, for four actions; another dynamic user, none."""
    need_polkit()
    pair = BoxPair(lab)
    questions = "".join(asked(RESOLVE + name) for name in ALLOWED + REFUSED)
    hook = f"PostUp = ({questions}:) > /run/wireguard/may\n"
    box = pair.box(config_with_key_file(pair, 0).replace("[Peer]", hook + "[Peer]"))
    start_polkit(box, {})
    box.systemctl("start", pair.unit)
    wanted = [RESOLVE + name for name in ALLOWED]
    equal(box.run("cat", "/run/wireguard/may").out.split(), wanted, "what a tunnel may do")
    for user, want in (("DynamicUser=yes", []), ("User=taut", wanted)):
        box.put("/run/systemd/system/ask.service", f"[Service]\nType=oneshot\n{user}\n"
                "ExecStart=/bin/sh /etc/ask\nStandardOutput=truncate:/run/answer\n")
        box.put("/etc/ask", questions + ":\n")
        box.systemctl("daemon-reload")
        box.systemctl("start", "ask")
        equal(box.run("cat", "/run/answer").out.split(), want, f"what a service with {user} may do")
    box.systemctl("stop", pair.unit)


@test(needs=["taut", "pkcheck", "dbus-daemon", "busctl"], slow=6, timeout=90)
def systemd_polkit_rule_looks_at_unit_and_user(lab):
    """The rule, asked about processes as older and newer versions of polkit describe them."""
    need_polkit()
    box = BoxPair(lab).box()
    start_polkit(box, {"00-catch.rules": CATCH,
                       "zz-try.rules": TRY % f"[{', '.join(case for _, case in CASES)}]"})
    questions = "".join(asked(f"org.test.case{i}") for i in range(len(CASES)))
    said = box.run("setpriv", "--reuid=taut", "--regid=taut", "--clear-groups", "sh", "-c",
                   questions + ":").out.split()     # root may do everything
    equal(said, [f"org.test.case{i}" for i, (good, _) in enumerate(CASES) if good], "allowed")
    check(len(said) >= 4, "nothing is allowed at all")
