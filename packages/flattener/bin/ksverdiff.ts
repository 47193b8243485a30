#!/usr/bin/env node
import { ksverdiff } from '../src/compat/tools/ksverdiff.ts';
import { NODE_IO } from '../src/compat/tools/node-io.ts';

process.exitCode = ksverdiff(process.argv.slice(2), NODE_IO);
