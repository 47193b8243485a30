import { posix } from 'node:path';

/**
 * What root keeps of its powers in programs that a kickstart brings or may have changed (capabilities(7)): other owners'
 * files, other users, a root directory of its own. Nothing mounts, makes device nodes, or configures kernel or network.
 */
const scriptCapabilities = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SYS_CHROOT: 18,
  SETFCAP: 31,
} as const;

/** A file system tree that a confined program sees: its root directory and what is mounted in it. */
export interface View {
  /** What is the program's `/`. */
  root: string;
  /** Directories of the builder that cannot be written there. */
  readOnly?: readonly string[];
  /** The installed system, and where it appears; it gets kernel file systems of its own. */
  installed?: { from: string; at: string };
}

/** How the kernel's `/proc` comes into a {@link View}. */
export interface Proc {
  /**
   * A new one, which shows the processes of the sandbox alone. A kernel refuses it in a user name space where parts of
   * the builder's own are masked: then that one, masks and all, is bound.
   */
  fresh: boolean;
  /** What is mounted in the builder's own: the engine's masks, without the leading `/proc/`. */
  masks: readonly string[];
}

/** Read-only in any case: what the kernel obeys for the whole machine. */
const alwaysMasked = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'];

export interface Limits {
  /** No file grows larger, in bytes. */
  fileBytes: number;
  /** Without a network name space of its own a program has the builder's network. */
  network: boolean;
}

/** The last line of a sandbox that could not be made starts with this, and its exit code is this. */
export const sandboxFailure = { line: 'sandbox: ', exitCode: 250 } as const;

/**
 * The command line that runs a program confined: name spaces for mounts, processes, System V IPC, host name and control
 * groups, and where wanted for the network; no capability but {@link scriptCapabilities}, in the bounding set neither;
 * `no_new_privs`; a filter of system calls; an empty `/sys`, a `/dev` with the harmless nodes alone; no file larger than
 * it may be. Everything in it ends with it, and it is what the kernel kills first when memory runs out. Pure.
 *
 * @param filter path of the filter's instructions
 * @param hidden mount points of the builder that do not exist in its name space at all
 */
export function sandboxArgv(
  argv: readonly string[],
  options: { view: View; proc: Proc; limits: Limits; filter: string; hidden: readonly string[] },
): string[] {
  const { view, proc, limits, filter, hidden } = options;
  const inside = (path: string): string => posix.join(view.root, path);
  return [
    'unshare',
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    '--cgroup',
    ...(limits.network ? [] : ['--net']),
    '--propagation=private',
    '--fork',
    '--kill-child=KILL',
    '--',
    'perl',
    '-e',
    program,
    view.root,
    filter,
    String(limits.fileBytes),
    ...hidden.flatMap((path) => ['detach', path]),
    ...(view.readOnly ?? []).flatMap((path) => ['bind-ro', path, inside(path)]),
    ...kernelFileSystems(view.root, proc),
    ...(view.installed === undefined
      ? []
      : [
          'bind',
          view.installed.from,
          inside(view.installed.at),
          ...kernelFileSystems(inside(view.installed.at), proc),
        ]),
    'run',
    ...argv,
  ];
}

function kernelFileSystems(root: string, { fresh, masks }: Proc): string[] {
  const at = (path: string): string => posix.join(root, path);
  const readOnly = [...new Set([...alwaysMasked, ...masks])];
  return [
    ...(fresh ? ['proc', at('proc')] : ['bind-all', '/proc', at('proc')]),
    ...readOnly.flatMap((mask) => ['mask', `/proc/${mask}`, at(`proc/${mask}`)]),
    'dev',
    at('dev'),
    'empty',
    at('sys'),
  ];
}

/**
 * Makes the sandbox, in Perl, which every Debian has: a dozen mounts by as many processes would take longer than most
 * programs run. bubblewrap does it with `pivot_root`, which Docker's filter refuses a container; moving the new root over
 * the old one needs `mount` alone, and nothing in it may mount. System calls are those of x86-64; constants are the ones of
 * the kernel's `mount.h`, `prctl.h`, `capability.h`, `resource.h`.
 */
const program = String.raw`
use strict;
my ($root, $filter, $bytes) = splice @ARGV, 0, 3;
sub fail { print STDERR "${sandboxFailure.line}@_: $!\n"; exit ${sandboxFailure.exitCode} }
sub mnt { my ($from, $to, $type, $flags, $data) = @_; syscall(165, $from, $to, $type, $flags, $data) == 0 }
my ($RO, $NOSUID, $NODEV, $NOEXEC, $REMOUNT, $BIND, $MOVE, $REC) = (1, 2, 4, 8, 32, 4096, 8192, 16384);
sub tmpfs { my ($at, $mode) = @_; mnt("none", $at, "tmpfs", $NOSUID | $NODEV, "mode=$mode") or fail("tmpfs on $at") }
sub seal { my ($at) = @_; mnt("none", $at, "none", $REMOUNT | $BIND | $RO | $NOSUID | $NODEV, "") or fail("read-only $at") }
open(my $file, "<", $filter) or fail($filter);
binmode $file;
my $code = do { local $/; <$file> };
close $file;
if (open(my $adjust, ">", "/proc/self/oom_score_adj")) { print $adjust "1000"; close $adjust }
mnt($root, $root, "none", $BIND, "") or fail("bind $root");
while (defined(my $do = shift @ARGV)) {
  last if $do eq "run";
  if ($do eq "detach") { my $at = shift @ARGV; syscall(166, $at, 2) }
  elsif ($do eq "bind" or $do eq "bind-all" or $do eq "bind-ro") {
    my ($from, $to) = splice @ARGV, 0, 2;
    mnt($from, $to, "none", $do eq "bind-all" ? $BIND | $REC : $BIND, "") or fail("bind $to");
    seal($to) if $do eq "bind-ro";
  }
  elsif ($do eq "mask") {
    my ($from, $to) = splice @ARGV, 0, 2;
    next unless -e $from and -e $to;
    mnt($from, $to, "none", $BIND | $REC, "") or fail("bind $to");
    seal($to);
  }
  elsif ($do eq "proc") { my $at = shift @ARGV; mnt("proc", $at, "proc", $NOSUID | $NODEV | $NOEXEC, "") or fail("proc on $at") }
  elsif ($do eq "empty") { my $at = shift @ARGV; tmpfs($at, "0755"); seal($at) }
  elsif ($do eq "dev") {
    my $at = shift @ARGV;
    tmpfs($at, "0755");
    for my $node (qw(null zero full random urandom tty)) {
      open(my $new, ">", "$at/$node") or fail("$at/$node");
      close $new;
      mnt("/dev/$node", "$at/$node", "none", $BIND, "") or fail("bind $at/$node");
    }
    mkdir "$at/$_" for qw(shm pts);
    chmod 01777, "$at/shm";
    symlink "/proc/self/fd", "$at/fd";
    symlink "/proc/self/fd/0", "$at/stdin";
    symlink "/proc/self/fd/1", "$at/stdout";
    symlink "/proc/self/fd/2", "$at/stderr";
  }
  else { $! = 0; fail("unknown step $do") }
}
chdir $root or fail("enter $root");
mnt(".", "/", "none", $MOVE, "") or fail("move $root");
chroot "." or fail("chroot");
chdir "/" or fail("enter /");
# This process is the first of its name space: it takes in what others leave, and all ends with it.
my $child = fork;
defined $child or fail("fork");
if ($child == 0) {
  my $kept = 0;
  $kept |= 1 << $_ for (${Object.values(scriptCapabilities).join(', ')});
  my $none = pack("QQ", (0) x 2);
  my $most = pack("QQ", ($bytes) x 2);
  syscall(160, 4, $none);
  $bytes == 0 or syscall(160, 1, $most) == 0 or fail("limit of files");
  for my $capability (0 .. 63) {
    next if $kept >> $capability & 1;
    last if syscall(157, 23, $capability, 0, 0, 0) < 0;
    syscall(157, 24, $capability, 0, 0, 0) == 0 or fail("bounding set without $capability");
  }
  my ($low, $high) = ($kept & 0xffffffff, $kept >> 32);
  my $version = pack("LL", 0x20080522, 0 * $$);
  my $sets = pack("L6", $low, $low, 0, $high, $high, 0);
  syscall(126, $version, $sets) == 0 or fail("capabilities");
  syscall(157, 38, 1, 0, 0, 0) == 0 or fail("no_new_privs");
  my $filtered = pack("S x6 P", length($code) / 8, $code);
  syscall(157, 22, 2, $filtered, 0, 0) == 0 or fail("filter");
  exec { $ARGV[0] } @ARGV or do { print STDERR "$ARGV[0]: $!\n"; exit 127 };
}
my $status = 0;
while ((my $ended = waitpid(-1, 0)) > 0) {
  next unless $ended == $child;
  $status = $?;
  last;
}
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
`;

/**
 * What is mounted below `/proc`, from the text of `/proc/self/mountinfo` (proc(5)): each once, outer before inner. Names
 * with blanks are none of an engine's. Pure.
 */
export function masksIn(mountinfo: string): string[] {
  const points = mountinfo.split('\n').map((line) => line.split(' ')[4] ?? '');
  const masks = points.filter((point) => point.startsWith('/proc/') && !point.includes('\\'));
  return [...new Set(masks.map((point) => point.slice('/proc/'.length)))].toSorted();
}
