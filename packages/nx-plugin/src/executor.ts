/**
 * Prints where builds run, for Nx to hash: `container`, or `host` with the digest of this machine's system. Asked at every
 * run of Nx that builds, so that it loads nothing where the answer is known.
 */
if (process.env['PHYLLOME_ENGINE'] === 'host') {
  const { executorOf } = await import('@phyllome/pipeline/image');
  console.log(await executorOf(process.env));
} else console.log('container');
