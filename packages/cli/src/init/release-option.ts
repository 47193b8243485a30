import { InvalidArgumentError } from 'commander';

/** `44` of `F44`, `f44` or `44`: the Fedora release of `--release`. */
export function releaseNumber(text: string): number {
  const number = Number(/^f?(?<number>[3-9]\d)$/iu.exec(text)?.groups?.['number']);
  if (number >= 34) return number;
  throw new InvalidArgumentError('It must be a Fedora release, as F44.');
}
