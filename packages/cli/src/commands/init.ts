import { basename, relative, resolve } from 'node:path';
import { firstError } from '@phyllome/host/errors';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { makeWorkspace } from '../init/init.ts';
import { namesOf } from '../init/names.ts';
import { releaseNumber } from '../init/release-option.ts';
import { say } from '../render.ts';

export const examples: readonly Example[] = [
  ['phyllome init my-remix --title MyRemix', 'make a workspace of another project, with a minimal live image'],
  ['phyllome init . --link ~/src/phyllome', 'the same here, with the tools of a checkout'],
];

interface Flags {
  name?: string;
  title?: string;
  release?: number;
  link?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[directory]', 'where it comes: one that is not there, or is empty', '.')
    .option('--name <name>', 'of its package (default: that of the directory)')
    .option('--title <title>', "the product's name, for people (default: made of the name)")
    .option(
      '--release <release>',
      'the Fedora release that its kickstarts are for, as F44 (default: that of these tools)',
      releaseNumber,
    )
    .option(
      '--link <checkout>',
      'take the tools from a checkout of them instead of the registry: for those who change both',
    )
    .action((directory: string, flags: Flags) => initCommand(directory, flags, context.signal));
}

/**
 * `phyllome init [DIRECTORY]`: a workspace in which another project builds and tests its images. Asks nothing.
 *
 * @throws {CliError} NOT_EMPTY, BAD_OPTION
 */
async function initCommand(
  directory: string,
  { release: fedora, link, ...named }: Flags,
  signal: AbortSignal,
): Promise<void> {
  const target = resolve(directory);
  const names = namesOf({ name: named.name ?? basename(target).toLowerCase(), title: named.title });
  signal.throwIfAborted();
  const { broken } = await makeWorkspace({ directory: target, names, fedora, link, now: new Date() });
  const [failed] = broken.values();
  if (failed !== undefined) throw firstError(failed);
  const there = relative(process.cwd(), target);
  say(
    [
      `${there === '' ? 'here' : there}: a workspace of ${names.title}, with the edition base`,
      `next: ${there === '' ? '' : `cd ${there} && `}pnpm install && pnpm nx build iso-base`,
      'Where Fedora cannot be reached: PHYLLOME_BUILDER=rehearsal',
    ].join('\n'),
  );
}
