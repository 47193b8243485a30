import type { DiagnosticCode } from '../diagnostics.ts';
import type { Argument } from './arguments.ts';

/** What the options of one line must hold together; the handlers of pykickstart check it in code. */
interface Rule {
  readonly flags: readonly string[];
  /** How many of them may be there. */
  readonly least: 0 | 1;
  readonly most: 1 | 2 | 3;
  /** Only when this option is there. */
  readonly when?: string;
}

/** Stands for an argument that is no option. */
const ARGUMENT = 'an argument';

const exactlyOne = (...flags: string[]): Rule => ({ flags, least: 1, most: 1 });
const atLeastOne = (...flags: string[]): Rule => ({ flags, least: 1, most: 3 });
const atMostOne = (...flags: string[]): Rule => ({ flags, least: 0, most: 1 });
const needs = (when: string, flag: string): Rule => ({ flags: [flag], least: 1, most: 1, when });

const FORMATTING = [
  atMostOne('--mkfsoptions', '--fsprofile'),
  atMostOne('--mkfsoptions', '--noformat'),
  needs('--resize', '--size'),
];
const PARTITION = [...FORMATTING, needs('--resize', '--onpart')];

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  autopart: [atMostOne('--pbkdf-time', '--pbkdf-iterations')],
  bootloader: [atMostOne('--sdboot', '--extlinux')],
  driverdisk: [exactlyOne('--source', '--biospart', ARGUMENT)],
  eula: [exactlyOne('--agreed')],
  keyboard: [atLeastOne('--vckeymap', '--xlayouts', ARGUMENT)],
  logging: [needs('--port', '--host')],
  logvol: [
    ...FORMATTING,
    needs('--resize', '--useexisting'),
    atMostOne('--size', '--percent'),
    needs('--thin', '--poolname'),
  ],
  part: PARTITION,
  partition: PARTITION,
  repo: [atMostOne('--baseurl', '--mirrorlist', '--metalink')],
  rootpw: [atLeastOne(ARGUMENT, '--lock')],
  timezone: [atMostOne('--nontp', '--ntpservers')],
  url: [exactlyOne('--url', '--mirrorlist', '--metalink')],
};

export interface RuleProblem {
  readonly code: Extract<DiagnosticCode, 'KS_OPTION_RULE'>;
  readonly message: string;
  readonly hint: string;
  readonly word: undefined;
}

/** The rules that a line breaks. */
export function checkRules(name: string, args: readonly Argument[]): RuleProblem[] {
  const has = (flag: string): boolean =>
    args.some((arg) => (arg.kind === 'option' ? arg.spec.flags.includes(flag) : flag === ARGUMENT));
  return (RULES[name] ?? []).flatMap(({ flags, least, most, when }) => {
    if (when !== undefined && !has(when)) return [];
    const count = flags.filter(has).length;
    if (count >= least && count <= most) return [];
    const list = flags.join(', ');
    const subject = when === undefined ? name : `${name} ${when}`;
    const [message, hint] =
      count < least
        ? [`${subject} needs ${flags.length > 1 ? 'one of ' : ''}${list}`, `add ${flags[0]}`]
        : [`${subject} can have only one of ${list}`, 'remove the others'];
    return [{ code: 'KS_OPTION_RULE', message, hint, word: undefined }];
  });
}

/** Whether only one of the two options can be there: of several lines the later one then counts. */
export function excludeEachOther(name: string, one: string, other: string): boolean {
  return (RULES[name] ?? []).some(
    ({ flags, most, when }) => most === 1 && when === undefined && flags.includes(one) && flags.includes(other),
  );
}
