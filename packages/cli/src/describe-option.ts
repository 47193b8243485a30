import { Help, type Option } from 'commander';

/** What the help and the manual say of an option. A flag that is not given is off: it need not be said of each. */
export function describeOption(help: Partial<Help>, option: Option): string {
  return Help.prototype.optionDescription
    .call(help, option)
    .replace(/ ?\(default: false\)$/u, '')
    .replace('(default: false, ', '(');
}
