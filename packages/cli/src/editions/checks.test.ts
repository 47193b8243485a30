import { expect, test } from 'vitest';
import type { CatalogueEntry, Outcome } from '../judging/acceptance.ts';
import { cellOf, renderChecks } from './checks.ts';
import type { EditionRow } from './matrix.ts';

const entry = (id: string, needs: string[] = []): CatalogueEntry => ({ id, title: `${id} holds`, needs, except: [] });
const outcome = (id: string, status: Outcome['status'], reason?: string): Outcome => ({
  id,
  title: `${id} holds`,
  status,
  ...(reason && { reason }),
});

function row(leaf: string, boots: Record<string, Outcome[]>): EditionRow {
  return {
    name: leaf.slice(1),
    leaf,
    project: `iso-${leaf.slice(1)}`,
    traits: ['live', 'server'],
    title: leaf,
    blocks: [],
    packages: { asked: [], groups: [], excluded: [] },
    services: [],
    kernelArguments: [],
    kickstart: '',
    iso: undefined,
    verdicts: Object.entries(boots).map(([firmware, checks]) => ({
      firmware,
      status: 'accepted',
      cause: undefined,
      startedAt: undefined,
      checks,
    })),
  };
}

test.each<[string, Record<string, Outcome[]>, string, string[]]>([
  ['every boot accepts', { bios: [outcome('kvm', 'accepted')], uefi: [outcome('kvm', 'accepted')] }, 'accepted', []],
  [
    'one boot rejects',
    { bios: [outcome('kvm', 'accepted')], uefi: [outcome('kvm', 'rejected', 'gone')] },
    'rejected',
    ['gone'],
  ],
  [
    'one boot cannot judge',
    { bios: [outcome('kvm', 'not judged', 'no vmx')], uefi: [outcome('kvm', 'accepted')] },
    'not judged',
    ['no vmx'],
  ],
  ['no boot came so far', { bios: [] }, 'not made', []],
  ['it was never booted', {}, 'not made', []],
])('%s', (_, boots, status, reasons) => {
  expect(cellOf(row('ls', boots), entry('kvm'))).toEqual({ status, reasons });
});

test('what does not apply is not missing', () => {
  expect(cellOf(row('ls', {}), entry('desktop', ['desktop'])).status).toBe('does not apply');
});

test('the table has every reason, with the leaves that it is given for', () => {
  const rows = [
    row('ls', { bios: [outcome('kvm', 'not judged', 'no vmx')] }),
    row('lsh', { bios: [outcome('kvm', 'not judged', 'no vmx'), outcome('units', 'rejected', 'x failed\nlog')] }),
  ];
  expect(renderChecks(rows, [entry('units'), entry('kvm'), entry('desktop', ['desktop'])])).toBe(
    [
      'CHECK    ls  lsh  WHAT MUST HOLD',
      'units    -   NO   units holds',
      'kvm      ?   ?    kvm holds',
      'desktop           desktop holds',
      '',
      'ok accepted, NO rejected, ? not judged, - not made: not booted as far as that; empty: does not apply.',
      '',
      'units  lsh     rejected: x failed',
      'kvm    ls lsh  not judged: no vmx',
    ].join('\n'),
  );
});
