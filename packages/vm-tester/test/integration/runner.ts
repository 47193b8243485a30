/** `node runner.ts DISK [tpm]`: a process that runs a machine until it is killed; it tells QEMU's pid. */
import { startMachine } from '../../src/index.ts';

const [disk = '', tpm] = process.argv.slice(2);
await using machine = await startMachine({ image: { disk, format: 'raw' }, tpm: tpm === 'tpm' });
process.stdout.write(`${machine.pid}\n`);
await machine.boot();
