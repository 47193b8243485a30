import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { temporaryDirectory } from '@phyllome/host';
import {
  type Attempt,
  type BuildEventBody,
  type Engine,
  type Executor,
  type ExecutorOptions,
  inContainer,
  IsoBuildError,
  type Job,
  keepLogs,
  type MachineNeeds,
  receive,
  type TarEntry,
} from '@phyllome/iso-builder';
import { type Host, probeHost, takeTokens } from '@phyllome/vm-tester/qemu';
import { checkMachine } from './checks.ts';
import { ensureMachineImage, type MachineImage } from './image/machine-image.ts';
import { makeDisk, makeScratchDisk, outputEntries, writeInputDisk } from './machine/disks.ts';
import { Machine } from './machine/machine.ts';
import { capabilitiesOf, environmentOf } from './machine/start-script.ts';
import { workParent } from './work-directory.ts';

/** More are of little use to what livemedia-creator does. */
const mostCpus = 8;

/**
 * livemedia-creator in a virtual machine that boots the builder's image, which is only read. Inputs and results are
 * disks, read and written as tar archives: nothing of the machine is mounted here, and nothing of this machine there.
 */
export function machineExecutor(
  { builder, neededBytes }: ExecutorOptions,
  { env, engine }: { env: NodeJS.ProcessEnv; engine: (signal: AbortSignal) => Promise<Engine> },
): Executor {
  let made: { image: MachineImage; onEvent: (event: BuildEventBody) => void } | undefined;
  return {
    paths: inContainer,
    // A work directory goes with its process, however that ends.
    reap: () => Promise.resolve([]),
    check: () => checkMachine({ builder, neededBytes, env }),
    async prepare({ signal, onEvent }) {
      const image = await ensureMachineImage(builder, needsOf(builder), {
        env,
        signal,
        onEvent,
        engine: () => engine(signal),
      });
      made = { image, onEvent };
      return { id: image.imageId, digest: builder.contextDigest, built: image.made };
    },
    checkWith: () => Promise.resolve([]),
    async create(job) {
      if (made === undefined) throw new TypeError('its image is prepared first');
      return await createAttempt(job, { builder, env, ...made });
    },
  };
}

/** @throws {IsoBuildError} HOST_UNSUITABLE */
function needsOf({ name, machine }: ExecutorOptions['builder']): MachineNeeds {
  if (machine !== undefined) return machine;
  throw new IsoBuildError('HOST_UNSUITABLE', `the ${name} builder does not run in a virtual machine`, {
    hint: 'build in a container (PHYLLOME_ISOLATION=container)',
  });
}

interface Prepared {
  builder: ExecutorOptions['builder'];
  env: NodeJS.ProcessEnv;
  image: MachineImage;
  onEvent: (event: BuildEventBody) => void;
}

async function createAttempt(job: Job, { builder, env, image, onEvent }: Prepared): Promise<Attempt> {
  const needs = needsOf(builder);
  await using resources = new AsyncDisposableStack();
  const directory = resources.use(await temporaryDirectory('phyllome-vm-', workParent(env))).path;
  const file = (name: string): string => join(directory, name);
  const environment = environmentOf(image.environment, {
    ...builder.environment,
    ...(job.sourceDateEpoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(job.sourceDateEpoch) }),
  });
  await writeInputDisk(file('input'), job, {
    isoName: job.isoName,
    environment,
    capabilities: capabilitiesOf(builder.privileges),
    processes: builder.limits?.processes,
  });
  await makeScratchDisk(file('scratch'), needs.diskMiB, env);
  await makeDisk(file('output'), needs.diskMiB);
  const host = await probeHost({ env });
  let machine: Machine | undefined;
  const entries = (): AsyncGenerator<TarEntry> => outputEntries(file('output'), machine?.written ?? 0);
  const owned = resources.move();
  return {
    async run(options) {
      const size = { cpus: Math.min(availableParallelism(), mostCpus), memoryMiB: needs.memoryMiB };
      owned.use(
        await takeTokens(size, {
          signal: options.signal,
          onWait: (holders) =>
            onEvent({
              type: 'warning',
              message: `waiting for memory and processors, which other machines have: ${holders}`,
            }),
        }),
      );
      machine = owned.use(await startMachine(host, { ...size, image, needs, directory, installer: job.installer }));
      return await machine.run(options);
    },
    sizeOf: async (path) => await machine?.sizeOf(path),
    async fetchLogs(target) {
      const remarks = await keepLogs(inFolder(entries(), 'logs'), target);
      const kernel = (machine?.kernelLines ?? []).map((line) => `${line}\n`).join('');
      await writeFile(join(target, 'kernel.log'), kernel, { flag: 'wx' });
      return remarks;
    },
    async fetchResult(name, target, options) {
      for await (const { header, content } of entries())
        if (header.type === 'file' && header.name === `result/${name}`)
          return await receive(content, header.size ?? 0, target, options);
      return undefined;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const startMachine = (
  host: Host,
  {
    image,
    needs: { network, kernelArguments },
    directory,
    installer,
    ...size
  }: {
    image: MachineImage;
    needs: MachineNeeds;
    directory: string;
    installer: string | undefined;
    cpus: number;
    memoryMiB: number;
  },
): Promise<Machine> =>
  Machine.start(
    host,
    {
      ...size,
      host,
      network,
      kernelArguments,
      kernel: image.kernel,
      initramfs: image.initramfs,
      disks: [
        { name: 'image', file: image.root, readOnly: true },
        { name: 'input', file: join(directory, 'input'), readOnly: true },
        { name: 'scratch', file: join(directory, 'scratch'), readOnly: false },
        { name: 'output', file: join(directory, 'output'), readOnly: false },
        ...(installer === undefined ? [] : [{ name: 'installer' as const, file: installer, readOnly: true }]),
      ],
    },
    directory,
  );

async function* inFolder(entries: AsyncGenerator<TarEntry>, folder: string): AsyncGenerator<TarEntry> {
  for await (const entry of entries) if (entry.header.name.startsWith(`${folder}/`)) yield entry;
}
