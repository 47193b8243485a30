import { hostSupply } from './tokens.ts';
import type { Supply, TokenRequest } from './tokens.ts';

/** How many machines of a size the host carries at once, each with CPUs and memory of its own; at least one. */
export function machinesAtOnce(
  { cpus, memoryMiB }: TokenRequest,
  supply: Pick<Supply, 'cpus' | 'memoryMiB'> = hostSupply(),
): number {
  return Math.max(1, Math.floor(Math.min(supply.cpus / cpus, supply.memoryMiB / memoryMiB)));
}
