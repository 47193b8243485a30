import { describe, expect, test } from 'vitest';

import { tree } from '../test/support/tree.ts';
import { checkLive } from './check-live.ts';
import { flatten } from './flatten.ts';

const SOUND = [
  'url --url=http://mirror/os',
  'repo --name=more --baseurl=http://mirror/more',
  'network --bootproto=dhcp',
  'part / --fstype=ext4 --size=4096',
  'bootloader --location=none',
  'poweroff',
  '%packages\ndracut-live\n%end',
];

/** The sound kickstart with the lines that start with `without` taken out, and others added. */
function check(without: string, ...added: string[]): string[] {
  const lines = [...SOUND.filter((line) => without === '' || !line.startsWith(without)), ...added];
  const { kickstart } = flatten('leaf.cfg', tree({ 'leaf.cfg': lines.join('\n') }));
  return checkLive(kickstart).map((d) => `${d.severity} ${d.code} ${d.at.line}`);
}

describe('checkLive', () => {
  test('has nothing to say of a sound kickstart', () => {
    expect(check('')).toEqual([]);
  });

  test.each([
    ['%packages', [], ['error KS_LIVE_DRACUT 1']],
    ['%packages', ['%packages\ndracut-live-extras\n%end'], ['error KS_LIVE_DRACUT 7']],
    ['url', [], ['error KS_LIVE_METHOD 1']],
    ['url', ['cdrom'], ['error KS_LIVE_METHOD 1']],
    ['repo', ['repo --name=more'], ['error KS_LIVE_REPO 9']],
    ['network', [], ['error KS_LIVE_NETWORK 1']],
    ['part', [], ['error KS_LIVE_ROOT 1']],
    ['part', ['part / --grow'], ['error KS_LIVE_ROOT 9']],
    ['', ['part / --grow'], ['error KS_LIVE_ROOT 10']],
    ['part', ['autopart'], ['error KS_LIVE_ROOT 1']],
    ['poweroff', [], ['warning KS_LIVE_END 1']],
    ['poweroff', ['halt'], ['warning KS_LIVE_END 9']],
    ['bootloader', [], ['warning KS_LIVE_BOOTLOADER 1']],
    ['', ['bootloader --append=quiet'], ['warning KS_LIVE_BOOTLOADER 10']],
    ['bootloader', ['bootloader --location=none --append="quiet;reboot"'], ['error KS_LIVE_BOOT_ARGUMENTS 9']],
    ['bootloader', ['bootloader --location=none --append="a=$root"'], ['error KS_LIVE_BOOT_ARGUMENTS 9']],
    ['bootloader', ['bootloader --location=none --append="iommu=pt quiet"'], []],
    ['', ['text'], ['error KS_LIVE_DISPLAY_MODE 10']],
    ['', ['graphical'], ['error KS_LIVE_DISPLAY_MODE 10']],
  ])('without %j, with %j', (without, added, expected) => {
    expect(check(without, ...added)).toEqual(expected);
  });

  test('needs no network for files', () => {
    const lines = SOUND.filter((line) => !/^(network|url)/.test(line));
    const { kickstart } = flatten('x', tree({ x: [...lines, 'url --url=file:///srv/os'].join('\n') }));
    expect(checkLive(kickstart)).toEqual([]);
  });
});
