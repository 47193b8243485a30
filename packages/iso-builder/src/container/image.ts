import { hash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '@phyllome/host/json';
import * as z from 'zod';
import type Docker from 'dockerode';
import type { Builder } from '../build/builder.ts';
import type { BuildEventBody } from '../progress/build-event.ts';
import { withBounds } from '../engine/bounds.ts';
import type { Engine } from '../engine/engine.ts';
import { messageOf, takeLock } from '@phyllome/host';
import { IsoBuildError } from '../errors.ts';
import { builderLabel, contextLabel } from './labels.ts';
import type { BuilderImage } from './builder-image.ts';
import { explainImageFailure } from './image-failure.ts';
import { engineLost, request } from './requests.ts';
import { tarOf } from './tar.ts';

/** Of the image build's output, kept for its error. */
const keptLines = 40;

/**
 * Makes sure that the engine has the builder's image: one that is labelled with the context's digest is reused, else
 * it is built; when another process is about to build it, that is waited for. A line that it begins, and the output of the build go to `onEvent` as `log` events.
 *
 * @throws {IsoBuildError} REGISTRY_UNREACHABLE, MIRROR_UNREACHABLE, IMAGE_BUILD_FAILED (with the last lines), ENGINE_*
 * @throws whatever the builder's `context` throws
 * @throws the signal's reason when aborted
 */
export async function ensureImage(
  engine: Engine,
  builder: Builder,
  options: { signal?: AbortSignal | undefined; onEvent?: ((event: BuildEventBody) => void) | undefined } = {},
): Promise<BuilderImage> {
  const { signal, onEvent } = options;
  signal?.throwIfAborted();
  const found = await findImage(engine, builder.contextDigest);
  if (found !== undefined) return { id: found, digest: builder.contextDigest, built: false };
  await using lock = await takeLock(lockPath(engine, builder), {
    signal,
    onWait: (holder) => onEvent?.({ type: 'waiting', what: 'image', holder }),
  });
  const made = lock.waited ? await findImage(engine, builder.contextDigest) : undefined;
  if (made !== undefined) return { id: made, digest: builder.contextDigest, built: false };
  // The files of the context may take as long as the build itself.
  onEvent?.({ type: 'log', source: 'image', line: `building the image of the ${builder.name} builder` });
  const files = await builder.context({ signal });
  signal?.throwIfAborted();
  const context = tarOf(files);
  // Whatever happens to the request, the stream must not keep a file open.
  using _ = { [Symbol.dispose]: () => void context.destroy() };
  const lastLines: string[] = [];
  try {
    const output = await withBounds(imageBounds, () =>
      engine.docker.buildImage(context, {
        t: imageName(builder),
        dockerfile: 'Containerfile',
        labels: { [contextLabel]: builder.contextDigest, [builderLabel]: builder.name },
        buildargs: { ...builder.buildArgs },
        rm: true,
        forcerm: true,
        ...(signal === undefined ? {} : { abortSignal: signal }),
      } as Docker.ImageBuildOptions),
    );
    for await (const line of outputLines(output)) {
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      onEvent?.({ type: 'log', source: 'image', line });
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof IsoBuildError) throw cause;
    throw explainImageFailure(builder.name, messageOf(cause), lastLines, cause);
  }
  signal?.throwIfAborted();
  const id = await findImage(engine, builder.contextDigest);
  // A connection that breaks in mid-stream looks like the end of the output.
  if (id === undefined) throw engineLost(engine, `build the image of the ${builder.name} builder`);
  return { id, digest: builder.contextDigest, built: true };
}

/** A step may fetch packages from a slow mirror without a word. */
const imageBounds = { answerMs: 10 * 60_000, silenceMs: 30 * 60_000 } as const;

/** One for each engine and image. Of this user: others build for themselves, at worst twice. */
function lockPath(engine: Engine, { contextDigest }: Builder): string {
  // A podman service of our own has another socket in each process, and the same images.
  const where = engine.local ? engine.kind : engine.endpoint;
  const key = hash('sha256', `${where}\n${contextDigest}`).slice(0, 32);
  return join(tmpdir(), `phyllome-locks-${process.getuid?.() ?? 0}`, `image-${key}`);
}

const imageName = ({ name, contextDigest }: Builder): string =>
  `localhost/phyllome-builder-${name}:${contextDigest.replace(/^sha256:/u, '').slice(0, 16)}`;

/** The engine's id of the image that is labelled with the digest of this context. */
export async function findImage(engine: Engine, contextDigest: string): Promise<string | undefined> {
  const images = await request(engine, 'list its images', () =>
    engine.docker.listImages({ filters: { label: [`${contextLabel}=${contextDigest}`] } }),
  );
  return images[0]?.Id;
}

/** One message of the engine's JSON stream. */
const messageSchema = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
});

/** Characters that a message, or a line of the build's output, has at most. */
const longest = 2 ** 20;

/** The lines of a build's output. Throws the error that the stream reports, in the engine's own words. */
export async function* outputLines(output: NodeJS.ReadableStream): AsyncGenerator<string> {
  let json = '';
  let text = '';
  for await (const chunk of output.setEncoding('utf8')) {
    json += String(chunk);
    const messages = json.split('\n');
    json = messages.pop() ?? '';
    if (json.length > longest) throw new Error('the engine sent a message without end');
    for (const message of messages.filter((line) => line.trim() !== '')) {
      const { stream, status, error } = buildMessage(message);
      text += stream ?? (status === undefined ? '' : `${status}\n`);
      const lines = text.split('\n');
      // Of a line without end, the end counts.
      text = (lines.pop() ?? '').slice(-longest);
      yield* lines.filter((line) => line.trim() !== '');
      if (error !== undefined) throw new Error(error.trim());
    }
  }
  if (text.trim() !== '') yield text;
}

/** @throws {Error} when the engine sends something else than its API says */
function buildMessage(line: string): z.infer<typeof messageSchema> {
  try {
    return messageSchema.parse(parseJson(line));
  } catch (cause) {
    throw new Error('the engine sent something else than messages of a build', { cause });
  }
}
