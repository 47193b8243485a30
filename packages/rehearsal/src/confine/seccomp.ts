import { editionArchitecture } from '@phyllome/host/architecture';

/** One instruction of the kernel's packet filter machine (Linux, `include/uapi/linux/filter.h`). */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

// Codes of `include/uapi/linux/bpf_common.h`, as far as they are used: load a word, compare it, return.
const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const skipIfEqual = (value: number, skipped: number): Instruction => [0x15, skipped, 0, value];
const skipUnlessEqual = (value: number, skipped: number): Instruction => [0x15, 0, skipped, value];
const skipUnlessAtLeast = (value: number, skipped: number): Instruction => [0x35, 0, skipped, value];
const skipUnlessAnyBit = (bits: number, skipped: number): Instruction => [0x45, 0, skipped, bits];
const answer = (verdict: number): Instruction => [0x06, 0, 0, verdict];

/** `SECCOMP_RET_ALLOW`, and `SECCOMP_RET_ERRNO` with its number (`include/uapi/linux/seccomp.h`). */
const allowed = 0x7f_ff_00_00;
const refused = (errno: number): number => 0x00_05_00_00 | errno;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Where `struct seccomp_data` has the number of the call, the architecture, and the low half of the first argument. */
const at = { number: 0, architecture: 4, firstArgument: 16 };
/** The bit of calls in the x32 form. */
const x32 = 0x40_00_00_00;

/**
 * System calls of x86-64 (Linux, `arch/x86/entry/syscalls/syscall_64.tbl`) that no script needs and that lead out of
 * its name spaces, into the kernel's keyrings, which have none, or to interfaces with a long record of holes. All that
 * engines refuse by default is among them.
 */
const refusedCalls = {
  _sysctl: 156,
  acct: 163,
  add_key: 248,
  bpf: 321,
  clock_adjtime: 305,
  clock_settime: 227,
  create_module: 174,
  delete_module: 176,
  fanotify_init: 300,
  finit_module: 313,
  fsconfig: 431,
  fsmount: 432,
  fsopen: 430,
  fspick: 433,
  get_mempolicy: 239,
  init_module: 175,
  io_uring_enter: 426,
  io_uring_register: 427,
  io_uring_setup: 425,
  ioperm: 173,
  iopl: 172,
  kcmp: 312,
  kexec_file_load: 320,
  kexec_load: 246,
  keyctl: 250,
  lookup_dcookie: 212,
  mbind: 237,
  migrate_pages: 256,
  mount: 165,
  mount_setattr: 442,
  move_mount: 429,
  move_pages: 279,
  nfsservctl: 180,
  open_by_handle_at: 304,
  open_tree: 428,
  open_tree_attr: 467,
  perf_event_open: 298,
  pivot_root: 155,
  process_vm_readv: 310,
  process_vm_writev: 311,
  quotactl: 179,
  quotactl_fd: 443,
  reboot: 169,
  request_key: 249,
  set_mempolicy: 238,
  setns: 308,
  settimeofday: 164,
  swapoff: 168,
  swapon: 167,
  sysfs: 139,
  syslog: 103,
  umount2: 166,
  unshare: 272,
  uselib: 134,
  userfaultfd: 323,
  ustat: 136,
  vhangup: 153,
} as const;

const clone = 56;
const clone3 = 435;
const socket = 41;

/** `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID`, `NEWNET` (`include/uapi/linux/sched.h`). */
const newNamespaces = 0x7e_02_00_00;

/** `AF_PACKET`, `AF_ALG`, `AF_VSOCK`: the last reaches the host, whatever the network name space. */
const refusedFamilies = [17, 38, 40];

/**
 * A filter of system calls for programs that a kickstart brings, in the form that `bwrap --seccomp` reads. A user name
 * space of its own would give a script all capabilities in it, mounts among them: none can be made. `clone3` hides its
 * flags from filters; the C library does without it where it is not there. Pure.
 */
export function scriptFilter(): Buffer {
  const program: Instruction[] = [
    load(at.architecture),
    skipIfEqual(editionArchitecture.audit, 1),
    answer(refused(ENOSYS)), // Another architecture's calls have other numbers.
    load(at.number),
    skipUnlessAtLeast(x32, 1),
    answer(refused(ENOSYS)),
  ];
  for (const number of Object.values(refusedCalls)) program.push(skipUnlessEqual(number, 1), answer(refused(EPERM)));
  program.push(skipUnlessEqual(clone3, 1), answer(refused(ENOSYS)));
  program.push(
    skipUnlessEqual(clone, 4),
    load(at.firstArgument),
    skipUnlessAnyBit(newNamespaces, 1),
    answer(refused(EPERM)),
    answer(allowed),
  );
  const families = refusedFamilies.flatMap((family) => [skipUnlessEqual(family, 1), answer(refused(EAFNOSUPPORT))]);
  program.push(skipUnlessEqual(socket, families.length + 2), load(at.firstArgument), ...families, answer(allowed));
  program.push(answer(allowed));
  return encode(program);
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  }
  return bytes;
}
