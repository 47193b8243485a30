import { type Handler, isRhelUntil, printed, refuse, refuseRest, since } from '../handler.ts';
import { normalizePath, repr } from '../python.ts';
import { type Attributes, type Value, has, isTrue, listOf, textOf } from '../values.ts';

const integer = (value: Value): number => Number(value ?? 0);

/** What a line's device is called, by the attribute that identifies it. */
function unique(what: string, name: string): NonNullable<Handler['duplicate']> {
  return (attributes) => {
    const key = textOf(attributes.get(name));
    return { key, message: `A ${what} ${key} has already been defined.` };
  };
}

function checkPbkdf(attributes: Attributes): void {
  if (has(attributes, 'pbkdf_time') && has(attributes, 'pbkdf_iterations')) {
    refuse('Only one of --pbkdf-time and --pbkdf-iterations can be specified.', 'remove one of them');
  }
}

function checkHardwarePassphrase(attributes: Attributes): void {
  if (!has(attributes, 'hw_passphrase')) return;
  if (has(attributes, 'encrypted') && textOf(attributes.get('luks_version')).startsWith('luks2-')) return;
  refuse(
    '--hw-passphrase needs --encrypted and a --luks-version of LUKS2 with hardware encryption (luks2-hw-opal...).',
    'add --encrypted --luks-version=luks2-hw-opal, or remove --hw-passphrase',
  );
}

function checkMakeFilesystem(attributes: Attributes): void {
  if (!has(attributes, 'mkfsopts')) return;
  if (attributes.get('format') === false)
    refuse('--mkfsoptions has no effect with --noformat.', 'remove --mkfsoptions');
  if (has(attributes, 'fsprofile'))
    refuse('--mkfsoptions and --fsprofile cannot be used together.', 'remove one of them');
}

function refuseBtrfs(attributes: Attributes): void {
  if (attributes.get('fstype') === 'btrfs')
    refuse('Btrfs file system is not supported', 'write --fstype=xfs, or another file system that the release has');
}

const ENCRYPTED = '--encrypted[--passphrase"] ?encrypted[--escrowcert"[--backuppassphrase]]';
const LUKS = '?encrypted[--luks-version --pbkdf --pbkdf-memory --pbkdf-time --pbkdf-iterations --hw-passphrase"]';

export const STORAGE: Readonly<Record<string, Handler>> = {
  AutoPart: printed(
    `autopart ${ENCRYPTED} --type ?encrypted[--cipher"] --fstype --nohome --noboot --noswap
     ?encrypted[--luks-version --pbkdf --pbkdf-memory --pbkdf-time --pbkdf-iterations]
     --hibernation ?encrypted[--hw-passphrase"]`,
    {
      check(attributes, { release }) {
        // --nolvm stores a number where --type stores a name.
        if (typeof attributes.get('type') === 'number') attributes.set('type', 'plain');
        const isBtrfs = attributes.get('type') === 'btrfs';
        if (attributes.get('fstype') === 'btrfs')
          refuse('--fstype=btrfs is not valid: use --type=btrfs instead', 'write --type=btrfs instead', {
            code: 'KS_OPTION_VALUE',
          });
        if (isBtrfs && has(attributes, 'fstype'))
          refuse('--fstype cannot be used with --type=btrfs', 'remove --fstype');
        checkPbkdf(attributes);
        if (has(attributes, 'hibernation') && has(attributes, 'noswap')) {
          refuse('Only one of --noswap and --hibernation can be specified.', 'remove one of them');
        }
        checkHardwarePassphrase(attributes);
        if (isBtrfs && isRhelUntil(release, 10))
          refuse('autopart --type=btrfs is not supported', 'write --type=lvm, thinp or plain', {
            code: 'KS_OPTION_VALUE',
          });
      },
    },
  ),

  BTRFS: printed(
    'btrfs {mountpoint} --noformat --useexisting --label" --data --metadata --subvol[--name!] --mkfsoptions" (?devices[{devices}]|_)',
    {
      known: true,
      check(attributes, input, { rest }) {
        if (attributes.get('format') === false) attributes.set('preexist', true);
        else if (has(attributes, 'preexist')) attributes.set('format', false);
        const [mountpoint, ...devices] = rest.map((word) => word.value);
        if (mountpoint === undefined) refuse('btrfs must be given a mountpoint', 'write btrfs MOUNTPOINT DEVICES');
        refuseRest(input, { ...EMPTY, rest: rest.some(({ value }) => value.startsWith('-')) ? rest : [] });
        attributes.set('mountpoint', mountpoint.startsWith('/') ? normalizePath(mountpoint) : mountpoint);
        attributes.set('devices', devices);
        if (devices.length === 0) {
          refuse(
            has(attributes, 'subvol')
              ? 'btrfs subvol requires specification of parent volume'
              : 'btrfs must be given a list of partitions',
            'name the devices, or the parent volume, at the end of the line',
          );
        }
        if (has(attributes, 'subvol') && !has(attributes, 'name'))
          refuse('btrfs subvolume requires a name', 'add --name=NAME');
        if ((has(attributes, 'preexist') || attributes.get('format') === false) && has(attributes, 'mkfsopts')) {
          refuse('--mkfsoptions with --noformat or --useexisting has no effect.', 'remove --mkfsoptions');
        }
      },
      duplicate: unique('btrfs volume with the mountpoint', 'mountpoint'),
    },
  ),

  ClearPart: printed('clearpart --none --linux --all --initlabel --drives --list --disklabel --cdl', {
    check(attributes) {
      if (has(attributes, 'devices')) attributes.set('type', 3);
    },
    isPrinted: (attributes) => attributes.get('type') !== undefined,
  }),

  Fcoe: printed('fcoe --nic --dcb --autovlan', { duplicate: unique('FCOE device with the name', 'nic') }),

  IgnoreDisk: printed('ignoredisk (--interactive|--drives|--only-use)', {
    check(attributes) {
      if (has(attributes, 'ignoredisk') === has(attributes, 'onlyuse')) {
        refuse(
          'One of --drives or --only-use must be specified for ignoredisk command.',
          'write either --drives=NAMES or --only-use=NAMES',
        );
      }
    },
    isPrinted: (attributes) => ['ignoredisk', 'onlyuse', 'interactive'].some((name) => has(attributes, name)),
  }),

  Iscsi: {
    print(attributes) {
      const option = (flag: string, name: string): string =>
        has(attributes, name) ? ` ${flag}=${textOf(attributes.get(name))}` : '';
      const port = attributes.get('port');
      return [
        'iscsi',
        option('--target', 'target'),
        option('--ipaddr', 'ipaddr'),
        port === undefined || port === 3260n ? '' : ` --port=${textOf(port)}`,
        option('--user', 'user'),
        option('--password', 'password'),
        option('--reverse-user', 'user_in'),
        option('--reverse-password', 'password_in'),
        option('--iface', 'iface'),
      ].join('');
    },
  },

  IscsiName: printed('iscsiname {iqn}', {
    known: true,
    check: (_attributes, input, namespace) => refuseRest(input, namespace),
    isPrinted: (attributes) => listOf(attributes.get('iqn'))[0] !== '',
  }),

  LogVol: printed(
    `logvol {mountpoint} --fstype" --grow --maxsize --noformat --percent --recommended --size --useexisting --fsoptions"
     --fsprofile" ${ENCRYPTED} --label" --resize --hibernation ?encrypted[--cipher"] --thinpool[--metadatasize --chunksize]
     --thin[--poolname!] --profile --cachesize --cachepvs --cachemode --mkfsoptions" ${LUKS} --name! --vgname!`,
    {
      known: true,
      check(attributes, input, namespace) {
        const { release } = input;
        refuseRest(input, namespace);
        const size = integer(attributes.get('size'));
        const percent = attributes.get('percent');
        attributes.set('mountpoint', listOf(attributes.get('mntpoint'))[0]);
        if (attributes.get('format') === false) attributes.set('preexist', true);
        const preexist = has(attributes, 'preexist');
        if (has(attributes, 'resize')) {
          if (!preexist) refuse('--resize can only be used in conjunction with --useexisting', 'add --useexisting');
          if (size === 0) refuse('--resize requires --size to indicate new size', 'add --size=MIB');
        }
        checkThin(attributes);
        if (!preexist && integer(percent) === 0 && size === 0) {
          if (!has(attributes, 'recommended') && !has(attributes, 'hibernation')) {
            refuse(
              'No size given for logical volume: use --useexisting, --noformat, --size, --percent, or --hibernation.',
              'add --size=MIB',
            );
          }
        }
        if (percent !== undefined && (integer(percent) < 0 || integer(percent) > 100)) {
          refuse('Percentage must be between 0 and 100.', 'write a number from 0 to 100', { code: 'KS_OPTION_VALUE' });
        }
        if (size !== 0 && integer(percent) !== 0) {
          refuse('--size and --percent cannot both be specified for the same logvol', 'remove one of them');
        }
        checkCache(attributes);
        checkMakeFilesystem(attributes);
        checkPbkdf(attributes);
        if (isRhelUntil(release, 11)) refuseBtrfs(attributes);
      },
      duplicate(attributes) {
        const [name, group] = [textOf(attributes.get('name')), textOf(attributes.get('vgname'))];
        const message = `A logical volume with the name ${name} has already been defined in volume group ${group}.`;
        return { key: `${group}/${name}`, message };
      },
    },
  ),

  Mount: {
    known: true,
    check(attributes, input, namespace) {
      refuseRest(input, namespace);
      const mountpoint = listOf(attributes.get('mntpoint'))[0] ?? '';
      if (mountpoint.toLowerCase() !== 'none' && !mountpoint.startsWith('/')) {
        refuse(`Invalid mount point ${repr(mountpoint)} given`, 'write a path that starts with a slash, or none', {
          code: 'KS_OPTION_VALUE',
        });
      }
      if (attributes.get('reformat') === false && has(attributes, 'mkfs_opts')) {
        refuse("'--mkfsoptions' requires --reformat", 'add --reformat');
      }
    },
    print(attributes) {
      const reformat = attributes.get('reformat');
      const format = reformat === true ? '' : `=${textOf(reformat)}`;
      return [
        'mount',
        ...listOf(attributes.get('device')),
        ...listOf(attributes.get('mntpoint')),
        ...(isTrue(reformat) ? [`--reformat${format}`] : []),
        ...(has(attributes, 'mkfs_opts') ? [`--mkfsoptions="${textOf(attributes.get('mkfs_opts'))}"`] : []),
        ...(has(attributes, 'mount_opts') ? [`--mountoptions="${textOf(attributes.get('mount_opts'))}"`] : []),
      ].join(' ');
    },
  },

  Nvdimm: {
    known: true,
    check(attributes, input, namespace) {
      refuseRest(input, namespace);
      const [action] = listOf(attributes.get('action'));
      const [namespaceGiven, devices] = [has(attributes, 'namespace'), has(attributes, 'blockdevs')];
      if (namespaceGiven && devices)
        refuse('Only one of --namespace and --blockdevs can be used', 'remove one of them');
      if (action === 'reconfigure') {
        if (!namespaceGiven)
          refuse('Action reconfigure requires --namespace argument to be set', 'add --namespace=NAME');
        if (attributes.get('mode') === 'sector' && !has(attributes, 'sectorsize')) {
          refuse(
            'Action reconfigure with mode sector requires --sectorsize argument to be set',
            'add --sectorsize=BYTES',
          );
        }
      } else if (!namespaceGiven && !devices) {
        refuse(
          'Action use requires --namespace or --blockdevs argument to be set',
          'add --namespace=NAME or --blockdevs=NAMES',
        );
      }
    },
    duplicate(attributes) {
      const [action = ''] = listOf(attributes.get('action'));
      const devices = listOf(attributes.get('blockdevs')).join(',');
      const on = has(attributes, 'namespace')
        ? `namespace ${textOf(attributes.get('namespace'))}`
        : `devices ${devices}`;
      return { key: `${action} ${on}`, message: `An action ${action} on ${on} has already been defined.` };
    },
    print(attributes) {
      const [action = ''] = listOf(attributes.get('action'));
      const words = ['nvdimm', action];
      if (has(attributes, 'namespace')) words.push(`--namespace=${textOf(attributes.get('namespace'))}`);
      if (action === 'reconfigure' && attributes.get('mode') === 'sector') {
        words.push('--mode=sector');
        if (has(attributes, 'sectorsize')) words.push(`--sectorsize=${textOf(attributes.get('sectorsize'))}`);
      } else if (action === 'use' && has(attributes, 'blockdevs')) {
        words.push(`--blockdevs=${listOf(attributes.get('blockdevs')).join(',')}`);
      }
      return words.join(' ');
    },
  },

  Partition: printed(
    `part {mountpoint} --active --asprimary --fstype" --grow --maxsize+ --noformat --onbiosdisk --ondisk --onpart
     --recommended --size --fsoptions" --label" --fsprofile" ${ENCRYPTED} --resize --hibernation ?encrypted[--cipher"]
     --mkfsoptions" ${LUKS}`,
    {
      known: true,
      check(attributes, input, namespace) {
        const { release } = input;
        refuseRest(input, namespace);
        const [mountpoint = ''] = listOf(attributes.get('mntpoint'));
        attributes.set('mountpoint', mountpoint);
        if (has(attributes, 'resize')) {
          if (!has(attributes, 'onPart'))
            refuse('--resize can only be used in conjunction with --onpart', 'add --onpart=NAME');
          if (!has(attributes, 'size')) refuse('--resize requires --size to specify new size', 'add --size=MIB');
        }
        if (attributes.get('fstype') === 'tmpfs' && (has(attributes, 'grow') || has(attributes, 'maxSizeMB'))) {
          refuse("--fstype=tmpfs can't be used together with --grow or --maxsize", 'remove one of them');
        }
        checkMakeFilesystem(attributes);
        checkPbkdf(attributes);
        checkHardwarePassphrase(attributes);
        if (isRhelUntil(release, 11)) {
          if (mountpoint.startsWith('btrfs.'))
            refuse(
              'Btrfs file system is not supported',
              'write --fstype=xfs, or another file system that the release has',
            );
          refuseBtrfs(attributes);
        }
      },
      duplicate(attributes) {
        const key = textOf(attributes.get('mountpoint'));
        if (key === 'swap') return undefined;
        return { key, message: `A partition with the mountpoint ${key} has already been defined.` };
      },
    },
  ),

  Raid: printed(
    `raid {mountpoint} --device --fstype" --level --noformat --spares --useexisting --fsoptions" --fsprofile" ${ENCRYPTED}
     --label" ?encrypted[--cipher"] --mkfsoptions" --chunksize ${LUKS} ?!preexist[{members}]`,
    {
      known: true,
      check(attributes, input, { rest }) {
        const { release } = input;
        refuseRest(input, { ...EMPTY, rest: rest.some(({ value }) => value.startsWith('-')) ? rest : [] });
        const taken = listOf(attributes.get('partitions'));
        const members = taken.length > 0 ? taken : rest.map((word) => word.value);
        if (attributes.get('format') === false) attributes.set('preexist', true);
        const preexist = has(attributes, 'preexist');
        if (members.length === 0 && !preexist)
          refuse('Partitions required for raid', 'name the partitions at the end of the line');
        if (members.length > 0 && preexist)
          refuse(
            'Members may not be specified for preexisting RAID device',
            'remove the members, or the option that says it exists already',
          );
        attributes.set('members', members);
        attributes.set('mountpoint', listOf(attributes.get('mntpoint'))[0]);
        const device = textOf(attributes.get('device'));
        const isAsWritten = since(release, 43, 10) || !device.startsWith('md');
        attributes.set('device', isAsWritten ? device : device.slice(2));
        if (!preexist && !has(attributes, 'level'))
          refuse('RAID Partition defined without RAID level', 'add --level=LEVEL');
        if (preexist && attributes.get('device') === '')
          refuse('Device required for preexisting RAID device', 'add --device=NAME');
        checkMakeFilesystem(attributes);
        checkPbkdf(attributes);
        if (isRhelUntil(release, 9)) refuseBtrfs(attributes);
      },
      duplicate: unique('RAID device with the name', 'device'),
    },
  ),

  ReqPart: printed('reqpart --add-boot'),

  Snapshot: printed('snapshot {origin} --name! --when', {
    check(attributes) {
      if (attributes.get('when') === undefined)
        refuse('Snapshot "when" parameter must be specified!', 'add --when=post-install or --when=pre-install');
      const origin = textOf(attributes.get('origin'));
      if (!/^[^/]+\/[^/]+$/.test(origin))
        refuse(`Snapshot origin ${origin} must be specified by VG/LV!`, 'write VOLUME-GROUP/LOGICAL-VOLUME', {
          code: 'KS_OPTION_VALUE',
        });
    },
    duplicate(attributes) {
      const key = textOf(attributes.get('name'));
      return { key, message: `Snapshot with the name ${key} has been already defined!`, isRefused: true };
    },
  }),

  VolGroup: printed(
    `volgroup {vgname} --noformat --pesize --useexisting --reserved-space --reserved-percent ?!preexist[{physvols}]`,
    {
      known: true,
      check(attributes, _input, { rest }) {
        const [name, ...others] = listOf(attributes.get('name'));
        const taken = listOf(attributes.get('partitions'));
        const fromRest = rest.map((word) => word.value);
        const members = taken.length > 0 ? taken : fromRest.length > 0 ? fromRest : others;
        if (attributes.get('format') === false) attributes.set('preexist', true);
        const preexist = has(attributes, 'preexist');
        if (name === undefined) refuse('volgroup must be given a VG name', 'write volgroup NAME PARTITIONS');
        if (members.length === 0 && !preexist)
          refuse('volgroup must be given a list of partitions', 'name the partitions at the end of the line');
        if (members.length > 0 && preexist)
          refuse(
            'Members may not be specified for preexisting volgroup',
            'remove the members, or the option that says it exists already',
          );
        attributes.set('vgname', name);
        attributes.set('physvols', members);
        const space = attributes.get('reserved_space');
        if (space !== undefined && integer(space) < 0) {
          refuse('Volume group reserved space must be a positive integer.', 'write a positive number of MiB', {
            code: 'KS_OPTION_VALUE',
          });
        }
        const percent = attributes.get('reserved_percent');
        if (percent !== undefined && !(integer(percent) > 0 && integer(percent) < 100)) {
          refuse('Volume group reserved space percentage must be between 1 and 99.', 'write a number from 1 to 99', {
            code: 'KS_OPTION_VALUE',
          });
        }
      },
      duplicate: unique('volgroup with the name', 'vgname'),
    },
  ),

  ZFCP: printed('zfcp --devnum --wwpn --fcplun --scsiid --scsilun', {
    check(attributes, { release }) {
      if (!since(release, 37, 9)) return;
      const given = ['devnum', 'wwpn', 'fcplun'].map((name) => has(attributes, name));
      if (given[0] !== true || given[1] !== given[2]) {
        refuse(
          'Only --devnum or --devnum with --wwpn and --fcplun are allowed.',
          'write --devnum alone, or with both --wwpn and --fcplun',
        );
      }
    },
    duplicate: (attributes) => ({
      key: ['devnum', 'wwpn', 'fcplun', 'scsiid', 'scsilun'].map((name) => textOf(attributes.get(name))).join(' '),
      message: 'A zfcp with this information has already been defined.',
    }),
  }),

  ZeroMbr: printed('zerombr'),
};

const EMPTY = { values: new Map(), deprecated: [], rest: [] };

function checkThin(attributes: Attributes): void {
  const [thin, pool] = [has(attributes, 'thin_volume'), has(attributes, 'thin_pool')];
  if (thin && pool) refuse('--thin and --thinpool cannot both be specified for the same logvol', 'remove one of them');
  if (thin && !has(attributes, 'pool_name'))
    refuse('--thin requires --poolname to specify pool name', 'add --poolname=NAME');
  if ((has(attributes, 'chunk_size') || has(attributes, 'metadata_size')) && !pool) {
    refuse('--chunksize and --metadatasize are for thin pools only', 'remove them, or add --thinpool');
  }
}

function checkCache(attributes: Attributes): void {
  if (!['cache_size', 'cache_mode', 'cache_pvs'].some((name) => has(attributes, name))) return;
  if (has(attributes, 'preexist'))
    refuse('Adding a cache to an existing logical volume is not supported', 'remove the cache options');
  if (has(attributes, 'thin_volume')) refuse('Thin volumes cannot be cached', 'remove the cache options');
  if (!has(attributes, 'cache_pvs'))
    refuse('Cache needs to have a list of (fast) PVs specified', 'add --cachepvs=NAMES');
  if (!has(attributes, 'cache_size')) refuse('Cache needs to have size specified', 'add --cachesize=MIB');
  const mode = textOf(attributes.get('cache_mode') ?? '');
  if (mode !== '' && mode !== 'writeback' && mode !== 'writethrough')
    refuse(`Invalid cache mode given: ${mode}`, 'write --cachemode=writeback or --cachemode=writethrough', {
      code: 'KS_OPTION_VALUE',
    });
}
