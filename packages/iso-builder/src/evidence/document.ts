import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '@phyllome/host/json';
import { messageOf } from '@phyllome/host';
import { PlainFileError, readPlainFile } from '@phyllome/host/plain-file';
import type { z } from 'zod';
import { IsoBuildError } from '../errors.ts';

/** Bytes that a document has at most: a package list of a full desktop has half a million. */
const documentLimit = 64 * 2 ** 20;

export const missingHint = 'fetch it from where the result came from, or build it again';

/** The one form in which documents are written: two readers of it cannot read two things. */
export function documentText(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * Reads a text of a result.
 *
 * @throws {IsoBuildError} EVIDENCE_MISSING; EVIDENCE_INVALID when it is not a plain file, too large, or not UTF-8
 */
export async function readText(directory: string, name: string): Promise<string> {
  const path = join(directory, name);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readPlainFile(path, documentLimit));
  } catch (cause) {
    if (cause instanceof PlainFileError && cause.code === 'ENOENT')
      throw new IsoBuildError('EVIDENCE_MISSING', `${path} is not there`, { hint: missingHint, cause });
    const what = cause instanceof PlainFileError ? cause.what : `cannot be read: ${messageOf(cause)}`;
    throw new IsoBuildError('EVIDENCE_INVALID', `${path} ${what}`, { hint: missingHint, cause });
  }
}

/**
 * Reads a document that this project wrote, in the form it wrote it: a key that is there twice, one that the schema does
 * not know, a number written otherwise, would each let two readers read two things.
 *
 * @throws {IsoBuildError} EVIDENCE_MISSING, EVIDENCE_INVALID
 */
export async function readDocument<T>(directory: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readText(directory, name);
  const invalid = (why: string, cause?: unknown): IsoBuildError =>
    new IsoBuildError('EVIDENCE_INVALID', `${join(directory, name)} ${why}`, { hint: missingHint, cause });
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    throw invalid(`is not JSON: ${messageOf(cause)}`, cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const at = issue?.path.join('.') || 'its root';
    throw invalid(`is not what its schema says, at ${at}: ${issue?.message}`, parsed.error);
  }
  if (typeof json !== 'object' || json === null || text !== documentText(json))
    throw invalid('is not in the form it was written in: a key is there twice, or it was edited');
  if (!isDeepStrictEqual(parsed.data, json)) throw invalid('has keys that its schema does not know');
  return parsed.data;
}
