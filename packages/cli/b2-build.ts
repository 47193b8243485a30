import { readFileSync, rmSync } from 'node:fs';
import { connectEngine, buildIso } from '@phyllome/iso-builder';
import { rehearsalBuilder } from '@phyllome/rehearsal';
const [, , ks = 'flat/flat-l.cfg', out = '/tmp/b2/out', kind = 'docker', epoch = '1763000000'] = process.argv;
await using engine = await connectEngine({ env: { ...process.env, PHYLLOME_ENGINE: kind } });
const t = performance.now();
await using build = buildIso({
  engine,
  builder: rehearsalBuilder('/work/main/containers'),
  kickstart: readFileSync(ks, 'utf8'),
  destination: out,
  isoName: 'x.iso',
  volid: 'Phyllome-l-44-rehearsal',
  project: 'Phyllome OS',
  releasever: '44',
  profile: 'draft',
  sourceDateEpoch: Number(epoch),
});
const result = await build.result;
console.log(
  kind,
  result.sha256,
  ((performance.now() - t) / 1000).toFixed(1),
  JSON.stringify(result.manifest.phasesMs),
  JSON.stringify((result.manifest.report as any).timings),
);
