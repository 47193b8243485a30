import { Option } from 'commander';

/** `--format`, of every command that reports something. */
export const formatOption = (formats: readonly string[]): Option =>
  new Option('--format <format>', 'for people or for programs').choices(formats).default('human');

export const jsonOption = (): Option => new Option('--json', 'short for --format json').implies({ format: 'json' });
