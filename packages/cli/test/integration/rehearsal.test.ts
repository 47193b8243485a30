import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildIso, connectEngine, type Engine, type IsoResult } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
import { afterAll, beforeAll, expect, test } from 'vitest';

// One story on one engine, with downloads of its own: each test starts from where the one before it ended.
const resources = new AsyncDisposableStack();
const volume = `phyllome-test-${crypto.randomUUID().slice(0, 8)}`;
const builder = {
  ...rehearsalBuilder(resolve(import.meta.dirname, '../../../../containers')),
  caches: [{ name: volume, path: '/var/cache/phyllome' }],
};
let engine: Engine;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyllome-rehearsal-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  engine = resources.use(await connectEngine({ env: process.env }));
  resources.defer(() =>
    engine.docker
      .getVolume(volume)
      .remove()
      .catch(() => undefined),
  );
});
afterAll(() => resources.disposeAsync());

/** As little as a live medium can have. */
const kickstart = (post: string): string => `url --url=http://example.invalid/
network --bootproto=dhcp --hostname=twice
rootpw --plaintext rehearsal
part / --size=2048
poweroff
%packages --nocore
dracut-live
%end
%post --erroronfail
${post}
%end
`;

async function build(name: string, post = 'date -d "@$SOURCE_DATE_EPOCH" >/etc/built'): Promise<IsoResult> {
  await using running = buildIso({
    engine,
    builder,
    kickstart: kickstart(post),
    destination: join(folder, name),
    isoName: 'twice.iso',
    volid: 'Phyllome-twice',
    project: 'Phyllome OS',
    releasever: '44',
    profile: 'draft',
    sourceDateEpoch: 1_760_000_000,
  });
  return await running.result;
}

const reused = ({ manifest: { report } }: IsoResult): unknown =>
  typeof report === 'object' && report !== null && 'reused' in report ? report.reused : report;

let first: IsoResult;

test('two builds at once, sharing the empty cache, make the same ISO', async () => {
  const [one, other] = await Promise.all([build('one'), build('other')]);
  expect([reused(one), reused(other)]).toContainEqual([]);
  expect(other.sha256).toBe(one.sha256);
  first = one;
});

test('packages and initramfs of an earlier build make the same ISO, too', async () => {
  const again = await build('again');
  expect(reused(again)).toEqual(['packages', 'initramfs']);
  expect(again.sha256).toBe(first.sha256);
});

test('another script installs nothing again; one that configures dracut makes another initramfs', async () => {
  const edited = await build('edited', 'echo hello >/etc/motd');
  expect(reused(edited)).toEqual(['packages', 'initramfs']);
  expect(edited.sha256).not.toBe(first.sha256);

  const dracut = await build('dracut', "mkdir -p /etc/dracut.conf.d && echo 'compress=cat' >/etc/dracut.conf.d/x.conf");
  expect(reused(dracut)).toEqual(['packages']);
});
