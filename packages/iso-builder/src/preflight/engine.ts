import { architectures, editionArchitecture, foreignArchitecture } from '@phyllome/host';
import type { Builder } from '../build/builder.ts';
import { infoOf } from '../container/requests.ts';
import type { EngineInfo } from '../engine/info.ts';
import type { Engine } from '../engine/engine.ts';
import { gibibytes } from '../units.ts';
import type { PreflightCheck } from './check.ts';
import { freeBytes, judgeSpace } from './space.ts';

/** Versions that the tests of this package run with; older ones may lack what it asks for. */
const oldest = { docker: [20, 10], podman: [4, 3] } as const;
/** Certificates and signatures of packages are judged by the clock; half a minute of slow answers does not matter. */
const clockToleranceMs = 5 * 60_000;

/** Is the engine of a version that is known to do? Pure. */
export function judgeVersion({ kind, version }: Pick<Engine, 'kind' | 'version'>): PreflightCheck {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [needMajor, needMinor] = oldest[kind];
  const recent = major > needMajor || (major === needMajor && minor >= needMinor);
  return {
    id: 'engine-version',
    status: recent ? 'ok' : 'unknown',
    found: recent ? `${kind} ${version}` : `${kind} ${version} is older than ${needMajor}.${needMinor}`,
    why: 'older ones are not tested',
    fix: `install ${kind} ${needMajor}.${needMinor} or newer`,
  };
}

/**
 * Is the machine that builds of the architecture of editions? Their packages' programs run while they are installed. Pure.
 *
 * @param machine as `uname -m` or OCI call it; undefined: the engine does not say
 */
export function judgeArchitecture(machine: string | undefined): PreflightCheck {
  const row = Object.values(architectures).find(({ name, debian }) => machine === name || machine === debian);
  const foreign = machine === undefined ? undefined : foreignArchitecture(row?.name ?? machine);
  return {
    id: 'architecture',
    ...(machine === undefined
      ? { status: 'unknown', found: 'the engine does not report the architecture of its machine' }
      : foreign === undefined
        ? { status: 'ok', found: `the machine that builds is ${editionArchitecture.name}` }
        : { status: 'failed', found: foreign.cannot.replace('this machine', 'the machine that builds') }),
    why: "the builder's programs, and those of the packages that it installs, run there",
    fix: foreignArchitecture(row?.name ?? '')?.can ?? '',
  };
}

/** Do the clocks agree, and are the sources of the past? Times in milliseconds since the epoch. Pure. */
export function judgeClock(times: {
  here: number;
  engine: number | undefined;
  sources?: number | undefined;
}): PreflightCheck {
  return {
    id: 'clock',
    ...compareClocks(times),
    why: 'certificates and signatures of packages are judged by it',
    fix: 'set the clock, e.g. timedatectl set-ntp true, here and on the machine of the engine',
  };
}

function compareClocks({
  here,
  engine,
  sources,
}: Parameters<typeof judgeClock>[0]): Pick<PreflightCheck, 'status' | 'found'> {
  const now = new Date(here).toISOString();
  if (sources !== undefined && sources > here + clockToleranceMs)
    return {
      status: 'failed',
      found: `it is ${now} here, before the sources were last changed, ${new Date(sources).toISOString()}`,
    };
  if (engine === undefined || Number.isNaN(engine))
    return { status: 'unknown', found: 'the engine does not report its time' };
  const apart = Math.abs(engine - here);
  return apart > clockToleranceMs
    ? { status: 'failed', found: `the engine's clock is ${Math.round(apart / 1000)} s from this machine's` }
    : { status: 'ok', found: `it is ${now}, here and for the engine` };
}

/**
 * anaconda itself wants less; building with it is reported to fail below this.
 * Docker's and Podman's `MemTotal` is a little less than what the machine is said to have.
 */
const enoughMemoryBytes = 7 * 2 ** 30;

/** Has the machine enough memory for the builder? Pure. */
export const judgeMemory = (bytes: number | undefined, builder: Pick<Builder, 'kernel'>): PreflightCheck => ({
  id: 'memory',
  // A builder that installs into a file system image has the installer in memory beside it.
  ...(builder.kernel === undefined
    ? { status: 'not-applicable', found: 'this builder needs little' }
    : bytes === undefined || bytes === 0
      ? { status: 'unknown', found: 'the memory of its machine is not reported' }
      : bytes < enoughMemoryBytes
        ? {
            status: 'unknown',
            found: `the engine's machine has ${gibibytes(bytes)} of memory, which may be too little`,
          }
        : { status: 'ok', found: `the engine's machine has ${gibibytes(bytes)} of memory` }),
  why: 'the installer, its package manager and mksquashfs share it',
  fix: "give the engine's machine 8 GB",
});

/** What an engine says of itself; of Docker's answer the little that is used. */
/** @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST */
export async function checkEngine(
  engine: Engine,
  options: { builder: Builder; sourceDateEpoch?: number | undefined; neededBytes?: number | undefined },
  info?: EngineInfo,
): Promise<PreflightCheck[]> {
  const { builder, sourceDateEpoch, neededBytes: needed } = options;
  const { Architecture, SystemTime, MemTotal, DockerRootDir } = info ?? (await infoOf(engine));
  const clock = judgeClock({
    here: Date.now(),
    // Podman does not fill it.
    engine: SystemTime === undefined || SystemTime.startsWith('0001') ? undefined : Date.parse(SystemTime),
    sources: sourceDateEpoch === undefined ? undefined : sourceDateEpoch * 1000,
  });
  // An engine on this machine has this machine's clock.
  const known =
    clock.status === 'unknown' && engine.local
      ? { ...clock, status: 'ok' as const, found: 'the engine is on this machine' }
      : clock;
  // An engine in a virtual machine of its own answers on a local socket, too: its folder is not here then.
  const free = engine.local && DockerRootDir !== undefined ? await freeBytes(DockerRootDir) : undefined;
  const what = `${engine.kind}'s storage${DockerRootDir === undefined ? '' : `, ${DockerRootDir},`}`;
  return [
    judgeVersion(engine),
    judgeArchitecture(Architecture),
    known,
    judgeMemory(MemTotal, builder),
    // A machine elsewhere is probed from inside a container, once there is one.
    ...(engine.local ? [judgeSpace('space-engine', { what, free, needed })] : []),
  ];
}
