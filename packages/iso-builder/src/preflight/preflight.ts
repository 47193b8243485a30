import type { Builder } from '../build/builder.ts';
import { findImage } from '../container/image.ts';
import { canLimit } from '../container/limits.ts';
import { infoOf } from '../container/requests.ts';
import { userNamespaceFor } from '../container/user-namespace.ts';
import type { BuildEngine, Engine } from '../engine/engine.ts';
import { type EngineInfo, hasUserNamespaces } from '../engine/info.ts';
import type { PreflightCheck } from './check.ts';
import { checkEngine } from './engine.ts';
import { judgeHost, lookAtHost } from './host.ts';
import { checkHost } from './this-machine.ts';

/**
 * All that can be known before a build of whether an engine will do for a builder, those checks included that do not
 * matter to it. Builds nothing; what is not there is said, not thrown.
 *
 * @param options `neededBytes`: as of `buildIso`; without it free space is reported, not judged
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function preflight(
  engine: BuildEngine,
  builder: Builder,
  options: { sourceDateEpoch?: number | undefined; neededBytes?: { engine?: number } } = {},
): Promise<PreflightCheck[]> {
  const { sourceDateEpoch } = options;
  const neededBytes = options.neededBytes?.engine;
  if (engine.kind === 'host') return await checkHost({ builder, neededBytes, env: engine.env });
  if (engine.kind === 'vm') return await engine.preflight({ builder, neededBytes });
  const imageId = await findImage(engine, builder.contextDigest);
  const info = await infoOf(engine);
  const host = await lookAtHost(engine, builder, imageId, info);
  return [
    ...(await checkEngine(engine, { builder, sourceDateEpoch, neededBytes }, info)),
    judgeImage(builder, imageId),
    ...(await checkConfinement(engine, builder, info)),
    ...judgeHost(host, { builder, engine, neededBytes }),
  ];
}

async function checkConfinement(engine: Engine, builder: Builder, info: EngineInfo): Promise<PreflightCheck[]> {
  const own = await userNamespaceFor(engine, builder, { info });
  return [judgeUserNamespace(own !== undefined || hasUserNamespaces(info), builder), judgeLimits(info, builder)];
}

/** Can the engine limit what a build uses? Pure. */
export function judgeLimits(info: EngineInfo, { limits }: Pick<Builder, 'limits'>): PreflightCheck {
  const { memory, processes } = canLimit(info);
  const lacking = [...(memory ? [] : ['memory']), ...(processes ? [] : ['processes'])].join(' and ');
  const check = {
    id: 'limits',
    why: 'a script of a kickstart could use up all of the machine: only the time limit would end it',
    fix: "for kickstarts of others use an engine that runs as root, or a machine with control groups of version 2 (Linux's cgroup2)",
  } as const;
  if (limits === undefined)
    return { ...check, status: 'not-applicable', found: 'this builder asks for no limits of memory and processes' };
  if (lacking === '') return { ...check, status: 'ok', found: 'memory and processes of a container are limited' };
  return { ...check, status: 'unknown', found: `this engine cannot limit ${lacking} of a container` };
}

/** Is root in a container another user outside? Pure. */
export function judgeUserNamespace(has: boolean, { privileges }: Pick<Builder, 'privileges'>): PreflightCheck {
  return {
    id: 'user-namespace',
    status: has ? 'ok' : 'unknown',
    found: has
      ? 'root in the container is another user outside of it'
      : "root in the container is root of the engine's machine, with fewer powers",
    why: 'where a hole in the kernel lets a script of a kickstart out, it then has the rights of that user',
    fix: privileges.loopDevices
      ? 'this builder needs devices of the machine, and cannot have it: build kickstarts of others on a machine that may be lost'
      : 'for kickstarts of others use Podman without root, or as root with ids for its containers (a line containers:2000000000:65536 in /etc/subuid and in /etc/subgid), or Docker with userns-remap',
  };
}

/** Is the image there? Pure. */
const judgeImage = (builder: Builder, imageId: string | undefined): PreflightCheck => ({
  id: 'builder-image',
  ...(imageId === undefined
    ? { status: 'unknown', found: `the ${builder.name} builder's image is not there: the first build makes it` }
    : { status: 'ok', found: `the ${builder.name} builder's image is there` }),
  why: 'livemedia-creator runs in a container of it',
  fix: 'let the engine reach what the image is made of (registry, mirrors); the first build then makes it',
});
