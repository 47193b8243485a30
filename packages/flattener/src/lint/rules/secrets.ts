import { isFedoraFrom } from '../../release.ts';
import type { Finding, Rule } from '../rule.ts';
import { isNoHash } from './crypt.ts';
import { hasOption, operands, program } from '../shell.ts';
import {
  type RuleContext,
  type WrittenCommand,
  atOption,
  isPlaceholder,
  option,
  positionals,
  within,
} from '../rule-context.ts';

/** Options whose value is a secret. */
const SECRET_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  autopart: ['--passphrase'],
  bootloader: ['--password'],
  iscsi: ['--password', '--reverse-password'],
  logvol: ['--passphrase'],
  network: ['--wpakey', '--wepkey'],
  part: ['--passphrase'],
  partition: ['--passphrase'],
  raid: ['--passphrase'],
  realm: ['--one-time-password'],
  user: ['--password'],
};

/** What a locked account has in place of a hash. */
const NO_PASSWORD = /^([!*]+|locked)?$/;

function isSecret(value: string): boolean {
  return !NO_PASSWORD.test(value) && !isPlaceholder(value);
}

export const secret: Rule = {
  id: 'KSL_SECRET',
  severity: 'error',
  doc: 'no password, hash, passphrase or private key stands in a leaf',
  reason:
    'leaves are public and stay in the history; a hash can be attacked at leisure, and every image has the same one',
  check: (context) => [
    ...context.lines.flatMap((line) => inCommand(line)),
    ...inScripts(context),
    ...privateKeys(context),
  ],
};

function inCommand(command: WrittenCommand): Finding[] {
  const hint = 'lock the account and let the first boot ask; for tests, keep it in a leaf of their own with a reason';
  const found: Finding[] = [];
  if (command.name === 'rootpw' || command.name === 'sshpw') {
    const value = positionals(command)[0] ?? '';
    const isHash = option(command, '--iscrypted') === true;
    if (isSecret(value) && !(isHash && isNoHash(value))) {
      const kind = isHash ? 'a password hash' : 'a password';
      found.push({ message: `${kind} in the source`, hint, ...within(command, value) });
    }
  }
  for (const flag of SECRET_OPTIONS[command.name] ?? []) {
    const value = option(command, flag);
    if (typeof value === 'string' && isSecret(value)) {
      found.push({ message: `the value of ${flag} is in the source`, hint, ...atOption(command, flag) });
    }
  }
  const credentials = /\w+:\/\/[^/\s:@]+:[^/\s@]+@/.exec(command.text)?.[0];
  if (credentials !== undefined) {
    found.push({
      message: 'a URL with a password',
      hint: 'use a repository that needs none',
      ...within(command, credentials),
    });
  }
  return found;
}

/** Programs that can set a password. */
const OF_PASSWORDS = new Set(['chpasswd', 'passwd', 'useradd', 'usermod']);

function inScripts(context: RuleContext): Finding[] {
  return context.scripts.flatMap(({ commands }) =>
    commands.flatMap((command): Finding[] => {
      const name = program(command);
      if (!OF_PASSWORDS.has(name)) return [];
      const isSet =
        (name === 'chpasswd' || (name === 'passwd' && hasOption(command, '--stdin'))) &&
        ['echo', 'printf'].includes(command.pipedFrom ? program(command.pipedFrom) : '') &&
        !command.pipedFrom?.words.some(({ text }) => text.includes('$'));
      const isOption =
        (name === 'useradd' || name === 'usermod') &&
        hasOption(command, '-p', '--password') &&
        !operands(command).some(({ text }) => NO_PASSWORD.test(text));
      if (!isSet && !isOption) return [];
      const hint = 'lock the account and let the first boot ask';
      return [{ message: `${name} sets a password that is in the source`, hint, where: command, length: name.length }];
    }),
  );
}

function privateKeys(context: RuleContext): Finding[] {
  const having = context.scripts.filter(({ script }) => script.body.includes('PRIVATE KEY-----'));
  return having.flatMap(({ script }) =>
    script.body.split('\n').flatMap((text, index): Finding[] => {
      const match = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.exec(text);
      const line = script.bodyAt[index];
      if (match === null || line === undefined) return [];
      const where = { ...line, at: { ...line.at, column: match.index + 1 } };
      return [
        { message: 'a private key in the source', hint: 'make one at first boot', where, length: match[0].length },
      ];
    }),
  );
}

export const lockedRoot: Rule = {
  id: 'KSL_ROOTPW_LOCKED',
  severity: 'warning',
  doc: 'rootpw --lock has no placeholder for a hash',
  reason: 'from Fedora 44 on the placeholder is taken for a hash, refused, and the installation stops',
  check: (context) =>
    context.lines
      .filter((line) => line.name === 'rootpw' && option(line, '--lock') === true)
      .filter(() => isFedoraFrom(context.release.release, 44))
      .filter((line) => positionals(line).some((value) => NO_PASSWORD.test(value)))
      .map((line) => ({
        message: 'the placeholder is taken for a hash, and refused',
        hint: 'write rootpw --lock',
        where: line,
        length: line.text.trim().length,
        fix: replaceLine(line, 'rootpw --lock'),
      })),
};

function replaceLine(line: WrittenCommand, insert: string): Finding['fix'] {
  const words = line.words;
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { path: line.at.path, line: line.at.line, from: first.start + 1, to: last.end + 1, insert };
}
