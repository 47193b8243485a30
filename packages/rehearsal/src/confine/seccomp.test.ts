import { describe, expect, test } from 'vitest';
import { scriptFilter } from './seccomp.ts';

const filter = scriptFilter();
const x86_64 = 0xc000003e;

/**
 * Runs the filter as the kernel does (`bpf(4)`; Linux, `kernel/seccomp.c`), for one system call. Knows the instructions
 * of the machine, and nothing of how the filter is made.
 *
 * @returns `allow`, or the number of the error
 */
function verdict(number: number, { architecture = x86_64, first = 0n } = {}): 'allow' | number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(architecture, 4);
  data.writeBigUInt64LE(first, 16);
  let accumulator = 0;
  for (let at = 0, steps = 0; steps < 4096; steps += 1) {
    const code = filter.readUInt16LE(at * 8);
    const [ifTrue, ifFalse] = [filter.readUInt8(at * 8 + 2), filter.readUInt8(at * 8 + 3)];
    const operand = filter.readUInt32LE(at * 8 + 4);
    at += 1;
    const jump = (holds: boolean): void => void (at += holds ? ifTrue : ifFalse);
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x35) jump(accumulator >= operand);
    else if (code === 0x45) jump((accumulator & operand) >>> 0 !== 0);
    else if (code === 0x06) {
      if (operand === 0x7fff0000) return 'allow';
      if (operand >>> 16 === 0x0005) return operand & 0xffff;
      throw new Error(`another verdict: ${operand.toString(16)}`);
    } else throw new Error(`another instruction: ${code.toString(16)}`);
  }
  throw new Error('it does not end');
}

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

describe('the filter of system calls', () => {
  test('is one that the kernel takes: whole instructions, few enough, ending in a verdict', () => {
    expect(filter.length % 8).toBe(0);
    expect(filter.length / 8).toBeLessThanOrEqual(4096);
    expect(filter.readUInt16LE(filter.length - 8)).toBe(0x06);
  });

  test.each([
    ['mount', 165],
    ['umount2', 166],
    ['pivot_root', 155],
    ['unshare', 272],
    ['setns', 308],
    ['fsopen', 430],
    ['move_mount', 429],
    ['open_tree', 428],
    ['mount_setattr', 442],
    ['open_by_handle_at', 304],
    ['init_module', 175],
    ['finit_module', 313],
    ['kexec_load', 246],
    ['kexec_file_load', 320],
    ['bpf', 321],
    ['perf_event_open', 298],
    ['io_uring_setup', 425],
    ['userfaultfd', 323],
    ['keyctl', 250],
    ['add_key', 248],
    ['reboot', 169],
    ['swapon', 167],
    ['settimeofday', 164],
    ['iopl', 172],
    ['syslog', 103],
    ['process_vm_writev', 311],
  ])('refuses %s', (_, number) => {
    expect(verdict(number)).toBe(EPERM);
  });

  test.each([
    ['read', 0],
    ['openat', 257],
    ['execve', 59],
    ['fork', 57],
    ['vfork', 58],
    ['chroot', 161],
    ['setuid', 105],
    ['fchownat', 260],
    ['ioctl', 16],
    ['prctl', 157],
    ['ptrace', 101],
    ['statx', 332],
    ['openat2', 437],
    ['the last call of all', 0x3fffffff],
  ])('lets %s go', (_, number) => {
    expect(verdict(number)).toBe('allow');
  });

  test('lets processes and threads be made, and no name space', () => {
    const flags = { SIGCHLD: 17n, thread: 0x3d0f00n, vfork: 0x4111n };
    for (const first of Object.values(flags)) expect(verdict(56, { first })).toBe('allow');
    for (const bit of [0x00020000n, 0x02000000n, 0x04000000n, 0x08000000n, 0x10000000n, 0x20000000n, 0x40000000n])
      expect(verdict(56, { first: bit | 17n })).toBe(EPERM);
  });

  test('says that clone3, whose flags it cannot see, does not exist: the C library then takes clone', () => {
    expect(verdict(435)).toBe(ENOSYS);
  });

  test('refuses sockets that go past the network name space, and no others', () => {
    for (const family of [17n, 38n, 40n]) expect(verdict(41, { first: family })).toBe(EAFNOSUPPORT);
    for (const family of [1n, 2n, 10n, 16n]) expect(verdict(41, { first: family })).toBe('allow');
    // The same numbers are nothing to another call.
    expect(verdict(3, { first: 40n })).toBe('allow');
  });

  test('refuses the calls of other architectures, and those of x32, whatever their numbers', () => {
    for (const architecture of [0x40000003, 0xc00000b7, 0]) {
      expect(verdict(0, { architecture })).toBe(ENOSYS);
      expect(verdict(21, { architecture })).toBe(ENOSYS);
    }
    for (const number of [0x40000000, 0x400000a5, 0xffffffff]) expect(verdict(number)).toBe(ENOSYS);
  });
});
