import { codeOf } from '@phyllome/host/errors';
import { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { complete } from '../complete/complete.ts';
import { wordsOf } from '../complete/values.ts';
import { printDocument } from '../print.ts';

export const examples: readonly Example[] = [
  ['phyllome complete -- flatten ldh', 'print which leaves begin so'],
  ['phyllome complete -- build --pro', 'print which options of build begin so'],
];

/** `phyllome complete -- WORD…`: what the scripts of `phyllome completion` ask at every Tab. */
export function define(command: Command, context: Context): void {
  command.argument('[word...]', 'the command line as far as the cursor').action(async (words: string[]) => {
    const { candidates, paths } = await complete(words, {
      commands: [
        ...context.commands
          .filter(({ hidden }) => hidden !== true)
          .map(({ name, summary }) => ({ word: name, means: summary })),
        { word: 'help', means: 'display help for command' },
      ],
      options: [
        { word: '--help', means: 'print the commands' },
        { word: '--version', means: 'print the version' },
      ],
      load: async (name) => {
        const entry = context.commands.find((one) => one.name === name);
        if (entry === undefined) return undefined;
        const wanted = new Command(name);
        (await entry.load()).define(wanted, context);
        return wanted;
      },
      words: (kind) => {
        try {
          return wordsOf(kind, () => context.open());
        } catch (error) {
          // Outside a checkout there are no editions: nothing to say while somebody types.
          if (codeOf(error) === 'NOT_A_WORKSPACE') return [];
          throw error;
        }
      },
    });
    const lines = candidates.map(({ word, means = '' }) => (means === '' ? word : `${word}\t${means}`));
    printDocument(`${[candidates.length === 0 && paths !== undefined ? paths : 'words', ...lines].join('\n')}\n`);
  });
}
