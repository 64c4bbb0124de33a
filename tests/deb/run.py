#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The Debian package in its own chroot: built, installed, upgraded, removed, purged.

debootstrap makes the chroot in a temporary directory, from the mirror that this
machine uses, and everything in it runs in namespaces that end with it.  TAUT_DEB names
an existing package to use instead of building one.  TAUT_CHROOT_KEEP names a directory
in which the fresh chroot is kept as a tarball, to be reused next time.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
TOP = pathlib.Path(os.environ.get("srcdir") or pathlib.Path(__file__).parents[2]).resolve()
UNITS = ("taut@.service", "taut.target")
FILES = (
    "/usr/bin/taut", "/usr/share/man/man8/taut.8.gz", "/usr/share/man/man7/taut.7.gz",
    "/usr/share/man/man5/taut.conf.5.gz", "/usr/share/bash-completion/completions/taut",
    "/usr/share/zsh/vendor-completions/_taut", "/usr/share/fish/vendor_completions.d/taut.fish",
    "/usr/share/doc/taut/README.md", "/usr/share/doc/taut/MIGRATION.md",
    "/usr/lib/sysusers.d/taut.conf", "/usr/lib/tmpfiles.d/taut.conf",
    "/lib/systemd/system-generators/taut-generator",
    "/usr/share/doc/taut/README.Debian", "/usr/share/doc/taut/copyright",
    "/usr/share/doc/taut/examples/point-to-point.conf",
)


class Failed(Exception):
    """An expectation was not met."""


def check(good, what):
    """Fail unless good."""
    if not good:
        raise Failed(what)


def call(*argv, ok=True, **kwargs):
    """Run a command; its output, both streams in one."""
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          stdin=subprocess.DEVNULL, **kwargs)
    if ok and done.returncode:
        raise Failed(f"{' '.join(map(str, argv))} exits {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def skip(why):
    """End the program as skipped."""
    print(f"SKIP: {why}")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(SKIP)


def mirror():
    """(suite, url) of the distribution, from the configuration of apt here, or None."""
    release = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    suite = re.search(r"^VERSION_CODENAME=(\S+)", release, re.MULTILINE)
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)",
         "Created-By: Packages"], capture_output=True, text=True, check=False)
    for line in asked.stdout.splitlines():
        words = line.split()
        if suite and words[:2] == [suite.group(1), "main"]:
            return words[0], words[2]
    return None


class Chroot:
    """A small Debian in a directory."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def make(self, suite, url):
        """Fill it."""
        kept = os.environ.get("TAUT_CHROOT_KEEP")
        tarball = pathlib.Path(kept, f"taut-chroot-{suite}.tar") if kept else None
        if tarball and tarball.exists():
            call("tar", "-xf", tarball, "-C", self.root)
            return
        call("debootstrap", "--variant=minbase", suite, self.root, url, timeout=1800)
        for name in ("http", "https"):
            proxy = call("apt-config", "shell", "X", f"Acquire::{name}::Proxy").strip()
            match = re.fullmatch(r"X='(.*)'", proxy)
            if match:
                with open(self.root / "etc/apt/apt.conf.d/99proxy", "a", encoding="utf-8") as conf:
                    conf.write(f'Acquire::{name}::Proxy "{match.group(1)}";\n')
        if tarball:
            call("tar", "-cf", tarball, "-C", self.root, ".")

    def run(self, *argv, ok=True):
        """A command inside, in its own namespaces: anything it leaves running ends with it."""
        return call("unshare", "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts",
                    f"--mount-proc={self.root}/proc", "chroot", self.root, "env", "-i",
                    "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
                    "LC_ALL=C.UTF-8", "HOME=/root", *argv, ok=ok, timeout=1800)

    def path(self, name):
        """A file inside, from here."""
        return self.root / name.lstrip("/")

    def put(self, source, name):
        """Copy a file in."""
        shutil.copy(source, self.path(name))

    def installed(self):
        """dpkg's words for the state of the package."""
        return self.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", "taut",
                        ok=False).strip()


def next_version(deb, folder):
    """The same package with a higher version, for an upgrade."""
    tree = pathlib.Path(folder, "tree")
    call("dpkg-deb", "-R", deb, tree)
    control = tree / "DEBIAN/control"
    text = control.read_text(encoding="utf-8")
    control.write_text(re.sub(r"^Version: (.*)$", r"Version: \1+next1", text, flags=re.MULTILINE),
                       encoding="utf-8")
    out = pathlib.Path(folder, "next.deb")
    call("dpkg-deb", "--root-owner-group", "-b", tree, out)
    return out


class Test:
    """The steps, in order; each needs those before it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.deb = None
        root = self.folder / "root"
        root.mkdir()
        self.chroot = Chroot(root)
        self.before = set()

    def is_made(self):
        """scripts/build-deb.sh builds a package and leaves nothing else behind."""
        given = os.environ.get("TAUT_DEB")
        if given:
            self.deb = pathlib.Path(given)
        else:
            out = self.folder / "out"
            out.mkdir()
            # Another user placed a link there first: it must not be followed.
            name = "taut_{}_{}.deb".format(
                call("dpkg-parsechangelog", "-l", TOP / "debian/changelog", "-SVersion").strip(),
                call("dpkg", "--print-architecture").strip())
            bait = self.folder / "bait"
            bait.write_text("")
            (out / name).symlink_to(bait)
            done = subprocess.run([str(TOP / "scripts/build-deb.sh"), str(out)], check=False,
                                  stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
            check(done.returncode == 0, f"build-deb.sh exits {done.returncode}")
            self.deb = pathlib.Path(done.stdout.strip())
            check(list(out.iterdir()) == [self.deb], f"left: {list(out.iterdir())}")
            check(not self.deb.is_symlink() and not bait.read_text(), "written through a link")
        fields = call("dpkg-deb", "-f", self.deb)
        for word in ("libsodium23", "libev4", "libmnl0", "libc6"):
            check(re.search(rf"^Depends:.*\b{word}\b", fields, re.MULTILINE),
                  f"no {word}: {fields}")

    def is_linted(self):
        """lintian finds no error in it."""
        found = call("lintian", "--fail-on", "error", "--allow-root", self.deb)
        check(not re.search(r"^E: ", found, re.MULTILINE), found)

    def is_shown(self):
        """scripts/show-package.sh pairs two such systems, pings, and leaves nothing behind."""
        def traces():
            """What it might leave behind, by name."""
            return ([p.name for p in pathlib.Path("/run/netns").glob("taut-show*")] +
                    [p.name for p in pathlib.Path(tempfile.gettempdir()).glob("taut-show.*")])
        before = traces()
        done = subprocess.run([str(TOP / "scripts/show-package.sh"), str(self.deb)], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL, timeout=900,
                              env={**os.environ, "TAUT_CHROOT": str(self.chroot.root)})
        check(done.returncode == 0, f"exit {done.returncode}:\n{done.stdout[-4000:]}")
        said = done.stdout
        for verb in ("new", "join", "accept", "why"):
            check(len(re.findall(rf"^[AB]# taut {verb} wg0", said, re.MULTILINE)) == 1, said)
        check("wg0 is up. Both hosts are done" in said, said)
        check(said.count("3 packets transmitted, 3 received, 0% packet loss") == 4, said)
        check("friendly_name = b.example.org" in said, said)
        check(traces() == before, f"left: {traces()}")

    def is_installed(self):
        """It installs on a minimal system, and all files it must bring exist."""
        self.before = self.ours()
        check(not self.before, f"before the installation: {self.before}")
        self.chroot.path("/usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        self.chroot.path("/usr/sbin/policy-rc.d").chmod(0o755)
        self.chroot.put(self.deb, "/root/taut.deb")
        self.chroot.run("apt-get", "-q", "update")
        # On a system set up without documentation these files would be missing.
        self.chroot.run("apt-get", "-q", "-y", "-o", "Dpkg::Options::=--path-include=/usr/share/*",
                        "install", "--no-install-recommends", "/root/taut.deb")
        check(self.chroot.installed().startswith("installed"), self.chroot.installed())
        for name in FILES:
            check(self.chroot.path(name).exists(), f"{name} is missing")
        owner = self.chroot.run("stat", "-c", "%a %U %G", "/etc/taut").strip()
        check(owner == "750 root taut", f"/etc/taut is {owner}")

    def works(self):
        """It runs with its package's dependencies, and accepts its own examples but their keys."""
        version = self.chroot.run("taut", "--version")
        check(version.startswith("taut "), version)
        key = self.chroot.run("sh", "-c", "taut genkey | taut pubkey").strip()
        check(re.fullmatch(r"[A-Za-z0-9+/]{43}=", key), key)
        said = self.chroot.run("sh", "-ec", """
            cd /usr/share/doc/taut/examples
            for f in *.conf*; do
                install -m 600 $f /root/x.conf.gz && gunzip -f /root/x.conf.gz 2>/dev/null ||
                    install -m 600 $f /root/x.conf
                taut check /root/x.conf || true
                for key in $(grep -o 'put/[a-z/]*0=' /root/x.conf); do
                    sed -i "s#$key#$(taut genpsk)#" /root/x.conf
                done
                taut check /root/x.conf
            done 2>/root/told; grep -c placeholder /root/told
            rm -f /root/x.conf /root/x.conf.gz""")
        check(said.count(": good") >= 8, said)
        check(int(said.split()[-1]) >= 19, f"{said}: placeholders that taut check reported")

    def starts_nothing(self):
        """The installation enables no unit and starts nothing."""
        for unit in UNITS:
            check(self.chroot.path(f"/usr/lib/systemd/system/{unit}").exists() or
                  self.chroot.path(f"/lib/systemd/system/{unit}").exists(), f"no {unit}")
        links = [p for p in self.chroot.path("/etc/systemd").rglob("*taut*")]
        check(not links, f"enabled: {links}")
        entry = self.chroot.run("getent", "passwd", "taut").strip().split(":")
        check(entry[-1].endswith(("nologin", "false")), f"the user taut may log in: {entry}")

    def under_systemd(self, *argv):
        """A command where systemd seems to run: its output, and the calls of systemctl."""
        for name in ("/run/systemd/system", "/root/stand-in"):
            self.chroot.path(name).mkdir(parents=True)
        fake = self.chroot.path("/root/stand-in/systemctl")
        fake.write_text('#!/bin/sh\necho "$*" >>/root/stand-in/told\n', encoding="utf-8")
        fake.chmod(0o755)
        said = self.chroot.run("sh", "-c", 'PATH=/root/stand-in:$PATH; exec "$@"', "sh", *argv)
        notes = self.chroot.path("/root/stand-in/told")
        told = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
        self.chroot.path("/run/systemd/system").rmdir()
        shutil.rmtree(self.chroot.path("/root/stand-in"))
        return said, told

    def is_upgraded(self):
        """An upgrade does not touch the admin's files, permissions and enabled units."""
        self.chroot.path("/etc/taut/wg0.conf").write_text("[Interface]\n", encoding="utf-8")
        self.chroot.run("chown", "root:taut", "/etc/taut/wg0.conf")
        self.chroot.run("chmod", "640", "/etc/taut/wg0.conf")
        self.chroot.run("systemctl", "enable", "taut@wg0.service")
        link = "/etc/systemd/system/multi-user.target.wants/taut@wg0.service"
        check(self.chroot.path(link).is_symlink(), "systemctl enable did nothing")
        old = self.chroot.installed()
        self.chroot.put(next_version(self.deb, self.folder), "/root/next.deb")
        said, told = self.under_systemd("dpkg", "-i", "/root/next.deb")
        check(self.chroot.installed() == old + "+next1", self.chroot.installed() + said)
        check("conf" not in re.sub(r"taut\.conf|Setting|config(ur\w+)?", "", said.lower()), said)
        check(self.chroot.path(link).is_symlink(), "an enabled unit was disabled")
        check("--system daemon-reload" in told, f"systemd goes on with the old unit: {told}")
        check(not re.search("start|stop|enable|preset", "".join(told)), f"more than that: {told}")
        have = self.chroot.run("stat", "-c", "%a %U %G %s", "/etc/taut/wg0.conf").strip()
        check(have == "640 root taut 12", have)
        self.tells_of_users()

    def told(self, before):
        """What postinst tells the admin in an upgrade from that version."""
        said = self.chroot.run("sh", "/var/lib/dpkg/info/taut.postinst", "configure", before)
        return re.findall(r"^taut: (\S+)(.*)", said, re.MULTILINE)

    def tells_of_users(self):
        """What depended on the user that all units had is named, with the remedy; once."""
        units, etc = (self.chroot.path(name) for name in ("/etc/systemd/system", "/etc/taut"))
        folders = []
        for name, drop_ins in (("a", {"root.conf": "User=root\n"}),
                               ("b", {"1.conf": "User=root\n", "2.conf": "DynamicUser=no\n"}),
                               ("c", {"1.conf": "LoadCredential=\nLoadCredential=x:/x\n"}),
                               ("d", {"1.conf": "LoadCredential=\nLoadCredential=%i.conf:/x\n"}),
                               ("e", {})):
            folders.append(units / f"taut@{name}.service.d")
            folders[-1].mkdir(parents=True)
            for file, text in drop_ins.items():
                (folders[-1] / file).write_text(f"[Service]\n{text}", encoding="utf-8")
        files = [etc / name for name in ("x.key", "y z\\n.key", "x.conf", "y.conf")]
        for path, text in zip(files, ("x\n", "x\n",
                                      "[Interface]\nPrivateKeyFile = /etc/taut/x.key #x\n",
                                      "privatekeyfile=/etc/taut/y z\\n.key \n")):
            path.write_text(text, encoding="utf-8")
        self.chroot.run("chown", "taut", "/etc/taut/x.key", "/etc/taut/y z\\n.key")
        there = "/etc/systemd/system/taut@"
        said = self.told("0.1.0-1")
        want = [(f"{there}a.service.d", " sets User=; add DynamicUser=no"),
                (f"{there}c.service.d", " empties LoadCredential=; add the two lines"),
                ("/etc/taut/x.conf", " names /etc/taut/x.key, which belongs to the user taut"),
                ("/etc/taut/y.conf", r" names /etc/taut/y z\n.key, which belongs to the user taut")]
        check(len(said) == len(want) and all(have[0] == what[0] and have[1].startswith(what[1])
                                             for have, what in zip(said, want)), said)
        check(not self.told("0.1.0-1+next1"), "told again")
        for path in files:
            path.unlink()
        for folder in folders:
            shutil.rmtree(folder)
        check(not self.told("0.1.0-1"), "told without need")

    def is_removed(self):
        """Removal deletes the program, but not the configuration."""
        self.chroot.run("dpkg", "-r", "taut")
        check(not self.chroot.path("/usr/bin/taut").exists(), "the program is still there")
        check(self.chroot.path("/etc/taut/wg0.conf").exists(), "the configuration is gone")

    def is_purged(self):
        """Purging leaves only the admin's files."""
        self.chroot.run("dpkg", "-P", "taut")
        check(not self.chroot.installed().startswith("installed"), self.chroot.installed())
        left = self.ours() - {"/etc/taut", "/etc/taut/wg0.conf", "/root/taut.deb"}
        check(not left, f"left: {sorted(left)}")

    def comes_back(self):
        """A purged package can be installed again, and finds the admin's file."""
        self.chroot.run("dpkg", "-i", "/root/taut.deb")
        check(self.chroot.installed().startswith("installed"), self.chroot.installed())
        self.chroot.path("/etc/taut/wg0.conf").unlink()
        self.chroot.run("dpkg", "-P", "taut")
        check(self.ours() <= {"/root/taut.deb"}, f"left: {sorted(self.ours())}")

    def ours(self):
        """All files in the chroot that are named after us."""
        said = self.chroot.run("find", "/", "-xdev", "-path", "/proc", "-prune", "-o", "-path",
                               "/var/cache", "-prune", "-o", "-path", "/var/log", "-prune", "-o",
                               "-name", "*taut*", "-print")
        return set(said.split())

    STEPS = (is_made, is_linted, is_shown, is_installed, works, starts_nothing, is_upgraded,
             is_removed, is_purged, comes_back)


def main():
    """Run all steps; the exit code."""
    os.umask(0o022)     # this creates a system with other users
    if os.geteuid() != 0:
        skip("a chroot needs root")
    for tool in ("debootstrap", "dpkg-deb", "lintian", "unshare"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            skip(f"{tool} is not here (scripts/packages.sh: PACKAGES_DEB, PACKAGES_DEB_TEST)")
    if not (TOP / "debian").is_dir() and "TAUT_DEB" not in os.environ:
        skip("no debian/ here: it is in the repository, not in the tarball")
    found = mirror()
    if not found:
        skip("apt on this machine has no mirror of the distribution")
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="taut-deb-test.") as folder:
        test = Test(folder)
        try:
            test.chroot.make(*found)
        except (Failed, subprocess.TimeoutExpired) as why:
            skip(f"debootstrap cannot work here: {str(why)[-300:]}")
        for step in Test.STEPS:
            try:
                step(test)
            except (Failed, subprocess.TimeoutExpired, OSError) as why:
                print(f"FAIL: {step.__name__}: {step.__doc__}\n{why}")
                failed += 1
                break
            print(f"ok: {step.__name__}: {step.__doc__}", flush=True)
            passed += 1
    left = len(Test.STEPS) - passed - failed
    print(f"{passed} passed, {failed + left} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
