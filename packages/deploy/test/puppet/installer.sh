# Plays anaconda in an initramfs of dracut, as a hook that runs before anything is mounted: finds its kickstart as
# anaconda's own hook does (dracut/parse-anaconda-kickstart.sh), says what anaconda says, and acts on its orders.
# `act` is what this one does; it is defined by the test, which puts it before these lines.

for module in virtio_console virtio_blk virtio_scsi sr_mod isofs; do modprobe -q "$module"; done

# As udev would, which does not run yet.
mkdir -p /dev/virtio-ports
for file in /sys/class/virtio-ports/*/name; do
  read -r name <"$file"
  file=${file%/name}
  ln -sf "/dev/${file##*/}" "/dev/virtio-ports/$name"
done

say() { printf '%s\n' "$*" >/dev/console; }
log() { cat >/dev/virtio-ports/org.fedoraproject.anaconda.log.0; }

say 'Starting installer, one moment...'
read -r arguments </proc/cmdline
kickstart=
for argument in $arguments; do
  case $argument in
    inst.ks=file:*) kickstart=${argument#inst.ks=file:} ;;
  esac
done
if [ -f "$kickstart" ]; then act; else say "Warning: can't find $kickstart!"; fi

sleep 3600
