import { dirname, join } from 'node:path';
import { diffImages, isSame, readBuild, readContents, renderDiff, renderDiffPage } from '@phyllome/release';
import type { Build, Contents } from '@phyllome/release';
import { isName } from '@phyllome/host/names';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatOption, jsonOption } from '../options/format.ts';
import { printJson } from '../print.ts';
import { say } from '../render.ts';

export const examples: readonly Example[] = [
  ['phyllome diff-images release/44.1/dhi dist/iso-dhi', 'what changed in an edition since the last release'],
  ['phyllome diff-images old/iso-l l --format html >diff.html', 'the same as a page'],
];

interface Flags {
  evidenceOnly: boolean;
  exitCode: boolean;
  format: 'human' | 'json' | 'html';
}

export function define(command: Command, context: Context): void {
  command
    .argument('<a>', 'the directory of a built image, as dist/iso-l; or an edition, as l')
    .argument('<b>', 'another')
    .option('--evidence-only', 'compare packages, sizes and verdicts, and do not read the ISOs', false)
    .option('--exit-code', 'exit with 1 when they differ', false)
    .addOption(formatOption(['human', 'json', 'html']))
    .addOption(jsonOption())
    .action(async (a: string, b: string, flags: Flags) => {
      const differ = await diffImagesCommand(context, a, b, flags);
      if (differ && flags.exitCode) context.exitWith(exitCodes.no);
    });
}

/**
 * `phyllome diff-images A B`: how two built images differ in packages, sizes, kernel, services, files, boot arguments
 * and verdicts.
 *
 * @returns whether they differ
 * @throws {ReleaseError} NOT_A_BUILD, BUILD_DAMAGED, ROOT_UNREADABLE, PROGRAM_MISSING
 */
async function diffImagesCommand(context: Context, a: string, b: string, flags: Flags): Promise<boolean> {
  const [from, to] = await Promise.all([a, b].map((named) => readBuild(directoryOf(context, named))));
  if (!from || !to) return false;
  const read = async (build: Build): Promise<Contents | undefined> =>
    flags.evidenceOnly
      ? undefined
      : ((await readContents(join(build.directory, build.iso), context.signal).catch(absent)) ??
        // In a release the ISO is above its evidence.
        (await readContents(join(dirname(build.directory), build.iso), context.signal).catch(absent)));
  const diff = diffImages({ build: from, contents: await read(from) }, { build: to, contents: await read(to) });
  if (flags.format === 'json') printJson(diff, 2);
  else say(flags.format === 'html' ? renderDiffPage(diff) : renderDiff(diff));
  if (diff.contents === undefined && !flags.evidenceOnly && flags.format === 'human') {
    say('  an ISO is missing: files, services and boot arguments were not compared');
  }
  return !isSame(diff);
}

/** A release that is split, or was copied without its ISO, still has its evidence. */
function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

/** An edition's own directory in dist/, or whatever directory was named. */
function directoryOf(context: Context, named: string): string {
  return isName('edition', named) ? join(context.open().root, 'dist', `iso-${named}`) : named;
}
