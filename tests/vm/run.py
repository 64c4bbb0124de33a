#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The jail and real tunnels on the kernel of the distribution, in an emulated machine.

apt fetches the kernel, but nothing is installed. The guest has no disk and no network: it sees
the files of this host read-only, below an overlay in memory, and runs what was built here. It
has a clock that counts instructions, so that a slow or busy host does not fail a test.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))
from results import judge   # noqa: E402

UNIT = ("test_rights", "test_jail", "test_jail_work", "test_jail_report", "test_dev_tun",
        "test_udp")
NETNS = ("worker_has_no_rights|missing_right|status_has_a_line_about_the_jail|"
         "worker_that_died_is_replaced|reload_applies_every_difference|"
         "reload_outlives_the_worker_that_was_asked|connects_over_v6_with_psk|big_packets_fit|"
         "streams_of_small|resolv_conf_may_be_replaced|own_firewall|config_files_connect")
MODULES = ("crc32c_generic", "virtio_pci", "9pnet_virtio", "9p", "overlay", "tun", "veth", "dummy",
           "bridge", "nf_tables", "nft_ct", "nft_limit", "nft_reject_inet", "nft_chain_nat",
           "nft_masq")
NO_RESULT = "0 passed, {} failed, {} skipped"


def skip(why):
    """Nothing can run here."""
    print(f"SKIP: {why}\n{NO_RESULT.format(0, 1)}")
    sys.exit(77)


def out(*argv):
    """What a program prints; empty if it fails."""
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def unpacked(package, work):
    """The directory with the files of a package: the name of one that apt knows, or a file."""
    folder = work / pathlib.Path(package).name
    folder.mkdir()
    if not os.path.isfile(package):
        subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package],
                       cwd=folder, check=False, stdout=subprocess.DEVNULL)
        package = next(folder.glob("*.deb"), None) or skip(f"apt cannot fetch {package}")
    subprocess.run(["dpkg", "-x", package, folder], check=True)
    return folder


def copy_modules(busybox, kernel, root):
    """MODULES and those that they need."""
    version, = os.listdir(kernel / "lib/modules")
    tree, to = (base / "lib/modules" / version for base in (kernel, root))
    subprocess.run([busybox, "depmod", "-b", kernel, version], check=True)
    needs = {}
    for line in (tree / "modules.dep").read_text(encoding="utf-8").splitlines():
        path, _, others = line.partition(":")
        needs[pathlib.Path(path).name.partition(".")[0]] = [path, *others.split()]
    for path in sorted({path for name in MODULES for path in needs.get(name, [])}):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / path, to / path)
    shutil.copy(tree / "modules.dep", to)


def suite(options):
    """The commands for the guest: each program between two marks."""
    build = shlex.quote(os.path.abspath(os.environ.get("builddir", ".")))
    top = shlex.quote(str(HERE.parents[1]))
    programs = [f"tests/unit/{name}" for name in (() if options.k else UNIT)]
    programs.append(f"python3 {top}/tests/netns/run.py -j 2 -k {shlex.quote(options.k or NETNS)}")
    lines = [f"cd {build} || exit", f"export PYTHONDONTWRITEBYTECODE=1 builddir={build}",
             f"export srcdir={top} TAUT={build}/src/taut"]
    lines += [f"echo 'guest: begin'; {program} 2>&1; echo \"guest: end $?\""
              for program in programs]
    return "\n".join(lines) + "\n", len(programs)


def make_initrd(busybox, kernel, commands, work):
    """busybox, modules, and the commands; its path."""
    root = work / "root"
    (root / "vm").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin/sh").symlink_to("/vm/busybox")
    (root / "init").symlink_to("/vm/init")
    shutil.copy(busybox, root / "vm/busybox")
    shutil.copy(HERE / "init.sh", root / "vm/init")
    (root / "vm/init").chmod(0o755)
    (root / "vm/modules").write_text("\n".join(MODULES) + "\n", encoding="utf-8")
    (root / "vm/suite").write_text(commands, encoding="utf-8")
    copy_modules(busybox, kernel, root)
    files = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with open(work / "initrd", "wb") as file:
        subprocess.run([busybox, "cpio", "-o", "-H", "newc"], cwd=root, input=files.encode(),
                       stdout=file, stderr=subprocess.DEVNULL, check=True)
    return work / "initrd"


def boot(qemu, image, initrd, options):
    """Let it run, and print what it says; all of it."""
    argv = ["timeout", "--foreground", str(options.limit), "nice", "-n", "19",
            qemu, "-accel", "tcg", "-icount", "shift=1", "-cpu", "max", "-m", "2048",
            "-nodefaults", "-nographic", "-no-reboot", "-serial", "stdio",
            "-kernel", image, "-initrd", initrd,
            "-append", f"console=ttyS0 panic=-1 quiet {options.append}",
            "-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=host,mount_tag=host"]
    said = ""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          errors="replace") as guest:
        for line in guest.stdout:
            said += line.replace("\r", "")
            print(line.rstrip(), flush=True)
    return said


def main():
    """Boot, run, count; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", metavar="PATTERN", help="these network tests, and no unit tests")
    parser.add_argument("--kernel", default="linux-image-amd64", help="a package, or a .deb file")
    parser.add_argument("--append", default="", help="more words for the kernel's command line")
    parser.add_argument("--limit", type=int, default=600, help="seconds until it is ended")
    options = parser.parse_args()
    qemu = shutil.which(os.environ.get("QEMU", "qemu-system-x86_64"))
    if os.geteuid() or os.uname().machine != "x86_64" or not qemu or not shutil.which("apt-get"):
        skip("this needs root, x86-64, apt, and qemu (scripts/packages.sh: PACKAGES_VM)")
    meta = re.search(r"Depends: (linux-image-\d\S*)", out("apt-cache", "depends", options.kernel))
    commands, programs = suite(options)
    with tempfile.TemporaryDirectory(prefix="taut-vm.") as folder:
        work = pathlib.Path(folder)
        busybox = unpacked("busybox-static", work) / "bin/busybox"
        kernel = unpacked(meta.group(1) if meta else options.kernel, work)
        image, = (kernel / "boot").glob("vmlinuz-*")
        said = boot(qemu, image, make_initrd(busybox, kernel, commands, work), options)
    total = [0, 0, 0]
    ended = re.findall(r"^guest: begin\n(.*?)^guest: end (\d+)\n", said, re.MULTILINE | re.DOTALL)
    for log, code in ended:
        counts = judge({"0": "PASS", "77": "SKIP"}.get(code, "FAIL"), log)
        total = [a + b for a, b in zip(total, counts)]
    total[1] += programs - len(ended)      # it hung, or the guest died
    print("{} passed, {} failed, {} skipped".format(*total))
    return 1 if total[1] else 0 if total[0] else 77


if __name__ == "__main__":
    sys.exit(main())
