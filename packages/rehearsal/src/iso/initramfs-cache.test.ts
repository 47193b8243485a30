import { expect, test } from 'vitest';
import { mayBeRead } from './initramfs-cache.ts';

test.each([
  'usr/lib/dracut/modules.d/99mine',
  'etc/dracut.conf.d/mine.conf',
  'etc/modprobe.d/kvm.conf',
  'etc/os-release',
  // Code for every program.
  'etc/ld.so.preload',
  'etc/ssl/openssl.cnf',
  'etc/systemd/system.conf',
  'etc/anything-new',
])('%s makes another initramfs', (path) => {
  expect(mayBeRead(path)).toBe(true);
});

test.each(['etc/systemd/system/mine.service', 'etc/motd', 'home/someone/file', 'var/lib/dpkg/status', 'root/.bashrc'])(
  '%s does not',
  (path) => {
    expect(mayBeRead(path)).toBe(false);
  },
);
