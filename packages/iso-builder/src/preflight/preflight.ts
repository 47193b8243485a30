import type { Builder } from '../build/builder.ts';
import { findImage } from '../container/image.ts';
import { request } from '../container/requests.ts';
import type { AnyEngine, Engine } from '../engine/engine.ts';
import type { PreflightCheck } from './check.ts';
import { checkEngine } from './engine.ts';
import { judgeHost, lookAtHost } from './host.ts';
import { checkHost } from './this-machine.ts';

/**
 * All that can be known before a build of whether an engine will do for a builder, those checks included that do not
 * matter to it. Builds nothing; what is not there is said, not thrown.
 *
 * @param options `neededBytes`: as of `buildIso`; without it free space is told, not judged
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export async function preflight(
  engine: AnyEngine,
  builder: Builder,
  options: { sourceDateEpoch?: number | undefined; neededBytes?: { engine?: number } } = {},
): Promise<PreflightCheck[]> {
  const { sourceDateEpoch } = options;
  const neededBytes = options.neededBytes?.engine;
  if (engine.kind === 'host') return await checkHost({ builder, neededBytes, env: engine.env });
  const imageId = await findImage(engine, builder.contextDigest);
  const host = await lookAtHost(engine, builder, imageId);
  return [
    ...(await checkEngine(engine, { builder, sourceDateEpoch, neededBytes })),
    judgeImage(builder, imageId),
    judgeUserNamespace(await securityOptionsOf(engine)),
    ...judgeHost(host, { builder, engine, neededBytes }),
  ];
}

async function securityOptionsOf(engine: Engine): Promise<readonly string[]> {
  const { SecurityOptions }: { SecurityOptions?: string[] } = await request(engine, 'say how it confines', () =>
    engine.docker.info(),
  );
  return SecurityOptions ?? [];
}

/** Is root in a container another user outside? By what the engine says of itself. Pure. */
export function judgeUserNamespace(securityOptions: readonly string[]): PreflightCheck {
  const has = securityOptions.some((option) => /^name=(?:rootless|userns)\b/u.test(option));
  return {
    id: 'user-namespace',
    status: has ? 'ok' : 'unknown',
    found: has
      ? 'root in the container is another user outside of it'
      : "root in the container is root of the engine's machine, with fewer powers",
    why: 'where a hole in the kernel lets a script of a kickstart out, it then has the rights of that user',
    fix: 'use Podman without root, or Docker with userns-remap, for kickstarts of others',
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
