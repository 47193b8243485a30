import { describeTester } from '@phyllome/vm-tester';
import type { Command } from 'commander';
import type { Context, Example } from '../command.ts';
import { printDocument } from '../print.ts';

export const examples: readonly Example[] = [
  ['phyllome tester', 'print what judges ISOs here'],
  ['phyllome tester > tester.json', 'keep it, to compare it with that of another machine'],
];

/**
 * `phyllome tester`: what judges ISOs on this machine, as JSON. Nx hashes it for every verdict. A machine that cannot
 * judge has an answer, too: Nx asks before it knows whether anything has to run.
 */
export function define(command: Command, { env, signal }: Context): void {
  command.action(async () => {
    printDocument(`${JSON.stringify(await describeTester({ env, signal }), null, 2)}\n`);
  });
}
