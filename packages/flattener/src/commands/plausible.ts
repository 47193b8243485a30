import type { Argument } from './arguments.ts';
import type { ProblemDetails } from './problem.ts';

/**
 * Values that pykickstart takes, because it looks at no text, and that no installer can mean: they fail an hour later,
 * or do harm. Nothing here asks whether a value exists; only whether it can.
 */

interface Check {
  /** The option, or `undefined` for the positional arguments. */
  readonly flag: string | undefined;
  readonly what: string;
  readonly pattern: RegExp;
  /** A list with commas, each item of which counts. */
  readonly isList?: true;
}

const LOCALE = /^[A-Za-z][A-Za-z0-9_.@-]*$/;
const ZONE = /^[A-Za-z0-9_+-]+(?:\/[A-Za-z0-9_+-]+)*$/;
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?$/;
const ACCOUNT = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;
const KEYBOARD = /^[A-Za-z0-9_][\w .:()+-]*$/;
const NUMBER = /^\s*\+?\d/;
const SERVER = /^[A-Za-z0-9_.:[\]%-]+$/;

const size: Check = { flag: '--size', what: 'a size in MiB', pattern: NUMBER };
const account: Check = { flag: '--name', what: 'the name of an account', pattern: ACCOUNT };
const userName: Check = { flag: '--username', what: 'the name of an account', pattern: ACCOUNT };

const CHECKS: Readonly<Partial<Record<string, readonly Check[]>>> = {
  group: [account],
  keyboard: [
    { flag: undefined, what: 'a keyboard layout', pattern: KEYBOARD },
    { flag: '--vckeymap', what: 'a keyboard layout', pattern: KEYBOARD },
    { flag: '--xlayouts', what: 'a keyboard layout', pattern: KEYBOARD, isList: true },
  ],
  lang: [
    { flag: undefined, what: 'a locale', pattern: LOCALE },
    { flag: '--addsupport', what: 'a locale', pattern: LOCALE, isList: true },
  ],
  logvol: [size],
  network: [{ flag: '--hostname', what: 'a host name', pattern: HOST_NAME }],
  part: [size],
  partition: [size],
  sshkey: [userName],
  sshpw: [userName],
  timesource: [
    { flag: '--ntp-server', what: 'a server', pattern: SERVER },
    { flag: '--ntp-pool', what: 'a pool of servers', pattern: SERVER },
  ],
  timezone: [
    { flag: undefined, what: 'a time zone', pattern: ZONE },
    { flag: '--ntpservers', what: 'a server', pattern: SERVER, isList: true },
  ],
  user: [account],
};

/** Examples of what to write. */
const EXAMPLES: Readonly<Record<string, string>> = {
  'a host name': 'letters, digits, dots and dashes, as host.example.org',
  'a keyboard layout': 'the name of a layout, as us or de',
  'a locale': 'the name of a locale, as en_US.UTF-8',
  'a pool of servers': 'the name of a host, as pool.ntp.org',
  'a server': 'the name or address of a host',
  'a size in MiB': 'a positive number of MiB',
  'a time zone': 'the name of a time zone, as Europe/Paris',
  'the name of an account': 'letters, digits, dots, dashes and underscores',
};

/** The values of a line that cannot be meant. */
export function implausible(name: string, args: readonly Argument[]): ProblemDetails[] {
  const checks = CHECKS[name];
  if (checks === undefined) return [];
  return args.flatMap((arg) => {
    const check = checks.find(({ flag }) =>
      arg.kind === 'positional' ? flag === undefined : flag !== undefined && arg.spec.flags.includes(flag),
    );
    const value = arg.value ?? '';
    if (check === undefined || value === '') return [];
    const items = check.isList ? value.split(',').map((item) => item.trim()) : [value];
    return items.filter((item) => item !== '' && !isPlausible(item, check)).map((item) => problem(item, check, arg));
  });
}

function isPlausible(value: string, { pattern }: Check): boolean {
  // What will be filled in, or is filled in by the installer, is for others to judge.
  return pattern.test(value) || /\$|\{\{|<%/.test(value);
}

function problem(value: string, { what }: Check, { word }: Argument): ProblemDetails {
  const message = `${JSON.stringify(value)} cannot be ${what}`;
  return { code: 'KS_OPTION_VALUE', message, hint: `write ${EXAMPLES[what]}`, word };
}
