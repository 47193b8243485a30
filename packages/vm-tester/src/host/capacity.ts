import { availableParallelism, freemem } from 'node:os';

/** What a machine takes of its host. */
export interface MachineSize {
  cpus: number;
  memoryMiB: number;
}

/** QEMU's own, and what the host keeps of a medium in its cache. */
const OVERHEAD_MIB = 512;
/** Memory that is free now is not all for us. */
const MEMORY_SHARE = 0.8;

/**
 * How many machines of a size the host carries at once: each has its CPUs to itself, as deadlines are made for that, and
 * its memory. At least one: a host that is too small is slow, which deadlines know of.
 */
export function machinesAtOnce(
  { cpus, memoryMiB }: MachineSize,
  host: MachineSize = { cpus: availableParallelism(), memoryMiB: freemem() / 2 ** 20 },
): number {
  const byMemory = (host.memoryMiB * MEMORY_SHARE) / (memoryMiB + OVERHEAD_MIB);
  return Math.max(1, Math.floor(Math.min(host.cpus / cpus, byMemory)));
}
