import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as IsoBuilder from '@phyllome/iso-builder';
import type * as Rehearsal from '@phyllome/rehearsal';
import type { Cost } from './live-build.ts';

/** A kickstart with a package more. */
export const withPackage = (kickstart: string, name: string): string =>
  kickstart.replace('%packages --exclude-weakdeps\n', `$&${name}\n`);

/** A kickstart with another script. */
export const withPost = (kickstart: string, what: string): string =>
  `${kickstart}\n%post --erroronfail\necho ${what} >/etc/motd\n%end\n`;

/** A checkout's own code, builder and cache. The exports used have been the same since the rehearsal exists. */
export async function connectCheckout(checkout: string) {
  const load = (name: string): Promise<unknown> =>
    import(pathToFileURL(join(checkout, 'packages', name, 'src/index.ts')).href);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- another checkout's module has no types here
  const { buildIso, connectEngine, ensureImage } = (await load('iso-builder')) as typeof IsoBuilder;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  const { rehearsalBuilder } = (await load('rehearsal')) as typeof Rehearsal;
  const volume = `phyllome-bench-${crypto.randomUUID().slice(0, 8)}`;
  const builder = {
    ...rehearsalBuilder(join(checkout, 'containers')),
    caches: [{ name: volume, path: '/var/cache/phyllome' }],
  };
  const engine = await connectEngine({ env: process.env });
  await ensureImage(engine, builder);
  return {
    engine,
    /** One build, as `phyllome image` does it: from the connected engine to the checked ISO. CPU: the container's and ours. */
    async rehearse(folder: string, kickstart: string): Promise<Cost & { report: Rehearsal.RehearsalReport }> {
      const [startMs, cpu] = [performance.now(), process.cpuUsage()];
      await using running = buildIso({
        engine,
        builder,
        kickstart,
        destination: join(folder, 'dist'),
        isoName: 'bench.iso',
        volid: 'Phyllome-bench',
        project: 'Phyllome OS',
        releasever: '44',
        profile: 'draft',
        sourceDateEpoch: 1_760_000_000,
      });
      await running.result;
      const report: Rehearsal.RehearsalReport = JSON.parse(
        readFileSync(join(folder, 'dist/logs/rehearsal.json'), 'utf8'),
      );
      const { user, system } = process.cpuUsage(cpu);
      return {
        wallSeconds: (performance.now() - startMs) / 1000,
        cpuSeconds: report.cpuSeconds + (user + system) / 1_000_000,
        report,
      };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await engine.docker.getVolume(volume).remove();
      await engine[Symbol.asyncDispose]();
    },
  };
}
