import { describe, expect, test } from 'vitest';
import { kickstartPath, parseDescription, readArguments } from './medium.ts';

const VOLID = 'Phyllome-s-44-i-rehearsal';
const pathOf = (cmdline: string): string => kickstartPath(readArguments(cmdline), VOLID);

describe('the kickstart', () => {
  test.each([
    ['inst.ks=file:/flat-s.cfg', '/run/install/flat-s.cfg'],
    [`inst.ks=hd:LABEL=${VOLID}:/ks.cfg inst.stage2=hd:LABEL=${VOLID}`, '/run/initramfs/live/ks.cfg'],
    ['inst.ks=cdrom:/ks.cfg', '/run/initramfs/live/ks.cfg'],
    ['inst.ks=file:/first.cfg quiet inst.ks=file:/last.cfg', '/run/install/last.cfg'],
  ])('of %s is %s', (cmdline, path) => {
    expect(pathOf(cmdline)).toBe(path);
  });

  test.each([
    ['quiet', /unattended only/u],
    ['inst.ks=https://example.org/ks.cfg', /no network/u],
    ['inst.ks=file:/../etc/shadow', /not a place/u],
    [`inst.ks=hd:LABEL=${VOLID}:/../../etc/shadow`, /not a place/u],
    ['inst.ks=hd:LABEL=other:/ks.cfg', /not a place/u],
    ['inst.ks=cdrom:/ks.cfg inst.stage2=hd:LABEL=other', /another medium/u],
  ])('of %s is refused', (cmdline, message) => {
    expect(() => pathOf(cmdline)).toThrow(message);
  });
});

test('the consoles are handed on', () => {
  expect(readArguments('a console=tty0 console=ttyS0,115200 b').consoles).toEqual([
    'console=tty0',
    'console=ttyS0,115200',
  ]);
});

test('a label with odd letters is the same as udev writes it', () => {
  const { stage2 } = readArguments(String.raw`inst.stage2=hd:LABEL=a\x20b`);
  expect(kickstartPath({ kickstart: 'cdrom:/ks.cfg', stage2, consoles: [] }, 'a b')).toBe('/run/initramfs/live/ks.cfg');
});

test('a description that was damaged is not read', () => {
  const whole = { volid: VOLID, project: 'P', releasever: '44', payloadBytes: 1, packages: ['dash'] };
  expect(parseDescription(JSON.stringify(whole))).toEqual(whole);
  expect(() => parseDescription(JSON.stringify({ ...whole, payloadBytes: '1' }))).toThrow(/damaged/u);
  const initramfs = { version: '6.12', conf: 'hostonly="no"\\n' };
  expect(parseDescription(JSON.stringify({ ...whole, initramfs }))).toEqual({ ...whole, initramfs });
  expect(parseDescription(JSON.stringify({ ...whole, initramfs: { version: 6 } }))).toEqual(whole);
});
