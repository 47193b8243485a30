import { isName } from '@phyllome/host/names';
import * as z from 'zod';
import { distributionIds } from '../distributions.ts';
import type { ProjectConfig } from './define.ts';

/** Words that the pipeline itself gives to leaves, and Nx to projects. */
const takenWords = new Set(['live', 'install', 'encrypted']);

const title = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} .,:;'()/+&_-]{0,59}$/u, "must be 1 to 60 letters, digits, spaces or .,:;'()/+&_-")
  .describe("The product's name: in boot menus, in evidence, on the page of a release.");

const word = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/u, 'must be a word of small letters, digits and -')
  .refine((text) => !takenWords.has(text), 'is a word of the pipeline itself: live, install, encrypted');

const sentence = z
  .string()
  .regex(/^[^\p{Cc}\p{Cf}|]{1,200}$/u, 'must be one line of at most 200 characters, without |');

/** A folder below `containers/`. */
const folder = z.string().refine((name) => isName('file', name), 'must be the name of a folder below containers/');

const letter = z
  .union([word, z.strictObject({ word, means: sentence.optional() })])
  .transform((given) =>
    typeof given === 'string' ? { word: given, means: given } : { word: given.word, means: given.means ?? given.word },
  );

const letters = z
  .record(
    z.string().regex(/^[a-km-z]$/u, 'must be one small letter, and not l: that makes a leaf a live medium'),
    letter,
  )
  .refine(
    (all) => new Set(Object.values(all).map((one) => one.word)).size === Object.keys(all).length,
    'two letters stand for the same word',
  );

const edition = z.strictObject({
  title: sentence.optional().describe('What it is; else the first sentence of its leaf.'),
  traits: z.array(word).max(16).optional().describe('The words that its checks go by, where letters do not say them.'),
});

const checks = z.strictObject({
  catalogue: z
    .string()
    .regex(
      /^(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9_][A-Za-z0-9._/-]*\.json$/u,
      'must be the path of a .json file below the workspace',
    )
    .default('acceptance/catalogue.json'),
  without: z.array(z.string().min(1)).default([]).describe('Ids of checks that are not made.'),
});

const builder = z.strictObject({
  default: z
    .enum([...distributionIds, 'rehearsal'])
    .optional()
    .describe('Used where PHYLLOME_BUILDER is not set: rehearsal, or the distribution of release.json.'),
  folder: folder.optional().describe("Of lorax's builder, below containers/; called like the distribution."),
});

/** What `phyllome.config.ts` exports: {@link ProjectConfig} in, with all that it leaves out filled in. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    title,
    volumeId: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,11}$/u, 'must be 1 to 12 letters, digits, "_" and "-", and no "-" first')
      .optional()
      .describe('What volume ids begin with and, in lower case, the names of ISOs.'),
    letters: letters.default({}).describe('Letters that names of editions are made of, in their order.'),
    editions: z
      .record(
        z.string().refine((name) => isName('edition', name), 'must be the name of an edition'),
        edition,
      )
      .default({}),
    checks: z.union([z.literal(false), checks]).default(checks.parse({})),
    builder: builder.default(builder.parse({})),
  })
  .transform(({ title: name, volumeId = volumeIdOf(name), letters: all, editions, checks: made, builder: used }) => ({
    title: name,
    volumeId,
    letters: all,
    editions,
    checks: made,
    builder: used,
  }));

/** The first word of the product's name, as far as ISO 9660 takes it. */
function volumeIdOf(name: string): string {
  const [first = ''] = name.split(' ');
  return first.replaceAll(/[^A-Za-z0-9_-]/gu, '').slice(0, 12) || 'Linux';
}

/** A configuration with all that it leaves out filled in. */
export type Config = z.output<typeof configSchema>;

// What its author's editor knows and what is checked are the same.
true satisfies ProjectConfig extends z.input<typeof configSchema> ? true : never;
