import type { Finding, Rule } from '../rule.ts';
import { hasOption, program } from '../shell.ts';
import { type RuleContext, type WrittenCommand, isPlaceholder, option, positionals, within } from '../rule-context.ts';

/** The characters of crypt's base 64. */
const B64 = '[./0-9A-Za-z]';

/** A password hash of crypt(5), by its prefix. */
interface HashFormat {
  readonly name: string;
  readonly prefix: RegExp;
  readonly whole: RegExp;
}

/** The formats that libxcrypt takes, by crypt(5). The lengths are those of the hash behind the last dollar. */
const FORMATS: readonly HashFormat[] = [
  format('yescrypt', String.raw`\$y\$`, String.raw`[./0-9A-Za-z]+\$${B64}{0,86}\$${B64}{43}`),
  format('gost-yescrypt', String.raw`\$gy\$`, String.raw`[./0-9A-Za-z]+\$${B64}{0,86}\$${B64}{43}`),
  format('scrypt', String.raw`\$7\$`, String.raw`${B64}{11,97}\$${B64}{43}`),
  format('bcrypt', String.raw`\$2[abxy]\$`, String.raw`(0[4-9]|[12]\d|3[01])\$${B64}{53}`),
  format('SHA-512', String.raw`\$6\$`, String.raw`(rounds=\d{1,9}\$)?[^$:\n]{0,16}\$${B64}{86}`),
  format('SHA-256', String.raw`\$5\$`, String.raw`(rounds=\d{1,9}\$)?[^$:\n]{0,16}\$${B64}{43}`),
  format('SHA-1', String.raw`\$sha1\$`, String.raw`\d+\$${B64}{1,64}\$${B64}{28}`),
  format('MD5', String.raw`\$1\$`, String.raw`[^$:\n]{0,8}\$${B64}{22}`),
  format('Sun MD5', String.raw`\$md5[$,]`, String.raw`[^:\n]*\$${B64}{22}`),
  format('NT', String.raw`\$3\$`, String.raw`\$[0-9a-f]{32}`),
];
/** The formats without a prefix: DES, and BSDi's extension of it. */
const UNPREFIXED = new RegExp(`^(${B64}{13}|_${B64}{19})$`);

function format(name: string, prefix: string, rest: string): HashFormat {
  return { name, prefix: new RegExp(`^${prefix}`), whole: new RegExp(`^${prefix}${rest}$`) };
}

const NOT_A_HASH = 'is not a password hash';

/** What is wrong with a value that has to be a hash; `undefined` when it is one, or the mark of a locked account. */
function hashProblem(value: string): string | undefined {
  // passwd --lock puts the mark before the hash.
  const hash = value.replace(/^[!*]+/, '');
  if ((hash === '' && value !== '') || UNPREFIXED.test(hash)) return undefined;
  const known = FORMATS.find(({ prefix }) => prefix.test(hash));
  if (known === undefined) return NOT_A_HASH;
  return known.whole.test(hash) ? undefined : `begins as a ${known.name} hash, but is not a whole one`;
}

/** Whether a value has nothing of a hash: with --iscrypted it lets nobody in, and gives nothing away. */
export const isNoHash = (value: string): boolean => hashProblem(value) === NOT_A_HASH;

/** Whether a value is surely a hash: those of DES look like passwords. */
function isHash(value: string): boolean {
  return FORMATS.some(({ whole }) => whole.test(value));
}

export const cryptHash: Rule = {
  id: 'KSL_CRYPT_HASH',
  severity: 'error',
  doc: 'the value of --iscrypted is a password hash, and a hash has --iscrypted',
  reason: 'it is copied to /etc/shadow: with anything else no login works, and no message says so',
  check: (context) => [...context.lines.flatMap((line) => inCommand(line)), ...inScripts(context)],
};

function inCommand(line: WrittenCommand): Finding[] {
  const value = passwordOf(line);
  if (value === undefined || isPlaceholder(value)) return [];
  const place = within(line, value);
  const isGrub = line.name === 'bootloader';
  if (option(line, '--iscrypted') !== true) {
    if (!(isGrub ? GRUB_HASH.test(value) : isHash(value))) return [];
    const message = 'without --iscrypted this hash itself becomes the password';
    return [{ message, hint: 'write --iscrypted', ...place }];
  }
  // KSL_ROOTPW_LOCKED is about the placeholder beside --lock.
  if (option(line, '--lock') === true && /^\w*$/.test(value)) return [];
  const problem = isGrub ? grubProblem(value) : hashProblem(value);
  if (problem === undefined) return [];
  const hint = isGrub
    ? 'write what grub2-mkpasswd-pbkdf2 prints'
    : 'write what openssl passwd -6 prints, --plaintext with a password, or --lock';
  return [{ message: `the value ${problem}: no login works with it`, hint, ...place }];
}

function passwordOf(line: WrittenCommand): string | undefined {
  if (line.name === 'rootpw' || (line.name === 'sshpw' && option(line, '--sshkey') === undefined)) {
    return positionals(line).at(-1);
  }
  const value = line.name === 'user' || line.name === 'bootloader' ? option(line, '--password') : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** What GRUB takes behind `password_pbkdf2`. */
const GRUB_HASH = /^grub\.pbkdf2\.sha512\.\d+\.[0-9A-F]+\.[0-9A-F]+$/i;

function grubProblem(value: string): string | undefined {
  return GRUB_HASH.test(value) ? undefined : 'is not a password hash of GRUB 2';
}

/** `usermod -p` takes a hash as well. */
function inScripts(context: RuleContext): Finding[] {
  return context.scripts.flatMap(({ commands }) =>
    commands.flatMap((command): Finding[] => {
      if (!['useradd', 'usermod'].includes(program(command)) || !hasOption(command, '-p', '--password')) return [];
      const at = command.words.findIndex(({ text }) => /^(-p|--password)(=|$)/.test(text));
      const flag = command.words[at];
      const value = flag?.text.includes('=') === true ? flag.text.replace(/^[^=]*=/, '') : command.words[at + 1]?.text;
      const where = flag?.text.includes('=') === true ? flag : command.words[at + 1];
      if (value === undefined || where === undefined || /[$`]/.test(value)) return [];
      const problem = hashProblem(value);
      if (problem === undefined) return [];
      const message = `the value ${problem}: ${program(command)} writes it to /etc/shadow as it stands`;
      return [{ message, hint: 'pipe NAME:PASSWORD into chpasswd, or lock the account', where, length: where.length }];
    }),
  );
}
