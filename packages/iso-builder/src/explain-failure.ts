import { type FailureCause, findCause, type FoundCause } from './failure-cause.ts';
import { type Evidence, IsoBuildError, type IsoBuildErrorCode } from './errors.ts';

/** A way in which livemedia-creator fails, told by what it prints. First match wins. */
interface Case {
  readonly pattern: RegExp;
  readonly code: IsoBuildErrorCode;
  readonly what: string;
  readonly hint: string;
  /** Where the case leaves no doubt. */
  readonly cause?: FailureCause;
}

const cases: readonly Case[] = [
  {
    pattern: /^dracut-live package is missing from the kickstart\./u,
    code: 'KICKSTART_REFUSED',
    what: 'livemedia-creator refused the kickstart',
    cause: 'kickstart',
    hint: 'add dracut-live to %packages',
  },
  {
    pattern: /^The kickstart must not set a display mode/u,
    code: 'KICKSTART_REFUSED',
    what: 'livemedia-creator refused the kickstart',
    cause: 'kickstart',
    hint: 'remove text, cmdline and graphical from it',
  },
  {
    pattern: /^No \/ partition in the kickstart\./u,
    code: 'KICKSTART_REFUSED',
    what: 'livemedia-creator refused the kickstart',
    cause: 'kickstart',
    hint: 'add part / with --size; autopart does not do',
  },
  {
    pattern: /^(?:The kickstart must|Only url, nfs and ostreesetup|The kickstart has no|repo can only be used with)/u,
    code: 'KICKSTART_REFUSED',
    what: 'livemedia-creator refused the kickstart',
    cause: 'kickstart',
    hint: 'a live medium needs url (or nfs, ostreesetup) and a network line',
  },
  {
    pattern: /^livemedia-creator: error: /u,
    code: 'BUILD_FAILED',
    what: 'livemedia-creator did not accept its arguments',
    cause: 'arguments',
    hint: "the builder's livemedia-creator is of another version than this program expects",
  },
  {
    pattern: /^make_runtime failed with rc = \d+/u,
    code: 'BUILD_FAILED',
    what: 'the root file system could not be compressed',
    hint: 'look at the end of logs/program.log; the usual cause is a full disk under the engine',
  },
  {
    pattern: /^template command error in /u,
    code: 'BUILD_FAILED',
    what: 'the boot medium could not be made',
    hint: 'the lines after it name the command; a boot loader package may be missing from %packages',
  },
  {
    pattern: /^Running anaconda failed: /u,
    code: 'INSTALL_FAILED',
    what: 'the installer failed',
    hint: 'look at logs/anaconda/ and the end of logs/console.log',
  },
];

/** Lines that follow from the failure and do not explain it. */
const consequences =
  /^(?:Removing bad disk image|Install failed: novirt_install failed|(?:ERROR: )?Image creation failed: )/u;

/** Names the failure of livemedia-creator from its exit code and its last lines (time stamps are skipped). Pure. */
export const explainFailure = (failure: {
  exitCode: number;
  lastLines: readonly string[];
  installerErrors: readonly string[];
  /** The kernel ended a process of the container for want of memory. */
  oomKilled?: boolean;
  /** The end of program.log, where there is one. */
  programLog?: readonly string[];
  evidence: Evidence;
}): IsoBuildError => {
  const { exitCode, installerErrors, oomKilled = false, programLog = [] } = failure;
  const lines = failure.lastLines.map((line) => line.replace(/^\d{4}-\d{2}-\d{2} [\d:,]+: ?/u, '').trim());
  const found = oomKilled ? outOfMemory : findCause({ installerErrors, console: lines, program: programLog });
  const fallback = exitCode === 137 ? 'killed' : 'unknown';
  const evidence: Evidence = {
    ...failure.evidence,
    exitCode,
    lastLines: failure.lastLines,
    cause: found?.cause ?? fallback,
    ...(found?.kickstartLine === undefined ? {} : { kickstartLine: found.kickstartLine }),
  };
  const installer = installerErrors[0];
  if (installer !== undefined)
    return new IsoBuildError('INSTALL_FAILED', `the installer gave up: ${installer}`, {
      hint: found?.hint ?? 'correct the leaf it speaks of; logs/anaconda/ has the details',
      evidence,
    });
  if (found?.cause === 'timeout')
    return new IsoBuildError('BUILD_TIMEOUT', `livemedia-creator gave up: ${found.line}`, {
      hint: found.hint,
      evidence,
    });
  for (const { pattern, code, what, hint, cause } of cases) {
    const at = lines.findIndex((text) => pattern.test(text));
    const line = lines[at];
    if (line === undefined) continue;
    // What the case itself is about comes before what else was seen.
    const named = cause === undefined ? evidence : { ...evidence, cause };
    // What is announced stands in the next line.
    const next = line.endsWith(':') ? ` ${lines[at + 1] ?? ''}` : '';
    const also =
      cause === undefined && found && found.line !== line && !found.line.startsWith(line) ? `; ${found.line}` : '';
    return new IsoBuildError(code, `${what}: ${line}${next}${also}`, {
      hint: cause === undefined ? (found?.hint ?? hint) : hint,
      evidence: named,
    });
  }
  const how = exitCode === 137 ? 'was killed' : 'failed';
  const last = lines.findLast((line) => line !== '' && !consequences.test(line)) ?? 'it printed nothing';
  return new IsoBuildError('BUILD_FAILED', `livemedia-creator ${how} (exit code ${exitCode}): ${found?.line ?? last}`, {
    hint: found?.hint ?? (exitCode === 137 ? killedHint : lookHint),
    evidence,
  });
};

const outOfMemory: FoundCause = {
  cause: 'out-of-memory',
  line: "the kernel of the engine's machine ended a process of it, since memory ran out",
  hint: "give the engine's machine, or its container, more memory: 8 GB do",
  kickstartLine: undefined,
};
const killedHint = 'somebody removed the container, or the machine ran out of memory: see the log of its kernel';
const lookHint = 'look at the end of logs/console.log and logs/program.log';
