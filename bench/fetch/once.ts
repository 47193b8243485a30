/** Fetches FILE of CONTAINER to TARGET as a build does, and says what it took. DOCKER_HOST names the engine. */
import { connectEngine } from '@phyllome/iso-builder';
import { fetchFile } from '../../packages/iso-builder/src/container/fetch-file.ts';
import { sync } from '../../packages/iso-builder/src/container/receive.ts';

const [container = '', file = '', target = ''] = process.argv.slice(2);
await using engine = await connectEngine({ env: process.env });
const started = performance.now();
/** All of it has come, is hashed and written; what is still to do is to wait for the disk. */
let received = 0;
const fetched = await fetchFile(engine, container, file, {
  target,
  signal: new AbortController().signal,
  onProgress: () => (received = (performance.now() - started) / 1000),
});
await sync(target);
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const seconds = (performance.now() - started) / 1000;
console.log(
  JSON.stringify({
    seconds,
    received,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    maxRssMiB: maxRSS / 1024,
    ...fetched,
  }),
);
