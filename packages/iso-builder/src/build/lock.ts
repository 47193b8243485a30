import { basename, dirname, join } from 'node:path';

/** The lock on what is built for a destination; it is beside it. */
export const destinationLock = (destination: string): string =>
  join(dirname(destination), `.${basename(destination)}.lock`);
