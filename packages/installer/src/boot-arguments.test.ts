import { expect, test } from 'vitest';
import { bootArgumentsProblem } from './boot-arguments.ts';

test.each([
  'quiet;reboot',
  'quiet ; halt',
  'root=$root',
  'a=${b}',
  "a='b c'",
  'a="b c"',
  String.raw`a=\b`,
  'a\nreboot',
  'a\rb',
  'a\u001b[2J',
  'a | b',
  'a && b',
  'a > b',
  'a < b',
  'a={b,c}',
  'quiet # rd.break',
  '#quiet',
])('%j would be obeyed', (text) => {
  expect(bootArgumentsProblem(text)).toMatch(/^have ".+" in them/u);
});

test.each([
  '',
  'rhgb quiet',
  'intel_iommu=on iommu=pt vfio-pci.ids=10de:1db6,10de:0fb0',
  'console=ttyS0,115200n8 root=UUID=0a1b rd.luks.name=x=y',
  'memmap=64K@0x18690000 isolcpus=1-3,5 hugepagesz=1G',
  'module_blacklist=a,b systemd.unit=rescue.target ip=[::1]:::::eth0:none a=b#c video=HDMI-A-1:1024x768@60 x=~*?!%+(1)',
])('%j is handed to the kernel', (text) => {
  expect(bootArgumentsProblem(text)).toBeUndefined();
});
