import { PipelineError } from '../errors.ts';
import type { Workspace } from '../workspace.ts';

/** The file that has the date, relative to the workspace: one line, `2026-11-28`. */
export const buildDatePath = 'containers/build-date';

/**
 * The time that the files of an ISO may bear at most, in seconds since the epoch: `SOURCE_DATE_EPOCH` if it is set, else
 * the beginning, in UTC, of the day that {@link buildDatePath} names. It is a file like all that decides an ISO, and not
 * a date of git's: the same files make the same ISO at any clone depth, from an archive, and on any machine.
 *
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 * @throws {PipelineError} BAD_OPTION for a variable that is not a number; BUILD_DATE_INVALID for a file without a date
 */
export function buildDate(workspace: Pick<Workspace, 'readFile'>, env: NodeJS.ProcessEnv): number {
  const given = env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && given !== '') {
    if (/^\d{1,12}$/u.test(given)) return Number(given);
    throw new PipelineError('BAD_OPTION', `SOURCE_DATE_EPOCH is "${given}"`, {
      hint: 'set it to seconds since 1970, as date +%s prints them, or unset it',
    });
  }
  const text = workspace.readFile(buildDatePath)?.trim() ?? '';
  const ms = /^\d{4}-\d{2}-\d{2}$/u.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // Date.parse takes 2026-02-30 for a day in March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text)) {
    throw new PipelineError('BUILD_DATE_INVALID', `${buildDatePath} has no date${text === '' ? '' : `: ${text}`}`, {
      hint: 'write one line into it, as 2026-11-28: the day that files of the ISOs bear at most',
    });
  }
  return ms / 1000;
}

/** The text of {@link buildDatePath} that names the day of `time`, in UTC. */
export function buildDateText(time: Date): string {
  return `${time.toISOString().slice(0, 10)}\n`;
}
