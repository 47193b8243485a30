import type { Release } from '../commands/table.ts';
import type { SectionEntry } from '../include.ts';
import type { OtherSection, Script, ScriptType } from '../kickstart.ts';
import { readHeader } from './header.ts';
import type { Report } from './report.ts';

const SCRIPT_TYPES: ReadonlyMap<string, ScriptType> = new Map([
  ['%pre', 'pre'],
  ['%pre-install', 'pre-install'],
  ['%post', 'post'],
  ['%onerror', 'onerror'],
  ['%traceback', 'traceback'],
]);

/** A script section as its options and its verbatim body; `undefined` for other sections and for blank bodies. */
export function readScript(section: SectionEntry, release: Release, report: Report): Script | undefined {
  const type = SCRIPT_TYPES.get(section.name);
  if (type === undefined) return undefined;
  const args = readHeader(section, release, report);
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
  if (release.sections.has(section.name)) readHeader(section, release, report);
  const { name, words, endAt, at, includedFrom } = section;
  const args = words.map((word) => word.value);
  return { name, args, body: verbatim(section), bodyAt: section.body, endAt, at, includedFrom };
}

/** The last line of an included file may lack its end. */
function verbatim(section: SectionEntry): string {
  return section.body.map(({ line }) => line.text + (line.eol || '\n')).join('');
}
