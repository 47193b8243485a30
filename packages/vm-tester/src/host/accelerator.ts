import { spawn } from 'node:child_process';
import { access, constants, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuTimeMs, parentDeathPrefix, temporaryDirectory } from '@phyllome/host';
import { PROBE_SECTOR } from './probe-sector.ts';
import type { Qemu } from './qemu.ts';

/** What runs the guest's code: the host's processor, or QEMU's emulation of one. */
export type Accelerator = 'kvm' | 'tcg';

/** Whether an accelerator runs the probe sector, and how fast. */
export interface ProbeResult {
  accelerator: Accelerator;
  works: boolean;
  /** Why, in a few words. */
  reason: string;
  /**
   * CPU time of the sector's fixed loop in ms, which a busy host changes little; undefined when it was not seen to begin
   * and to end.
   */
  loopCpuMs?: number | undefined;
}

/** TCG answers in half a second on an idle core; this allows for a busy one. */
const PROBE_TIMEOUT_MS: Record<Accelerator, number> = { kvm: 5_000, tcg: 30_000 };

/** isa-debug-exit turns the value 0x10 that the sector writes into this exit status. */
const EXIT_PASS = 33;

/** SeaBIOS does not boot a disk of one sector. */
const PROBE_DISK_BYTES = 1 << 20;

/** QEMU's arguments for the machine that runs the probe sector, as a disk. */
export function probeArgv(accelerator: Accelerator, cpu: string, disk: string): string[] {
  const blockdev = JSON.stringify({ driver: 'raw', 'node-name': 'probe', file: { driver: 'file', filename: disk } });
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '64'],
    ['-machine', 'q35', '-accel', accelerator, '-cpu', cpu],
    ['-blockdev', blockdev, '-device', 'ide-hd,drive=probe'],
    ['-chardev', 'stdio,id=probe,signal=off', '-device', 'isa-debugcon,iobase=0xe9,chardev=probe'],
    ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
  ].flat();
}

/** Whether this user may open /dev/kvm. It says little of whether that works. */
export async function kvmIsAccessible(): Promise<boolean> {
  return await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Runs the probe sector under one accelerator. That /dev/kvm opens says little: some hosts accept every ioctl
 * and then never run the guest, so the only question asked is whether the sector's code gives the right answer.
 */
export async function probeAccelerator(
  qemu: Qemu,
  accelerator: Accelerator,
  cpu: string,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  if (accelerator === 'kvm' && !(await kvmIsAccessible())) {
    return { accelerator, works: false, reason: '/dev/kvm is absent or not accessible', loopCpuMs: undefined };
  }
  await using directory = await temporaryDirectory('vmt-probe-');
  const disk = join(directory.path, 'probe.img');
  await writeFile(disk, Buffer.concat([PROBE_SECTOR, Buffer.alloc(PROBE_DISK_BYTES - PROBE_SECTOR.length)]));

  signal?.throwIfAborted();
  const timeoutMs = PROBE_TIMEOUT_MS[accelerator];
  const [command = qemu.path, ...args] = [
    ...parentDeathPrefix(process.env),
    qemu.path,
    ...probeArgv(accelerator, cpu, disk),
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let timedOut = false;
  const timer = setTimeout(() => (timedOut = child.kill('SIGKILL')), timeoutMs);
  const onAbort = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', onAbort);
  try {
    let output = '';
    let errors = '';
    let [loopStart, loopEnd]: (number | undefined)[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1');
      if (output === 'S') loopStart = cpuTimeMs(child.pid ?? 0);
      else if (output.includes('E')) loopEnd ??= cpuTimeMs(child.pid ?? 0);
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const end = await new Promise<number | string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, by) => resolve(status ?? by ?? 'unknown'));
    });
    signal?.throwIfAborted();
    const loopCpuMs = loopStart === undefined || loopEnd === undefined ? undefined : loopEnd - loopStart;
    if (timedOut) {
      const reason = `no answer to the probe sector within ${timeoutMs / 1000} s`;
      return { accelerator, works: false, reason, loopCpuMs };
    }
    return { accelerator, loopCpuMs, ...judgeProbe(output, end, errors) };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** What the sector's output and QEMU's exit status, or the signal that ended it, mean. */
export function judgeProbe(output: string, end: number | string, errors: string): { works: boolean; reason: string } {
  if (end === EXIT_PASS && output === 'SEok') return { works: true, reason: 'ran the probe sector' };
  if (output.endsWith('no')) return { works: false, reason: 'computed the probe sector wrongly' };
  return { works: false, reason: errors.trim().split('\n').at(-1) || `QEMU ended with ${end}` };
}
