#!/usr/bin/env node
await import('@phyllome/host/start');
const { ksverdiff } = await import('../src/pykickstart/tools/ksverdiff.ts');
const { NODE_IO } = await import('../src/pykickstart/tools/node-io.ts');
process.exitCode = ksverdiff(process.argv.slice(2), NODE_IO);
