/** `node token-holder.ts DIRECTORY CPUS MEMORY_MIB`: takes tokens, says so, and holds them. */
import { takeTokens } from '../../src/host/tokens.ts';

const [directory = '', cpus, memoryMiB] = process.argv.slice(2);
await takeTokens(
  { cpus: Number(cpus), memoryMiB: Number(memoryMiB) },
  { supply: { cpus: 4, memoryMiB: 4096, directory } },
);
process.stdout.write('held\n');
setInterval(() => {}, 60_000);
