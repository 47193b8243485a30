/**
 * The image of lorax's builder, of each distribution: the real Containerfile, built by real engines. Their registries cannot be
 * asked everywhere, so the base is a stand-in: it says that it is the distribution, and its DNF writes down what it is asked
 * for.
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type Builder,
  type ContextFile,
  type Engine,
  IsoBuildError,
  ensureImage,
  loraxBuilder,
} from '../../src/index.ts';
import { runInBuilder } from '../../src/container/run-in-builder.ts';
import { findBusybox } from '../puppet/puppet.ts';
import { type Setup, withEachEngine } from './fixture.ts';

const containers = join(import.meta.dirname, '../../../../containers');
/** A base that is of a distribution, by its os-release(5). */
async function baseOf(id: string, version: string, label: string): Promise<Builder> {
  const busybox = await findBusybox();
  const release = `NAME=Stand-in\nID="${id}"\nVERSION_ID="${version}"\n`;
  return {
    name: 'stand-in',
    contextDigest: `sha256:${hash('sha256', label)}`,
    privileges: { capDrop: [], capAdd: [], loopDevices: false, hostDev: false, unconfined: false },
    context: () =>
      Promise.resolve([
        { path: 'Containerfile', content: `FROM scratch\nLABEL stand-in=${label}\nCOPY bin /bin\nCOPY etc /etc\n` },
        ...['sh', 'cat'].map((name): ContextFile => ({ path: `bin/${name}`, file: busybox, mode: 0o755 })),
        { path: 'bin/dnf', content: '#!/bin/sh\necho "$*" >>/asked\n', mode: 0o755 },
        { path: 'etc/rpm/macros.image-language-conf', content: '%_install_langs en_US\n' },
        { path: 'etc/dnf/dnf.conf', content: '[main]\ntsflags=nodocs\ngpgcheck=1\n' },
        { path: 'etc/os-release', content: release },
      ]),
  };
}

/** What the image has that lorax's Containerfile makes of such a base: what DNF was asked for, and what is left to read. */
async function built(
  at: Setup,
  [id, version]: readonly [string, string],
  wanted: { distribution: string; release: string },
) {
  const label = crypto.randomUUID();
  // What is made of it inherits the label.
  at.resources.defer(() => removeLabelled(at.engine, `stand-in=${label}`));
  const base = await ensureImage(at.engine, await baseOf(id, version, label));
  const builder = loraxBuilder(containers, { ...wanted, base: base.id, folder: 'fedora' });
  const script = 'cat /asked; echo --; cat /etc/dnf/dnf.conf; ls /etc/rpm';
  return { builder, lines: await runIn(at, builder, script) };
}

const runIn = (at: Setup, builder: Builder, script: string): Promise<string[]> =>
  runInBuilder(at.engine, builder, script, { signal: AbortSignal.timeout(60_000), longestMs: 60_000 });

/** An image of which there are others goes after them. */
async function removeLabelled({ docker }: Engine, label: string): Promise<void> {
  const rest = () => docker.listImages({ all: true, filters: { label: [label] } });
  for (let images = await rest(); images.length > 0;) {
    for (const { Id } of images)
      await docker
        .getImage(Id)
        .remove({ force: true })
        .catch(() => undefined);
    const left = await rest();
    if (left.length === images.length)
      throw new Error(`${left.length} images with the label ${label} cannot be removed`);
    images = left;
  }
}

/** Of control groups as some machines still have them crun knows nothing, and Podman builds by it whatever runs containers. */
const hybrid = readFileSync('/proc/mounts', 'utf8').includes(' /sys/fs/cgroup/unified cgroup2 ');
if (hybrid) console.warn('with podman the image is not built: crun refuses hybrid control groups');

await withEachEngine("the image of lorax's builder", (at) => {
  const skipped = hybrid && at.kind === 'podman';
  test.skipIf(skipped).each([
    ['almalinux', '10.1', '10', true],
    ['rocky', '9.6', '9', true],
    ['centos', '10', '10', true],
    ['fedora', '44', '44', false],
  ] as const)('of %s %s', async (distribution, version, release, enterprise) => {
    const { lines, builder } = await built(at, [distribution, version], { distribution, release });
    const [install = '', ...rest] = lines;
    // What a machine begins with Enterprise Linux does not have.
    expect(builder.machine === undefined).toBe(enterprise);
    expect(install).toMatch(/^--assumeyes install .*\blorax-lmc-novirt policycoreutils pykickstart$/u);
    expect([install.includes(' --enablerepo=crb '), install.includes(' libblockdev-nvme ')]).toEqual([
      enterprise,
      enterprise,
    ]);
    // It installs with manuals, and in every language.
    expect(rest).toEqual(['clean all', '--', '[main]', 'gpgcheck=1']);
  });

  test.skipIf(skipped)('for a machine has a kernel on top', async () => {
    const { builder } = await built(at, ['fedora', '44'], { distribution: 'fedora', release: '44' });
    const { id } = await ensureImage(at.engine, builder);
    const { contextDigest = '', files = [] } = builder.machine?.layer ?? {};
    // As builder-vm makes it.
    const layered = { ...builder, contextDigest, buildArgs: { BUILDER: id }, context: () => Promise.resolve(files) };
    const asked = await runIn(at, layered, 'cat /asked');
    expect(asked.slice(2)).toEqual([
      '--assumeyes --setopt=install_weak_deps=False install busybox kernel-core',
      'clean all',
    ]);
  });

  test.skipIf(skipped).each([
    ['another release', ['almalinux', '9.6'], { distribution: 'almalinux', release: '10' }],
    ['another distribution', ['rocky', '10.0'], { distribution: 'almalinux', release: '10' }],
  ] as const)('is not made of %s', async (_, [id, version], wanted) => {
    const failed: unknown = await built(at, [id, version], wanted).catch((error: unknown) => error);
    if (!(failed instanceof IsoBuildError)) throw new Error('it was made', { cause: failed });
    expect(failed.code).toBe('IMAGE_BUILD_FAILED');
    expect(failed.evidence.lastLines?.join('\n')).toContain(
      `BASE is ${id} ${version}, and almalinux 10 is asked for: run phyllome builder pin`,
    );
  });
});
