import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addImage } from '../src/store/index.ts';

/** A process of its own that adds one image: `node add-image.ts STORE FOLDER NAME`. */
const [root = '', folder = '', name = ''] = process.argv.slice(2);
const directory = join(folder, name);
await mkdir(directory, { recursive: true });
const text = `an ISO called ${name}`.repeat(10_000);
await writeFile(join(directory, `${name}.iso`), text);
const sha256 = createHash('sha256').update(text).digest('hex');
await addImage(
  { root },
  {
    directory,
    files: [{ path: `${name}.iso`, size: text.length, sha256 }],
    facts: { edition: name, profile: 'draft', builder: 'rehearsal', created: new Date().toISOString() },
  },
);
