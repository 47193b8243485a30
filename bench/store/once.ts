import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { addImage, placeIso } from '@phyllome/pipeline/store';

/** One operation: `node once.ts add|link|no-op STORE ISO SHA256 DESTINATION`. Says how it was done. */
const [operation = '', root = '', iso = '', sha256 = '', destination = ''] = process.argv.slice(2);
const file = { path: basename(iso), size: (await stat(iso)).size, sha256 };
const facts = { edition: 'l', profile: 'draft', builder: 'rehearsal', created: new Date().toISOString() };
const how =
  operation === 'add'
    ? await addImage({ root }, { directory: dirname(iso), files: [file], facts })
    : await placeIso({ root }, file, destination);
console.log(how ?? 'there already');
