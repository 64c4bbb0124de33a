#!/bin/sh
# SPDX-License-Identifier: ISC
#
# box.sh ROOT FILES PROGRAM: become systemd as process 1 of a small system of its own.
# Run by box.py in namespaces of its own (mount, pid, ipc, uts, cgroup, and a network).
# ROOT is an empty folder; FILES holds what is put on top: etc/, units/ (all that there
# are), generators/, lib/ (sysusers.d, tmpfiles.d), rules/ (for polkit). The program is /opt/taut/bin/taut in there.

set -eu
umask 022
root=$1 files=$2 program=$3

mount --make-rprivate /
mount -t tmpfs -o mode=755 box "$root"
cd "$root"
mkdir -p usr etc run var/tmp var/log tmp proc sys dev root opt/taut/bin box old
for link in bin sbin lib lib32 lib64; do
	[ ! -e "/$link" ] || ln -s "usr/$link" "$link"
done
mount --bind /usr usr
mount -o remount,bind,ro usr
mount -t proc proc proc
# Whatever this systemd sets, the machine around it does not notice; net/ belongs to
# the network namespace.
for folder in proc/sys/*; do
	[ "$folder" != proc/sys/net ] || continue
	mount --bind "$folder" "$folder"
	mount -o remount,bind,ro "$folder"
done
mount -t sysfs sys sys
mount -t cgroup2 cgroup sys/fs/cgroup
mount -t tmpfs -o mode=755 dev dev
mkdir dev/net dev/shm dev/pts
while read -r name major minor; do
	mknod -m 666 "dev/$name" c "$major" "$minor"
done <<-END
	null 1 3
	zero 1 5
	full 1 7
	random 1 8
	urandom 1 9
	tty 5 0
	net/tun 10 200
END
ln -s /proc/self/fd dev/fd
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=755 run run
chmod 1777 tmp var/tmp
ln -s /run var/run

# Of the units of this machine only those that many others name.
mkdir run/units
for unit in sysinit basic multi-user network network-pre nss-lookup shutdown umount final \
	sockets timers paths slices exit local-fs local-fs-pre swap; do
	cp "/usr/lib/systemd/system/$unit.target" run/units/
done
cp /usr/lib/systemd/system/systemd-exit.service /usr/lib/systemd/system/systemd-journald.service \
	/usr/lib/systemd/system/systemd-journald.socket run/units/
cp "$files"/units/* run/units/
mount --bind run/units usr/lib/systemd/system
for folder in system-generators system-preset network; do
	[ ! -d "/usr/lib/systemd/$folder" ] || mount -t tmpfs none "usr/lib/systemd/$folder"
done
cp "$files"/generators/* usr/lib/systemd/system-generators/
cp "$files"/preset/* usr/lib/systemd/system-preset/
cp "$files"/network/* usr/lib/systemd/network/

cp -L /etc/nsswitch.conf /etc/ld.so.cache etc/
printf 'root:x:0:0::/root:/bin/sh\n' >etc/passwd
printf 'root:x:0:\n' >etc/group
echo 74617574746175747461757474617574 >etc/machine-id
mkdir -p etc/systemd/system/sockets.target.wants
ln -s /usr/lib/systemd/system/systemd-journald.socket etc/systemd/system/sockets.target.wants/
cp -R "$files"/etc/. etc/
cp -R "$files"/lib "$files"/rules box/
cp "$program" opt/taut/bin/taut
chmod 755 opt/taut/bin/taut

pivot_root . old
umount -l old
mount --make-rshared /
systemd-sysusers /box/lib/sysusers.d/taut.conf
systemd-tmpfiles --create /box/lib/tmpfiles.d/taut.conf
for file in /etc/taut/*.conf; do
	[ -e "$file" ] || continue
	chgrp taut "$file"
	chmod 640 "$file"
done
container=taut-test
export container
exec /usr/lib/systemd/systemd --unit=multi-user.target --log-target=journal --show-status=no \
	</dev/null
