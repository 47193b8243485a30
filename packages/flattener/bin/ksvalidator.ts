#!/usr/bin/env node
import { ksvalidator } from '../src/compat/tools/ksvalidator.ts';
import { NODE_IO } from '../src/compat/tools/node-io.ts';

process.exitCode = ksvalidator(process.argv.slice(2), NODE_IO);
