#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Process 1 of the guest: first in the initramfs, whose only program is busybox; then on the
# files of the host, read-only below an overlay in memory. /vm/suite has the commands to run.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root
export PATH HOME

give_up()
{
	echo "guest: $1"
	/vm/busybox poweroff -f
}

enter_files_of_host()
{
	mkdir -p /proc /dev /lower /upper /all
	mount -t proc proc /proc
	mount -t devtmpfs dev /dev
	while read -r module; do
		modprobe "$module" || echo "guest: no module $module"
	done </vm/modules
	mount -t tmpfs upper /upper
	mkdir /upper/files /upper/work
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose host /lower ||
		give_up "no files of the host"
	mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work all /all ||
		give_up "no overlay"
	cp -a /vm /all/
	mount -o move /dev /all/dev
	mount -o move /proc /all/proc
	exec switch_root /all /vm/init in-files-of-host
}

run_suite()
{
	mount -t sysfs sys /sys
	mount -t cgroup2 cgroup /sys/fs/cgroup
	mount -t tmpfs run /run
	mkdir /dev/pts /dev/shm
	mount -t devpts pts /dev/pts
	mount -t tmpfs shm /dev/shm
	ip link set lo up
	echo "guest: Linux $(uname -r)"
	sh /vm/suite
	/vm/busybox poweroff -f
}

if [ "$1" = in-files-of-host ]; then
	run_suite
else
	/vm/busybox --install -s /bin
	enter_files_of_host
fi
