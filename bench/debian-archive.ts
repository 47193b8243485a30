import { readOsRelease } from '@phyllome/host';
import { execa } from 'execa';

/** Where apt has this machine's packages from: the root of an archive of Debian, with a slash at its end. */
export async function debianArchive(): Promise<string> {
  const format = '$(RELEASE) $(REPO_URI)';
  const { stdout } = await execa('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const release = (await readOsRelease())?.['VERSION_CODENAME'];
  const lines = stdout.split('\n').map((line) => line.split(' '));
  const [, uri] = lines.find(([name]) => name === release) ?? [];
  if (uri === undefined)
    throw new Error(`apt has no source of ${release ?? 'this release'}: run ./setup, or apt-get update`);
  return uri;
}
