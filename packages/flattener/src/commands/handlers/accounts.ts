import { type Handler, printed, refuse, refuseRest, since } from '../handler.ts';
import { has, isTrue, listOf, textOf } from '../values.ts';

function unique(what: string, name: string): NonNullable<Handler['duplicate']> {
  return (attributes) => {
    const key = textOf(attributes.get(name));
    return { key, message: `${what} with the name ${key} has already been defined.` };
  };
}

export const ACCOUNTS: Readonly<Record<string, Handler>> = {
  Group: printed('group --name --gid', { duplicate: unique('A group', 'name') }),

  RootPw: {
    known: true,
    check(_attributes, input, namespace) {
      const { values } = namespace;
      if (!isTrue(values.get('password')) && !isTrue(values.get('lock'))) {
        refuse('A single argument is expected for the rootpw command', 'write rootpw PASSWORD, or rootpw --lock');
      }
      refuseRest(input, namespace);
    },
    print(attributes) {
      if (!has(attributes, 'password')) return has(attributes, 'lock') ? 'rootpw --lock' : undefined;
      const password = textOf(attributes.get('password'));
      const isCrypted = has(attributes, 'isCrypted');
      return [
        'rootpw',
        ...(isCrypted ? ['--iscrypted'] : []),
        ...(has(attributes, 'lock') ? ['--lock'] : []),
        ...(isCrypted ? [] : ['--plaintext']),
        ...(has(attributes, 'allow_ssh') ? ['--allow-ssh'] : []),
        password.includes('#') ? `"${password}"` : password,
      ].join(' ');
    },
  },

  SshKey: {
    known: true,
    check: (_attributes, input, namespace) => refuseRest(input, namespace),
    duplicate: unique('An ssh user', 'username'),
    print(attributes, _spec, release) {
      const [key = ''] = listOf(attributes.get('sshkey'));
      const escaped = since(release, 38, 9) ? key.replaceAll('"', String.raw`\"`) : key;
      return `sshkey --username=${textOf(attributes.get('username'))} "${escaped}"`;
    },
  },

  SshPw: {
    known: true,
    check(_attributes, input, namespace) {
      if (listOf(namespace.values.get('password')).length === 0) {
        refuse('A single argument is expected for the sshpw command', 'write sshpw --username=NAME PASSWORD');
      }
      refuseRest(input, namespace);
    },
    duplicate: unique('An ssh user', 'username'),
    print(attributes) {
      const kind = has(attributes, 'isCrypted') ? '--iscrypted' : '--plaintext';
      const flags = has(attributes, 'sshkey') ? ['--sshkey'] : [...(has(attributes, 'lock') ? ['--lock'] : []), kind];
      const password = listOf(attributes.get('password')).join(' ');
      return ['sshpw', `--username=${textOf(attributes.get('username'))}`, ...flags, password].join(' ');
    },
  },

  User: printed('user --groups --homedir --name --password# --iscrypted --shell --uid --lock --gecos" --gid', {
    duplicate: unique('A user', 'name'),
    needsArguments: true,
  }),
};
