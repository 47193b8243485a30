import type { Explanation } from '@phyllome/installer';
import { type Evidence, IsoBuildError, type IsoBuildErrorCode } from '../errors.ts';

/** Why a program of lorax failed, as an error of this package. Pure. */
export function failureOf(explanation: Explanation, evidence: Evidence): IsoBuildError {
  const { what, headline, at, cause, hint, kickstartLine } = explanation;
  return new IsoBuildError(codeOf(explanation), `${what}: ${headline}`, {
    hint,
    evidence: {
      ...evidence,
      cause,
      headline,
      ...(at === undefined ? {} : { place: `logs/${at.file}:${at.line}` }),
      ...(kickstartLine === undefined ? {} : { kickstartLine }),
    },
  });
}

function codeOf({ stage, cause }: Explanation): IsoBuildErrorCode {
  if (cause === 'timeout') return 'BUILD_TIMEOUT';
  if (cause === 'killed' || cause === 'interrupted') return 'BUILD_FAILED';
  if (stage === 'before') return cause === 'kickstart' ? 'KICKSTART_REFUSED' : 'BUILD_FAILED';
  return stage === 'installer' && !OF_THE_MACHINE.has(cause) ? 'INSTALL_FAILED' : 'BUILD_FAILED';
}

/** Met while the installer runs, and not of its doing. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['loop', 'privileges', 'space-tmp', 'unknown']);
