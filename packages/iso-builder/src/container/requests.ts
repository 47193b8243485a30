import { type Bounds, EngineSilent, currentSignal, withBounds } from '../engine/bounds.ts';
import type { Engine } from '../engine/engine.ts';
import type { EngineInfo } from '../engine/info.ts';
import { codeOf, messageOf } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';

/** Of this machine's disks, when a request writes what it gets. */
export const diskFull: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

const connectionLost = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** The HTTP status of an engine's refusal; undefined for anything else. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;

/**
 * Does something through the engine and gives its failure a name.
 *
 * @param some other bounds than usual for its requests
 * @throws {IsoBuildError} ENGINE_LOST or ENGINE_REFUSED
 * @throws the reason of the signal that ends requests
 */
export async function request<T>(
  engine: Engine,
  what: string,
  work: () => Promise<T>,
  some: Partial<Bounds> = {},
): Promise<T> {
  try {
    return await withBounds(some, work);
  } catch (cause) {
    if (cause instanceof EngineSilent) throw engineSilent(engine, what, cause);
    // An interrupt, in its own words.
    if (currentSignal()?.aborted === true && cause === currentSignal()?.reason) throw cause;
    if (cause instanceof IsoBuildError || diskFull.has(codeOf(cause) ?? '')) throw cause;
    if (statusOf(cause) === undefined && connectionLost.has(codeOf(cause) ?? '')) throw engineLost(engine, what, cause);
    throw new IsoBuildError('ENGINE_REFUSED', `${engine.kind} ${engine.version} could not ${what}: ${said(cause)}`, {
      hint: `see what ${engine.kind} logs; PHYLLOME_ENGINE=${engine.kind === 'docker' ? 'podman' : 'docker'} tries the other engine`,
      cause,
    });
  }
}

/** What the engine is, and what it runs on. @throws {IsoBuildError} ENGINE_LOST or ENGINE_REFUSED */
export const infoOf = (engine: Engine): Promise<EngineInfo> =>
  request(engine, 'say what it runs on', () => engine.docker.info());

/** It is there, and does not answer. */
const engineSilent = (engine: Engine, what: string, cause: EngineSilent): IsoBuildError =>
  new IsoBuildError('ENGINE_LOST', `${engine.kind} at ${engine.endpoint} was to ${what}: ${cause.message}`, {
    hint: `see what ${engine.kind} is doing, or restart it, and repeat the build: what is left of this one is removed then`,
    cause,
  });

export const engineLost = (engine: Engine, what: string, cause?: unknown): IsoBuildError =>
  new IsoBuildError('ENGINE_LOST', `${engine.kind} at ${engine.endpoint} went away while it was to ${what}`, {
    hint: 'start it again and repeat the build: what is left of this one is removed then',
    cause,
  });

/** dockerode wraps the engine's words in its own. */
const said = (error: unknown): string =>
  messageOf(error)
    .replace(/^\(HTTP code \d+\) .*? - /u, '')
    .trim();
