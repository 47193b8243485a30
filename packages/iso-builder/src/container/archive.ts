import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseJson } from '@phyllome/host/json';
import type Docker from 'dockerode';
import * as z from 'zod';
import { LogNames } from './log-files.ts';
import { statusOf } from './requests.ts';
import { entriesOf, type TarEntry } from './tar.ts';

/**
 * Copies a folder of the container, which may have ended, into `target`. A folder that is not there copies nothing.
 *
 * @returns what is not as the container had it, in words
 */
export const fetchFolder = (container: Docker.Container, path: string, target: string): Promise<string[]> =>
  keepLogs(archiveOf(container, path), target);

/**
 * Copies a builder's logs into `target`. Plain files only: links and devices mean nothing here.
 *
 * @param entries of an archive of their folder: the first part of each name is the folder's own
 * @returns what is not as the builder had it, in words
 */
export async function keepLogs(entries: AsyncIterable<TarEntry>, target: string): Promise<string[]> {
  const names = new LogNames();
  for await (const { header, content } of entries) {
    if (header.type !== 'file') continue;
    const parts = names.place(header.name.split('/').slice(1).join('/'), header.size ?? 0);
    if (parts === undefined) continue;
    const file = join(target, ...parts);
    await mkdir(dirname(file), { recursive: true });
    // Whatever is there is ours: it is not written over.
    await pipeline(content, createWriteStream(file, { flags: 'wx' }));
  }
  return [...names.remarks].map(([what, count]) => `${count} of the builder's logs ${what}`);
}

/** What an engine reports of a path, in the header of its answer. */
const statSchema = z.object({ size: z.number() });

/** Size in bytes of a file of the container, running or not; undefined when it is not there, or the container is gone. */
export async function sizeOfFile(container: Docker.Container, path: string): Promise<number | undefined> {
  try {
    const { headers }: IncomingMessage = await container.infoArchive({ path });
    const stat = headers['x-docker-container-path-stat'];
    if (typeof stat !== 'string') return undefined;
    return statSchema.parse(parseJson(Buffer.from(stat, 'base64').toString())).size;
  } catch {
    return undefined;
  }
}

async function* archiveOf(container: Docker.Container, path: string): AsyncGenerator<TarEntry> {
  let archive: NodeJS.ReadableStream;
  try {
    archive = await container.getArchive({ path });
  } catch (error) {
    if (statusOf(error) === 404) return;
    throw error;
  }
  yield* entriesOf(Readable.from(archive));
}
