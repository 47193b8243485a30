import { messageOf, findProgram, parentDeathPrefix } from '@phyllome/host';
import { safeLine } from '@phyllome/host/terminal';
import { execa } from 'execa';
import { RemoteError } from './errors.ts';
import type { Remote } from './remote.ts';

/** Bytes that a manifest has at most: registries refuse more than 4 MiB (distribution specification, "Pushing manifests"). */
const manifestLimit = 4 * 2 ** 20;
/** For an answer of a few bytes. */
const answerMs = 60_000;
/** For large ones: what a slow line moves in that time, beside what any answer may take. */
const slowestBytesPerSecond = 256 * 1024;

const longestMs = 24 * 60 * 60_000;

interface Run {
  remote: Remote;
  signal: AbortSignal | undefined;
  timeoutMs?: number;
  /** Bytes that a file it writes has at most: a server may send without end. */
  largestFile?: number;
}

/**
 * The manifest of a tag or digest, as the registry has it; undefined when it has none.
 *
 * @param reference `:tag` or `@sha256:…`
 * @throws {RemoteError} REMOTE_UNREACHABLE, REMOTE_DENIED, REMOTE_FAILED
 */
export async function readManifestOf(
  remote: Remote,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const argv = ['inspect', '--raw', `docker://${remote.repository}${reference}`];
  const result = await skopeo(argv, { remote, signal });
  if ('stdout' in result) return result.stdout;
  if (/(?:manifest|name) unknown|\b404\b|repository name not known/u.test(result.complaint)) return undefined;
  throw asRemoteError(result.complaint, remote, result.timedOut);
}

/**
 * Copies an image between an image layout and the registry, bit by bit. What the destination has already is not sent
 * again.
 *
 * @param bytes that are copied at most, by which the time is limited
 * @throws {RemoteError} REMOTE_UNREACHABLE, REMOTE_DENIED, REMOTE_FAILED
 */
export async function copyImage(from: string, to: string, { bytes, ...run }: Run & { bytes: number }): Promise<void> {
  const timeoutMs = Math.min(answerMs * 5 + Math.ceil((bytes / slowestBytesPerSecond) * 1000), longestMs);
  const result = await skopeo(['copy', '--quiet', '--preserve-digests', '--retry-times', '2', from, to], {
    ...run,
    timeoutMs,
  });
  if (!('stdout' in result)) throw asRemoteError(result.complaint, run.remote, result.timedOut);
}

type Outcome = { stdout: Buffer } | { complaint: string; timedOut: boolean };

async function skopeo(
  argv: readonly string[],
  { remote, signal, timeoutMs = answerMs, largestFile }: Run,
): Promise<Outcome> {
  const { env } = remote;
  if (findProgram('skopeo', env) === undefined)
    throw new RemoteError('REMOTE_FAILED', 'skopeo, which talks to registries, is not installed', {
      hint: 'install skopeo',
    });
  const limit =
    largestFile === undefined || findProgram('prlimit', env) === undefined
      ? []
      : ['prlimit', `--fsize=${largestFile}`, '--'];
  const [program = '', ...rest] = [...parentDeathPrefix(env), ...limit, 'skopeo', ...argv];
  const result = await execa(program, rest, {
    env: { ...env, LC_ALL: 'C' },
    extendEnv: false,
    stdin: 'ignore',
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
    timeout: timeoutMs,
    maxBuffer: manifestLimit,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (!result.failed) return { stdout: Buffer.from(result.stdout) };
  const said = Buffer.from(result.stderr).toString('utf8').trim();
  return { complaint: said === '' ? messageOf(result) : said, timedOut: result.timedOut };
}

/** What skopeo's complaint means. Pure. */
export function asRemoteError(
  complaint: string,
  { repository }: Pick<Remote, 'repository'>,
  timedOut: boolean,
): RemoteError {
  const host = repository.slice(0, repository.indexOf('/'));
  const what = reasonIn(complaint);
  if (timedOut)
    return new RemoteError('REMOTE_UNREACHABLE', `${host} was too slow to answer`, { hint: `look at it; ${without}` });
  if (/unauthorized|authentication required|requested access.*denied|\bdenied\b|forbidden|\b40[13]\b/iu.test(complaint))
    return new RemoteError('REMOTE_DENIED', `${repository} refuses this user: ${what}`, {
      hint: `log in: skopeo login ${host}; ${without}`,
    });
  if (/digest (?:did not match|mismatch)/iu.test(complaint))
    return new RemoteError('REMOTE_WRONG', `${repository} sent other bytes than it says: ${what}`, {
      hint: 'nothing of it was used; look after that registry',
    });
  if (unreachable.test(complaint))
    return new RemoteError('REMOTE_UNREACHABLE', `${host} does not answer as a registry: ${what}`, {
      hint: `look whether it runs; ${without}`,
    });
  return new RemoteError('REMOTE_FAILED', `${repository}: ${what}`, { hint: without });
}

const without = 'PHYLLOME_REMOTE_STORE= builds without it';

/** What Go's network, TLS and HTTP say. */
const unreachable =
  /pinging container registry|connection (?:refused|reset)|no such host|timeout|timed out|unreachable|no route|broken pipe|\bEOF\b|x509|tls:|HTTP response to HTTPS|\b5\d\d\b/iu;

/** The end of the sentence that skopeo logs: `… level=fatal msg="A: B: C"`. */
function reasonIn(complaint: string): string {
  const last = complaint.split('\n').at(-1) ?? '';
  const message = /msg="(?<text>(?:[^"\\]|\\.)*)"/u.exec(last)?.groups?.['text'] ?? last;
  return safeLine(message.replaceAll('\\"', '"')).slice(0, 300);
}
