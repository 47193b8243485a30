import { type Release, releaseNamed } from '../commands/table.ts';
import { ArgumentProblem } from '../compat/argparse.ts';
import { CommandList } from '../compat/commands.ts';
import { problem } from '../compat/problem.ts';
import { sectionReaders } from '../compat/sections.ts';
import type { CommandEntry, SectionEntry } from '../include.ts';
import type { Line, Located } from '../source.ts';
import type { Report } from './report.ts';

/**
 * What pykickstart's handlers refuse, and so Anaconda: the rules of each command and release that its options alone do
 * not tell. The lines go through the very handlers that ksflatten has.
 */
export class HandlerCheck {
  readonly #handlers: CommandList;
  readonly #report: Report;

  constructor(release: Release, report: Report) {
    this.#handlers = new CommandList(asPykickstart(release));
    this.#report = report;
  }

  check(entry: CommandEntry): void {
    const [name, ...words] = entry.words;
    if (name === undefined) return;
    const line = entry.line.text + entry.line.eol;
    refused(entry, entry.line, this.#report, () => {
      this.#handlers.add({ name: name.value, words, line, warn: () => {} });
    });
  }
}

/** The same for the header of a section, for the options of package groups, and for the body of a certificate. */
export function checkSection(section: SectionEntry, release: Release, report: Report): void {
  const reader = sectionReaders(asPykickstart(release)).readers.get(section.name);
  refused(section, section.header, report, () => {
    reader?.header(section.words, () => {});
    if (section.name !== '%certificate') return;
    for (const { line } of section.body) reader?.line(line.text + line.eol);
    reader?.end();
  });
  if (section.name !== '%packages') return;
  for (const { line, ...where } of section.body) {
    if (/^\s*@.* -/.test(line.text)) refused(where, line, report, () => reader?.line(line.text));
  }
}

/** With the options that pykickstart tells argparse, rather than those that its handlers take. */
function asPykickstart(release: Release): Release {
  return releaseNamed(release.release) ?? release;
}

function refused(where: Located, line: Line, report: Report, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof ArgumentProblem)) throw error;
    const { word } = error;
    const at = { ...where.at, column: word === undefined ? where.at.column : word.start + 1 };
    const length = word === undefined ? line.text.trim().length : word.end - word.start;
    const { code, severity, message, hint } = problem('error', error.message, { ...where, at, length }).diagnostic;
    // What cannot stand together is told once all lines are read, with both places.
    if (code !== 'KS_CONFLICT') report({ ...where, at }, { code, severity, message, hint }, length);
  }
}
