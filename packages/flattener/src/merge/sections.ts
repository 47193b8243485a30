import type { Argument } from '../commands/arguments.ts';
import { checkCertificate, readHeader } from '../commands/header.ts';
import type { Release } from '../commands/table.ts';
import type { SectionEntry } from '../include.ts';
import type { OtherSection, Script, ScriptType } from '../kickstart.ts';
import { type Report, refusals, reportAt } from './report.ts';

const SCRIPT_TYPES: ReadonlyMap<string, ScriptType> = new Map([
  ['%pre', 'pre'],
  ['%pre-install', 'pre-install'],
  ['%post', 'post'],
  ['%onerror', 'onerror'],
  ['%traceback', 'traceback'],
]);

/** The options of a section's header. What is wrong with it is reported. */
export function headerArguments(section: SectionEntry, release: Release, report: Report): readonly Argument[] {
  const { name, header, words } = section;
  const read = refusals(section, header, report, () =>
    readHeader(name, release, words, (warning) => reportAt(section, header, warning, 'warning', report)),
  );
  return read.args;
}

/** A script section as its options and its verbatim body; `undefined` for other sections and for blank bodies. */
export function readScript(section: SectionEntry, release: Release, report: Report): Script | undefined {
  const type = SCRIPT_TYPES.get(section.name);
  if (type === undefined) return undefined;
  const args = headerArguments(section, release, report);
  const body = verbatim(section);
  if (body.trim() === '') return undefined;
  const option = (flag: string): string | true | undefined => {
    const found = args.findLast((arg) => arg.kind === 'option' && arg.spec.flags.includes(flag));
    return found?.kind === 'option' ? (found.value ?? true) : undefined;
  };
  const value = (flag: string): string | undefined => {
    const found = option(flag);
    return typeof found === 'string' ? found : undefined;
  };
  return {
    type,
    nochroot: option('--nochroot') === true,
    erroronfail: option('--erroronfail') === true,
    interpreter: value('--interpreter'),
    log: value('--log'),
    body,
    bodyAt: section.body,
    endAt: section.endAt,
    at: section.at,
    includedFrom: section.includedFrom,
  };
}

/** `%addon`, `%anaconda` or `%certificate`, passed on. */
export function readOther(section: SectionEntry, release: Release, report: Report): OtherSection {
  const { name, words, endAt, at, includedFrom } = section;
  headerArguments(section, release, report);
  const body = verbatim(section);
  if (name === '%certificate') refusals(section, section.header, report, () => checkCertificate(body));
  return { name, args: words.map(({ value }) => value), body, bodyAt: section.body, endAt, at, includedFrom };
}

/** The last line of an included file may lack its end. */
function verbatim(section: SectionEntry): string {
  return section.body.map(({ line }) => line.text + (line.eol || '\n')).join('');
}
