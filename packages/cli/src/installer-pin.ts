import { basename } from 'node:path';
import { type KeepOptions, keepIso, type KnownIso, knownIso, parseSource } from '@phyllome/deploy';
import { menuReplacements, readMenus } from '@phyllome/iso-builder';
import { readRelease, releasePath, releaseText, type Workspace, writeIfChanged } from '@phyllome/pipeline';
import { openStore } from '@phyllome/pipeline/store';
import { CliError } from './errors.ts';
import { mediaIn } from './installer-medium.ts';
import { say } from './render.ts';

/**
 * `phyllome builder pin --installer ISO`: names the installer that installer media are made of in `release.json`, by its
 * sum, and keeps it on this machine.
 *
 * @param source a file, or an address with the sum that its publisher lists
 * @throws {CliError} BAD_OPTION when it is not an ISO, or has no menu that could be changed
 * @throws {DeployError} SOURCE_INVALID, CHECKSUM_WRONG, DOWNLOAD_FAILED
 */
export async function pinInstaller(
  workspace: Workspace,
  source: string,
  { checksum, env, signal }: { checksum: string | undefined; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const options = { cacheDir: mediaIn(openStore(env)), signal };
  const { path, ...kept } = await keep(source, checksum, options);
  const installer = { ...kept, name: fileName(kept.name) };
  if (menuReplacements(await readMenus(path), { what: '', unattended: false }).length === 0)
    throw new CliError('BAD_OPTION', `${source} has no boot menu that installs, as lorax makes them`, {
      hint: "name the distribution's netinst or DVD ISO",
    });
  await writeIfChanged(workspace, releasePath, releaseText({ ...readRelease(workspace), installer }));
  say(`${releasePath}: installer media are made of ${installer.name}, sha256 ${installer.sha256}`);
}

/** As `release.json` may hold it, wherever it came from. */
const fileName = (name: string): string =>
  `${
    name
      .replace(/\.iso$/iu, '')
      .replaceAll(/[^\w.+-]|^[^A-Za-z0-9]/gu, '-')
      .replace(/^-+/u, '') || 'installer'
  }.iso`;

async function keep(
  text: string,
  checksum: string | undefined,
  options: KeepOptions,
): Promise<KnownIso & { path: string }> {
  const source = await parseSource(text, checksum);
  if (source.kind === 'iso') return await keepIso(source.path, source.sha256, options);
  if (source.kind === 'iso-url') {
    const known = { name: basename(new URL(source.url).pathname), sha256: source.sha256, url: source.url };
    return { ...known, path: await knownIso(known, options) };
  }
  throw new CliError('BAD_OPTION', `--installer ${text}: not an ISO`, {
    hint: 'an install tree is for phyllome deploy --source',
  });
}
