import type { Finding, Rule } from '../rule.ts';
import { type ShellCommand, hasOption, operands, program } from '../shell.ts';

const FETCHERS = new Set(['curl', 'wget', 'wget2', 'aria2c']);
/** Programs with a verb that fetches. */
const FETCHING_VERBS: Readonly<Record<string, readonly string[]>> = {
  git: ['clone', 'fetch', 'pull'],
  podman: ['pull'],
  skopeo: ['copy'],
  flatpak: ['install'],
  pip: ['install'],
  pip3: ['install'],
  npm: ['install'],
};

function fetches(command: ShellCommand): boolean {
  const name = program(command);
  return FETCHERS.has(name) || (FETCHING_VERBS[name]?.includes(operands(command)[0]?.text ?? '') ?? false);
}

function verifies(command: ShellCommand): boolean {
  const name = program(command);
  if (/^(sha(256|384|512)|b2)sum$/.test(name)) return hasOption(command, '-c', '--check');
  return name === 'gpgv' || ((name === 'gpg' || name === 'gpg2') && hasOption(command, '--verify'));
}

export const download: Rule = {
  id: 'KSL_DOWNLOAD',
  severity: 'error',
  doc: 'what a script downloads is checked against a checksum or signature',
  reason: 'whoever holds the server, or stands between, otherwise decides what is in the image, and two builds differ',
  check: (subject) =>
    subject.scripts.flatMap(({ commands }) =>
      commands
        .filter((command, at) => fetches(command) && !commands.slice(at).some(verifies))
        .map((command): Finding => ({
          message: `what ${program(command)} brings is not checked`,
          hint: 'follow it by sha256sum --check with the sum written in the leaf, or bring it as a package',
          where: command,
          length: command.words[0]?.length ?? 1,
        })),
    ),
};

export const packagesInScript: Rule = {
  id: 'KSL_PACKAGES_IN_SCRIPT',
  severity: 'warning',
  doc: 'packages are installed by %packages, not by scripts',
  reason:
    'what a script installs or updates is in no package selection, cannot be compared, and needs the network again',
  check: (subject) =>
    subject.scripts.flatMap(({ script, commands }) =>
      commands
        .filter((command) => script.type === 'post' && changesPackages(command))
        .map((command) => ({
          message: `${program(command)} changes the packages behind the back of %packages`,
          hint: 'list them in %packages; for newer ones add the updates repository',
          where: command,
          length: command.words[0]?.length ?? 1,
        })),
    ),
};

function changesPackages(command: ShellCommand): boolean {
  const name = program(command);
  if (name === 'rpm') return command.words.some(({ text }) => /^-\w*[iUF]/.test(text) && !/^-\w*q/.test(text));
  if (!['dnf', 'dnf5', 'yum', 'microdnf'].includes(name)) return false;
  const verbs = ['install', 'update', 'upgrade', 'distro-sync', 'remove', 'group', 'groupinstall', 'swap', 'reinstall'];
  return operands(command).some(({ text }) => verbs.includes(text));
}
