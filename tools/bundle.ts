// The JavaScript of the package in this folder, as it is published. Each file costs its importer half a millisecond: with one for each
// source, core took five times as long. The declarations are tsc's.
import { bundle } from './bundle/modules.ts';

await bundle(process.cwd());
