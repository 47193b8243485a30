import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildIso, IsoBuildError } from '@phyllome/iso-builder';
import { puppetBuild, temporaryDirectory } from '../../iso-builder/test/puppet/puppet.ts';
import { openMachineEngine } from '../src/index.ts';
import { hostileBuilder } from './hostile-builder.ts';

/** A build of all hostile leaves in a machine, in a process of its own: prints its directory, the console, and how it ended. */
await using folder = await temporaryDirectory('/var/tmp');
const work = join(folder.path, 'work');
await mkdir(work);
console.log(folder.path);
await using engine = await openMachineEngine({ env: { ...process.env, TMPDIR: work } });
await using build = buildIso({ ...puppetBuild(folder.path, 'hostile'), engine, builder: hostileBuilder() });
for await (const event of build.events())
  if (event.type === 'log' && event.source === 'console') console.log(event.line.slice(0, 200));
await build.result.catch((error: unknown) => {
  if (!(error instanceof IsoBuildError)) throw error;
  console.log(`outcome: ${error.code} ${error.evidence.cause}: ${error.message}`);
});
