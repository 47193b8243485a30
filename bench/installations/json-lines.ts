import type * as z from 'zod';

/** One value a line, each as the schema has it. */
export const readJsonLines = <Value>(schema: z.ZodType<Value>, text: string): Value[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => schema.parse(JSON.parse(line)));

/** What {@link readJsonLines} reads. */
export const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');
