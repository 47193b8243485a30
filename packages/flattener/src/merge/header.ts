import type { ArgumentProblem } from '../commands/arguments.ts';
import type { SectionEntry } from '../include.ts';
import type { Report } from './report.ts';

/** Reports what is wrong with the options of a section header. */
export function headerProblems(section: SectionEntry, problems: readonly ArgumentProblem[], report: Report): void {
  for (const { word, ...problem } of problems) {
    const at = word ? { ...section.at, column: word.start + 1 } : section.at;
    const length = word ? word.end - word.start : section.header.text.trim().length;
    report({ ...section, at }, { severity: 'error', ...problem }, length);
  }
}
