// One file: source in; ES5, places, what it requires, or an error, out.
import * as ts from 'typescript-cut';
import { prepare } from './prepare.mjs';
import { mend } from './mend.mjs';
import { survey } from './survey.mjs';
import { print } from './print.mjs';

const K = ts.SyntaxKind;
const MAIN = 1, TYPESCRIPT = 2, JSX = 4;	// enum transpile_kind

const OPTIONS = {
	target: 1, module: 1, downlevelIteration: true, isolatedModules: true,
	esModuleInterop: true, noEmitHelpers: true, newLine: 1, jsx: 2, alwaysStrict: false,
	useDefineForClassFields: true, noCheck: true, noResolve: true, noLib: true,
	allowJs: true, removeComments: true, allowNonTsExtensions: true,
};

/* Names declared twice and the like: TypeScript's binder sees what the parser does not. */
const BINDER = { 2300: true, 2451: true, 2528: true, 1101: true, 1102: true, 1100: true,
	2714: true, 1210: true, 1215: true };

/* What mend.mjs calls for super.x, where a file needs it. */
const SUPER = `function __superFind(home, key) {
var own;
for (; home !== null && home !== undefined; home = Object.getPrototypeOf(home)) {
own = Object.getOwnPropertyDescriptor(home, key);
if (own) return own;
}
}
function __superGet(home, key, self) {
var own = __superFind(home, key);
return own && (own.get ? own.get.call(self) : own.value);
}
function __superSet(home, key, value, self) {
var own = __superFind(home, key);
if (own && own.set) own.set.call(self, value); else self[key] = value;
return value;
}
`;

/* Octal numbers and escapes, which code that is not strict may still use. */
const OCTAL = { 1121: true, 1487: true, 1488: true };

const PASSES = [ts.transformTypeScript, ts.transformJsx, ts.transformESNext,
	ts.transformESDecorators, ts.transformClassFields, ts.transformES2021,
	ts.transformES2020, ts.transformES2019, ts.transformES2018, ts.transformES2017,
	ts.transformES2016, ts.transformES2015, ts.transformGenerators, ts.transformModule];

function parse(src, kind) {
	const script = kind & TYPESCRIPT ? (kind & JSX ? 4 : 3) : kind & JSX ? 2 : 1;
	const name = 'main' + ['', '.js', '.jsx', '.ts', '.tsx'][script];
	// An await outside of a function is one only if the file is read as a module.
	const indicate = (file) => {
		file.externalModuleIndicator = ts.isFileProbablyExternalModule(file) ||
		    (file.transformFlags & 67108864 /* ContainsPossibleTopLevelAwait */
			? file : undefined);
	};
	const file = ts.createSourceFile(name, src, { languageVersion: 99, jsDocParsingMode: 1,
		setExternalModuleIndicator: indicate }, false, script);
	file.isModule = !!ts.isFileProbablyExternalModule(file);
	if (!file.isModule)
		file.externalModuleIndicator = undefined;
	file.imports = file.moduleAugmentations = file.ambientModuleNames = [];
	return file;
}

function awaitsAtTop(node) {
	return ts.forEachChild(node, function look(n) {
		if (ts.isFunctionLike(n) || n.kind === K.PropertyDeclaration ||
		    n.kind === K.ClassStaticBlockDeclaration)
			return false;
		if (n.kind === K.AwaitExpression || (n.kind === K.ForOfStatement && n.awaitModifier))
			return true;
		return ts.forEachChild(n, look);
	}) === true;
}

function hostOf(sourceFile) {
	const nothing = () => undefined;
	return {
		getCompilerOptions: () => OPTIONS,
		getSourceFiles: () => [sourceFile],
		getSourceFile: () => sourceFile,
		isSourceFileDefaultLibrary: () => false,
		getCurrentDirectory: () => '',
		getCanonicalFileName: (name) => name,
		useCaseSensitiveFileNames: () => true,
		getEmitModuleFormatOfFile: () => 1,
		getImpliedNodeFormatForEmit: nothing,
		getModeForUsageLocation: nothing,
		getModeForResolutionAtIndex: nothing,
		getDefaultResolutionModeForFile: nothing,
		getEmitSyntaxForUsageLocation: () => 1,
		shouldTransformImportCall: () => true,
		getResolvedModule: nothing,
		getRedirectFromSourceFile: nothing,
		isSourceOfProjectReferenceRedirect: () => false,
		getCommonSourceDirectory: () => '',
		fileExists: () => false,
		readFile: nothing,
		typesPackageExists: () => false,
		packageBundlesTypes: () => false,
		redirectTargetsMap: new Map(),
	};
}

/* Which imports are values: TypeScript drops those that only name types. */
function markUsed(sourceFile, checker) {
	const resolver = checker.getEmitResolver(sourceFile, undefined, true);
	ts.forEachChild(sourceFile, function look(n) {
		if (n.kind === K.ImportDeclaration || (n.kind === K.ImportEqualsDeclaration &&
		    !(n.modifiers && n.modifiers.some((m) => m.kind === K.ExportKeyword))))
			return;
		resolver.markLinkedReferences(n);
		ts.forEachChild(n, look);
	});
}

/*
 * What TypeScript's passes ask about names, without resolving them where a look at the
 * text answers: it resolves every name of a function or class for each question.
 */
function quickly(resolver, job) {
	const { sourceFile } = job;
	const made = { ...resolver };
	const mentions = (node, name, from) => {
		const at = sourceFile.text.indexOf(name, from);
		return at >= 0 && at < node.end;
	};
	made.hasNodeCheckFlag = (node, flag) => {
		const from = ts.getParseTreeNode(node);
		if (from && flag === 32768 /* BlockScopedBindingInLoop */ && !isInLoop(from))
			return false;
		if (from && flag === 512 /* CaptureArguments */ &&
		    !mentions(from, 'arguments', from.pos))
			return false;
		if (from && flag === 262144 /* ContainsConstructorReference */ &&
		    !(from.name && mentions(from, ts.idText(from.name), from.name.end)))
			return false;
		return resolver.hasNodeCheckFlag(node, flag);
	};
	// a name that is declared once collides with none
	const alone = (name) => name.kind === K.Identifier && !(job.bound[name.escapedText] > 1);
	made.getReferencedDeclarationWithCollidingName = (node) => alone(node) ? undefined
	    : resolver.getReferencedDeclarationWithCollidingName(node);
	made.isDeclarationWithCollidingName = (node) => !(node.name && alone(node.name)) &&
	    resolver.isDeclarationWithCollidingName(node);
	if (!sourceFile.isModule && !job.typescript) {
		made.getReferencedExportContainer = () => undefined;
		made.getReferencedImportDeclaration = () => undefined;
	}
	return made;
}

function isInLoop(node) {
	while (node && !(node.kind >= K.DoStatement && node.kind <= K.ForOfStatement))
		node = ts.isFunctionLike(node) ? undefined : node.parent;
	return !!node;
}

/* f(a, a) is allowed where code is not strict. */
function isParameter(sourceFile, start) {
	return !!ts.forEachChild(sourceFile, function look(n) {
		if (n.pos > start || n.end <= start)
			return false;
		return n.kind === K.Parameter && n.name.kind === K.Identifier &&
		    ts.skipTrivia(sourceFile.text, n.name.pos) === start ||
		    ts.forEachChild(n, look);
	});
}

export function translate(src, kind) {
	if (src.charCodeAt(0) === 0xfeff)
		src = src.slice(1);
	if (src.slice(0, 2) === '#!')
		src = '//' + src.slice(2);
	let sourceFile;
	try {
		sourceFile = parse(src, kind);
	} catch (e) {
		// thrown by the parser as cut: enough is wrong to stop
		if (!Array.isArray(e))
			throw e;
		sourceFile = { parseDiagnostics: e, isModule: true };
	}
	const starts = ts.computeLineStarts(src);
	let failed = null;
	function failAt(pos, message) {
		if (failed !== null && failed.pos <= pos)
			return;
		let line = 0;
		while (line + 1 < starts.length && starts[line + 1] <= pos)
			line++;
		failed = { pos, error: message, line: line + 1, column: pos - starts[line] + 1 };
	}
	const say = (d) => failAt(d.start || 0,
	    ts.flattenDiagnosticMessageText(d.messageText, ' '));
	for (const d of sourceFile.parseDiagnostics)
		if (sourceFile.isModule || !OCTAL[d.code])
			say(d);
	if (failed !== null)
		return failed;

	const job = {
		sourceFile, main: !!(kind & MAIN), typescript: !!(kind & TYPESCRIPT), module: sourceFile.isModule, uses: {},
		constants: Object.create(null), classes: Object.create(null),
		bound: Object.create(null), topAwait: false,
		fail: (node, message) => failAt(ts.skipTrivia(src, node.pos), message),
	};
	job.topAwait = src.indexOf('await') >= 0 && awaitsAtTop(sourceFile);
	const host = hostOf(sourceFile);
	const checker = ts.createTypeChecker(host);	// binds, too
	survey(sourceFile, job);
	if (kind & TYPESCRIPT)
		markUsed(sourceFile, checker);
	job.resolver = quickly(checker.getEmitResolver(sourceFile, undefined, true), job);
	for (const d of sourceFile.bindDiagnostics)
		if (BINDER[d.code] && !(d.code === 2300 && isParameter(sourceFile, d.start)))
			say(d);
	if (failed !== null)
		return failed;
	const transformed = ts.transformNodes(job.resolver, host, ts.factory, OPTIONS,
	    [sourceFile], [prepare(job), ...PASSES, mend(job)], false);
	if (failed !== null)
		return failed;
	const { text, places } = print(job, transformed);
	const last = text.indexOf('__superGet(') >= 0 || text.indexOf('__superSet(') >= 0
	    ? SUPER : '';
	return {
		js: '(function (exports, require, module, __host) {' + text + '\n' + last + '})',
		places, uses: JSON.stringify(Object.keys(job.uses)),
	};
}
