import type { Action } from '../action.ts';
import { CommandArguments, type Planner } from './command-arguments.ts';

/**
 * Encrypts `name:password` lines for chpasswd, whose own salt would make every ISO another one. With
 * SOURCE_DATE_EPOCH the salt follows from that and the name: salts are not secret, they only must differ.
 */
const encryptPasswords = `set -eu
IFS= read -r line
name=\${line%%:*} password=\${line#*:}
salt=$( (if [ -n "\${SOURCE_DATE_EPOCH-}" ]; then echo "$SOURCE_DATE_EPOCH $name"; else head -c 32 /dev/urandom; fi) | sha256sum | cut -c 1-16)
printf '%s\\n%s' "$password" "$salt" | perl -e 'chomp(my $p = <STDIN>); my $s = <STDIN>; print "$ARGV[0]:", crypt($p, "\\$6\\$$s\\$"), "\\n"' "$name" | chpasswd --encrypted`;

const setPassword = (name: string, password: string, crypted: boolean): Action => ({
  do: 'run',
  argv: crypted ? ['chpasswd', '--encrypted'] : ['sh', '-c', encryptPasswords],
  input: `${name}:${password}\n`,
});

/** Password and lock, of root or of anybody. */
const secured = (name: string, password: string | undefined, args: CommandArguments): Action[] => [
  ...(password === undefined ? [] : [setPassword(name, password, args.has('iscrypted'))]),
  ...(args.has('lock') ? [{ do: 'run', argv: ['passwd', '--lock', name] } as const] : []),
];

/** As anaconda writes it: Debian's server reads the same directory. */
const rootBySsh: Action = {
  do: 'write',
  path: '/etc/ssh/sshd_config.d/01-permitrootlogin.conf',
  text: 'PermitRootLogin yes\n',
};

export const rootpw: Planner = (command) => {
  const args = new CommandArguments(command);
  return {
    users: [...secured('root', args.positionals[0], args), ...(args.has('allow-ssh') ? [rootBySsh] : [])],
    withoutCounterpart: args.except('iscrypted', 'plaintext', 'lock', 'allow-ssh'),
  };
};

const optional = (flag: string, value: string | undefined): string[] => (value === undefined ? [] : [flag, value]);

/** `wheel` or `builders(1500)`. */
function groupOf(text: string): { name: string; gid: string | undefined } {
  const { name, gid } = /^(?<name>[^(]*)(?:\((?<gid>\d+)\))?$/u.exec(text)?.groups ?? {};
  return { name: name ?? text, gid };
}

const addGroup = (name: string, gid: string | undefined, more: readonly string[] = []): Action => ({
  do: 'run',
  argv: ['groupadd', '--force', ...more, ...optional('--gid', gid), name],
});

const userOptions = [
  'name',
  'groups',
  'homedir',
  'password',
  'iscrypted',
  'plaintext',
  'lock',
  'shell',
  'uid',
  'gid',
  'gecos',
];

export const user: Planner = (command) => {
  const args = new CommandArguments(command);
  const name = args.value('name') ?? '';
  const gid = args.value('gid');
  const groups = args.list('groups').map(groupOf);
  const useradd = [
    'useradd',
    '--create-home',
    ...optional('--shell', args.value('shell') ?? '/bin/bash'),
    ...optional('--home-dir', args.value('homedir')),
    ...optional('--uid', args.value('uid')),
    ...optional('--gid', gid),
    ...optional('--comment', args.value('gecos')),
    ...(groups.length > 0 ? ['--groups', groups.map((one) => one.name).join(',')] : []),
    name,
  ];
  return {
    users: [
      ...groups.map((one) => addGroup(one.name, one.gid, one.gid === undefined ? ['--system'] : [])),
      // The user's own group has the user's name, whatever its number.
      ...(gid === undefined ? [] : [addGroup(name, gid)]),
      { do: 'run', argv: useradd },
      ...secured(name, args.value('password'), args),
    ],
    withoutCounterpart: args.except(...userOptions),
  };
};

export const group: Planner = (command) => {
  const args = new CommandArguments(command);
  return {
    users: [addGroup(args.value('name') ?? '', args.value('gid'))],
    withoutCounterpart: args.except('name', 'gid'),
  };
};

/** Where the home is, is for passwd(5) to say: the user may have been made with another. */
const authorize = `set -eu
home=$(getent passwd "$1" | cut -d : -f 6)
install -d -m 0700 -o "$1" "$home/.ssh"
cat >>"$home/.ssh/authorized_keys"
chown "$1" "$home/.ssh/authorized_keys"
chmod 0600 "$home/.ssh/authorized_keys"`;

export const sshkey: Planner = (command) => {
  const args = new CommandArguments(command);
  return {
    users: [
      {
        do: 'run',
        argv: ['sh', '-c', authorize, 'sh', args.value('username') ?? 'root'],
        input: `${args.positionals.join(' ')}\n`,
      },
    ],
    withoutCounterpart: args.except('username'),
  };
};
