#!/usr/bin/env node
await import('@phyllome/host/start');
const { ksvalidator } = await import('#ksvalidator');
const { NODE_IO } = await import('#node-io');
process.exitCode = ksvalidator(process.argv.slice(2), NODE_IO);
