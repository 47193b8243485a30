import { type Command, optionValue } from '../kickstart.ts';

/** What must not be there twice among the lines of an accumulating command; `undefined`: nothing. */
export function duplicateKey(command: Command): { what: string; value: string } | undefined {
  switch (command.name) {
    case 'part':
    case 'partition': {
      const mountpoint = command.arguments.find((arg) => arg.kind === 'positional')?.value;
      return mountpoint?.startsWith('/') ? { what: 'the mount point', value: mountpoint } : undefined;
    }
    case 'repo':
      return named('the repository', optionValue(command, '--name'));
    case 'user':
      return named('the user', optionValue(command, '--name'));
    case 'group':
      return named('the group', optionValue(command, '--name'));
    default:
      return undefined;
  }
}

function named(what: string, value: string | true | undefined): { what: string; value: string } | undefined {
  return typeof value === 'string' ? { what, value } : undefined;
}
