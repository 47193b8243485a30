/** Prints, for Nx to hash, where builds run: `container`, or `host` with the digest of this machine's system. */
import { executorOf } from '@phyllome/pipeline/image';

console.log(await executorOf(process.env));
