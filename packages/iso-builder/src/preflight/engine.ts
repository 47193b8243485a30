import { request } from '../container/requests.ts';
import type { Engine } from '../engine/engine.ts';
import type { PreflightCheck } from './check.ts';

/** Versions that the tests of this package run with; older ones may lack what it asks for. */
const oldest = { docker: [20, 10], podman: [4, 3] } as const;
/** Certificates and signatures of packages are judged by the clock; half a minute of slow answers does not matter. */
const clockToleranceMs = 5 * 60_000;

/** Is the engine of a version that is known to do? Pure. */
export const judgeVersion = ({ kind, version }: Pick<Engine, 'kind' | 'version'>): PreflightCheck => {
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
};

/** Do the clocks agree, and are the sources of the past? Times in milliseconds since the epoch. Pure. */
export const judgeClock = (times: {
  here: number;
  engine: number | undefined;
  sources?: number | undefined;
}): PreflightCheck => {
  return {
    id: 'clock',
    ...compareClocks(times),
    why: 'certificates and signatures of packages are judged by it',
    fix: 'set the clock, e.g. timedatectl set-ntp true, here and on the machine of the engine',
  };
};

const compareClocks = ({
  here,
  engine,
  sources,
}: Parameters<typeof judgeClock>[0]): Pick<PreflightCheck, 'status' | 'found'> => {
  const now = new Date(here).toISOString();
  if (sources !== undefined && sources > here + clockToleranceMs)
    return {
      status: 'failed',
      found: `it is ${now} here, before the sources were last changed, ${new Date(sources).toISOString()}`,
    };
  if (engine === undefined || Number.isNaN(engine))
    return { status: 'unknown', found: 'the engine does not tell its time' };
  const apart = Math.abs(engine - here);
  return apart > clockToleranceMs
    ? { status: 'failed', found: `the engine's clock is ${Math.round(apart / 1000)} s from this machine's` }
    : { status: 'ok', found: `it is ${now}, here and for the engine` };
};

/** @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST */
export const checkEngine = async (
  engine: Engine,
  { sourceDateEpoch }: { sourceDateEpoch?: number | undefined },
): Promise<PreflightCheck[]> => {
  const { SystemTime } = await request(engine, 'say what time it is', async (): Promise<{ SystemTime?: string }> =>
    engine.docker.info(),
  );
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
  return [judgeVersion(engine), known];
};
