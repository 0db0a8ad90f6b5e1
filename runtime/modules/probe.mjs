import {cutTypescript} from './cut.mjs'; import fs from 'fs'; import {createRequire} from 'module';
const require=createRequire('/tmp/h/transpile/npm/'); const esbuild=require('esbuild');
fs.writeFileSync('/tmp/h/transpile/ts.mjs', cutTypescript('/tmp/h/transpile/npm/node_modules/typescript/lib/typescript.js'));
const r=await esbuild.build({stdin:{contents:`import * as ts from '/tmp/h/transpile/ts.mjs'; globalThis.x=[ts.createSourceFile,ts.createTypeChecker,ts.transformNodes,ts.getScriptTransformers,ts.createPrinter,ts.factory,ts.visitEachChild]`,resolveDir:'/tmp/h'},bundle:true,format:'iife',platform:'neutral',external:['fs','path','os','crypto','inspector','perf_hooks'],treeShaking:true,minify:true,outfile:'/tmp/h/transpile/probe.js',logLevel:'warning'});
const s=fs.readFileSync('/tmp/h/transpile/probe.js'); console.log(s.length);
