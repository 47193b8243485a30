import { type Argument, readArguments } from '../commands/arguments.ts';
import type { Release } from '../commands/table.ts';
import type { SectionEntry } from '../include.ts';
import { checkSection } from './handler-check.ts';
import type { Report } from './report.ts';

/** The options of a section's header. What is wrong with it is reported. */
export function readHeader(section: SectionEntry, release: Release, report: Report): readonly Argument[] {
  const { args, problems } = readArguments(section.name, release.sections.get(section.name) ?? [], section.words);
  for (const { word, ...problem } of problems) {
    const at = word ? { ...section.at, column: word.start + 1 } : section.at;
    const length = word ? word.end - word.start : section.header.text.trim().length;
    report({ ...section, at }, { severity: 'error', ...problem }, length);
  }
  if (problems.length === 0) checkSection(section, release, report);
  return args;
}
