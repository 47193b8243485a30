import type { DiagnosticCode } from '../diagnostics.ts';
import type { Rule } from './rule.ts';
import type { Severity } from './config-shape.ts';
import { download, packagesInScript } from './rules/downloads.ts';
import { cryptHash } from './rules/crypt.ts';
import { kernelArgument } from './rules/kernel.ts';
import { packagesHeader } from './rules/packages.ts';
import { gonePackage } from './rules/gone-packages.ts';
import { carriageReturn, erroronfail, kernelModule, setE } from './rules/scripts.ts';
import { lockedRoot, secret } from './rules/secrets.ts';
import { otherRelease, reservedRepo, unpinnedRepo, unverifiedRepo } from './rules/sources.ts';
import { labelLength, luksPassphrase, mountPoint, oneFirmware, volumeId } from './rules/storage.ts';
import { grubDefaults, installerCommand, liveUser, nochrootTarget, sysimageInChroot } from './rules/target.ts';
import { unknownTimeZone } from './rules/time-zones.ts';
import { unknownUnit } from './rules/units.ts';
import { weakDependency } from './rules/weak-dependencies.ts';

/** The rules that look at a leaf. A new one is a function in `rules/` and its name here. */
export const RULES: readonly Rule[] = [
  packagesHeader,
  weakDependency,
  gonePackage,
  unknownUnit,
  unknownTimeZone,
  nochrootTarget,
  sysimageInChroot,
  installerCommand,
  liveUser,
  grubDefaults,
  download,
  packagesInScript,
  erroronfail,
  setE,
  carriageReturn,
  kernelModule,
  kernelArgument,
  secret,
  cryptHash,
  lockedRoot,
  luksPassphrase,
  mountPoint,
  oneFirmware,
  labelLength,
  volumeId,
  unpinnedRepo,
  reservedRepo,
  otherRelease,
  unverifiedRepo,
];

/** What describes a rule: its id is stable, configuration and suppressions name it. */
export type RuleDescription = Pick<Rule, 'id' | 'severity' | 'doc' | 'reason'>;

function adopted(id: DiagnosticCode, doc: string, reason: string): RuleDescription {
  return { id, severity: 'warning', doc, reason };
}

/** What the flattener itself warns of, as rules: they can be configured and suppressed like the others. */
const ADOPTED: readonly RuleDescription[] = [
  adopted(
    'KS_OPTION_REPLACED',
    'a later line of services, bootloader… does not replace options of an earlier one',
    'a block with a second services line disables what the first one enabled',
  ),
  adopted(
    'KS_OPTION_DROPPED',
    'a later line of a command repeats all the flags of the earlier ones',
    'pykickstart resets a flag that is not repeated to its default',
  ),
  adopted(
    'KS_COMMENT_IN_WORD',
    'no # inside a word, unless it is quoted',
    'a comment starts there, in the middle of a word: rootpw pass#word sets the password "pass"',
  ),
  adopted(
    'KS_DUPLICATE',
    'no mount point, repository, user or group is defined twice',
    'both are kept, and what the second one does depends on the command',
  ),
  adopted(
    'KS_IGNORED_LINE',
    '%include instead of %ksappend',
    'ksflatten drops %ksappend in silence, and what it names',
  ),
  adopted(
    'KS_ODD_BLANK',
    'only spaces and tabs around %end and %include',
    'a no-break space makes another word of it: Anaconda drops the line, and the section goes on',
  ),
  adopted(
    'KS_BYTE_ORDER_MARK',
    'a kickstart is UTF-8 without a byte order mark',
    'Anaconda reads the mark as a part of the first command',
  ),
  adopted(
    'KS_DEPRECATED_OPTION',
    'no option that is deprecated or has no effect any more',
    'what it asked for is not done, and a later release refuses it',
  ),
  adopted(
    'KS_RELEASE_MISMATCH',
    'a kickstart is read for the release that its #version= names',
    'what is right for one release is an error for another',
  ),
  adopted(
    'KS_ODD_CHARACTER',
    'no characters that look like a blank, or like nothing',
    'a no-break space separates no words, and a zero-width space is part of one: both come with pasted text',
  ),
  adopted(
    'KS_INCLUDE_KEPT',
    'includes that a %pre makes are known',
    'what they hold is seen by the installer alone: nothing here checks it',
  ),
  adopted('KS_TEMPLATE', 'a kickstart is rendered', 'marks of a template mean nothing to the installer'),
  adopted('KS_DEPRECATED_COMMAND', 'no command that does nothing any more', 'it will be an error in a later release'),
  adopted(
    'KS_PACKAGE_ENTRY',
    'one package a line',
    'several words in a line are taken for the name of one package, which does not exist',
  ),
  adopted(
    'KS_LIVE_END',
    'a live leaf powers off at the end',
    'Anaconda waits for a key otherwise, and the build hangs',
  ),
  adopted(
    'KS_LIVE_BOOTLOADER',
    'a live leaf installs no boot loader',
    'livemedia-creator makes that of the medium itself, and the installer’s may fail',
  ),
];

/** Rules about the lint comments, and what shellcheck finds. */
export const UNUSED = 'KSL_IGNORE_UNUSED';
export const MALFORMED = 'KSL_IGNORE_MALFORMED';
export const SHELL = 'KSL_SHELL';

const OWN: readonly RuleDescription[] = [
  {
    id: UNUSED,
    severity: 'warning',
    doc: 'every lint-ignore comment suppresses something',
    reason: 'one that does not will hide the next problem in that place',
  },
  {
    id: MALFORMED,
    severity: 'error',
    doc: 'a lint-ignore comment names rules that exist, and a reason',
    reason: 'a later reader must be able to judge whether it still holds',
  },
  {
    id: SHELL,
    severity: 'warning',
    doc: 'scripts pass shellcheck, whose levels are kept; "shellcheck" in the configuration is the lowest one reported',
    reason: 'a quoting mistake shows only in the booted image',
  },
];

/** Every rule by its id. */
export const CATALOGUE: ReadonlyMap<string, RuleDescription> = new Map(
  [...RULES, ...ADOPTED, ...OWN].map(({ id, severity, doc, reason }) => [id, { id, severity, doc, reason }]),
);

/** The severities a configuration may set. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info', 'off'];
