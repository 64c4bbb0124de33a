# SPDX-License-Identifier: ISC
#
# Shared by the scripts in this directory: building in a temporary copy of the sources, so
# that the tree stays unchanged, cleaning up afterwards, and two namespaces for demonstrations.

# Other users (that of the unit, _apt) run and read what is built and installed here, even if
# root's own umask is 077. Secrets are written under 077.
umask 022

# Copy the sources of the tree $1 to the new directory $2: files that git tracks, and
# new ones that it does not ignore; without git, all except the results of a build.
sources_copy()
{
	mkdir -p "$2"
	if git -C "$1" ls-files -z >/dev/null 2>&1 && [ -n "$(git -C "$1" ls-files -co --exclude-standard | head -n 1)" ]
	then
		(cd "$1" && git ls-files -co --exclude-standard -z |
			xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh |
			tar --null -T - --mode=go+rX -cf -) | tar -C "$2" -xf -
	else
		(cd "$1" && tar --exclude=./.git --exclude=./config.status --exclude=./config.h \
			--exclude=./Makefile --exclude='*.o' --exclude='*.a' --exclude=.deps \
			--exclude=.dirstamp --exclude='*.log' --exclude='*.trs' \
			--exclude=__pycache__ --mode=go+rX -cf - .) | tar -C "$2" -xf -
	fi
}

# Build the sources in $1/src into $1/build; further arguments are passed to configure.
# The output goes to $1/build.log; its end is shown on failure.
sources_build()
{
	work=$1
	shift
	mkdir -p "$work/build"
	if (
		set -e
		cd "$work/src"
		./bootstrap
		cd ../build
		../src/configure "$@"
		make -j"$(nproc)"
	) >"$work/build.log" 2>&1
	then
		return 0
	fi
	tail -n 60 "$work/build.log" >&2
	return 1
}

# ip(8) and the control socket create these directories; remove those that did not
# exist before, if they are empty.
RUN_DIRS="/run/netns /run/wireguard"

run_dirs_note()
{
	run_dirs_made=
	for dir in $RUN_DIRS; do
		[ -e "$dir" ] || run_dirs_made="$run_dirs_made $dir"
	done
}

run_dirs_restore()
{
	for dir in $run_dirs_made; do
		[ -d "$dir" ] && [ -z "$(ls -A "$dir")" ] || continue
		while mountpoint -q "$dir"; do
			umount "$dir" 2>/dev/null || break
		done
		rmdir "$dir" 2>/dev/null || true
	done
}

# Create two network namespaces, $ns_a and $ns_b, connected by a veth with documentation
# addresses.
lay_cable()
{
	ip netns add "$ns_a"
	ip netns add "$ns_b"
	ip -n "$ns_a" link add under type veth peer name under netns "$ns_b"
	ip -n "$ns_a" address add 192.0.2.1/24 dev under
	ip -n "$ns_b" address add 192.0.2.2/24 dev under
	for ns in "$ns_a" "$ns_b"; do
		ip -n "$ns" link set lo up
		ip -n "$ns" link set under up
	done
}
