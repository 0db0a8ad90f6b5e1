// After TypeScript's passes, on ES5: what they leave different from the language.
//
//   arguments	an arrow or a generator sees those of the function around it
//   super	a base that is not a class of this file may be a built-in
//   names	functions get the names that stack traces and fn.name show
//   fields	of a class without a base are plain assignments, ten times cheaper
import * as ts from 'typescript-cut';
import { call } from './prepare.mjs';

const K = ts.SyntaxKind;
const F = ts.factory;
const RESERVED = {};
for (const word of ('break case catch class const continue debugger default delete do ' +
    'else enum export extends false finally for function if implements import in ' +
    'instanceof interface let new null package private protected public return static ' +
    'super switch this throw true try typeof var void while with yield await async ' +
    'arguments eval undefined').split(' '))
	RESERVED[word] = true;

const bare = (node) => {
	while (node.kind === K.ParenthesizedExpression ||
	    node.kind === K.PartiallyEmittedExpression)
		node = node.expression;
	return node;
};
const isId = (node, text) => node.kind === K.Identifier && ts.idText(node) === text;
const isHelper = (node, name) => node.kind === K.CallExpression &&
    isId(node.expression, name);
const generated = (id) => !!(id.emitNode && id.emitNode.autoGenerate);
const runsLater = (node) => node.asteriskToken || (node.modifiers &&
    node.modifiers.some((m) => m.kind === K.AsyncKeyword));
const isAnonymous = (node) => node.kind === K.FunctionExpression && !node.name;

/* A default of destructuring: _a === void 0 ? function () {} : _a */
const isDefault = (node) => node.kind === K.ConditionalExpression && node.pos < 0 &&
    isAnonymous(bare(node.whenTrue));
const takesName = (node) => isAnonymous(bare(node)) || isDefault(node);

/* _super.prototype.__superGet.call(this, "x") */
const isSuperProperty = (node) => node.expression.kind === K.PropertyAccessExpression &&
    isId(node.expression.name, 'call') &&
    node.expression.expression.kind === K.PropertyAccessExpression &&
    /^__super[GS]et$/.test(ts.idText(node.expression.expression.name));

/* The text of a name written in the source; undefined for what is computed. */
function written(name) {
	switch (name.kind) {
	case K.Identifier:
		return generated(name) ? undefined : ts.idText(name);
	case K.PrivateIdentifier:
		return ts.idText(name);
	case K.StringLiteral:
	case K.NumericLiteral:
		return name.text;
	default:
		return undefined;
	}
}

export function mend(job) {
	return (context) => (sourceFile) => {
		const text = sourceFile.text;
		let owner = null;	// the function whose `arguments` are meant
		let through = false;	// in an arrow or generator body inside of it
		let ownName;		// for the body of an async function or generator
		let foreignBase = false;

		function namable(node, name) {
			const from = ts.getOriginalNode(node);
			if (RESERVED[name] || !ts.isIdentifierText(name, 1) || from.pos < 0)
				return false;
			const start = from.parameters && from.parameters.pos >= 0
			    ? from.parameters.pos : from.pos;
			return text.slice(start, from.end).indexOf(name) < 0;
		}
		const rename = (node, name) => ts.setOriginalNode(ts.setTextRange(
		    F.createFunctionExpression(node.modifiers, undefined, F.createIdentifier(name),
			undefined, node.parameters, undefined, node.body), node), node);

		/* An expression that takes the name of what it is assigned to. */
		function named(node, name) {
			if (!node || name === undefined)
				return node && visit(node);
			if (node.kind === K.ParenthesizedExpression && isAnonymous(bare(node)))
				return F.updateParenthesizedExpression(node, named(node.expression, name));
			if (isDefault(node))
				return F.updateConditionalExpression(node, visit(node.condition),
				    node.questionToken, named(node.whenTrue, name), node.colonToken,
				    visit(node.whenFalse));
			if (!isAnonymous(node))
				return visit(node);
			const made = functionLike(node, name);
			return namable(node, name) ? rename(made, name)
			    : call('__name', [made, F.createStringLiteral(name)], node);
		}

		/* What the name of a property says about its function. */
		function memberName(node) {
			const from = ts.getOriginalNode(bare(node.initializer));
			if (from.kind === K.MethodDeclaration)
				return written(from.name);
			if (from.kind === K.GetAccessor || from.kind === K.SetAccessor)
				return undefined;
			return written(node.name);
		}

		function functionLike(node, name) {
			const from = ts.getOriginalNode(node);
			const oldOwner = owner, oldThrough = through, oldName = ownName;
			if (from.kind === K.ArrowFunction) {
				through = true;
			} else {
				owner = { id: null };
				through = false;
			}
			if (from.pos >= 0) {
				name = name || (node.name && written(node.name));
				ownName = name && runsLater(from) && namable(node, name)
				    ? name : undefined;
			}
			let made = ts.visitEachChild(node, visit, context);
			if (owner !== oldOwner && owner.id !== null)
				made = declareArguments(made, owner.id);
			owner = oldOwner;
			through = oldThrough;
			ownName = oldName;
			return made;
		}

		function declareArguments(node, id) {
			const statement = F.createVariableStatement(undefined,
			    [F.createVariableDeclaration(id, undefined, undefined,
				F.createIdentifier('arguments'))]);
			const list = node.body.statements;
			let at = 0;
			while (at < list.length && list[at].kind === K.ExpressionStatement &&
			    list[at].expression.kind === K.StringLiteral)
				at++;
			const body = F.updateBlock(node.body, ts.setTextRange(F.createNodeArray(
			    [...list.slice(0, at), statement, ...list.slice(at)]), list));
			if (node.kind === K.FunctionDeclaration)
				return F.updateFunctionDeclaration(node, node.modifiers, undefined,
				    node.name, undefined, node.parameters, undefined, body);
			if (node.kind === K.FunctionExpression)
				return F.updateFunctionExpression(node, node.modifiers, undefined,
				    node.name, undefined, node.parameters, undefined, body);
			return node;
		}

		/* __generator(this, function (_a) { ... }) */
		function generator(node) {
			const body = bare(node.arguments[1]);
			const old = through;
			through = true;
			let made = ts.visitEachChild(body, visit, context);
			through = old;
			if (ownName !== undefined && isAnonymous(made))
				made = rename(made, ownName);
			return F.updateCallExpression(node, node.expression, undefined,
			    [node.arguments[0], made]);
		}

		function ownArguments(node) {
			if (!through || owner === null || ts.getOriginalNode(node).pos < 0)
				return node;
			return outerArguments();
		}
		function outerArguments() {
			if (owner.id === null)
				owner.id = F.createUniqueName('arguments');
			return owner.id;
		}

		/* _super.call(this, a) || this, and the longer form of a class without constructor */
		function superCall(node) {
			if (!foreignBase || node.operatorToken.kind !== K.BarBarToken ||
			    node.right.kind !== K.ThisKeyword)
				return null;
			let made = bare(node.left);
			if (made.kind === K.BinaryExpression &&
			    made.operatorToken.kind === K.AmpersandAmpersandToken)
				made = bare(made.right);
			if (made.kind !== K.CallExpression ||
			    made.expression.kind !== K.PropertyAccessExpression ||
			    !ts.idText(made.expression.expression).startsWith('_super'))
				return null;
			const args = made.arguments.slice(1).map((a) => ts.visitNode(a, visit));
			const list = ts.idText(made.expression.name) !== 'apply'
			    ? F.createArrayLiteralExpression(args) : args[0];
			return call('__super', [made.expression.expression, node.right, list], node);
		}

		/* __spreadArray([], __read(arguments), false) of a class without a constructor */
		function isAllArguments(node) {
			return isHelper(node, '__spreadArray') && node.pos < 0 &&
			    isHelper(node.arguments[1], '__read') &&
			    isId(node.arguments[1].arguments[0], 'arguments') &&
			    node.arguments[1].arguments[0].pos < 0;
		}

		/* (function (_super) { ... }(Base)) */
		function classOf(node, fn) {
			const base = bare(node.arguments[0]);
			const old = foreignBase;
			foreignBase = !(base.kind === K.Identifier && job.classes[base.escapedText]);
			const made = F.updateCallExpression(node, ts.visitNode(node.expression, visit),
			    undefined, node.arguments.map((a, i) => {
				const inner = foreignBase;
				foreignBase = old;
				const arg = ts.visitNode(a, visit);
				foreignBase = inner;
				return arg;
			    }));
			foreignBase = old;
			return made;
		}

		/* Object.defineProperty(this, "x", { ..., value: v }) of a class field */
		function field(node) {
			const from = ts.getOriginalNode(node);
			const args = node.expression.kind === K.CallExpression &&
			    node.expression.arguments;
			if (from.kind !== K.PropertyDeclaration || !args || args.length !== 3 ||
			    args[0].kind !== K.ThisKeyword || args[1].kind !== K.StringLiteral ||
			    args[2].kind !== K.ObjectLiteralExpression)
				return null;
			const owner = from.parent;
			if (owner.heritageClauses && owner.heritageClauses.length > 0)
				return null;
			if (owner.members.some((m) => (m.kind === K.GetAccessor ||
			    m.kind === K.SetAccessor) && written(m.name) === args[1].text))
				return null;
			const value = args[2].properties[args[2].properties.length - 1];
			const name = args[1].text;
			const to = ts.isIdentifierText(name, 1)
			    ? F.createPropertyAccessExpression(args[0], name)
			    : F.createElementAccessExpression(args[0], args[1]);
			return ts.setTextRange(F.createExpressionStatement(ts.setTextRange(
			    F.createAssignment(to, named(value.initializer, name)),
			    node.expression)), node);
		}

		function visit(node) {
			switch (node.kind) {
			case K.Identifier:
				return node.escapedText === 'arguments' ? ownArguments(node) : node;
			case K.FunctionDeclaration:
			case K.FunctionExpression:
				return functionLike(node);
			case K.VariableDeclaration:
				// TypeScript's own copy of arguments, for an async arrow
				if (through && owner !== null && node.initializer && generated(node.name) &&
				    isId(node.initializer, 'arguments'))
					return F.updateVariableDeclaration(node, node.name, undefined,
					    undefined, outerArguments());
				if (node.initializer && takesName(node.initializer))
					return F.updateVariableDeclaration(node, node.name, undefined,
					    undefined, named(node.initializer, written(node.name)));
				break;
			case K.PropertyAssignment:
				if (isAnonymous(bare(node.initializer)))
					return F.updatePropertyAssignment(node, node.name,
					    named(node.initializer, memberName(node)));
				break;
			case K.BinaryExpression: {
				if (node.operatorToken.kind === K.EqualsToken &&
				    node.left.kind === K.Identifier && takesName(node.right))
					return F.updateBinaryExpression(node, node.left,
					    node.operatorToken, named(node.right, written(node.left)));
				const made = superCall(node);
				if (made !== null)
					return made;
				break;
			}
			case K.CallExpression: {
				if (isAllArguments(node))
					return node.arguments[1].arguments[0];
				if (isHelper(node, '__generator'))
					return generator(node);
				if (isSuperProperty(node)) {
					const [self, ...args] = node.arguments.map((a) => visit(a));
					const method = node.expression.expression;
					return call(ts.idText(method.name), [method.expression, ...args, self],
					    node);
				}
				const fn = bare(node.expression);
				if (fn.kind === K.FunctionExpression && fn.parameters.length === 1 &&
				    fn.parameters[0].name.kind === K.Identifier && node.arguments.length > 0 &&
				    ts.idText(fn.parameters[0].name).startsWith('_super'))
					return classOf(node, fn);
				if (isDescriptor(node))
					return descriptor(node);
				break;
			}
			case K.ExpressionStatement: {
				const made = field(node);
				if (made !== null)
					return made;
				break;
			}
			}
			return ts.visitEachChild(node, visit, context);
		}

		/* Object.defineProperty(x, "name", { value: function () {} }) */
		function isDescriptor(node) {
			return node.arguments.length === 3 && node.pos < 0 &&
			    node.expression.kind === K.PropertyAccessExpression &&
			    isId(node.expression.name, 'defineProperty') &&
			    node.arguments[2].kind === K.ObjectLiteralExpression;
		}
		function descriptor(node) {
			const [object, key, how] = node.arguments;
			const properties = how.properties.map((p) => {
				if (p.kind !== K.PropertyAssignment || !isAnonymous(bare(p.initializer)))
					return ts.visitNode(p, visit);
				const from = ts.getOriginalNode(bare(p.initializer));
				const name = from.kind === K.MethodDeclaration ? written(from.name)
				    : isId(p.name, 'value') && key.kind === K.StringLiteral
				    ? key.text : undefined;
				return F.updatePropertyAssignment(p, p.name, named(p.initializer, name));
			});
			return F.updateCallExpression(node, node.expression, undefined, [
			    ts.visitNode(object, visit), ts.visitNode(key, visit),
			    F.updateObjectLiteralExpression(how, properties)]);
		}

		return ts.visitEachChild(sourceFile, visit, context);
	};
}
