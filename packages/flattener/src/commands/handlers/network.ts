import { splitWords } from '../../words.ts';
import { type CommandInput, type Handler, asWritten, printed, refuse } from '../handler.ts';
import { shellQuote } from '../python.ts';
import { type Attributes, has, isTrue, listOf, textOf } from '../values.ts';

/** Options of which a line has to have one, and only one. */
function exactlyOne(command: string, flags: readonly string[], isRequired = true): NonNullable<Handler['check']> {
  return (_attributes, { spec }, { values }) => {
    const known = flags.flatMap((flag) => spec.options.find((option) => option.flags.includes(flag)) ?? []);
    const given = known.filter((option) => isTrue(values.get(option.dest))).map((option) => option.flags[0]);
    const all = known.map((option) => option.flags[0]).join(', ');
    if (given.length === 0 && isRequired)
      refuse(`One of ${all} options must be specified for ${command} command.`, `add one of ${all}`);
    if (given.length > 1) {
      refuse(`Only one of ${given.join(', ')} options may be specified for ${command} command.`, 'remove one of them');
    }
  };
}

export const NETWORK: Readonly<Record<string, Handler>> = {
  Bootc: printed('bootc --stateroot" --source-imgref" --target-imgref" --bootloader" --composefs', {
    check(attributes) {
      if (!has(attributes, 'targetImgRef')) attributes.set('targetImgRef', attributes.get('sourceImgRef'));
    },
  }),

  Cdrom: printed('cdrom', { known: true, check: (_attributes, { name, words }) => refuseArguments(name, words) }),

  Firewall: {
    isPrinted: (attributes) => has(attributes, 'use_system_defaults') || attributes.get('enabled') !== undefined,
    print(attributes) {
      if (has(attributes, 'use_system_defaults')) return 'firewall --use-system-defaults';
      if (!has(attributes, 'enabled')) return 'firewall --disabled';
      const named = new Map(['ssh', 'telnet', 'smtp', 'http', 'ftp'].map((name) => [`${name}:tcp`, `--${name}`]));
      const ports = listOf(attributes.get('ports'));
      return [
        'firewall --enabled',
        ...ports.flatMap((port) => named.get(port) ?? []),
        ...commaOption(
          '--port',
          ports.filter((port) => !named.has(port)),
        ),
        ...commaOption('--trust', listOf(attributes.get('trusts'))),
        ...commaOption('--service', listOf(attributes.get('services'))),
        ...commaOption('--remove-service', listOf(attributes.get('remove_services'))),
      ].join(' ');
    },
  },

  HardDrive: {
    check(attributes, { spec }) {
      if (!spec.options.some((option) => option.dest === 'biospart')) return;
      const given = ['biospart', 'partition'].filter((name) => attributes.get(name) !== undefined);
      if (given.length !== 1)
        refuse('One of biospart or partition options must be specified.', 'write either --partition or --biospart');
    },
    print(attributes) {
      const by = attributes.get('biospart') === undefined ? 'partition' : 'biospart';
      return `harddrive --dir="${textOf(attributes.get('dir'))}" --${by}=${textOf(attributes.get(by))}`;
    },
  },

  Hmc: printed('hmc', { known: true, check: (_attributes, { name, words }) => refuseArguments(name, words) }),

  Liveimg: printed('liveimg --url!" --proxy" --noverifyssl --checksum"'),

  Network: {
    ...printed(
      `network _ --bootproto --dhcpclass --device --essid" --ethtool" --gateway --hostname --ip --mtu --nameserver --netmask
       --nodns ?!onboot[--onboot=off] --wepkey --notksdevice --noipv4 --noipv6 --ipv6 ?activate[--activate] --nodefroute
       --wpakey --bondslaves --bondopts --vlanid --ipv6gateway --teamslaves" --teamconfig" --interfacename --bridgeslaves
       --bridgeopts ?deactivate[--no-activate] --bindto --ipv4-dns-search --ipv6-dns-search --ipv4-ignore-auto-dns
       --ipv6-ignore-auto-dns`,
    ),
    check(attributes) {
      if (!attributes.has('onboot')) attributes.set('onboot', true);
      attributes.set('deactivate', attributes.get('activate') === false);
      for (const name of ['teamslaves', 'teamconfig']) {
        const value = attributes.get(name);
        const escaped = (typeof value === 'object' ? value.join(',') : textOf(value ?? '')).replaceAll(
          '"',
          String.raw`\"`,
        );
        attributes.set(name, escaped);
      }
      checkBridge(attributes);
      if (has(attributes, 'noipv4')) attributes.set('bootProto', '');
      if (attributes.get('bindto') === 'mac' && has(attributes, 'vlanid') && !has(attributes, 'bondopts')) {
        refuse('--bindto=mac is not supported for this type of device', 'remove --bindto=mac, or add --bondopts');
      }
      if (has(attributes, 'device')) return;
      for (const name of ['ipv4_dns_search', 'ipv6_dns_search', 'ipv4_ignore_auto_dns', 'ipv6_ignore_auto_dns']) {
        if (has(attributes, name)) {
          refuse(`Option --${name.replaceAll('_', '-')} requires --device to be specified`, 'add --device=NAME');
        }
      }
    },
    duplicate(attributes, args) {
      const key = textOf(attributes.get('device') ?? '');
      // `network --hostname=a` is about no device.
      const isHarmless = args.every((arg) => arg.kind === 'option' && arg.flag === '--hostname');
      return { key, message: `A network device with the name ${key} has already been defined.`, isHarmless };
    },
  },

  NFS: printed('nfs --server! --dir!" --opts"'),

  OSTreeContainer: printed('ostreecontainer --stateroot" --remote" --no-signature-verification --transport" --url"', {
    check(attributes) {
      if (!has(attributes, 'remote')) attributes.set('remote', attributes.get('stateroot'));
    },
  }),

  OSTreeSetup: printed('ostreesetup --osname" --remote" --url" --ref" --nogpg', {
    check(attributes) {
      if (!has(attributes, 'remote')) attributes.set('remote', attributes.get('osname'));
      if (!/^(file|https?):/.test(textOf(attributes.get('url')))) {
        refuse(
          'ostree repos must use file, HTTP or HTTPS protocol.',
          'write a URL that starts with file:, http: or https:',
          { code: 'KS_OPTION_VALUE' },
        );
      }
    },
    isPrinted: (attributes) => has(attributes, 'osname'),
  }),

  Realm: {
    parse: readRealm,
    isPrinted: (attributes) => has(attributes, 'join'),
    print: (attributes) => `realm join ${textOf(attributes.get('join'))}`,
  },

  Repo: printed(
    `repo --name!" (--baseurl|--mirrorlist|_) --cost --includepkgs" --excludepkgs" ?ignoregroups[--ignoregroups=true]
     --proxy" --noverifyssl --install --metalink --sslcacert" --sslclientcert" --sslclientkey"`,
    {
      check: exactlyOne('repo', ['--mirrorlist', '--baseurl', '--metalink'], false),
      duplicate(attributes) {
        const key = textOf(attributes.get('name'));
        return { key, message: `A repo with the name ${key} has already been defined.` };
      },
    },
  ),

  Timesource: printed('timesource --ntp-server --ntp-pool --nts --ntp-disable', {
    check: exactlyOne('timesource', ['--ntp-server', '--ntp-pool', '--ntp-disable']),
    needsArguments: true,
  }),

  Url: printed(
    'url (--url"|--mirrorlist"|--metalink") --proxy" --noverifyssl --sslcacert" --sslclientcert" --sslclientkey"',
    { check: exactlyOne('url', ['--mirrorlist', '--url', '--metalink']) },
  ),
};

function commaOption(flag: string, values: readonly string[]): string[] {
  return values.join(',') === '' ? [] : [`${flag}=${values.join(',')}`];
}

/** Refuses anything behind a command that stands alone. */
export function refuseArguments(name: string, words: readonly { readonly value: string }[]): void {
  if (words.length > 0)
    refuse(`Kickstart command ${name} does not take any arguments`, `write ${name} alone`, {
      code: 'KS_UNEXPECTED_ARGUMENT',
    });
}

function checkBridge(attributes: Attributes): void {
  if (!has(attributes, 'bridgeopts')) return;
  if (!has(attributes, 'bridgeslaves'))
    refuse('Option --bridgeopts requires --bridgeslaves to be specified', 'add --bridgeslaves=NAME');
  for (const option of textOf(attributes.get('bridgeopts')).split(',')) {
    if (!/^[^=]*=[^=]+$/.test(option)) {
      refuse(
        "Bad format of --bridgeopts, expecting key=value options separated by ','",
        'write --bridgeopts=KEY=VALUE,KEY=VALUE',
        { code: 'KS_OPTION_VALUE' },
      );
    }
  }
}

const REALM_OPTIONS: Readonly<Record<string, boolean>> = {
  '--client-software': true,
  '--server-software': true,
  '--membership-software': true,
  '--one-time-password': true,
  '--no-password': false,
  '--computer-ou': true,
};

const REALM = 'write realm join REALM, with options before REALM';

/** `realm join [options] realm`, read as Python's getopt does: options first, then exactly one realm. */
function readRealm(input: CommandInput, attributes: Attributes): void {
  if (has(attributes, 'join'))
    refuse("The realm command 'join' should only be specified once", 'remove one of the two lines');
  const { words, problems } = splitWords(asWritten(input), { comments: false });
  const [problem] = problems;
  if (problem !== undefined)
    refuse('No closing quotation in the arguments of realm', 'close the quote on the same line', {
      code: 'KS_UNBALANCED_QUOTE',
    });
  const [command, ...args] = words.map((word) => word.value);
  if (command === undefined) refuse('Missing realm command arguments', REALM);
  if (command !== 'join') refuse(`Unsupported realm '${command}' command`, REALM);
  let at = 0;
  for (let arg = args[at]; arg !== undefined && arg.startsWith('-') && arg !== '-'; at += 1, arg = args[at]) {
    if (arg === '--') {
      at += 1;
      break;
    }
    const [name = '', ...value] = arg.split('=');
    const exact = Object.keys(REALM_OPTIONS).filter((flag) => flag === name);
    const matches = exact.length > 0 ? exact : Object.keys(REALM_OPTIONS).filter((flag) => flag.startsWith(name));
    const [flag] = matches;
    if (flag === undefined || !arg.startsWith('--'))
      refuse(
        `Invalid realm arguments: option ${name} not recognized`,
        `${REALM}; its options are ${Object.keys(REALM_OPTIONS).join(', ')}`,
      );
    if (matches.length > 1)
      refuse(`Invalid realm arguments: option ${name} not a unique prefix`, `write it out: ${matches.join(', ')}`);
    if (REALM_OPTIONS[flag] === false && value.length > 0) {
      refuse(`Invalid realm arguments: option ${flag} must not have an argument`, `write ${flag} alone`, {
        code: 'KS_OPTION_VALUE',
      });
    }
    if (REALM_OPTIONS[flag] === true && value.length === 0) {
      at += 1;
      if (args[at] === undefined)
        refuse(`Invalid realm arguments: option ${flag} requires argument`, `write ${flag}=VALUE`, {
          code: 'KS_OPTION_VALUE',
        });
    }
  }
  if (args.length - at !== 1) refuse('Specify only one realm to join', REALM);
  attributes.set('join', args.map(shellQuote).join(' '));
}
