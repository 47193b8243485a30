/** A process that runs a machine until it is killed; it tells QEMU's pid. */
import { startMachine } from '../../src/index.ts';

await using machine = await startMachine({ image: { disk: process.argv[2] ?? '', format: 'raw' } });
process.stdout.write(`${machine.pid}\n`);
await machine.boot();
