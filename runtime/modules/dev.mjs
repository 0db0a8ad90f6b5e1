import {cutTypescript} from './cut.mjs'; import fs from 'fs'; import {createRequire} from 'module';
const require=createRequire('/tmp/h/transpile/npm/'); const esbuild=require('esbuild');
fs.writeFileSync('/tmp/h/transpile/ts.mjs', cutTypescript('/tmp/h/transpile/npm/node_modules/typescript/lib/typescript.js'));
await esbuild.build({stdin:{contents:`export {translate} from './translate.mjs'; export * as ts from 'typescript-cut'`,resolveDir:'.'},bundle:true,format:'cjs',platform:'node',alias:{'typescript-cut':'/tmp/h/transpile/ts.mjs'},nodePaths:['/tmp/h/transpile/npm/node_modules'],outfile:'/tmp/h/transpile/dev.cjs',logLevel:'warning'});
