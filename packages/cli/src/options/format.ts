import { Option } from 'commander';

/** `--format`, as every command has it that tells something. */
export const formatOption = (formats: readonly string[]): Option =>
  new Option('--format <format>', 'for people or for programs').choices(formats).default('human');

export const jsonOption = (): Option => new Option('--json', 'short for --format json').implies({ format: 'json' });
