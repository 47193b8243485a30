import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { test as base, describe, expect } from 'vitest';
import { openInstaller } from '../../src/media/open.ts';
import { parseSource } from '../../src/media/source.ts';

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

const FILES = {
  'images/pxeboot/vmlinuz': 'a kernel',
  'images/pxeboot/initrd.img': 'an initramfs',
  'images/install.img': 'an installer',
};

const TREEINFO = `[general]
name = Example 44
arch = x86_64
[images-x86_64]
kernel = images/pxeboot/vmlinuz
initrd = images/pxeboot/initrd.img
[stage2]
mainimage = images/install.img
[checksums]
${Object.entries(FILES)
  .map(([path, text]) => `${path} = sha256:${sha256(text)}`)
  .join('\n')}
`;

// oxlint-disable-next-line no-empty-pattern -- vitest reads from the pattern which fixtures are needed
const test = base.extend('at', async ({}, { onCleanup }) => {
  const root = await mkdtemp(join(tmpdir(), 'phyllome-media-'));
  onCleanup(() => rm(root, { recursive: true, force: true }));
  const write = async (folder: string, files: Record<string, string>): Promise<string> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, folder, path)), { recursive: true });
      await writeFile(join(root, folder, path), text);
    }
    return join(root, folder);
  };
  const options = { workDir: join(root, 'work'), cacheDir: join(root, 'cache') };
  await mkdir(options.workDir);
  return { root, options, write, tree: (more = {}) => write('tree', { '.treeinfo': TREEINFO, ...FILES, ...more }) };
});

async function makeIso(tree: string, label: string): Promise<string> {
  const iso = `${tree}.iso`;
  await execa('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', label, '-o', iso, tree], { stdin: 'ignore' });
  return iso;
}

/** A server of a folder, at a port of its own. */
async function serve(folder: string): Promise<AsyncDisposable & { url: string; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/nothing.iso') {
      response.writeHead(204).end();
      return;
    }
    readFile(join(folder, request.url ?? '')).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const text = (path: string): Promise<string> => readFile(path, 'utf8');

describe('a folder with an install tree', () => {
  test('gives its kernel and initramfs, and a CD-ROM with its installer', async ({ at }) => {
    const found = await openInstaller(await parseSource(await at.tree()), at.options);
    expect(found).toMatchObject({ name: 'Example 44', stage2: 'inst.stage2=hd:LABEL=PHYLLOME-STAGE2' });
    expect(await text(found.kernel)).toBe('a kernel');
    expect(await text(found.initrd)).toBe('an initramfs');
    const { stdout } = await execa('xorriso', ['-indev', found.cdrom ?? '', '-pvd_info', '-find', '/', '-type', 'f']);
    expect(stdout).toMatch(/Volume Id +: PHYLLOME-STAGE2/u);
    expect(stdout).toContain("'/images/install.img'");
    expect(stdout).toContain("'/.treeinfo'");
  });

  test('a kernel that is not what the tree says is refused', async ({ at }) => {
    const source = await parseSource(await at.tree({ 'images/pxeboot/vmlinuz': 'another kernel' }));
    await expect(openInstaller(source, at.options)).rejects.toMatchObject({
      code: 'CHECKSUM_WRONG',
      message: expect.stringContaining('images/pxeboot/vmlinuz') as unknown,
    });
  });

  test.for(Object.keys(FILES))('without %s it is none', async (missing, { at }) => {
    const tree = await at.tree();
    await rm(join(tree, missing));
    await expect(openInstaller(await parseSource(tree), at.options)).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: `${tree} has no ${missing}`,
    });
  });

  test('one for another processor is refused', async ({ at }) => {
    const source = await parseSource(await at.tree({ '.treeinfo': TREEINFO.replace('x86_64', 'aarch64') }));
    await expect(openInstaller(source, at.options)).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining('is for aarch64') as unknown,
    });
  });
});

describe("an installer's ISO", () => {
  test('gives its kernel and initramfs, and is found by its label', async ({ at }) => {
    const iso = await makeIso(await at.tree(), 'Fedora E 44');
    const found = await openInstaller(await parseSource(iso), at.options);
    expect(found).toMatchObject({ cdrom: iso, stage2: String.raw`inst.stage2=hd:LABEL=Fedora\x20E\x2044` });
    expect([await text(found.kernel), await text(found.initrd)]).toEqual(['a kernel', 'an initramfs']);
  });

  test('one without an installer, as a live ISO, is refused', async ({ at }) => {
    const tree = await at.write('live', { 'images/pxeboot/vmlinuz': 'k', 'images/pxeboot/initrd.img': 'i' });
    await expect(openInstaller(await parseSource(await makeIso(tree, 'LIVE')), at.options)).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining('has no installer in it') as unknown,
    });
  });

  test('a file that is no ISO is refused', async ({ at }) => {
    const file = join(await at.write('no', { 'x.iso': 'x'.repeat(100_000) }), 'x.iso');
    await expect(openInstaller(await parseSource(file), at.options)).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  });

  test('one whose kernel is a link, which would lead to a file of this machine, is refused', async ({ at }) => {
    const tree = await at.tree();
    await rm(join(tree, 'images/pxeboot/vmlinuz'));
    await symlink('/etc/hostname', join(tree, 'images/pxeboot/vmlinuz'));
    await rm(join(tree, '.treeinfo'));
    await expect(openInstaller(await parseSource(await makeIso(tree, 'X')), at.options)).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringContaining('has no images/pxeboot/vmlinuz') as unknown,
    });
  });

  test('one with another sum is refused', async ({ at }) => {
    const source = await parseSource(await makeIso(await at.tree(), 'X'), '0'.repeat(64));
    await expect(openInstaller(source, at.options)).rejects.toMatchObject({ code: 'CHECKSUM_WRONG' });
  });
});

describe('a tree on a server', () => {
  test('is fetched and checked', async ({ at }) => {
    await using server = await serve(await at.tree());
    const source = await parseSource(server.url, `sha256:${sha256(TREEINFO)}`);
    const found = await openInstaller(source, at.options);
    expect(found).toMatchObject({ name: 'Example 44', cdrom: undefined, stage2: `inst.stage2=${server.url}` });
    expect([await text(found.kernel), await text(found.initrd)]).toEqual(['a kernel', 'an initramfs']);
  });

  test('by plain http, nothing vouches for it without a sum', async () => {
    await expect(parseSource('http://example.invalid/os')).rejects.toMatchObject({ code: 'CHECKSUM_WRONG' });
    expect(await parseSource('https://example.invalid/os')).toMatchObject({ url: 'https://example.invalid/os/' });
  });

  test('what is not what its .treeinfo says is refused, and nothing stays', async ({ at }) => {
    await using server = await serve(await at.tree({ 'images/pxeboot/initrd.img': 'another' }));
    const source = await parseSource(server.url, sha256(TREEINFO));
    await expect(openInstaller(source, at.options)).rejects.toMatchObject({ code: 'CHECKSUM_WRONG' });
    expect(await readdir(at.options.workDir)).toEqual(['vmlinuz']);
  });

  test('a server that has nothing there is told', async ({ at }) => {
    await using server = await serve(at.root);
    const source = await parseSource(server.url, '0'.repeat(64));
    await expect(openInstaller(source, at.options)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('the server answers 404') as unknown,
    });
  });

  test('a server that does not answer is told', async ({ at }) => {
    const server = await serve(at.root);
    await server[Symbol.asyncDispose]();
    const source = await parseSource(server.url, '0'.repeat(64));
    await expect(openInstaller(source, at.options)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('ECONNREFUSED') as unknown,
    });
  });
});

describe('an ISO on a server', () => {
  test('needs its sum', async () => {
    await expect(parseSource('https://example.invalid/x.iso')).rejects.toMatchObject({ code: 'CHECKSUM_WRONG' });
    await expect(parseSource('https://example.invalid/x.iso', 'abc')).rejects.toMatchObject({ code: 'CHECKSUM_WRONG' });
  });

  test('is fetched once', async ({ at }) => {
    const iso = await makeIso(await at.tree(), 'X');
    await using server = await serve(at.root);
    const source = await parseSource(`${server.url}tree.iso`, sha256(await readFile(iso)));
    await openInstaller(source, at.options);
    await openInstaller(source, at.options);
    expect(server.asked).toEqual(['/tree.iso']);
  });

  test('one that a server has no content of is not waited for', async ({ at }) => {
    await using server = await serve(at.root);
    const source = await parseSource(`${server.url}nothing.iso`, '0'.repeat(64));
    await expect(openInstaller(source, at.options)).rejects.toMatchObject({ code: 'CHECKSUM_WRONG' });
  });

  test('one that is not what it must be leaves nothing', async ({ at }) => {
    await makeIso(await at.tree(), 'X');
    await using server = await serve(at.root);
    const source = await parseSource(`${server.url}tree.iso`, '0'.repeat(64));
    await expect(openInstaller(source, at.options)).rejects.toMatchObject({ code: 'CHECKSUM_WRONG' });
    expect(await readdir(at.options.cacheDir)).toEqual([]);
  });
});

test('what is neither a file, nor a folder, nor an address is told', async () => {
  await expect(parseSource('/nowhere')).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
});
