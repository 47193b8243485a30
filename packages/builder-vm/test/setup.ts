import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Builder,
  buildIso,
  type BuildIsoOptions,
  type IsoBuild,
  type MachineEngine,
  type MachineNeeds,
} from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { puppetBuild, puppetBuilder, temporaryDirectory } from '../../iso-builder/test/puppet/puppet.ts';
import { openMachineEngine } from '../src/index.ts';

const containers = join(import.meta.dirname, '../../../containers');

/** The puppet, in machines that boot the rehearsal's kernel. Its image and those of machines go afterwards, the kernel is kept. */
export interface MachineSetup extends AsyncDisposable {
  readonly engine: MachineEngine;
  readonly folder: string;
  /** Starts a build in which the puppet does this, in a machine that is given as much. */
  build(action: string, options?: Partial<BuildIsoOptions>, needs?: Partial<MachineNeeds>): IsoBuild;
  /** Directories of machines of this process that are there. */
  left(): Promise<string[]>;
}

export async function machineSetup(): Promise<MachineSetup> {
  const resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryDirectory('/var/tmp')).path;
  const work = join(folder, 'work');
  await mkdir(work);
  const env = { ...process.env, TMPDIR: work };
  const engine = resources.use(await openMachineEngine({ env }));
  const puppet = await puppetBuilder(folder);
  const { system } = rehearsalBuilder(containers).machine;
  const builder = (needs: Partial<MachineNeeds> = {}): Builder => ({
    ...puppet,
    machine: { memoryMiB: 384, diskMiB: 1024, network: false, system, ...needs },
  });
  return {
    engine,
    folder,
    build: (action, options = {}, needs = {}) =>
      buildIso({ ...puppetBuild(folder, action), engine, builder: builder(needs), ...options }),
    left: () => readdir(work),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
