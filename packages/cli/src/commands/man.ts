import { type Command, Option } from 'commander';
import project from '../../package.json' with { type: 'json' };
import type { Context, Example } from '../command.ts';
import { errorsPage } from '../manual/errors.ts';
import { commandsPage } from '../manual/markdown.ts';
import { commandReference } from '../manual/reference.ts';
import { manualPage } from '../manual/roff.ts';
import { printDocument } from '../print.ts';

export const examples: readonly Example[] = [
  ['phyllome man | man -l -', 'read the manual page'],
  ['phyllome man --format markdown', 'print the same as docs/commands.md has it'],
];

/** `phyllome man`: the manual page, of the definitions that the commands are parsed by. */
export function define(command: Command, context: Context): void {
  command
    .addOption(
      new Option('--format <format>', 'for man, or as docs/commands.md or docs/errors.md')
        .choices(['roff', 'markdown', 'errors'])
        .default('roff'),
    )
    .action(async ({ format }: { format: 'roff' | 'markdown' | 'errors' }) => {
      if (format === 'errors') {
        const { errorTopics } = await import('../error-codes.ts');
        printDocument(errorsPage(errorTopics));
        return;
      }
      const reference = await commandReference(context);
      printDocument(format === 'roff' ? manualPage(reference, project.version) : commandsPage(reference));
    });
}
