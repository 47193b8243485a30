import { type Command, Argument } from 'commander';
import type { Example } from '../command.ts';
import { scripts, type Shell, shells } from '../complete/scripts.ts';
import { printDocument } from '../print.ts';

export const examples: readonly Example[] = [
  ['phyllome completion bash', 'print what bash needs; in ~/.bashrc: source <(phyllome completion bash)'],
  ['phyllome completion fish >~/.config/fish/completions/phyllome.fish', 'install it for fish'],
];

/** `phyllome completion SHELL`: what makes a shell complete commands, options, editions, leaves and paths. */
export function define(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'the shell to print it for').choices(shells))
    .action((shell: Shell) => printDocument(scripts[shell]));
}
