import { IsoBuildError } from '@phyllome/iso-builder';

/** What was seen of a machine that ended without the word that livemedia-creator has. */
export interface MachineEnd {
  /** QEMU's status, or the signal's name. */
  status: number | string;
  /** What it wrote to its standard error. */
  stderr: string;
  /** The last lines of the kernel's console, oldest first. */
  kernelLines: readonly string[];
  /** What its first process gave up for. */
  gaveUp: string | undefined;
  /** A disk of it could not be written, for want of room on the host's. */
  hostDiskFull: boolean;
  /** Where its disks are. */
  directory: string;
  memoryMiB: number;
}

/** Why a machine ended, as an error. Pure. */
export function explainEnd(end: MachineEnd): IsoBuildError {
  const { status, stderr, kernelLines, gaveUp, hostDiskFull, directory, memoryMiB } = end;
  const evidence = { lastLines: [...kernelLines] };
  if (hostDiskFull)
    return new IsoBuildError('DISK_TOO_SMALL', `the disk of ${directory}, where the machine's disks are, is full`, {
      hint: 'free some space there, or set TMPDIR to a directory on another disk',
      evidence,
    });
  const panic = kernelLines.map((line) => /Kernel panic - not syncing: (.*)$/u.exec(line)?.[1]).find(Boolean);
  if (panic !== undefined) {
    const memory = /out of memory|deadlocked on memory/iu.test(panic);
    return new IsoBuildError('MACHINE_FAILED', `the kernel of the builder's machine panicked: ${panic.trim()}`, {
      hint: memory
        ? `its ${memoryMiB} MiB of memory do not do for this kickstart: build in a container (PHYLLOME_ISOLATION=container)`
        : 'logs/console.log says how far the build was; PHYLLOME_ISOLATION=container builds without a machine',
      evidence,
    });
  }
  if (gaveUp !== undefined)
    return new IsoBuildError('MACHINE_FAILED', `the builder's machine gave up: ${gaveUp}`, {
      hint: 'free space where the machine works, or build in a container (PHYLLOME_ISOLATION=container)',
      evidence,
    });
  if (typeof status === 'string')
    return new IsoBuildError('MACHINE_FAILED', `QEMU, which ran the builder's machine, was ended by ${status}`, {
      hint:
        status === 'SIGKILL'
          ? 'somebody killed it, or this machine ran out of memory: see its kernel log (dmesg)'
          : "this is a fault of QEMU's: install a newer one, or build in a container (PHYLLOME_ISOLATION=container)",
      evidence,
    });
  return new IsoBuildError(
    'MACHINE_FAILED',
    `the builder's machine ended before its build did: ${stderr || `QEMU ended with ${status}`}`,
    { hint: 'build in a container (PHYLLOME_ISOLATION=container), and report it', evidence },
  );
}

/** Did the kernel end a process for want of memory? (Linux, `mm/oom_kill.c`.) Pure. */
export const ranOutOfMemory = (kernelLines: readonly string[]): boolean =>
  kernelLines.some((line) => /Out of memory: Killed process \d+/u.test(line));
