import { type Architecture, editionArchitecture } from '@phyllome/host/architecture';
import { execa } from 'execa';
import { VmTesterError } from '../errors.ts';

/** A QEMU that prints its version. */
export interface Qemu {
  path: string;
  version: string;
  major: number;
}

/**
 * The QEMU on the PATH and its version.
 * @throws {VmTesterError} QEMU_MISSING when there is none, or it does not print its version.
 */
export async function findQemu(
  env: NodeJS.ProcessEnv = process.env,
  { name, qemu: binary, bios }: Architecture = editionArchitecture,
): Promise<Qemu> {
  const result = await execa(binary, ['--version'], { env, extendEnv: false, reject: false });
  const version = parseQemuVersion(typeof result.stdout === 'string' ? result.stdout : '');
  if (result.failed || version === undefined) {
    throw new VmTesterError(
      'QEMU_MISSING',
      `${binary} is not on the PATH, or does not run: no image ${bios ? '' : `for ${name} `}can be booted`,
      {
        hint: bios ? 'run ./setup, which installs QEMU and OVMF' : 'install the package of QEMU that emulates ARM',
        cause: result,
      },
    );
  }
  return { path: binary, version, major: Number(version.split('.')[0]) };
}

/** `QEMU emulator version 10.0.2 (Debian …)` → `10.0.2`. */
export function parseQemuVersion(output: string): string | undefined {
  return /^QEMU emulator version (\d+\.\d+(?:\.\d+)?)/m.exec(output)?.[1];
}
