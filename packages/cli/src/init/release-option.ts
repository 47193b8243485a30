import { type Target, parseTarget } from '@phyllome/pipeline';
import { InvalidArgumentError } from 'commander';

/** What `F44`, `f44` or `44` names: a Fedora, of `--release`. */
export function fedoraRelease(text: string): Target {
  const target = parseTarget(`fedora:${text}`);
  if (typeof target !== 'string') return target;
  throw new InvalidArgumentError('It must be a Fedora release, as F44.');
}

/** What `almalinux:10` names, of `--target`. */
export function targetOption(text: string): Target {
  const target = parseTarget(text);
  if (typeof target !== 'string') return target;
  throw new InvalidArgumentError(target);
}
