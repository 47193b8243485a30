import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { extract, type Header, type Pack, pack } from 'tar-stream';
import type { ContextFile } from '../build/builder.ts';
import { asError } from '@phyllome/host';

/** The same files give the same bytes: engines key their caches on them. */
const fixed = { uid: 0, gid: 0, uname: 'root', gname: 'root', mtime: new Date(0) };

/** A folder in a tar stream. */
export interface TarFolder {
  readonly path: string;
  readonly folder: true;
}

/**
 * A tar stream of these entries, in the order of their paths. Files given by name are read as the stream is read, so
 * memory stays small whatever their size. Reading fails when one of them does.
 */
export function tarOf(entries: readonly (ContextFile | TarFolder)[]): Readable {
  const stream = pack();
  const sorted = entries.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const fill = async (): Promise<void> => {
    for (const entry of sorted) await add(stream, entry);
    stream.finalize();
  };
  fill().catch((error: unknown) => stream.destroy(asError(error)));
  return Readable.from(stream);
}

async function add(stream: Pack, entry: ContextFile | TarFolder): Promise<void> {
  if ('folder' in entry) {
    stream.entry({ ...fixed, name: entry.path, type: 'directory', mode: 0o755 }).end(null);
    return;
  }
  const header = { ...fixed, name: entry.path, mode: entry.mode ?? 0o644 };
  if ('content' in entry) {
    stream.entry(header, entry.content);
    return;
  }
  const { size } = await stat(entry.file);
  const sink = stream.entry({ ...header, size });
  for await (const chunk of createReadStream(entry.file)) if (!sink.write(chunk)) await once(sink, 'drain');
  sink.end(null);
  await once(sink, 'close');
}

/** An entry of a tar stream. Its content has to be read before the next one is asked for. */
export interface TarEntry {
  readonly header: Header;
  readonly content: AsyncIterable<Buffer>;
}

/**
 * The entries of a tar stream, one at a time. Content that is not read is skipped. The stream is destroyed at the end,
 * also when the reader of the entries stops early: an engine's connection would stay open.
 */
export async function* entriesOf(archive: Readable): AsyncGenerator<TarEntry> {
  const entries = extract();
  archive.once('error', (error) => entries.destroy(error)).pipe(entries);
  try {
    for await (const entry of entries) {
      yield { header: entry.header, content: contentOf(entry) };
      entry.resume();
    }
  } finally {
    archive.destroy();
    entries.destroy();
  }
}

/** Typed as what a tar stream of bytes holds. */
async function* contentOf(entry: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of entry)
    if (chunk instanceof Uint8Array) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
