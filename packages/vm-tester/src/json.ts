import { parseJson as parse } from '@phyllome/host/json';
import type { ZodType } from 'zod';

/** JSON of the given shape; undefined when it is neither. */
export function parseJson<T>(shape: ZodType<T>, text: string): T | undefined {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return undefined;
  }
  return shape.safeParse(value).data;
}
