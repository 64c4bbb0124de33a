#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The completions of bash, zsh and fish offer what taut(8) accepts, and nothing else.

Each shell is really run: bash by calling the function, fish by `complete -C`,
zsh by pressing TAB on a terminal of its own.  Verbs and options are those that
`taut help` prints; names are those of files in a made-up /etc and /run.
"""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import style

FILES = ("etc/taut/home.conf", "etc/taut/lan0.conf", "etc/wireguard/old.conf", "etc/taut/lan0.key",
         "etc/taut/begun.pair", "run/wireguard/home.sock", "work/other.conf", "work/note.txt",
         "work/sub/deep.conf")
NAMES = {"home", "lan0", "old"}
PATIENCE = 60


PAIRING = ("new", "join", "accept", "export", "import", "why", "wait", "status", "show",
           "events")


def told_by(program, *words):
    """The output of the program."""
    return subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout


def known(program):
    """(verbs, options) from the program's own help."""
    told = told_by(program, "help")
    usage, options = told.split("  -f, ", 1)
    verbs = set(re.findall(r"^  ([a-z]+)\b", usage, re.MULTILINE))
    return verbs, set(re.findall(r"--[a-z][a-z-]*", "  -f, " + options))


def own_options(program, verb):
    """The options of a verb that has its own."""
    told = told_by(program, verb, "--help")
    return set(re.findall(r"(?:^ +(?:-\w, )?|[\[|])(--[a-z-]+)", told, re.MULTILINE)) | {"--help"}


def cases(program):
    """(words of a line, the last one unfinished; what is offered for it)."""
    verbs, options = known(program)
    yield ["taut", ""], verbs
    yield ["taut", "ge"], {v for v in verbs if v.startswith("ge")}
    yield ["taut", "-v", "re"], {v for v in verbs if v.startswith("re")}
    yield ["taut", "--log-level", "debug", "up", ""], NAMES
    yield ["taut", "--"], options
    for option, values in style.option_values(told_by(program, "help")).items():
        yield ["taut", f"--{option}", ""], values - {"N"}
    yield ["taut", "--log-level", "d"], {"debug"}
    yield ["taut", "up", "--aead", "s"], {"sodium"}
    yield ["taut", "--tun-tso", "off", "up", ""], NAMES
    yield ["taut", "--tun-tso=off", "--log-level=debug", "up", ""], NAMES
    for verb in ("up", "run", "check"):
        yield ["taut", verb, ""], NAMES
    yield ["taut", "check", "l"], {"lan0"}
    yield ["taut", "up", "./o"], {"./other.conf"}
    yield ["taut", "up", "./sub/"], {"./sub/deep.conf"}
    for verb in ("down", "reload", "status", "events", "why", "wait"):
        yield ["taut", verb, ""], {"home"}
    for verb in PAIRING:
        yield ["taut", verb, "--"], own_options(program, verb)
    yield ["taut", "export", "--peer", "2", ""], NAMES
    yield ["taut", "accept", ""], {"begun"}
    yield ["taut", "import", "o"], {"other.conf"}
    yield ["taut", "new", ""], set()
    yield ["taut", "down", "o"], set()
    yield ["taut", "down", "home", ""], set()
    for verb in ("genkey", "pubkey", "genpsk", "help"):
        yield ["taut", verb, ""], set()


class Bash:
    """The function is called as bash would, words split at = too."""
    name, file = "bash", "taut.bash"
    script = """. "$1" || exit 9; _taut_root=$2; cd "$2/work" || exit 9; shift 2
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        [[ $(complete -p taut) == *"-F _taut taut" ]] || exit 8
        _taut; printf '%s\\n' "${COMPREPLY[@]}" """

    def __init__(self, source, root):
        self.source, self.root = source, root

    def ask(self, words):
        """What is offered for the last word."""
        split = [part for word in words[:-1] for part in re.split("(=)", word) if part]
        done = subprocess.run(["bash", "--norc", "-c", self.script, "bash", self.source, self.root]
                              + split + words[-1:], capture_output=True, text=True, check=True,
                              timeout=PATIENCE)
        if done.stderr:
            raise RuntimeError(done.stderr)
        return set(done.stdout.split())

    def end(self):
        """Leave nothing running."""


class Fish(Bash):
    """fish prints candidates itself."""
    name, file = "fish", "taut.fish"
    script = """source $argv[1]; or exit 9; set _taut_root $argv[2]; cd $argv[2]/work; or exit 9
        complete -C $argv[3]"""

    def ask(self, words):
        home = os.path.join(self.root, "home")
        done = subprocess.run(["fish", "--no-config", "-c", self.script, self.source, self.root,
                               " ".join(words)], capture_output=True, text=True, check=True,
                              timeout=PATIENCE, env=dict(os.environ, HOME=home))
        if done.stderr:
            raise RuntimeError(done.stderr)
        return {line.split("\t")[0] for line in done.stdout.splitlines()}


class Zsh:
    """An interactive zsh on a terminal; a wrapper of compadd records what it adds."""
    name, file = "zsh", "_taut"
    rc = r"""PS1='ready> ' PS2= RPS1= LISTMAX=0
        unsetopt beep prompt_cr prompt_sp auto_menu auto_list bracketed_paste 2>/dev/null
        fpath=($SOURCE_DIR $fpath); autoload -Uz compinit; compinit -u -D
        [[ $_comps[taut] == _taut ]] || exit 9
        _taut_root=$MADE_UP; cd $MADE_UP/work || exit 9
        zstyle ':completion:*' group-name ''
        compadd() {
            if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)* ]]; then builtin compadd "$@"; return; fi
            local -a kept; local -i at=${@[(i)-p]}
            builtin compadd -A kept "$@"
            local before; (( at < $# )) && before=${@[at+1]}
            (( $#kept )) && print -rl -- $before${^kept} >> $MADE_UP/caught
            builtin compadd "$@"
        }
        finish() { print -r -- done >> $MADE_UP/caught; zle kill-buffer; }
        zle -N finish; bindkey '^X' finish; bindkey '^I' complete-word
        """

    def __init__(self, source, root):
        self.caught = pathlib.Path(root, "caught")
        rc = pathlib.Path(root, "home/.zshrc")
        rc.write_text(self.rc, encoding="utf-8")
        env = dict(os.environ, ZDOTDIR=str(rc.parent), HOME=str(rc.parent), TERM="dumb",
                   MADE_UP=root, SOURCE_DIR=os.path.dirname(source))
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe("zsh", ["zsh", "-d", "-i"], env)
            finally:
                os._exit(127)
        self.wait(lambda said: "ready> " in said)

    def wait(self, enough):
        """Read from the terminal until the text contains enough."""
        said, until = "", time.monotonic() + PATIENCE
        while not enough(said):
            if time.monotonic() > until:
                raise RuntimeError(f"zsh does not answer: {said!r}")
            if select.select([self.fd], [], [], 0.05)[0]:
                said += os.read(self.fd, 65536).decode(errors="replace")

    def ask(self, words):
        """Type the line, TAB, and the key that marks the end."""
        self.caught.write_text("", encoding="utf-8")
        os.write(self.fd, (" ".join(words) + "\t\x18").encode())
        self.wait(lambda said: self.caught.read_text(encoding="utf-8").endswith("done\n"))
        lines = self.caught.read_text(encoding="utf-8").splitlines()[:-1]
        return {line.rstrip("=") for line in lines}

    def end(self):
        """The shell is a child of ours."""
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def offered(shell, words, got):
    """The relevant answers.  Ignores what differs between shells: short options, options
    where no argument is left, directories, and matches in the middle of a word."""
    if words[-1].startswith("-"):
        return {w for w in got if w.startswith("--")}
    if "/" in words[-1] and shell == "zsh":
        folder = words[-1].rpartition("/")[0] + "/"
        return {folder + w.rpartition("/")[2] for w in got if not w.endswith("/")}
    return {w for w in got if not w.startswith("-") and w.startswith(words[-1])}


def judge(kind, source, root, wanted):
    """Yield a complaint for each line where this shell offers something else."""
    shell = kind(str(source), root)
    try:
        for words, expect in wanted:
            got = offered(kind.name, words, shell.ask(words))
            if got != expect:
                yield (f"{kind.name}: after '{' '.join(words)}' it offers {sorted(got)}, "
                       f"not {sorted(expect)}")
    finally:
        shell.end()


def selftest(kind, source, root, wanted):
    """A completion with a wrong verb, option or value must be detected."""
    wrong = {"genpsk": "genbad", "reload": "relaod", "uso": "osu", "openssl": "badssl"}
    words = (["taut", ""], ["taut", "--"], ["taut", "--aead", ""])
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, source.name)
        text = source.read_text(encoding="utf-8")
        for right, bad in wrong.items():
            text = text.replace(right, bad)
        copy.write_text(text, encoding="utf-8")
        found = "".join(judge(kind, copy, root, [w for w in wanted if w[0] in words]))
    style.finish_selftest([f"selftest: not caught: {bad} in {source.name}"
                           for bad in wrong.values() if bad not in found], len(wrong))


def main():
    """Check each installed shell; the exit code."""
    program = os.environ.get("TAUT", str(style.build() / "src/taut"))
    style.need(program)
    failed = skipped = passed = 0
    with tempfile.TemporaryDirectory() as root:
        for name in FILES:
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        os.mkdir(os.path.join(root, "home"))
        wanted = list(cases(program))
        for kind in (Bash, Zsh, Fish):
            source = style.top() / "completions" / kind.file
            if not shutil.which(kind.name):
                print(f"SKIP: {kind.name} is not here")
                skipped += 1
                continue
            selftest(kind, source, root, wanted)
            complaints = list(judge(kind, source, root, wanted))
            print("\n".join(complaints) or f"{kind.name}: {len(wanted)} lines completed rightly")
            failed += bool(complaints)
            passed += not complaints
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
