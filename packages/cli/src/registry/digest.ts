import { createHash } from 'node:crypto';
import { parseJson } from '@phyllome/host/json';
import { CliError } from '../errors.ts';

/** A repository of a registry, and a tag in it. */
export interface TagReference {
  /** With the registry's host: `docker.io/library/fedora`, `127.0.0.1:5000/fedora`. */
  image: string;
  tag: string;
}

/** What a registry has under a tag. */
export interface TaggedImage {
  digest: string;
  /** Whether it is an index of several platforms; otherwise the image of one. */
  isIndex: boolean;
}

/** Kinds of manifests (OCI image-spec, `media-types.md`; Docker's older names), indexes first. */
const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** The registry's own limit (distribution-spec, "Pushing Manifests"). */
const MANIFEST_BYTES = 4 * 1024 ** 2;

/** For each of the one to three requests. */
const ANSWER_MS = 30_000;

/**
 * Which digest a tag has in its registry now, by the OCI distribution API: the manifest is fetched and its digest
 * computed, so that what the registry claims is not believed. Anonymous; a registry that wants a token says where one is
 * to be had, and gets asked with it.
 *
 * @throws {CliError} REGISTRY_UNREACHABLE when nothing answers, or not as a registry does; IMAGE_NOT_FOUND when it
 * has no such repository or tag for everybody.
 */
export async function digestOfTag(reference: TagReference, signal: AbortSignal): Promise<TaggedImage> {
  const { host, name } = registryOf(reference.image);
  const url = `${schemeOf(host)}://${host}/v2/${name}/manifests/${encodeURIComponent(reference.tag)}`;
  const headers = { accept: [...INDEXES, ...MANIFESTS].join(', ') };
  let response = await ask(url, headers, signal);
  if (response.status === 401) {
    const token = await tokenFor(response.headers.get('www-authenticate') ?? '', { host, name, signal });
    response = await ask(url, { ...headers, authorization: `Bearer ${token}` }, signal);
  }
  const what = `${reference.image}:${reference.tag}`;
  if ([401, 403, 404].includes(response.status)) {
    throw new CliError('IMAGE_NOT_FOUND', `${host} has no ${what} for everybody (HTTP ${response.status})`, {
      hint: 'look for the release in the registry: a new one may not be there yet, an old one may be gone',
    });
  }
  if (!response.ok) throw unreachable(`${host} answers HTTP ${response.status} for ${what}`);
  const body = await bytesOf(response, what);
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const claimed = response.headers.get('docker-content-digest') ?? digest;
  if (claimed !== digest) throw unreachable(`${host} says that ${what} is ${claimed}, and sends ${digest}`);
  return { digest, isIndex: isIndex(body, response.headers.get('content-type'), what) };
}

/** `docker.io` is served by another host (github.com/distribution/reference). */
function registryOf(image: string): { host: string; name: string } {
  const slash = image.indexOf('/');
  const [host, name] = [image.slice(0, slash), image.slice(slash + 1)];
  return { host: host === 'docker.io' ? 'registry-1.docker.io' : host, name };
}

/** As Docker and Podman do: only this machine's own registry may do without TLS. */
const schemeOf = (host: string): string =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host) ? 'http' : 'https';

/** The token for reading only (distribution-spec and Docker's token authentication). */
async function tokenFor(
  challenge: string,
  { host, name, signal }: { host: string; name: string; signal: AbortSignal },
): Promise<string> {
  const field = (key: string): string | undefined => new RegExp(`${key}="([^"]*)"`).exec(challenge)?.[1];
  const realm =
    /^bearer /i.test(challenge) && URL.canParse(field('realm') ?? '') ? new URL(field('realm') ?? '') : undefined;
  // Over a line that anybody can change, a token would be anybody's.
  if (realm === undefined || (realm.protocol !== 'https:' && schemeOf(realm.host) === 'https')) {
    throw unreachable(`${host} wants a kind of login that cannot be done without a password`);
  }
  const service = field('service');
  if (service !== undefined) realm.searchParams.set('service', service);
  realm.searchParams.set('scope', `repository:${name}:pull`);
  const response = await ask(realm.href, {}, signal);
  const answer = response.ok ? await tokenAnswer(response, name) : undefined;
  const token = asRecord(answer)['token'] ?? asRecord(answer)['access_token'];
  if (typeof token !== 'string' || token === '') throw unreachable(`${realm.host} gives no token to read ${name}`);
  return token;
}

async function tokenAnswer(response: Response, name: string): Promise<unknown> {
  try {
    return parseJson(String(await bytesOf(response, name)));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function ask(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw unreachable(`${new URL(url).host}: ${cause instanceof Error ? cause.message : String(cause)}`, error);
  }
}

async function bytesOf(response: Response, what: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MANIFEST_BYTES) throw unreachable(`the manifest of ${what} is larger than a registry takes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What the manifest itself says it is; older ones leave that to the header. */
function isIndex(body: Buffer, contentType: string | null, what: string): boolean {
  let manifest: unknown;
  try {
    manifest = parseJson(body.toString());
  } catch (error) {
    throw unreachable(`the answer for ${what} is not a manifest`, error);
  }
  const own = asRecord(manifest)['mediaType'];
  const type = typeof own === 'string' ? own : (contentType?.split(';', 1)[0] ?? '');
  if (INDEXES.includes(type)) return true;
  if (MANIFESTS.includes(type)) return false;
  throw unreachable(`the answer for ${what} is not a manifest: ${type || 'it has no content type'}`);
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

const unreachable = (message: string, cause?: unknown): CliError =>
  new CliError('REGISTRY_UNREACHABLE', message, {
    hint: 'try again later, or another place: phyllome builder pin --from IMAGE; release.json names a fallback',
    cause,
  });
