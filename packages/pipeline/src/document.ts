import { parseJson } from '@phyllome/host/json';
import { PlainFileError, readPlainFile } from '@phyllome/host/plain-file';
import * as z from 'zod';

/**
 * A JSON document of this checkout's results; undefined when there is none, when it is damaged or not what its schema
 * says, and when it is not a plain file.
 *
 * @param limit bytes that it has at most
 */
export async function readDocument<T>(path: string, limit: number, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(parseJson(String(await readPlainFile(path, limit))));
  } catch (error) {
    if (error instanceof PlainFileError || error instanceof SyntaxError || error instanceof z.ZodError)
      return undefined;
    throw error;
  }
}
