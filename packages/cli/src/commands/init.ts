import { basename, relative, resolve } from 'node:path';
import { firstError } from '@phyllome/host/errors';
import { type Command, Option } from 'commander';
import type { Context, Example } from '../command.ts';
import { makeWorkspace } from '../init/init.ts';
import { namesOf } from '../init/names.ts';
import { type Target, distributions, targetName } from '@phyllome/pipeline';
import { fedoraRelease, targetOption } from '../init/release-option.ts';
import { say } from '../render.ts';

export const examples: readonly Example[] = [
  ['phyllome init my-remix --title MyRemix', 'make a workspace of another project, with a minimal live image'],
  ['phyllome init my-remix --target almalinux:10', 'the same of AlmaLinux 10'],
  ['phyllome init . --link ~/src/phyllome', 'the same here, with the tools of a checkout'],
];

interface Flags {
  name?: string;
  title?: string;
  release?: Target;
  target?: Target;
  link?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[directory]', 'where it comes: one that is not there, or is empty', '.')
    .option('--name <name>', 'of its package (default: that of the directory)')
    .option('--title <title>', "the product's name, for people (default: made of the name)")
    .option(
      '--target <target>',
      'what its kickstarts are for: fedora:44, almalinux:10, rocky:10, centos:10 (default: as these tools)',
      targetOption,
    )
    .addOption(
      new Option('--release <release>', 'the same of Fedora: its release, as F44')
        .argParser(fedoraRelease)
        .conflicts('target'),
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
  { release, target = release, link, ...named }: Flags,
  signal: AbortSignal,
): Promise<void> {
  const path = resolve(directory);
  const names = namesOf({ name: named.name ?? basename(path).toLowerCase(), title: named.title });
  signal.throwIfAborted();
  const made = await makeWorkspace({ directory: path, names, target, link, now: new Date() });
  const [failed] = made.broken.values();
  if (failed !== undefined) throw firstError(failed);
  const there = relative(process.cwd(), path);
  const { name } = distributions[made.target.distribution];
  say(
    [
      `${there === '' ? 'here' : there}: a workspace of ${names.title}, with the edition base, for ${targetName(made.target)}`,
      `next: ${there === '' ? '' : `cd ${there} && `}pnpm install && pnpm nx build iso-base`,
      ...(made.isPinned
        ? []
        : [`Before the first build: phyllome builder pin, which asks the registry of ${name}'s image`]),
      `Where ${name} cannot be reached: PHYLLOME_BUILDER=rehearsal`,
    ].join('\n'),
  );
}
