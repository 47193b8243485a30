# Runs as root in the guest, from systemd credentials: the image itself holds none of this.
#   agent.sh channel PORT NONCE   runs commands that arrive on the virtio-serial port
#   agent.sh journal PORT         streams the journal of this boot, one JSON object a line
# Host to guest: "RUN id command-bytes stdin-bytes\n" command stdin | "KILL id\n" | "HELLO token\n"
# Guest to host: "HELLO nonce\n" | "HELLO nonce-token\n" | "DONE id status stdout-bytes stderr-bytes\n" stdout stderr
mode=$1 name=$2 nonce=$3
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb
export SYSTEMD_PAGER=cat SYSTEMD_COLORS=0

modprobe -q virtio_console
port=
while [ -z "$port" ]; do
  for file in /sys/class/virtio-ports/*/name; do
    [ -r "$file" ] && read -r found <"$file" && [ "$found" = "$name" ] && file=${file%/name} && port=/dev/${file##*/}
  done
  [ -n "$port" ] || sleep 0.2
done

if [ "$mode" = journal ]; then
  # Where the kernel groups processes by session, the unit's Nice= counts within ours alone (sched(7)).
  [ ! -w /proc/self/autogroup ] || echo 5 >/proc/self/autogroup
  exec journalctl --boot --follow --lines=all --output=json \
    --output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,SYSLOG_FACILITY,_TRANSPORT,_PID,_UID,_AUDIT_TYPE,_SYSTEMD_UNIT,UNIT,JOB_TYPE,JOB_RESULT,MESSAGE_ID,_SOURCE_MONOTONIC_TIMESTAMP >"$port"
fi

# A virtio-serial port can be open once only: one descriptor serves both ways.
exec 3<>"$port" || exit 1
# Not in /run, where a live root may have its writable layer: of a full root, too, it must be possible to ask why.
work=/dev/shm/vmt
rm -rf "$work"
mkdir -m 700 "$work"
# Ended commands queue in a FIFO, so that one writer sends their results whole.
mkfifo "$work/ended"
exec 4<>"$work/ended"
printf 'HELLO %s\n' "$nonce" >&3
while read -r id status <&4; do
  [ "$id" != hello ] || { printf 'HELLO %s-%s\n' "$nonce" "$status" && continue; }
  dir=$work/$id
  printf 'DONE %s %s %s %s\n' "$id" "$status" "$(wc -c <"$dir/out")" "$(wc -c <"$dir/err")"
  cat "$dir/out" "$dir/err"
  rm -rf "$dir"
done >&3 &

# A shell without job control has what it starts in the background ignore Ctrl-C, and systemd has us ignore SIGPIPE:
# commands are to start as at a terminal.
fresh=
env --default-signal true 2>/dev/null && fresh='env --default-signal'

# So many bytes, and none beyond them: those are its input's, or the next command's. BusyBox's head reads ahead.
if [ "$(printf ab | { head -c 1 >/dev/null; cat; })" = b ]; then
  exactly() { head -c "$1"; }
else
  blocks() { [ "$2" -eq 0 ] || dd bs="$1" count="$2" iflag=fullblock 2>/dev/null; }
  exactly() { blocks 4096 "$(($1 / 4096))" && blocks 1 "$(($1 % 4096))"; }
fi
take() { if [ "$1" -gt 0 ]; then exactly "$1" <&3; fi; }
while read -r verb id command stdin <&3; do
  dir=$work/$id
  case $verb in
    RUN)
      mkdir "$dir"
      # Half a command must not run: systemd starts us anew, and the host is not answered.
      take "$command" >"$dir/command" && take "$stdin" >"$dir/in" || exit 1
      {
        # A session of its own, so that KILL reaches the command's children too.
        setsid $fresh sh "$dir/command" <"$dir/in" >"$dir/out" 2>"$dir/err" 3>&- 4>&- &
        echo $! >"$dir/pid"
        wait $!
        echo "$id $?" >&4
      } &
      ;;
    HELLO) echo "hello $id" >&4 ;;
    KILL) [ -s "$dir/pid" ] && kill -s KILL -- "-$(cat "$dir/pid")" ;;
  esac
done
