import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { codeOf } from '@phyllome/host';
import { parseInstallerLog, sorted } from './installer-log.ts';

/** `packages.json`: every package on the ISO, in its exact version. */
export const packageListSchema = z.object({
  schema: z.literal('phyllome-packages/1'),
  /** Package manager, as in package URLs. */
  type: z.enum(['rpm', 'deb']),
  /** As os-release(5) has it in `ID`. */
  distribution: z.string().regex(/^[a-z][a-z0-9._-]*$/u),
  /** Release or suite. */
  release: z.string(),
  /** The file beside it that says so; null: none does, and the list is empty. */
  source: z.string().nullable(),
  packages: z.array(z.object({ name: z.string(), version: z.string(), arch: z.string().optional() })),
});
export type PackageList = z.infer<typeof packageListSchema>;

/** Of a builder's own report, the part about packages. */
const reportSchema = z.object({
  debian: z.object({ suite: z.string() }).optional(),
  packages: z.array(z.object({ name: z.string(), version: z.string(), arch: z.string().optional() })),
});

/** The installer's logs that name packages, the most exact first. */
const installerLogs = ['dnf.rpm.log', 'packaging.log', 'dnf5.log', 'anaconda.log'] as const;

/**
 * What a build put on its ISO: from the builder's own report, else from the logs of the installer. Scripts of the
 * kickstart may have changed it afterwards, which a log does not show.
 *
 * @param directory the result, with its `logs/`
 */
export async function readPackages(
  directory: string,
  {
    report,
    builder,
    distribution = 'fedora',
    releasever,
  }: { report: unknown; builder: string; distribution?: string | undefined; releasever: string },
): Promise<PackageList> {
  const parsed = reportSchema.safeParse(report);
  if (parsed.success) {
    const { debian, packages } = parsed.data;
    return {
      ...(debian === undefined ? ofRpm(distribution, releasever) : ofDebian(debian.suite)),
      source: `logs/${builder}.json`,
      packages: sorted(packages),
    };
  }
  for (const name of installerLogs) {
    const source = `logs/anaconda/${name}`;
    const packages = parseInstallerLog(await textOf(join(directory, source)));
    if (packages.length > 0) return { ...ofRpm(distribution, releasever), source, packages };
  }
  return { ...ofRpm(distribution, releasever), source: null, packages: [] };
}

type Head = Pick<PackageList, 'schema' | 'type' | 'distribution' | 'release'>;

const ofRpm = (distribution: string, release: string): Head => ({
  schema: 'phyllome-packages/1',
  type: 'rpm',
  distribution,
  release,
});

const ofDebian = (release: string): Head => ({
  schema: 'phyllome-packages/1',
  type: 'deb',
  distribution: 'debian',
  release,
});

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}
