import { openAround } from '@phyllome/pipeline';
import { configOf, configPlaces } from '@phyllome/pipeline/config/load';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { configSchema } from '@phyllome/pipeline/config/schema';
import type { Command } from 'commander';
import * as z from 'zod';
import type { Example } from '../command.ts';
import { formatOption, jsonOption } from '../options/format.ts';
import { printJson } from '../print.ts';
import { say } from '../render.ts';

export const examples: readonly Example[] = [
  ['phyllome config', 'print what this project decides for itself'],
  ['phyllome config --schema >config.schema.json', 'write the schema that "$schema" of phyllome.config.json names'],
];

interface Flags {
  schema: boolean;
  format: 'human' | 'json';
}

export function define(command: Command): void {
  command
    .option('--schema', 'print the JSON schema of a configuration instead', false)
    .addOption(formatOption(['human', 'json']))
    .addOption(jsonOption())
    .action(({ schema, format }: Flags) => {
      if (schema) printJson(z.toJSONSchema(configSchema, { io: 'input' }), 2);
      else configCommand(format);
    });
}

/**
 * `phyllome config`: what the project of this workspace decides for itself.
 *
 * @throws {PipelineError} CONFIG_INVALID
 */
function configCommand(format: Flags['format']): void {
  const { root } = openAround(process.cwd());
  const config = configOf({ root });
  const file = configPlaces(root).find((path) => existsSync(path));
  if (format === 'json') {
    printJson({ version: 1, file: file === undefined ? null : basename(file), config }, 2);
    return;
  }
  const { title, volumeId, letters, editions, checks, builder } = config;
  const rows: [string, string][] = [
    ['from', file ?? 'no configuration in this directory or above it'],
    ['title', title],
    ['volume ids', `${volumeId}-<edition>-<release>`],
    [
      'letters',
      Object.entries(letters)
        .map(([letter, { word }]) => `${letter} ${word}`)
        .join(', ') || 'none',
    ],
    ['editions', Object.keys(editions).join(', ') || 'as their leaves and letters say'],
    [
      'checks',
      checks === false
        ? 'none: a boot alone'
        : [checks.catalogue, ...checks.without.map((id) => `without ${id}`)].join(', '),
    ],
    [
      'builder',
      `${builder.default ?? 'that of the distribution'}; lorax's is containers/${builder.folder ?? '<distribution>'}`,
    ],
  ];
  say(rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n'));
}
