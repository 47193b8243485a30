import { mkdir, readdir } from 'node:fs/promises';
import { fetchImage, openRemote, pushImage } from '@phyllome/pipeline/remote';
import { listImages } from '@phyllome/pipeline/store';

/** One operation: `node once.ts push|fetch STORE INPUTS`. The remote store is that of the environment. SIGTERM ends it. */
const [operation = '', root = '', inputs = ''] = process.argv.slice(2);
const aborter = new AbortController();
process.on('SIGTERM', () => aborter.abort(new Error('interrupted')));
const { signal } = aborter;
const remote = openRemote(process.env);
if (remote === undefined) throw new Error('PHYLLOME_REMOTE_STORE is not set');
await mkdir(root, { recursive: true });
if (operation === 'push') {
  const image = (await listImages({ root })).find(({ facts }) => facts.inputs === inputs);
  if (image === undefined) throw new Error(`${root} has no such image`);
  console.log(await pushImage({ root }, image, remote, { signal }).catch((error: Error) => error.message));
} else {
  await using fetched = await fetchImage({ root }, inputs, remote, { signal });
  console.log((await readdir(fetched?.directory ?? '/nonexistent')).join(' '));
}
