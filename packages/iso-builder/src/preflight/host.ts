import { access, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import type { Builder } from '../build/builder.ts';
import { hostConfig } from '../container/container.ts';
import { infoOf } from '../container/requests.ts';
import { needsNames, nodesToName } from '../container/loop-devices.ts';
import { runScript } from '../container/run-script.ts';
import type { Engine } from '../engine/engine.ts';
import { type EngineInfo, isRootless } from '../engine/info.ts';
import type { PreflightCheck } from './check.ts';
import { type LoopTrial, loopTrialScript, parseLoopTrial } from './loop-trial.ts';
import { judgeSpace } from './space.ts';
import type { KernelNeeds } from '../build/builder.ts';

/** What the machine of an engine is able to do. */
export interface Host {
  /** As in /proc/filesystems: those its kernel has now. */
  readonly filesystems: ReadonlySet<string>;
  /** File systems it can load as modules when something is mounted; undefined: unknown. */
  readonly modules: ReadonlySet<string> | undefined;
  readonly loopControl: boolean;
  /** The engine runs without root, and cannot give devices of its machine. */
  readonly rootless?: boolean | undefined;
  /** What a container of the builder could do; undefined: no container was there to try it. */
  readonly trial?: LoopTrial | undefined;
  /** Bytes that a container may still write; undefined: no container was there to ask. */
  readonly freeBytes: number | undefined;
}

/**
 * Looks at the machine: through a container of the builder's image, which shows what the build will see on any engine;
 * without an image at this one, if the engine runs on it.
 *
 * @returns undefined when neither is possible
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function lookAtHost(
  engine: Engine,
  builder: Builder,
  imageId: string | undefined,
  known?: EngineInfo,
): Promise<Host | undefined> {
  const info = known ?? (await infoOf(engine));
  const here = engine.local && (info.KernelVersion ?? release()) === release();
  if (imageId === undefined) return here ? await lookHere() : undefined;
  const needs = builder.kernel;
  const look = `cat /proc/filesystems; echo --; ls -d ${probedFiles.join(' ')} 2> /dev/null; echo --; df -Pk /; echo --`;
  const lines = await runScript(engine, {
    imageId,
    builder: builder.name,
    script: needs?.loopDevices ? `${look}\n${loopTrialScript(needs.filesystems)}` : look,
    hostConfig: hostConfig(builder.privileges, {
      kind: engine.kind,
      securityOptions: info.SecurityOptions ?? [],
      loopNodes: builder.privileges.loopDevices ? await nodesToName(engine, imageId) : [],
    }),
  });
  const [filesystems = '', files = '', df = '', trial = ''] = `${lines.join('\n')}\n`.split('--\n');
  return {
    filesystems: parseFilesystems(filesystems),
    modules: await modulesOf(files, here),
    loopControl: files.includes('/dev/loop-control'),
    freeBytes: parseFree(df),
    rootless: isRootless(info),
    ...(needs?.loopDevices ? { trial: parseLoopTrial(trial) } : {}),
  };
}

/** Looks at this machine. */
export async function lookHere(): Promise<Host> {
  const files = (await Promise.all(probedFiles.map(nameIfThere))).join('\n');
  return {
    filesystems: parseFilesystems(await readText('/proc/filesystems')),
    modules: await modulesOf(files, true),
    loopControl: files.includes('/dev/loop-control'),
    freeBytes: undefined,
  };
}

/** A kernel without this file was made without modules (proc(5)). */
const modulesOf = async (files: string, here: boolean): Promise<Set<string> | undefined> =>
  files.includes('/proc/modules') ? (here ? await localModules() : undefined) : new Set();

const probedFiles = ['/dev/loop-control', '/proc/modules'];

const nameIfThere = (path: string): Promise<string> =>
  access(path).then(
    () => path,
    () => '',
  );

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** The names in /proc/filesystems (proc(5)). Pure. */
export const parseFilesystems = (text: string): Set<string> =>
  new Set(text.split('\n').flatMap((line) => line.split('\t')[1]?.trim() || []));

/** The free space in the answer of `df -Pk`, in bytes. Pure. */
function parseFree(text: string): number | undefined {
  const kibibytes = Number(text.trim().split('\n').at(-1)?.split(/\s+/u)[3]);
  return Number.isFinite(kibibytes) ? kibibytes * 1024 : undefined;
}

/**
 * File systems among the modules of this machine's kernel: what it mounts it loads, also for containers. Undefined where
 * the modules cannot be seen, as in a container.
 */
async function localModules(): Promise<Set<string> | undefined> {
  const lists = ['modules.dep', 'modules.builtin'].map((name) => readText(`/lib/modules/${release()}/${name}`));
  const text = (await Promise.all(lists)).join('\n');
  if (text.trim() === '') return undefined;
  return new Set([...text.matchAll(/^kernel\/fs\/(?:\S+\/)?([^/\s]+)\.ko/gmu)].map(([, name = '']) => name));
}

const why: Record<'ext4' | 'vfat', string> = {
  ext4: 'the system is installed into a file with ext4 in it, which lorax mounts',
  vfat: 'lorax mounts the FAT image of the UEFI boot loader at the very end of the build',
};

type Kernel = Omit<Host, 'freeBytes'>;

type CheckResult = Pick<PreflightCheck, 'status' | 'found'>;

/** All that is read of an engine's machine. Pure. */
export function judgeHost(
  host: Host | undefined,
  options: {
    builder: Pick<Builder, 'kernel'>;
    engine: Pick<Engine, 'kind' | 'local' | 'version'>;
    neededBytes?: number | undefined;
  },
): PreflightCheck[] {
  const { builder, engine, neededBytes: needed } = options;
  const what = `${engine.kind}'s storage, on its machine,`;
  return [
    ...judgeKernel(host, builder.kernel, engine),
    ...(engine.local ? [] : [judgeSpace('space-engine', { what, free: host?.freeBytes, needed })]),
  ];
}

/** Whether the kernel has what a builder needs; undefined: the kernel is unknown. Pure. */
export const judgeKernel = (
  kernel: Kernel | undefined,
  needs: KernelNeeds | undefined,
  engine?: Pick<Engine, 'kind' | 'version'>,
): PreflightCheck[] => [
  ...(['ext4', 'vfat'] as const).map((name) => ({
    id: `kernel-${name}` as const,
    ...(needs?.filesystems.includes(name) ? judgeFilesystem(kernel, name) : notNeeded),
    why: why[name],
    fix: `modprobe ${name} on the engine's machine, or use an engine on a machine whose kernel has ${name}`,
  })),
  {
    id: 'loop-devices',
    ...(needs?.loopDevices ? judgeLoop(kernel) : notNeeded),
    why: 'the system is installed into a file, which becomes a block device by one',
    fix: loopFix(kernel, engine),
  },
];

const notNeeded: CheckResult = { status: 'not-applicable', found: 'this builder does not need it' };
const notAsked: CheckResult = { status: 'unknown', found: "the kernel can be asked when the builder's image is there" };

function judgeFilesystem(kernel: Kernel | undefined, name: string): CheckResult {
  if (kernel === undefined) return notAsked;
  const trial = kernel.trial?.mounts[name];
  if (trial === 'mounted') return { status: 'ok', found: `a container of the builder mounted ${name}` };
  if (trial !== undefined && /unknown filesystem type/u.test(trial.failed))
    return { status: 'failed', found: `the kernel of the engine's machine has no ${name}, and no module of it` };
  if (trial !== undefined && /permission denied|not permitted|must be superuser/iu.test(trial.failed))
    return { status: 'failed', found: `a container of the builder may not mount ${name}: ${trial.failed}` };
  if (kernel.filesystems.has(name)) return { status: 'ok', found: `the kernel has ${name}` };
  if (kernel.modules === undefined)
    return { status: 'unknown', found: `the kernel has no ${name} now, and may have a module of it` };
  return kernel.modules.has(name)
    ? { status: 'ok', found: `the kernel loads ${name} when it needs it` }
    : { status: 'failed', found: `the kernel of the engine's machine has no ${name}, and no module of it` };
}

function judgeLoop(kernel: Kernel | undefined): CheckResult {
  if (kernel === undefined) return notAsked;
  const { trial } = kernel;
  if (trial?.refused !== undefined) {
    const first = trial.taken.length > 0 ? `after ${trial.taken.join(', ')} ` : '';
    return { status: 'failed', found: `${first}a container of the builder gets no loop device: ${trial.refused}` };
  }
  if (trial !== undefined && trial.taken.length > 0)
    return { status: 'ok', found: `a container of the builder took and freed ${trial.taken.join(' and ')}` };
  return kernel.loopControl
    ? { status: 'ok', found: '/dev/loop-control is there' }
    : { status: 'failed', found: "the engine's machine has no /dev/loop-control" };
}

/** The one thing to do when there are no loop devices to be had. */
function loopFix(kernel: Kernel | undefined, engine: Pick<Engine, 'kind' | 'version'> | undefined): string {
  if (kernel?.rootless)
    return "use an engine that runs as root: a rootless one cannot give its machine's loop devices (sudo systemctl start podman.socket, or PHYLLOME_ENGINE=docker)";
  if (kernel?.trial?.refused !== undefined && engine !== undefined && needsNames(engine))
    return `free a loop device on the engine's machine (losetup --list, losetup --detach), or use Docker, or Podman 4.4 or newer: ${engine.version} gives a build only those that are there`;
  return "modprobe loop on the engine's machine; where that is a container of your own, pass them through";
}
