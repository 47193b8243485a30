import { join } from 'node:path';
import { parseLogLine } from './log-line.ts';
import { readLines } from './read-lines.ts';

/** What setfiles says when it may not set a label: the policy of the kernel that builds does not know it. */
const REFUSED = /^setfiles: +Could not set context for (?<path>\S+): *(?<reason>.*)$/u;
/** lorax's own words when it could not run (`src/pylorax/installer.py`). */
const NOT_RUN = /^Running setfiles on install tree failed: (?<reason>.*)$/u;

/**
 * What the logs of a build that succeeded say about SELinux labels: lorax only warns, and a system whose files are labelled
 * `unlabeled_t` or as those of a container does not work as it should.
 *
 * @param directory that of the logs: `program.log` and `livemedia.log` are looked at
 */
export async function labelWarnings(directory: string): Promise<string[]> {
  let refused = 0;
  let first: string | undefined;
  const notRun = new Set<string>();
  const look = (raw: string): void => {
    const { message } = parseLogLine(raw);
    const one = REFUSED.exec(message)?.groups;
    if (one !== undefined) {
      refused += 1;
      first ??= `${one['path']}: ${one['reason']}`;
    }
    const reason = NOT_RUN.exec(message)?.groups?.['reason'];
    if (reason !== undefined) notRun.add(reason);
  };
  for (const name of ['program.log', 'livemedia.log'])
    await readLines(join(directory, name), look).catch(() => undefined);
  return [
    ...[...notRun].map((reason) => `the files of the new system have no SELinux labels: setfiles failed, ${reason}`),
    ...(refused === 0
      ? []
      : [
          `${refused} files of the new system have wrong SELinux labels (${first}): the kernel that builds refuses labels that its own policy lacks. Build on a machine without SELinux, or check that the builder has MAC_ADMIN`,
        ]),
  ];
}
