import type { Builder } from '../build/builder.ts';
import { findImage } from '../container/image.ts';
import type { AnyEngine } from '../engine/engine.ts';
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
export const preflight = async (
  engine: AnyEngine,
  builder: Builder,
  options: { sourceDateEpoch?: number | undefined; neededBytes?: { engine?: number } } = {},
): Promise<PreflightCheck[]> => {
  const { sourceDateEpoch } = options;
  const neededBytes = options.neededBytes?.engine;
  if (engine.kind === 'host') return await checkHost({ builder, neededBytes, env: engine.env });
  const imageId = await findImage(engine, builder.contextDigest);
  const host = await lookAtHost(engine, builder, imageId);
  return [
    ...(await checkEngine(engine, { builder, sourceDateEpoch, neededBytes })),
    judgeImage(builder, imageId),
    ...judgeHost(host, { builder, engine, neededBytes }),
  ];
};

/** Is the image there? Pure. */
const judgeImage = (builder: Builder, imageId: string | undefined): PreflightCheck => ({
  id: 'builder-image',
  ...(imageId === undefined
    ? { status: 'unknown', found: `the ${builder.name} builder's image is not there: the first build makes it` }
    : { status: 'ok', found: `the ${builder.name} builder's image is there` }),
  why: 'livemedia-creator runs in a container of it',
  fix: 'let the engine reach what the image is made of (registry, mirrors); the first build then makes it',
});
