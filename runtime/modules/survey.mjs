// One quick walk over the parsed tree: what is declared, and which nodes prepare.mjs must
// look at.  Most of a file needs nothing, and looking is cheaper than rebuilding.
import * as ts from 'typescript-cut';

const K = ts.SyntaxKind;
const isAssignment = (kind) => kind >= K.FirstAssignment && kind <= K.LastAssignment;

/* Kinds that are always looked at. */
const LOOK = {};
for (const kind of ['RegularExpressionLiteral', 'BigIntLiteral', 'MetaProperty',
    'SuperKeyword', 'AwaitExpression', 'ImportDeclaration', 'ExportDeclaration',
    'ExportAssignment', 'ExternalModuleReference', 'ExportKeyword', 'ClassExpression'])
	LOOK[K[kind]] = true;

/*
 * job.constants, job.classes: names that a const or class has anywhere; job.bound: how
 * often a name is declared.  node.wanted: it or something in it needs a look.
 */
export function survey(sourceFile, job) {
	const assigned = [];

	function want(node) {
		while (node && !node.wanted) {
			node.wanted = true;
			node = node.parent;
		}
	}
	function bind(name, out) {
		if (!name)
			return;
		if (name.kind === K.Identifier) {
			const text = name.escapedText;
			job.bound[text] = (job.bound[text] || 0) + 1;
			if (out)
				out[text] = true;
		} else if (name.elements) {
			for (const e of name.elements)
				if (e.name)
					bind(e.name, out);
		}
	}
	/* What an assignment goes to: a plain property is as it should be. */
	function target(node, left) {
		if (left.kind === K.Identifier)
			assigned.push(left);
		else if ((left.kind !== K.PropertyAccessExpression &&
		    left.kind !== K.ElementAccessExpression) ||
		    left.flags & 64 /* OptionalChain */)
			want(node);
	}

	function look(node) {
		const kind = node.kind;
		if (LOOK[kind])
			want(node);
		switch (kind) {
		case K.VariableDeclarationList:
			for (const d of node.declarations) {
				bind(d.name, (node.flags & 7) === 2 ? job.constants : null);
				if ((node.flags & 7) === 2 && !d.initializer)
					want(node);
			}
			break;
		case K.Parameter:
			bind(node.name, null);
			break;
		case K.CatchClause:
			if (node.variableDeclaration)
				bind(node.variableDeclaration.name, null);
			break;
		case K.FunctionDeclaration:
			bind(node.name, null);
			if (node.parent.kind !== K.SourceFile)
				want(node);
			break;
		case K.FunctionExpression:
			bind(node.name, null);
			break;
		case K.ClassDeclaration:
		case K.ClassExpression:
			bind(node.name, job.classes);
			want(node);
			break;
		case K.ImportClause:
		case K.ImportSpecifier:
		case K.NamespaceImport:
		case K.ImportEqualsDeclaration:
		case K.EnumDeclaration:
		case K.ModuleDeclaration:
			bind(node.name, null);
			break;
		case K.CallExpression:
			if (node.expression.kind === K.ImportKeyword ||
			    (node.expression.kind === K.Identifier &&
			    node.expression.escapedText === 'require'))
				want(node);
			break;
		case K.BinaryExpression:
			if (isAssignment(node.operatorToken.kind))
				target(node, node.left);
			break;
		case K.PrefixUnaryExpression:
		case K.PostfixUnaryExpression:
			if (node.operator === K.PlusPlusToken || node.operator === K.MinusMinusToken)
				target(node, node.operand);
			break;
		case K.ForOfStatement:
		case K.ForInStatement:
			if (node.awaitModifier || node.initializer.kind !== K.VariableDeclarationList)
				want(node);
			break;
		case K.ObjectLiteralExpression:
			for (const p of node.properties)
				if (p.kind === K.PropertyAssignment && (p.name.kind === K.Identifier
				    ? ts.idText(p.name) : p.name.text) === '__proto__')
					want(node);
			break;
		}
		ts.forEachChild(node, look);
	}
	ts.forEachChild(sourceFile, look);
	for (const id of assigned)
		if (job.constants[id.escapedText])
			want(id);
}
