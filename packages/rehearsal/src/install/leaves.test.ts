import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readKickstart } from '../read-kickstart.ts';
import { kickstartRefusals } from '../refusals.ts';
import { resolveSelection } from './selection.ts';

const leaves = fileURLToPath(new URL('../../../../leaves/', import.meta.url));
const live = readdirSync(leaves).filter((name) => /^l.*\.cfg$/u.test(name));

describe.each(live)('%s', (name) => {
  const kickstart = readKickstart(`${leaves}${name}`);

  test('is one that livemedia-creator takes', () => {
    expect(kickstartRefusals(kickstart)).toEqual([]);
  });

  test('asks for no group that the table does not have: Debian has no groups to ask for', () => {
    const kernel = 'linux-image-amd64';
    const { missing } = resolveSelection(kickstart.selection, { kernel, inDebian: () => true, also: [] });
    expect(missing).toEqual([]);
  });
});
