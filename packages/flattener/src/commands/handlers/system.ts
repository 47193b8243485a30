import { type CommandInput, type Handler, asWritten, printed, refuse, refuseRest, since } from '../handler.ts';
import { deprecatedOption } from '../history.ts';
import { has, isTrue, listOf, textOf } from '../values.ts';
import { printLayout } from '../layout.ts';
import { refuseArguments } from './network.ts';

/** What `--disable` stores. */
const FIRSTBOOT_SKIP = 1;

/** Everything behind the name, as it is written. */
function verbatim(command: string, check: (input: CommandInput) => void = () => {}): Handler {
  return {
    parse(input, attributes) {
      check(input);
      attributes.set('text', asWritten(input));
    },
    isPrinted: (attributes) => has(attributes, 'text'),
    print: (attributes) => `${command} ${textOf(attributes.get('text'))}`,
  };
}

/** A command whose name says it all; several names are one object, and the last one counts. */
function named(options: string, names: Readonly<Record<string, string>> = {}): Handler {
  const layouts = new Map<string, Handler['print']>();
  return {
    check(attributes, { name, spec }) {
      attributes.set('name', names[name] ?? name);
      if (name === 'cmdline' && has(attributes, 'nonInteractive')) {
        const { flags } = spec.options.find(({ dest }) => dest === 'nonInteractive') ?? { flags: [] };
        refuse(`Kickstart command cmdline does not support ${flags.join(', ')} parameter`, 'remove it');
      }
    },
    print(attributes, spec, release) {
      const name = textOf(attributes.get('name'));
      const layout = layouts.get(name) ?? printed(`${name} ${options}`).print;
      layouts.set(name, layout);
      return typeof layout === 'function'
        ? layout(attributes, spec, release)
        : printLayout(layout, attributes, spec).join(' ');
    },
  };
}

export const SYSTEM: Readonly<Record<string, Handler>> = {
  Authconfig: verbatim('auth', ({ warn, name, word }) =>
    warn({
      kind: 'deprecated',
      code: 'KS_DEPRECATED_COMMAND',
      message: `the command ${name} is deprecated`,
      hint: 'write authselect instead',
      word,
      pykickstart: 'The authconfig command will be deprecated, use authselect instead.',
    }),
  ),

  Authselect: verbatim('authselect'),

  AutoStep: printed('autostep --autoscreenshot'),

  Bootloader: printed(
    `bootloader (?disabled[--disabled]|?!disabled[--append" --location --lba32 --password" --upgrade --driveorder" --timeout~
     --default --iscrypted --boot-drive --leavebootorder --extlinux --nombr --sdboot])`,
    {
      initial: { location: 'none' },
      check(attributes) {
        const md5 = attributes.get('_md5pass');
        if (isTrue(md5)) {
          attributes.set('password', md5);
          attributes.set('isCrypted', true);
          attributes.delete('_md5pass');
        }
        if (textOf(attributes.get('bootDrive') ?? '').includes(','))
          refuse('--boot-drive accepts only one argument', 'write one drive', { code: 'KS_OPTION_VALUE' });
        if (has(attributes, 'sdboot') && has(attributes, 'extlinux')) {
          refuse('Only one of --sdboot and --extlinux may be specified for bootloader command.', 'remove one of them');
        }
      },
      isPrinted: (attributes) => has(attributes, 'location'),
    },
  ),

  DisplayMode: named('--non-interactive'),

  DriverDisk: {
    known: true,
    check(attributes, input, namespace) {
      const partitions = listOf(namespace.values.get('partition'));
      if (partitions.length > 1)
        refuse('Only one partition may be specified for driverdisk command.', 'write one partition');
      refuseRest(input, namespace);
      const given = [
        ...(partitions.length > 0 ? ['partition'] : []),
        ...(isTrue(namespace.values.get('source')) ? ['--source'] : []),
        ...(isTrue(namespace.values.get('biospart')) ? ['--biospart'] : []),
      ];
      if (given.length > 1)
        refuse(`Only one of ${given.join(' and ')} may be specified for driverdisk command.`, 'remove one of them');
      if (given.length === 0) {
        refuse(
          'One of --source, --biospart, or partition must be specified for driverdisk command.',
          'add one of them',
        );
      }
      if (partitions.length > 0) attributes.set('partition', partitions[0]);
    },
    print(attributes) {
      const by = ['partition', 'source', 'biospart'].find((name) => has(attributes, name)) ?? 'partition';
      const value = textOf(attributes.get(by));
      if (by !== 'partition') return `driverdisk --${by}=${value}`;
      return `driverdisk ${value}${has(attributes, 'type') ? ` --type=${textOf(attributes.get('type'))}` : ''}`;
    },
  },

  Eula: printed('eula --agreed', {
    known: true,
    check(attributes, _input, { rest }) {
      refuseArguments('eula', rest);
      if (!has(attributes, 'agreed'))
        refuse('Kickstart command eula expects the --agreed option', 'write eula --agreed');
    },
  }),

  Firstboot: printed('firstboot (--disable|--enable|--reconfig)', {
    check(attributes, _input, { values }) {
      attributes.set('firstboot', values.get('firstboot'));
    },
    isPrinted: (attributes) => attributes.get('firstboot') !== undefined,
    hasHeader: (attributes) => attributes.get('firstboot') !== FIRSTBOOT_SKIP,
  }),

  Keyboard: {
    known: true,
    check(attributes, input, namespace) {
      const [layout, ...others] = listOf(namespace.values.get('kbd'));
      if (others.length > 0)
        refuse('A single argument is expected for the keyboard command', 'write one layout; quote it if it has blanks');
      refuseRest(input, namespace);
      if (layout === undefined && !has(attributes, 'vc_keymap') && !has(attributes, 'x_layouts')) {
        refuse(
          'keyboard needs --vckeymap or --xlayouts with a value, or an argument',
          'write keyboard --vckeymap=NAME or --xlayouts=NAMES',
        );
      }
      if (layout !== undefined) attributes.set('layout', layout);
    },
    isPrinted: (attributes) => ['layout', 'vc_keymap', 'x_layouts'].some((name) => has(attributes, name)),
    print(attributes) {
      const quoted = (name: string): string =>
        listOf(attributes.get(name))
          .map((value) => `'${value}'`)
          .join(',');
      if (!has(attributes, 'vc_keymap') && !has(attributes, 'x_layouts')) {
        return `keyboard '${textOf(attributes.get('layout'))}'`;
      }
      return [
        'keyboard',
        ...(has(attributes, 'vc_keymap') ? [`--vckeymap=${textOf(attributes.get('vc_keymap'))}`] : []),
        ...(has(attributes, 'x_layouts') ? [`--xlayouts=${quoted('x_layouts')}`] : []),
        ...(has(attributes, 'switch_options') ? [`--switch=${quoted('switch_options')}`] : []),
      ].join(' ');
    },
  },

  Lang: printed('lang {lang} --addsupport', {
    known: true,
    check(attributes, input, namespace) {
      refuseRest(input, namespace);
      const [language = ''] = listOf(attributes.get('lang'));
      attributes.set('lang', [has(attributes, 'addsupport') ? language.trimEnd() : language]);
    },
    isPrinted: (attributes) => listOf(attributes.get('lang'))[0] !== '',
  }),

  Logging: {
    check(attributes) {
      if (has(attributes, 'port') && !has(attributes, 'host'))
        refuse("Can't specify --port without --host.", 'add --host=NAME');
    },
    print(attributes, _spec, release) {
      const words = ['logging'];
      if (!since(release, 34, 9)) words.push(`--level=${textOf(attributes.get('level'))}`);
      else if (!has(attributes, 'host')) return undefined;
      if (has(attributes, 'host')) {
        words.push(`--host=${textOf(attributes.get('host'))}`);
        if (has(attributes, 'port')) words.push(`--port=${textOf(attributes.get('port'))}`);
      }
      return words.join(' ');
    },
  },

  MediaCheck: printed('mediacheck'),

  Method: {
    parse: () =>
      refuse('method is not a command: write url, nfs, cdrom or harddrive', 'write url, nfs, cdrom or harddrive'),
    print: () => undefined,
  },

  Module: printed('module --name! --stream --disable', {
    known: true,
    check(_attributes, _input, { rest }) {
      if (rest.length > 0)
        refuse('The module command does not take position arguments!', 'write module --name=NAME', {
          word: rest[0],
        });
    },
  }),

  RDP: printed('rdp --username --password'),

  RHSM: printed(
    `rhsm --organization" --activation-key*" --connect-to-insights --proxy" --server-hostname" --rhsm-baseurl"
     --flatpak-registry-url"`,
    {
      check(_attributes, _input, { values }) {
        if (listOf(values.get('activation_keys')).includes('')) {
          refuse('Empty string is not a valid activation key.', 'remove the empty key', { code: 'KS_OPTION_VALUE' });
        }
      },
      isPrinted: (attributes) =>
        ['organization', 'activation_keys', 'proxy', 'server_hostname', 'rhsm_baseurl', 'flatpak_registry_url'].some(
          (name) => has(attributes, name),
        ),
    },
  ),

  Reboot: named('--eject --kexec', { poweroff: 'shutdown' }),

  Rescue: printed('rescue --nomount --romount', {
    check(_attributes, _input, { values }) {
      if (isTrue(values.get('nomount')) && isTrue(values.get('romount'))) {
        refuse('Only one of --nomount and --romount may be specified for rescue command.', 'remove one of them');
      }
    },
  }),

  SELinux: printed('selinux --disabled --enforcing --permissive', {
    isPrinted: (attributes) => attributes.get('selinux') !== undefined,
  }),

  Services: printed('services --disabled" --enabled"', {
    check(attributes) {
      if (!has(attributes, 'disabled') && !has(attributes, 'enabled')) {
        refuse('One of --disabled or --enabled must be provided.', 'add --enabled=NAMES or --disabled=NAMES');
      }
    },
  }),

  SkipX: printed('skipx'),

  Syspurpose: printed('syspurpose --role" --sla" --usage" --addon*"', {
    known: true,
    check(_attributes, _input, { rest }) {
      if (rest.length > 0)
        refuse(
          'The syspurpose command does not take positional arguments!',
          'remove it; quote a value that has blanks',
          { word: rest[0] },
        );
    },
    isPrinted: (attributes) => ['role', 'sla', 'usage', 'addons'].some((name) => has(attributes, name)),
  }),

  Timezone: {
    check(attributes, { name, release, words, warn }) {
      if (words.length === 0)
        refuse(
          'At least one option and/or an argument are expected for the timezone command',
          'name the time zone, or write --utc',
        );
      const [timezone, ...others] = listOf(attributes.get('timezone'));
      if (others.length > 0)
        refuse('One or zero arguments are expected for the timezone command', 'write one time zone');
      // A line that names no zone takes away what an earlier one named.
      attributes.set('name', timezone);
      if (has(attributes, 'ntpservers') && has(attributes, 'nontp')) {
        refuse('Options --nontp and --ntpservers are mutually exclusive', 'remove one of them');
      }
      if (!since(release, 33, 9) || since(release, 40, 10)) return;
      const warnOf = (flag: string): void => {
        const word = words.find(({ value }) => value.split('=', 1)[0] === flag);
        warn({ kind: 'deprecated', ...deprecatedOption({ name, release }, flag, { isIdle: false }), word });
      };
      if (words.some(({ value }) => value === '--isUtc')) warnOf('--isUtc');
      if (has(attributes, 'ntpservers')) warnOf('--ntpservers');
      if (has(attributes, 'nontp')) warnOf('--nontp');
    },
    print(attributes, spec, release) {
      const hasNtp = spec.options.some(({ dest }) => dest === 'nontp');
      const words = [
        ...(has(attributes, 'name') ? [textOf(attributes.get('name'))] : []),
        ...(has(attributes, 'isUtc') ? [since(release, 32, 9) ? '--utc' : '--isUtc'] : []),
        ...(hasNtp && has(attributes, 'nontp') ? ['--nontp'] : []),
        ...(hasNtp && has(attributes, 'ntpservers')
          ? [`--ntpservers=${listOf(attributes.get('ntpservers')).join(',')}`]
          : []),
      ];
      return words.length > 0 ? ['timezone', ...words].join(' ') : undefined;
    },
  },

  Updates: {
    known: true,
    check(attributes, input, namespace) {
      const given = namespace.values.get('updates');
      if (given !== undefined) {
        const [url, ...others] = listOf(given);
        if (others.length > 0) refuse('Kickstart command updates only takes one argument', 'write one URL');
        attributes.set('url', url ?? 'floppy');
      }
      refuseRest(input, namespace);
    },
    print(attributes, spec) {
      if (!has(attributes, 'url')) return undefined;
      const url = textOf(attributes.get('url'));
      return url === 'floppy' && spec.options.some(({ dest }) => dest === 'updates') ? 'updates' : `updates ${url}`;
    },
  },

  Vnc: {
    check(attributes) {
      const [host, port] = textOf(attributes.get('_connect') ?? '').split(':');
      if (host !== undefined && host !== '') attributes.set('host', host);
      if (port !== undefined) attributes.set('port', port);
      attributes.delete('_connect');
    },
    print(attributes) {
      const hasPort = has(attributes, 'host') && has(attributes, 'port');
      return [
        'vnc',
        ...(has(attributes, 'host') ? [`--host=${textOf(attributes.get('host'))}`] : []),
        ...(hasPort ? [`--port=${textOf(attributes.get('port'))}`] : []),
        ...(has(attributes, 'password') ? [`--password=${textOf(attributes.get('password'))}`] : []),
      ].join(' ');
    },
  },

  XConfig: printed('xconfig _ --driver --defaultdesktop --depth --resolution --startxonboot --videoram', {
    isPrinted: (attributes) => [...attributes.values()].some(isTrue),
  }),

  Zipl: printed('zipl --secure-boot --force-secure-boot --no-secure-boot', {
    isPrinted: (attributes) => attributes.get('secure_boot') !== undefined,
  }),
};
