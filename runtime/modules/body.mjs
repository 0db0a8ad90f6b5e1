// The file as a function body: what main returns, the handler it names, and top-level await.
import * as ts from 'typescript-cut';

const K = ts.SyntaxKind;
const F = ts.factory;

const isDirective = (s) => s.kind === K.ExpressionStatement &&
    s.expression.kind === K.StringLiteral && s.expression.text === 'use strict';
const assign = (left, right, range) => ts.setTextRange(F.createExpressionStatement(
    ts.setTextRange(F.createAssignment(left, right), range)), range);
const has = (node, kind) => !!node.modifiers && node.modifiers.some((m) => m.kind === kind);

/* Statements that have no value and do not hide the value of the one before. */
const SILENT = {};
for (const kind of ['FunctionDeclaration', 'ClassDeclaration', 'EmptyStatement',
    'VariableStatement', 'InterfaceDeclaration', 'TypeAliasDeclaration',
    'ImportDeclaration', 'ImportEqualsDeclaration', 'ExportDeclaration',
    'ExportAssignment', 'EnumDeclaration', 'ModuleDeclaration', 'NotEmittedStatement'])
	SILENT[K[kind]] = true;

/* The last expression statements, as assignments to `value`; null if there is none. */
function keepValue(statements, value) {
	for (let i = statements.length - 1; i >= 0; i--) {
		const s = statements[i];
		if (SILENT[s.kind])
			continue;
		const kept = isDirective(s) ? null : keepOne(s, value);
		return kept === null ? null
		    : [...statements.slice(0, i), kept, ...statements.slice(i + 1)];
	}
	return null;
}

function keepBlock(block, value) {
	const kept = block && keepValue(block.statements, value);
	return kept ? F.updateBlock(block, kept) : block;
}

function keepOne(s, value) {
	switch (s.kind) {
	case K.ExpressionStatement:
		return assign(value, s.expression, s);
	case K.Block:
		return keepBlock(s, value);
	case K.IfStatement:
		return F.updateIfStatement(s, s.expression, keepOne(s.thenStatement, value) ||
		    s.thenStatement, s.elseStatement &&
		    (keepOne(s.elseStatement, value) || s.elseStatement));
	case K.TryStatement:
		return F.updateTryStatement(s, keepBlock(s.tryBlock, value), s.catchClause &&
		    F.updateCatchClause(s.catchClause, s.catchClause.variableDeclaration,
			keepBlock(s.catchClause.block, value)), s.finallyBlock);
	case K.LabeledStatement: {
		const kept = keepOne(s.statement, value);
		return kept && F.updateLabeledStatement(s, s.label, kept);
	}
	default:
		return null;
	}
}

const isHandler = (name) => name && name.kind === K.Identifier &&
    name.escapedText === 'handler';
const setHandler = () => F.createExpressionStatement(F.createAssignment(
    F.createPropertyAccessExpression(F.createIdentifier('__host'), 'handler'),
    F.createIdentifier('handler')));

function bindsHandler(name) {
	if (name.kind === K.Identifier)
		return isHandler(name);
	return name.elements.some((e) => e.name && bindsHandler(e.name));
}

const assigns = (e) => e.kind === K.BinaryExpression &&
    e.operatorToken.kind === K.EqualsToken;

/* Does the variable `handler` have a new value after this statement?  What is exported is
 * found there. */
function givesHandler(s) {
	if (has(s, K.ExportKeyword))
		return false;
	switch (s.kind) {
	case K.VariableStatement:
		return s.declarationList.declarations.some((d) => bindsHandler(d.name));
	case K.ClassDeclaration:
		return isHandler(s.name);
	case K.ExpressionStatement:
		return assigns(s.expression) && (isHandler(s.expression.left) ||
		    (assigns(s.expression.right) && isHandler(s.expression.right.left)));
	default:
		return false;
	}
}

function withHandler(statements) {
	const out = [];
	let first = 0, declared = false;
	while (first < statements.length && isDirective(statements[first]))
		first++;
	for (let i = 0; i < statements.length; i++) {
		const s = statements[i];
		if (i === first && statements.some((f) => f.kind === K.FunctionDeclaration &&
		    f.body && isHandler(f.name) && !has(f, K.ExportKeyword))) {
			out.push(setHandler());
			declared = true;
		}
		out.push(s);
		if (givesHandler(s) && (declared || s.kind !== K.ExpressionStatement)) {
			out.push(setHandler());
			declared = true;
		}
	}
	return out;
}

/*
 * With top-level await the body is an async function, where export has no meaning: the
 * exports become properties of `exports` that read the binding.  Exported variables
 * TypeScript itself writes as such properties, wherever they are.
 */
function unexport(s, exported, early) {
	const plain = (modifiers) => modifiers && modifiers.filter((m) =>
	    m.kind !== K.ExportKeyword && m.kind !== K.DefaultKeyword);
	const property = (name) => F.createPropertyAccessExpression(
	    F.createIdentifier('exports'), name);
	switch (s.kind) {
	case K.ExportAssignment:
		return assign(s.isExportEquals ? F.createPropertyAccessExpression(
		    F.createIdentifier('module'), 'exports') : property('default'),
		    s.expression, s);
	case K.ExportDeclaration:
		for (const e of s.exportClause.elements)
			exported.push([ts.idText(e.name), e.propertyName || e.name]);
		return undefined;
	case K.VariableStatement: {
		if (!has(s, K.ExportKeyword))
			return s;
		return F.updateVariableStatement(s, plain(s.modifiers), s.declarationList);
	}
	case K.FunctionDeclaration: {
		if (!has(s, K.ExportKeyword))
			return s;
		if (!s.name) {
			early.push(assign(property('default'), F.createFunctionExpression(
			    plain(s.modifiers), s.asteriskToken, undefined, undefined,
			    s.parameters, undefined, s.body), s));
			return undefined;
		}
		exported.push([has(s, K.DefaultKeyword) ? 'default' : ts.idText(s.name), s.name]);
		return F.updateFunctionDeclaration(s, plain(s.modifiers), s.asteriskToken, s.name,
		    s.typeParameters, s.parameters, s.type, s.body);
	}
	case K.ClassDeclaration: {
		if (!has(s, K.ExportKeyword))
			return s;
		if (!s.name)
			return assign(property('default'), F.createClassExpression(
			    plain(s.modifiers), undefined, undefined, s.heritageClauses, s.members), s);
		exported.push([has(s, K.DefaultKeyword) ? 'default' : ts.idText(s.name), s.name]);
		return F.updateClassDeclaration(s, plain(s.modifiers), s.name, s.typeParameters,
		    s.heritageClauses, s.members);
	}
	default:
		return s;
	}
}

const define = (name, field, value) => F.createExpressionStatement(
    F.createCallExpression(F.createPropertyAccessExpression(
	F.createIdentifier('Object'), 'defineProperty'), undefined, [
	F.createIdentifier('exports'), F.createStringLiteral(name),
	F.createObjectLiteralExpression([
	    F.createPropertyAssignment('enumerable', F.createTrue()),
	    F.createPropertyAssignment(field, value)])]));
const reading = (id) => F.createFunctionExpression(undefined, undefined, undefined,
    undefined, [], undefined, F.createBlock([F.createReturnStatement(id)]));

function asyncBody(job, sourceFile, statements) {
	const outer = [], inner = [], exported = [], early = [];
	let module = false;
	for (const s of statements) {
		if (s.kind === K.ImportDeclaration || s.kind === K.ImportEqualsDeclaration ||
		    (s.kind === K.ExportDeclaration && s.moduleSpecifier)) {
			outer.push(s);
			module = true;
			continue;
		}
		const plain = unexport(s, exported, early);
		if (plain)
			inner.push(plain);
	}
	const start = exported.map(([name, id]) => define(name, 'get', reading(id)));
	if (ts.isExternalModule(sourceFile) && !module) {
		outer.push(F.createExpressionStatement(F.createStringLiteral('use strict')));
		outer.push(define('__esModule', 'value', F.createTrue()));
	}
	const arrow = F.createArrowFunction([F.createModifier(K.AsyncKeyword)], undefined, [],
	    undefined, undefined, F.createBlock(
	    [...start, ...early, ...inner], true));
	outer.push(F.createReturnStatement(F.createCallExpression(
	    F.createParenthesizedExpression(arrow), undefined, [])));
	job.module = module;
	return outer;
}

export function bodyOf(job, sourceFile, statements) {
	if (job.main) {
		const value = F.createUniqueName('value');
		const kept = keepValue(statements, value);
		if (kept !== null) {
			const directives = kept.findIndex((s) => !isDirective(s));
			statements = [...kept.slice(0, directives),
			    F.createVariableStatement(undefined, [F.createVariableDeclaration(value)]),
			    ...kept.slice(directives), F.createReturnStatement(value)];
		}
		statements = withHandler(statements);
	}
	if (job.topAwait)
		statements = asyncBody(job, sourceFile, statements);
	const result = F.updateSourceFile(sourceFile,
	    ts.setTextRange(F.createNodeArray(statements), sourceFile.statements));
	if (job.topAwait && !job.module)
		result.externalModuleIndicator = undefined;
	return result;
}
