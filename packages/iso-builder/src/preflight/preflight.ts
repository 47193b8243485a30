import type { Builder } from '../builder.ts';
import { findImage } from '../container/image.ts';
import type { Engine } from '../engine/engine.ts';
import type { PreflightCheck } from './check.ts';
import { checkEngine } from './engine.ts';
import { judgeKernel, lookAtKernel } from './kernel.ts';

/**
 * All that can be known before a build of whether an engine will do for a builder, those checks included that do not
 * matter to it. Builds nothing; what is not there is said, not thrown. Free space depends on what is built: see
 * `neededBytes` of `buildIso`.
 *
 * @throws {IsoBuildError} ENGINE_REFUSED, ENGINE_LOST
 */
export const preflight = async (
  engine: Engine,
  builder: Builder,
  options: { sourceDateEpoch?: number | undefined } = {},
): Promise<PreflightCheck[]> => {
  const imageId = await findImage(engine, builder.contextDigest);
  const kernel = builder.kernel && (await lookAtKernel(engine, builder, imageId));
  return [...(await checkEngine(engine, options)), ...judgeKernel(kernel, builder.kernel)];
};
