import type { Finding, Rule } from '../rule.ts';
import { type ShellCommand, type ShellWord, hasOption, operands, program, readOptions } from '../shell.ts';

/** Programs with a verb that fetches. What flatpak installs is signed, as packages are. */
const FETCHING_VERBS: Readonly<Record<string, readonly string[]>> = {
  git: ['clone', 'fetch', 'pull'],
  podman: ['pull'],
  docker: ['pull'],
  skopeo: ['copy'],
  pip: ['install'],
  pip3: ['install'],
  npm: ['install'],
};

/** The options of curl and wget that take a value, by their manual pages. */
const TAKING: Readonly<Record<string, { letters: string; names: readonly string[] }>> = {
  curl: {
    letters: 'AbcCdDeEFhHKmoPQrtTuUwxXyYz',
    names:
      'output output-dir request data data-raw data-binary data-urlencode json form upload-file header user url cacert capath cert key max-time connect-timeout retry retry-delay write-out user-agent proxy config cookie cookie-jar referer range resolve interface'.split(
        ' ',
      ),
  },
  wget: {
    letters: 'aBDeiIlLoOPQRStTUwX',
    names:
      'output-document output-file method post-data post-file body-data body-file directory-prefix header timeout tries user password input-file append-output user-agent ca-certificate'.split(
        ' ',
      ),
  },
};

/** Options that send something: the answer to it is not what the script is after. */
const SENDING = new Set(
  '-d --data --data-raw --data-binary --data-urlencode --json -F --form -T --upload-file --post-data --post-file --body-data --body-file'.split(
    ' ',
  ),
);

/**
 * What a command downloads and keeps. Nothing is kept of an answer that goes to /dev/null or only to the log, as that
 * of a callback to a deployment server.
 *
 * @param reader the command that reads its output through a pipe
 */
function fetches(command: ShellCommand, reader: ShellCommand | undefined): boolean {
  const name = program(command);
  if (name === 'aria2c') return true;
  if (name === 'curl') return keepsOutput(command, reader, 'curl');
  if (name === 'wget' || name === 'wget2') return keepsOutput(command, reader, 'wget');
  const verbs = FETCHING_VERBS[name];
  if (verbs === undefined) return false;
  const [verb = '', ...more] = operands(command).map(({ text }) => text);
  if (!verbs.includes(verb)) return false;
  // An image named by its digest, and packages with their hashes, are checked by the program itself.
  if (more.some((text) => text.includes('@sha256:')) || hasOption(command, '--require-hashes', '--no-index'))
    return false;
  return !(name.startsWith('pip') && more.length > 0 && more.every((text) => /^\.{0,2}\//.test(text) || text === '.'));
}

function keepsOutput(command: ShellCommand, reader: ShellCommand | undefined, name: 'curl' | 'wget'): boolean {
  const { options, rest } = readOptions(command, TAKING[name] ?? { letters: '', names: [] });
  const has = (...names: string[]): boolean => options.some((option) => names.includes(option.name));
  if (has('-h', '--help', '-V', '--version', '--spider')) return false;
  const [method] = options.flatMap((option) =>
    ['-X', '--request', '--method'].includes(option.name) && option.value ? [option.value.text.toUpperCase()] : [],
  );
  if (name === 'curl' && (has('-I', '--head') || method === 'HEAD')) return false;
  if (rest.length > 0 && rest.every(({ text }) => text.startsWith('file:'))) return false;
  const sends = options.some((option) => SENDING.has(option.name)) || /^(POST|PUT|PATCH|DELETE)$/.test(method ?? '');
  const files = options.flatMap(({ name: flag, value }): ShellWord[] =>
    (name === 'curl' ? ['-o', '--output'] : ['-O', '--output-document']).includes(flag) && value ? [value] : [],
  );
  const isPrinted = files.length > 0 ? files.every(({ text }) => text === '-') : name === 'curl';
  if (name === 'curl' && has('-O', '--remote-name', '--remote-name-all')) return true;
  if (isPrinted) return goesSomewhere(command, reader);
  // wget saves the answer to what it sends in a file named after the URL: that is not what it is for.
  if (files.length === 0) return !sends;
  return files.some(({ text }) => text !== '/dev/null' && text !== '-');
}

/** What a command prints is read by another, or written to a file. */
function goesSomewhere(command: ShellCommand, reader: ShellCommand | undefined): boolean {
  if (command.captured || command.writes.some(({ text }) => text !== '/dev/null')) return true;
  if (reader === undefined) return false;
  const asksOnly = program(reader) === 'logger' || (program(reader) === 'grep' && hasShort(reader, 'q'));
  return !asksOnly;
}

function hasShort(command: ShellCommand, letter: string): boolean {
  return command.words.some(({ text }) => /^-\w+$/.test(text) && text.includes(letter));
}

/** Programs that can check a sum or a signature. */
const VERIFYING = /^(?:(?:sha(?:224|256|384|512)|b2)sum|git|rpm|rpmkeys|openssl|cosign|minisign|signify|gpgv?2?)$/;

function verifies(command: ShellCommand): boolean {
  const name = program(command);
  if (!VERIFYING.test(name)) return false;
  // Without --check, the command that gets the sum compares it.
  if (/^(sha(224|256|384|512)|b2)sum$/.test(name)) {
    return hasOption(command, '--check') || hasShort(command, 'c') || command.captured;
  }
  if (name === 'git') return ['checkout', 'reset', 'switch'].some((verb) => namesCommit(command, verb));
  if (name === 'rpm' || name === 'rpmkeys') return hasOption(command, '-K', '--checksig');
  if (name === 'openssl') return hasOption(command, '-verify', '-signature');
  if (name === 'cosign') return (operands(command)[0]?.text ?? '').startsWith('verify');
  if (name === 'minisign' || name === 'signify') return hasShort(command, 'V');
  return ['gpgv', 'gpgv2'].includes(name) || (['gpg', 'gpg2'].includes(name) && hasOption(command, '--verify'));
}

/** A commit is named by the checksum of all it holds. */
function namesCommit(command: ShellCommand, verb: string): boolean {
  const words = operands(command).map(({ text }) => text);
  return words.includes(verb) && words.some((text) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text));
}

export const download: Rule = {
  id: 'KSL_DOWNLOAD',
  severity: 'error',
  doc: 'what a script downloads is checked against a checksum or signature',
  reason: 'otherwise the server, or anyone between, decides what is in the image, and two builds differ',
  check: (context) => context.scripts.flatMap(({ commands }) => unchecked(commands)),
};

function unchecked(commands: readonly ShellCommand[]): Finding[] {
  const readers = new Map(commands.flatMap((command) => (command.pipedFrom ? [[command.pipedFrom, command]] : [])));
  const lastCheck = commands.findLastIndex(verifies);
  return commands
    .filter((command, at) => at > lastCheck && fetches(command, readers.get(command)))
    .map((command): Finding => ({
      message: `what ${program(command)} downloads is not checked`,
      hint: 'follow it by sha256sum --check with the sum written in the leaf, or install it as a package',
      where: command,
      length: command.words[0]?.length ?? 1,
    }));
}

export const packagesInScript: Rule = {
  id: 'KSL_PACKAGES_IN_SCRIPT',
  severity: 'warning',
  doc: 'packages are installed by %packages, not by scripts',
  reason:
    'what a script installs or updates is in no package selection, cannot be compared, and needs the network again',
  check: (context) =>
    context.scripts.flatMap(({ script, commands }) =>
      commands.flatMap((command): Finding[] => {
        const change = script.type === 'post' ? packageChange(command) : undefined;
        if (change === undefined) return [];
        const hints = {
          install: 'list them in %packages',
          update: 'add the updates repository by a repo command: the newest version is installed then',
          remove: 'write -NAME in %packages, unless something else needs it during the installation',
        };
        return [
          {
            message: `${program(command)} ${change}s packages that %packages does not know of`,
            hint: hints[change],
            where: command,
            length: command.words[0]?.length ?? 1,
          },
        ];
      }),
    ),
};

type PackageChange = 'install' | 'update' | 'remove';

/** dnf's verbs; `undefined` for those that only read. Names of packages can come before none of them. */
const DNF_VERBS: Readonly<Record<string, PackageChange | undefined>> = {
  install: 'install',
  localinstall: 'install',
  groupinstall: 'install',
  reinstall: 'install',
  swap: 'install',
  update: 'update',
  upgrade: 'update',
  'distro-sync': 'update',
  remove: 'remove',
  erase: 'remove',
  autoremove: 'remove',
  groupremove: 'remove',
  ...Object.fromEntries(
    'list info search repoquery provides clean makecache check check-update history repolist config-manager copr download mark'
      .split(' ')
      .map((verb) => [verb, undefined]),
  ),
};

const DNFS = new Set(['dnf', 'dnf5', 'yum', 'microdnf', 'dnf-3']);

export function packageChange(command: ShellCommand): PackageChange | undefined {
  const name = program(command);
  if (name === 'rpm') return rpmChange(command);
  if (!DNFS.has(name)) return undefined;
  const words = operands(command).map(({ text }) => text);
  const at = words.findIndex((word) => word in DNF_VERBS || word === 'group' || word === 'module');
  const verb = words[at] ?? '';
  // `dnf group list` and `dnf module enable` change no package.
  return DNF_VERBS[verb === 'group' || verb === 'module' ? (words[at + 1] ?? '') : verb];
}

function rpmChange(command: ShellCommand): PackageChange | undefined {
  const options = command.words.slice(1).map(({ text }) => text);
  const reads = /^(-\w*[qVK]\w*|--(query|verify|checksig|import|eval|showrc|rebuilddb|initdb))$/;
  if (options.some((text) => reads.test(text))) return undefined;
  if (options.some((text) => /^(-\w*e\w*|--erase)$/.test(text))) return 'remove';
  if (options.some((text) => /^(-\w*i\w*|--install)$/.test(text))) return 'install';
  return options.some((text) => /^(-\w*[UF]\w*|--upgrade|--freshen)$/.test(text)) ? 'update' : undefined;
}
