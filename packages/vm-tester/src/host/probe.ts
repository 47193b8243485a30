import { architectures, editionArchitecture } from '@phyllome/host/architecture';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDirectory } from '@phyllome/host';
import * as z from 'zod';
import { VmTesterError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { kvmIsAccessible, probeAccelerator } from './accelerator.ts';
import type { Accelerator, ProbeResult } from './accelerator.ts';
import { findQemu } from './qemu.ts';
import type { Qemu } from './qemu.ts';

/** This host as it runs machines: its QEMU, what accelerates it, and how fast it is. */
export interface Host {
  qemu: Qemu;
  accelerator: Accelerator;
  /** Why this accelerator, and why not the faster one. */
  reason: string;
  /** The -cpu model. */
  cpu: string;
  /** 1 on a machine with KVM; 10 or more under TCG. Every deadline is multiplied by it. */
  timeScale: number;
  warnings: string[];
  /** What every accelerator that was tried answered. */
  probes: readonly ProbeResult[];
}

/** How {@link probeHost} asks. */
export interface ProbeOptions {
  /** Probe only this one. */
  accelerator?: Accelerator;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** Ask again instead of believing the answer kept since the host booted. */
  fresh?: boolean;
}

/** Below this, TCG's cmpxchg16b corrupts guests and everything takes three times as long. */
const GOOD_QEMU_MAJOR = 8;

/** The probe's loop takes about this much CPU time under TCG on a core of 2020s make. */
const TCG_REFERENCE_LOOP_MS = 150;
const TCG_REFERENCE_SCALE = 10;
const RUNS: Record<Accelerator, number> = { kvm: 1, tcg: 3 };

/**
 * Finds QEMU and an accelerator that works, by running a boot sector under KVM and then TCG.
 * The answer is kept in the user's cache directory: per boot of the host, version of QEMU, and whether /dev/kvm may be
 * opened.
 * @throws {VmTesterError} QEMU_MISSING, or ACCELERATOR_BROKEN when neither answers.
 */
export async function probeHost(options: ProbeOptions = {}): Promise<Host> {
  const { env = process.env, signal } = options;
  const qemu = await findQemu(env);
  // A user who has loaded KVM's module since, or was given access to it, need not wait for the next boot.
  const kvm = (await kvmIsAccessible()) ? 'kvm' : 'no kvm';
  const key = `${await bootId()}/${qemu.version}/${options.accelerator ?? 'auto'}/${kvm}`;
  const cached = options.fresh ? undefined : await readCache(env, key);
  const results = cached ?? (await runProbes(qemu, options));
  if (!cached) await writeCache(env, key, results);
  signal?.throwIfAborted();
  return judgeHost(qemu, results);
}

async function runProbes(qemu: Qemu, options: ProbeOptions): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  for (const accelerator of options.accelerator ? [options.accelerator] : (['kvm', 'tcg'] as const)) {
    const probe = () => probeAccelerator(qemu, accelerator, cpuModel(accelerator, qemu.major), options.signal);
    let result = await probe();
    // Under TCG the loop's time is our measure of the host. Seen late, its begin makes it too short: the longest counts.
    for (let run = 1; run < RUNS[accelerator] && result.works; run++) {
      const again = await probe();
      if (again.works && (again.loopCpuMs ?? 0) > (result.loopCpuMs ?? 0)) result = again;
    }
    results.push(result);
    if (result.works) break;
  }
  return results;
}

/**
 * The CPU a guest sees. Under TCG it is the x86-64-v2 set: `max` costs a third more time, as it makes guests use
 * instructions that TCG emulates slowly. Before QEMU 8, cmpxchg16b under TCG corrupts the guest's flags.
 */
export function cpuModel(accelerator: Accelerator, qemuMajor: number): string {
  if (accelerator === 'kvm') return 'host';
  return qemuMajor >= GOOD_QEMU_MAJOR ? 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt' : 'max,-cx16';
}

/** The host that a list of probe results, in order of preference, describes. */
export function judgeHost(qemu: Qemu, results: ProbeResult[]): Host {
  const chosen = results.find((result) => result.works);
  const reason = results.map((result) => `${result.accelerator}: ${result.reason}`).join('; ');
  if (!chosen) {
    throw new VmTesterError('ACCELERATOR_BROKEN', `QEMU ${qemu.version} runs no guest code here (${reason})`, {
      hint: `check that ${editionArchitecture.qemu} works on this machine, and its free memory`,
    });
  }
  const old = qemu.major < GOOD_QEMU_MAJOR;
  return {
    qemu,
    accelerator: chosen.accelerator,
    reason,
    cpu: cpuModel(chosen.accelerator, qemu.major),
    timeScale: timeScale(chosen, old),
    warnings: old ? [`QEMU ${qemu.version} is slow and unreliable without KVM; ./setup installs a newer one`] : [],
    probes: results,
  };
}

/** Without the pointer authentication of newer ones, which TCG computes slowly. */
const ARM_CPU = 'cortex-a72';

/**
 * The host as it runs 64-bit ARM: by TCG, at the speed that was measured.
 * @throws {VmTesterError} QEMU_MISSING
 */
export async function emulatingArm(host: Host, env: NodeJS.ProcessEnv = process.env): Promise<Host> {
  const qemu = await findQemu(env, architectures.aarch64);
  const scale = Math.max(host.timeScale, TCG_REFERENCE_SCALE);
  return { ...host, qemu, accelerator: 'tcg', reason: 'tcg: 64-bit ARM is emulated', cpu: ARM_CPU, timeScale: scale };
}

/** The probe loop against the reference, within sensible limits; old QEMU's boots take three times longer. */
export function timeScale(probe: ProbeResult, oldQemu = false): number {
  if (probe.accelerator === 'kvm') return 1;
  const measured = ((probe.loopCpuMs ?? TCG_REFERENCE_LOOP_MS) / TCG_REFERENCE_LOOP_MS) * TCG_REFERENCE_SCALE;
  const bounded = Math.min(40, Math.max(TCG_REFERENCE_SCALE, measured));
  return Math.round(bounded * (oldQemu ? 3 : 1) * 10) / 10;
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown')).trim();
}

function cacheFile(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), 'vm-tester', 'probe.json');
}

const Cache = z.object({
  key: z.string(),
  results: z.array(
    z.object({
      accelerator: z.enum(['kvm', 'tcg']),
      works: z.boolean(),
      reason: z.string(),
      loopCpuMs: z.number().optional(),
    }),
  ),
});

/** Undefined when absent or spoilt: probing again is the answer to both. */
async function readCache(env: NodeJS.ProcessEnv, key: string): Promise<ProbeResult[] | undefined> {
  const cache = parseJson(Cache, await readFile(cacheFile(env), 'utf8').catch(() => ''));
  return cache?.key === key && cache.results.some((result) => result.works) ? cache.results : undefined;
}

/** A cache that cannot be written costs the next run a second; it does not fail this one. */
async function writeCache(env: NodeJS.ProcessEnv, key: string, results: ProbeResult[]): Promise<void> {
  const file = cacheFile(env);
  try {
    await mkdir(dirname(file), { recursive: true });
    const partial = `${file}.${process.pid}`;
    await writeFile(partial, JSON.stringify({ key, results }));
    await rename(partial, file);
  } catch {}
}
