/**
 * Where the disks of machines are, each build's in a directory of its own that goes with its process: `TMPDIR`, else
 * `/var/tmp`, for `/tmp` is in memory on many systems.
 */
export const workParent = (env: NodeJS.ProcessEnv): string => env['TMPDIR'] || '/var/tmp';
