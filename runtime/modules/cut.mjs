// The part of TypeScript that translates one file: lib/typescript.js is one scope whose
// sections begin with the name of their source file.  We keep the compiler's sections, let
// esbuild drop what our driver does not reach, and export from the middle of that scope.
import fs from 'node:fs';

const START = 'var ts = {}; ((module) => {';
const EXPORTS = `SyntaxKind computeLineStarts createPrinter createSourceFile createTypeChecker
	factory flattenDiagnosticMessageText forEachChild getOriginalNode getParseTreeNode
	getSourceMapRange idText isExternalModule isFileProbablyExternalModule
	isFunctionLike isIdentifierText setOriginalNode setTextRange skipTrivia
	transformClassFields transformES2015 transformES2016 transformES2017
	transformES2018 transformES2019 transformES2020 transformES2021
	transformESDecorators transformESNext transformGenerators transformJsx
	transformModule transformNodes transformTypeScript visitEachChild visitNode`.split(/\s+/);

/*
 * The engine pays a quarter of a microsecond for a call and inlines none.  These little
 * functions are a third of all calls of a translation; esbuild does not inline them.
 */
function inline(text) {
	const simple = String.raw`([A-Za-z_$][\w$]*(?:\.[\w$]+)*)`;
	const uses = (name, to) => {
		text = text.replace(new RegExp(String.raw`(?<!function |[.\w$])${name}\(${simple}\)`, 'g'), to);
	};
	for (const [, name, , kind] of text.matchAll(
	    /^function (is\w+)\((\w+)\) \{\n  return \2\.kind === (\d+) \/\*[^*]*\*\/;\n\}/gm))
		uses(name, `($1.kind === ${kind})`);
	uses('getEmitFlags', '($1.emitNode && $1.emitNode.flags || 0)');
	uses('positionIsSynthesized', '!($1 >= 0)');
	uses('isArray', 'Array.isArray($1)');
	uses('codePointUnchecked', 'text.charCodeAt($1)');
	uses('charCodeUnchecked', 'text.charCodeAt($1)');
	return text.replace(/(?<!function |[.\w$])token\(\)/g, 'currentToken')
	    .replace(/(?<![.\w$])Debug\.(?:assert(?:Node|IsDefined|EachNode|LessThan)?|attachNodeArrayDebugInfo)\(/g,
		(m) => '/* @__PURE__ */ ' + m);
}

/*
 * Parts of the printer that lay the text out as it was, which nobody will read, and other
 * work that is for nothing here.
 */
const BODIES = {
	getLeadingLineTerminatorCount: 'return format & 1 ? 1 : 0;',
	getSeparatingLineTerminatorCount: 'return format & 1 ? 1 : 0;',
	getClosingLineTerminatorCount: 'return 0;',
	getLinesBetweenNodes: 'return 0;',
	emitTokenWithComment: 'return writeTokenText(token, writer2, pos);',
	emitIdentifier: 'write(getTextOfNode2(node, false));',
	emitTrailingCommentsOfPosition: '',
	emitLeadingCommentsOfPosition: '',
	// without comments and source maps two phases are left of four
	pipelineEmit: `
		currentParenthesizerRule = parenthesizerRule;
		if (isEmitNotificationEnabled(node))
			onEmitNode(emitHint, node, pipelineSubstitute);
		else
			pipelineSubstitute(emitHint, node);
		currentParenthesizerRule = undefined;
	}
	function pipelineSubstitute(emitHint, node) {
		let made = substituteNode(emitHint, node) || node;
		if (made !== node && currentParenthesizerRule)
			made = currentParenthesizerRule(made);
		pipelineEmitWithHint(emitHint, made);`,
};
function replaceBodies(text) {
	for (const [name, body] of Object.entries(BODIES)) {
		let found = false;
		text = text.replace(new RegExp(
		    String.raw`^( *)(function ${name}\(.*\) \{\n)[^]*?\n\1\}`, 'm'),
		    (_, indent, head) => {
			found = true;
			return `${indent}${head}${body}\n${indent}}`;
		});
		if (!found)
			throw new Error(`typescript: no function ${name}`);
	}
	const change = (from, to) => {
		if (!text.includes(from))
			throw new Error(`typescript: no ${from}`);
		text = text.replace(from, to);
	};
	change('    if (isMemberName(node)) {\n      if (!canUseSourceFile',
	    '    if (isMemberName(node)) {\n      return idText(node);\n      if (!canUseSourceFile');
	change('if (allowSnippets) {', 'if (false) {');
	change('return setTextRangeEnd(setTextRangePos(range, pos), end);',
	    'range.pos = pos;\n  range.end = end;\n  return range;');
	change('return isWordCharacter(ch) ||', `if (ch < 128 && identifierVariant !== 1)
    return ch > 96 && ch < 123 || ch > 64 && ch < 91 || ch > 47 && ch < 58 || ch === 95 ||
      ch === 36;
  return isWordCharacter(ch) ||`);
	change('isNamedDeclaration(child) && isPropertyName(child.name) ?',
	    'child.name && isPropertyName(child.name) ?');
	const partial = /(\d+) \/\* PartiallyEmittedExpression \*\//.exec(text)[1];
	change('return skipOuterExpressions(node, 8 /* PartiallyEmittedExpressions */);',
	    `while (node.kind === ${partial}) node = node.expression;\n  return node;`);
	change('function getTransformFlagsSubtreeExclusions(kind) {', `var exclusions = [];
function getTransformFlagsSubtreeExclusions(kind) {
  const known = exclusions[kind];
  return known !== undefined ? known : exclusions[kind] = exclusionsOf(kind);
}
function exclusionsOf(kind) {`);
	// Strings of a tagged template are the same object each time, in scripts too.
	change('  if (isExternalModule(currentSourceFile)) {\n    const tempVar',
	    '  if (true) {\n    const tempVar');
	// A file of nonsense is given up after some errors; only the first is told.
	change('parseDiagnostics.push(result);', `parseDiagnostics.push(result);
        if (parseDiagnostics.length > 50) throw parseDiagnostics;`);
	return text;
}

export function cutTypescript(file) {
	const whole = fs.readFileSync(file, 'utf8');
	const start = whole.indexOf('"use strict";', whole.indexOf(START));
	if (start < 0)
		throw new Error(`${file}: not the TypeScript this script knows`);
	const sections = whole.slice(start + 13).split(/\n(?=\/\/ src\/)/);
	let text = sections[0];
	for (const section of sections.slice(1))
		if (/^\/\/ src\/compiler\//.test(section))
			text += '\n' + section;
	// Namespaces become values that can be dropped when nobody reads them.
	text = text.replace(/var (\w+) = \{\};\n__export\(\1, \{([\s\S]*?)\n\}\);/g,
	    (_, name, body) => `var ${name} = /* @__PURE__ */ __namespace({${body}\n});`);
	text = text.replace('var __copyProps =', `var __namespace = (all) => {
		const o = {}; __export(o, all); return o; };\nvar __copyProps =`);
	text = text.replace('module.exports = __toCommonJS(typescript_exports);', '')
	    .replace(/var typescript_exports[\s\S]*?\n\}\);/, '');
	return `${inline(replaceBodies(text))}\nexport { ${EXPORTS.join(', ')} };\n`;
}
