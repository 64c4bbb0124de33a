#!/bin/sh
# SPDX-License-Identifier: ISC
#
# resolvers.sh FOLDER: fetch openresolv and systemd-resolved and unpack them there, for the tests,
# which find them by TAUT_RESOLVERS=FOLDER (default: /var/cache/taut-resolvers). Installed, either
# would take over the resolv.conf of this machine.

set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/packages.sh"

[ $# = 1 ] || {
	echo "usage: resolvers.sh FOLDER" >&2
	exit 64
}
packages_unpack "$1" $PACKAGES_UNPACKED
