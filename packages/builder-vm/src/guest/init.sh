#!/bin/busybox sh
# First process of a builder's machine: puts the builder's image below a disk to write on, runs livemedia-creator in it, and
# hands out what it leaves. It talks to the host on a port of its own, which nothing else in here can open while it does:
#   in:  interrupt | kill | size PATH
#   out: started | size BYTES | exit STATUS BYTES | error WHAT
# and "full" when its disk is. BYTES of an exit: as far as the archive on the output disk goes at most.
/bin/busybox mkdir -p /bin /proc /sys /dev /job /image /work /root /run
/bin/busybox --install -s /bin
export PATH=/bin
# Who mounts in the image gets what the image has modules for: the kernel asks for them here.
mkdir -p /sbin
printf '#!/bin/sh\n[ -x /root/sbin/modprobe ] && exec chroot /root /sbin/modprobe "$@"\nexit 1\n' >/sbin/modprobe
chmod 755 /sbin/modprobe
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1

while read -r module; do
  insmod "/modules/$module" || echo "phyllome: $module is not loaded"
done </modules/order

# A script is ended by SIGINT, and with this one the machine: a kickstart's may send it. What is started here is not deaf to it.
trap : INT

# Never chosen when memory runs out: what then ends is of the build.
echo -1000 >/proc/self/oom_score_adj

fail() {
  echo "phyllome: $1"
  [ -z "$control" ] || echo "error $1" >&3
  sync
  reboot -f
  sleep 60
}

port() {
  for at in /sys/class/virtio-ports/*; do
    [ "$(cat "$at/name" 2>/dev/null)" != "$1" ] || echo "/dev/${at##*/}"
  done
}
disk() {
  for at in /sys/block/vd*; do
    [ "$(cat "$at/serial" 2>/dev/null)" != "$1" ] || echo "/dev/${at##*/}"
  done
}
waited=0
control=
until [ -c "$control" ] && [ -b "$(disk output)" ]; do
  [ $waited -lt 600 ] || fail 'its ports and disks do not appear'
  sleep 0.1
  waited=$((waited + 1))
  control=$(port phyllome.control)
done
exec 3<>"$control" 4>"$(port phyllome.console)"

mount -t squashfs -o ro "$(disk image)" /image || fail 'the image of the builder cannot be mounted'
mount -t ext4 -o nodiscard "$(disk scratch)" /work || fail 'the disk to work on cannot be mounted'
mkdir -p /work/upper /work/work
mount -t overlay -o lowerdir=/image,upperdir=/work/upper,workdir=/work/work overlay /root ||
  fail 'the image cannot be made writable'
tar -xf "$(disk input)" -C /job || fail 'the inputs cannot be read'
output=$(disk output)

cd /root || fail 'there is no root'
mkdir -p proc sys dev tmp phyllome/tmp phyllome/logs
cp /job/flat.cfg phyllome/flat.cfg || fail 'the kickstart cannot be copied'
installer=$(disk installer)
if [ -n "$installer" ]; then
  mkdir phyllome/result
  cat "$installer" >phyllome/installer.iso || fail 'the installer cannot be copied'
fi
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
ln -sf pts/ptmx dev/ptmx
ln -sf /proc/self/fd dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -sf "/proc/self/fd/${number%:*}" "dev/${number#*:}"; done

# As many processes as in a container. This one is outside, and can still start others when no more can be.
. /job/result
build=/sys/fs/cgroup/build
mount -t cgroup2 none /sys/fs/cgroup && echo +pids >/sys/fs/cgroup/cgroup.subtree_control && mkdir $build || build=
[ -z "$build" ] || [ -z "$processes" ] || echo "$processes" >$build/pids.max

hostname phyllome
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
  # The network that QEMU itself is (its documentation, "Using the user mode network stack").
  ip link set eth0 up
  ip addr add 10.0.2.15/24 dev eth0
  ip route add default via 10.0.2.2
  rm -f etc/resolv.conf
  echo 'nameserver 10.0.2.3' >etc/resolv.conf
fi
printf '127.0.0.1 localhost\n::1 localhost\n' >etc/hosts

cd /

commands() {
  while read -r word rest <&3; do
    case $word in
      interrupt) kill -INT "$(cat /run/pid)" ;;
      kill) kill -KILL -1 ;;
      size) echo "size $(stat -c %s "/root$rest" 2>/dev/null)" >&3 ;;
    esac
  done
}
commands &

# A full disk shows in no log for sure: what was too large may be gone before livemedia-creator ends, and its logs are on it.
is_full() {
  # Free blocks, and free inodes.
  # shellcheck disable=SC2046
  set -- $(stat -f -c '%a %d' /work)
  [ "$1" -lt 64 ] || [ "$2" -lt 8 ]
}
watch_room() {
  until is_full; do sleep 1; done
  echo full >&3
}
watch_room &

echo started >&3
# In the foreground, for what a shell starts in the background is deaf to SIGINT.
build=$build sh -c '
  echo 0 >/proc/self/oom_score_adj
  [ -z "$build" ] || echo $$ >$build/cgroup.procs
  echo $$ >/run/pid
  . /job/start
' </dev/null >&4 2>&4 3>&- 4>&-
status=$?
# What it left behind must not change what is handed out.
[ -z "$build" ] || echo 1 >$build/cgroup.kill
! is_full || echo full >&3

cd /root/phyllome || fail 'its directory is gone'
set --
[ ! -d logs ] || set -- logs
[ ! -f "result/$iso" ] || set -- "$@" "result/$iso"
bytes=0
if [ $# -gt 0 ]; then
  tar -cf - "$@" | dd of="$output" bs=1M iflag=fullblock 2>/run/written || fail 'what it leaves has no room on its disk'
  # In whole and partial blocks: what is behind the end of an archive is not of it.
  blocks=$(sed -n 's/^\([0-9]*\)+\([0-9]*\) records out$/\1 + \2/p' /run/written)
  bytes=$(((blocks) * 1048576))
fi
sync
echo "exit $status $bytes" >&3
sleep 1
reboot -f
sleep 60
