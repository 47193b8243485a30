/**
 * Rehearsals of as little as a live medium can have, on one engine, with downloads of their own: what one build keeps, the
 * next ones find.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildIso, connectEngine, type Engine, type IsoResult } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';

type RehearsalBuilder = ReturnType<typeof rehearsalBuilder>;

export const containers = resolve(import.meta.dirname, '../../../containers');

/** As little as a live medium can have. What its script writes differs each time, and no initramfs is made of it. */
const kickstart = ({
  post = 'date -d "@$SOURCE_DATE_EPOCH" >/var/lib/built',
  pre = '',
  sizeMiB = 2048,
}): string => `url --url=http://example.invalid/
network --bootproto=dhcp --hostname=twice
rootpw --plaintext rehearsal
part / --size=${sizeMiB}
poweroff
%packages --nocore
dracut-live
systemd-resolved
%end
%pre --erroronfail
${pre}
%end
%post --erroronfail
${post}
%end
`;

export class Rehearsals implements AsyncDisposable {
  readonly engine: Engine;
  /** For what they make; goes with them, as the downloads do. */
  readonly folder: string;
  readonly caches: readonly { name: string; path: string }[];
  readonly builder: RehearsalBuilder;
  readonly #resources: AsyncDisposableStack;

  private constructor(engine: Engine, folder: string, volume: string, resources: AsyncDisposableStack) {
    this.engine = engine;
    this.folder = folder;
    this.caches = [{ name: volume, path: '/var/cache/phyllome' }];
    this.builder = { ...rehearsalBuilder(containers), caches: this.caches };
    this.#resources = resources;
  }

  static async open(): Promise<Rehearsals> {
    await using resources = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'phyllome-rehearsal-'));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const engine = resources.use(await connectEngine({ env: process.env }));
    const volume = `phyllome-test-${crypto.randomUUID().slice(0, 8)}`;
    resources.defer(() =>
      engine.docker
        .getVolume(volume)
        .remove()
        .catch(() => undefined),
    );
    return new Rehearsals(engine, folder, volume, resources.move());
  }

  async build(
    name: string,
    parts: Parameters<typeof kickstart>[0] = {},
    by: RehearsalBuilder = this.builder,
    sourceDateEpoch = 1_760_000_000,
  ): Promise<IsoResult> {
    await using running = buildIso({
      engine: this.engine,
      builder: by,
      kickstart: kickstart(parts),
      destination: join(this.folder, name),
      isoName: 'twice.iso',
      volid: 'Phyllome-twice',
      project: 'Phyllome OS',
      releasever: '44',
      profile: 'draft',
      sourceDateEpoch,
    });
    return await running.result;
  }

  /**
   * The builder with other lock files for packages: of the ISO, and its own.
   *
   * @param edit makes the lock file of the ISO's packages
   */
  async lockedBuilder(
    name: string,
    edit: (lock: string) => string,
    { exact, rootfsLock }: { exact?: boolean; rootfsLock?: string } = {},
  ): Promise<RehearsalBuilder> {
    const copy = join(this.folder, `containers-${name}`);
    await cp(containers, copy, { recursive: true });
    const path = join(copy, 'rehearsal/packages.lock');
    await writeFile(path, edit(await readFile(path, 'utf8')));
    if (rootfsLock !== undefined) await writeFile(join(copy, 'rehearsal/rootfs.lock'), rootfsLock);
    return { ...rehearsalBuilder(copy, exact === undefined ? {} : { exact }), caches: this.caches };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}

/** isomd5sum as if it had been locked in a version that came and went. */
export const gone = (lock: string): string => lock.replace(/^isomd5sum \S+/mu, 'isomd5sum 1:1.2.3-4+test');
