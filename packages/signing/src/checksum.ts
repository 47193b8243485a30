import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, messageOf, temporaryDirectory } from '@phyllome/host';
import { execa, ExecaError } from 'execa';
import { SigningError } from './errors.ts';

/** For somebody to type a passphrase, where gpg's agent asks for one, in ms. */
const signTimeout = 120_000;
/** For a program that only computes, in ms. */
const checkTimeout = 30_000;

export interface GpgOptions {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}

/**
 * Signs a text in OpenPGP's clear text form, as Fedora signs its CHECKSUM files, with a key of the user's gpg keyring.
 *
 * @param key what gpg finds the key by: a fingerprint, best
 * @throws {SigningError} BAD_OPTION, PROGRAM_MISSING, GPG_KEY_UNUSABLE
 */
export async function clearSign(text: string, key: string, options: GpgOptions): Promise<string> {
  requireKeyName(key);
  const { stdout } = await gpg('gpg', ['--local-user', key, '--clear-sign', '--output', '-'], {
    ...options,
    input: text,
    timeout: signTimeout,
  }).catch((cause: unknown) => {
    throw unusable(key, cause);
  });
  return stdout.toString();
}

/**
 * The public half of a key of the user's keyring, as gpgv takes it.
 *
 * @throws {SigningError} BAD_OPTION, PROGRAM_MISSING, GPG_KEY_UNUSABLE
 */
export async function exportKey(key: string, options: GpgOptions): Promise<Buffer> {
  requireKeyName(key);
  const { stdout } = await gpg('gpg', ['--export', key], { ...options, timeout: checkTimeout }).catch(
    (cause: unknown) => {
      throw unusable(key, cause);
    },
  );
  return stdout;
}

/**
 * Is the text clear-signed by a key of the keyring, in whole?
 *
 * @param keyring public keys, armoured or binary
 * @returns the text that is signed, without its last end of line
 * @throws {SigningError} PROGRAM_MISSING; PUBLIC_KEY_INVALID for what is not a keyring; SIGNATURE_MISSING; SIGNATURE_WRONG
 */
export async function checkClearSigned(text: string, keyring: Buffer, options: GpgOptions): Promise<string> {
  if (!text.startsWith('-----BEGIN PGP SIGNED MESSAGE-----'))
    throw new SigningError('SIGNATURE_MISSING', 'CHECKSUM is not signed', {
      hint: 'fetch the signed one from where the ISO came; PHYLLOME_GPG_KEY signs it in builds',
    });
  await using directory = await temporaryDirectory('phyllome-keyring-');
  const binary = keyring.subarray(0, 1024).includes('-----BEGIN PGP') ? await dearmour(keyring, options) : keyring;
  // The first bit of every OpenPGP packet is set; nothing else may be given to gpgv as a keyring.
  if (((binary[0] ?? 0) & 0x80) === 0)
    throw new SigningError('PUBLIC_KEY_INVALID', 'the key is not an OpenPGP keyring', { hint: exportHint });
  const ring = join(directory.path, 'keyring.gpg');
  await writeFile(ring, binary);
  const args = ['--homedir', directory.path, '--status-fd', '2', '--keyring', ring, '--output', '-'];
  const result = await gpg('gpgv', args, { ...options, input: text, timeout: checkTimeout, reject: false });
  const status = [...result.stderr.toString().matchAll(/^\[GNUPG:\] (\w+)/gmu)].map(([, word = '']) => word);
  const bad = status.find((word) => refusals.has(word));
  if (result.exitCode !== 0 || bad !== undefined || !status.includes('GOODSIG') || !status.includes('VALIDSIG')) {
    throw new SigningError('SIGNATURE_WRONG', `the signature of CHECKSUM is not good: ${whyNot(status)}`, {
      hint: 'if this is the keyring of who should have built it, do not use the ISO: fetch it again',
    });
  }
  return result.stdout.toString().replace(/\n$/u, '');
}

const exportHint = 'gpg --armor --export KEY makes one';

/** What gpgv says of signatures that are not to be accepted. */
const refusals = new Set(['BADSIG', 'ERRSIG', 'EXPSIG', 'EXPKEYSIG', 'REVKEYSIG', 'NODATA', 'FAILURE', 'ERROR']);

function whyNot(status: readonly string[]): string {
  if (status.includes('NO_PUBKEY')) return 'the keyring does not have the key that signed it';
  if (status.includes('BADSIG')) return 'it was changed after it was signed';
  if (status.includes('EXPKEYSIG') || status.includes('EXPSIG')) return 'it, or its key, is expired';
  if (status.includes('REVKEYSIG')) return 'its key was revoked';
  return 'gpgv does not accept it';
}

async function dearmour(keyring: Buffer, options: GpgOptions): Promise<Buffer> {
  try {
    const { stdout } = await gpg('gpg', ['--dearmor'], { ...options, input: keyring, timeout: checkTimeout });
    return stdout;
  } catch (cause) {
    if (cause instanceof SigningError) throw cause;
    throw new SigningError('PUBLIC_KEY_INVALID', `the keyring cannot be read: ${complaint(cause)}`, {
      hint: exportHint,
      cause,
    });
  }
}

interface RunOptions extends GpgOptions {
  input?: string | Buffer;
  /** In ms. */
  timeout: number;
  reject?: boolean;
}

async function gpg(program: 'gpg' | 'gpgv', args: readonly string[], { env, signal, ...options }: RunOptions) {
  const path = findProgram(program, env);
  if (path === undefined)
    throw new SigningError('PROGRAM_MISSING', `${program} is not installed`, {
      hint: `./setup, or install ${program}`,
    });
  const result = await execa(path, [...(program === 'gpg' ? ['--batch', '--quiet'] : []), ...args], {
    env: { ...env, LC_ALL: 'C' },
    extendEnv: false,
    encoding: 'buffer',
    // A file that only seems to be signed has no end that is announced beforehand.
    maxBuffer: 16 * 2 ** 20,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    ...options,
  });
  return {
    exitCode: result.exitCode,
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr),
  };
}

/** gpg takes whatever begins with a dash for an option. */
function requireKeyName(key: string): void {
  if (/^[\p{L}\p{N}<][^\p{Cc}]{0,200}$/u.test(key)) return;
  throw new SigningError('BAD_OPTION', `PHYLLOME_GPG_KEY is ${JSON.stringify(key)}`, {
    hint: "set it to the fingerprint of a key of gpg's: gpg --list-secret-keys",
  });
}

function unusable(key: string, cause: unknown): unknown {
  if (cause instanceof SigningError || (cause instanceof ExecaError && cause.isCanceled)) return cause;
  return new SigningError('GPG_KEY_UNUSABLE', `gpg does not sign with ${key}: ${complaint(cause)}`, {
    hint: 'gpg --list-secret-keys lists what it has; a key with a passphrase needs an agent that knows it',
    cause,
  });
}

function complaint(cause: unknown): string {
  if (!(cause instanceof ExecaError)) return messageOf(cause);
  if (cause.timedOut) return 'it did not answer in time';
  const { stderr } = cause as { stderr: unknown };
  const lines = (Buffer.isBuffer(stderr) || stderr instanceof Uint8Array ? Buffer.from(stderr) : Buffer.alloc(0))
    .toString()
    .trim()
    .split('\n');
  return lines.at(-1) || cause.shortMessage;
}
