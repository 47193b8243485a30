import { describe, expect, test } from 'vitest';
import { udevEscape } from './open.ts';
import { USUAL, parseTreeinfo } from './treeinfo.ts';

/** In the form that productmd writes and Fedora publishes; sums shortened to what the test needs. */
const FEDORA = `[checksums]
images/boot.iso = sha256:${'0'.repeat(64)}
images/pxeboot/initrd.img = sha256:${'A'.repeat(64)}
images/pxeboot/vmlinuz = sha256:${'b'.repeat(64)}
images/efiboot.img = md5:d41d8cd98f00b204e9800998ecf8427e

[general]
; WARNING.0 = This section provides compatibility with pre-productmd treeinfos.
arch = x86_64
family = Fedora
name = Fedora 44
variant = Everything
version = 44

[header]
type = productmd.treeinfo
version = 1.2

[images-x86_64]
boot.iso = images/boot.iso
efiboot.img = images/efiboot.img
initrd = images/pxeboot/initrd.img
kernel = images/pxeboot/vmlinuz

[images-xen]
initrd = xen/initrd.img
kernel = xen/vmlinuz

[stage2]
mainimage = images/install.img
`;

describe('.treeinfo', () => {
  test('names kernel, initramfs, installer and sums', () => {
    expect(parseTreeinfo(FEDORA)).toEqual({
      name: 'Fedora 44',
      arch: 'x86_64',
      kernel: 'images/pxeboot/vmlinuz',
      initrd: 'images/pxeboot/initrd.img',
      stage2: 'images/install.img',
      sha256: {
        'images/boot.iso': '0'.repeat(64),
        'images/pxeboot/initrd.img': 'a'.repeat(64),
        'images/pxeboot/vmlinuz': 'b'.repeat(64),
      },
    });
  });

  test('what it does not say is where it usually is', () => {
    expect(parseTreeinfo('[general]\nname = Example 1\n')).toEqual({ ...USUAL, name: 'Example 1' });
  });

  test.each(['../../../etc/shadow', '/etc/shadow', 'images/../../x', 'https://example.invalid/vmlinuz', ''])(
    'one that names %j as its kernel is none',
    (path) => {
      const text = FEDORA.replaceAll(/^kernel = images.*$/gmu, `kernel = ${path}`);
      expect(text).not.toBe(FEDORA);
      expect(parseTreeinfo(text)).toBeUndefined();
    },
  );

  test.each(['', '<html><body>404</body></html>', '[stage2]\nmainimage = x\n'])('%j is none', (text) => {
    expect(parseTreeinfo(text)).toBeUndefined();
  });
});

test.each([
  ['Fedora-E-dvd-x86_64-44', 'Fedora-E-dvd-x86_64-44'],
  ['My Label', String.raw`My\x20Label`],
  ['a/b', String.raw`a\x2fb`],
])('the label %s is %s on the command line', (label, escaped) => {
  expect(udevEscape(label)).toBe(escaped);
});
