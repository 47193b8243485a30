import { editionArchitecture } from '@phyllome/host/architecture';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { digestOfPlainFile } from '@phyllome/host/plain-file';
import { execa } from 'execa';
import { VmTesterError } from '../errors.ts';
import { findOvmf } from '../qemu/firmware.ts';
import { kvmIsAccessible } from './accelerator.ts';
import { findQemu } from './qemu.ts';

/** What of a machine decides verdicts, beside the tester's own code. */
export interface Tester {
  /** Version of QEMU. */
  qemu?: string;
  /** Digest of SeaBIOS. */
  bios?: string[];
  /** Digest of the code and of the variables of UEFI, with and without Secure Boot. */
  uefi?: string[];
  uefiSecure?: string[];
  /** Whether KVM may be used: what is slow under TCG is judged by other limits. */
  kvm: boolean;
}

/**
 * Describes the machine that judges. What it lacks is left out, and is not an error.
 *
 * @throws the signal's reason when aborted
 */
export async function describeTester({
  env,
  signal,
}: {
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}): Promise<Tester> {
  const [qemu, bios, uefi, uefiSecure, kvm] = await Promise.all([
    unlessMissing(findQemu(env)),
    findSeaBios(env).then((paths) => digestsOf(paths, signal)),
    unlessMissing(findOvmf(false).then(({ code, vars }) => digestsOf([code, vars], signal))),
    unlessMissing(findOvmf(true).then(({ code, vars }) => digestsOf([code, vars], signal))),
    kvmIsAccessible(),
  ]);
  return {
    ...(qemu === undefined ? {} : { qemu: qemu.version }),
    ...(bios.length === 0 ? {} : { bios }),
    ...(uefi === undefined ? {} : { uefi }),
    ...(uefiSecure === undefined ? {} : { uefiSecure }),
    kvm,
  };
}

/** QEMU lists the directories that it looks for firmware in, and takes the first. */
async function findSeaBios(env: NodeJS.ProcessEnv): Promise<string[]> {
  const { stdout } = await execa(editionArchitecture.qemu, ['-L', 'help'], { env, extendEnv: false, reject: false });
  const found = (stdout ?? '').split('\n').map((directory) => join(directory, 'bios-256k.bin'));
  return found.filter((path) => isAbsolute(path) && existsSync(path)).slice(0, 1);
}

/** Distributions link one name of a firmware to another. */
async function digestsOf(links: readonly string[], signal: AbortSignal): Promise<string[]> {
  const paths = await Promise.all(links.map((path) => realpath(path)));
  const digests = await Promise.all(paths.map((path) => digestOfPlainFile(path, { signal })));
  return digests.map(({ sha256 }) => `sha256:${sha256}`);
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof VmTesterError) return undefined;
    throw error;
  }
}
