/**
 * Makes src/lint/data/time-zones.json from tzdata's compact source: see the README there.
 *
 *     node packages/flattener/scripts/time-zones.ts /usr/share/zoneinfo/tzdata.zi
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const lines = readFileSync(process.argv[2] ?? '', 'utf8').split('\n');
const tzdata = /version (\S+)/.exec(lines[0] ?? '')?.[1];
// A zone is `Z NAME …`, a link `L TARGET NAME`; Factory stands for a clock that nobody has set.
const zones = lines
  .flatMap((line) => /^(?:Z|L \S+) (\S+)/.exec(line)?.[1] ?? [])
  .filter((name) => name !== 'Factory')
  .toSorted();
if (tzdata === undefined || zones.length < 400) throw new Error('this is not a tzdata.zi');
writeFileSync(
  join(import.meta.dirname, '../src/lint/data/time-zones.json'),
  `${JSON.stringify({ tzdata, zones: zones.join(' ') })}\n`,
);
