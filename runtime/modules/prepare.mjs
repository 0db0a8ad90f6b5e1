// Before TypeScript's own passes: what the file is as a function body, and what those
// passes would get wrong.  Works on the tree as it was parsed, so names can be resolved.
import * as ts from 'typescript-cut';
import { rewriteRegexp, RegexpError } from './regexp.mjs';
import { bodyOf } from './body.mjs';

const K = ts.SyntaxKind;
const F = ts.factory;

export const global = (name) => F.createIdentifier(name);
export const call = (name, args, range) => {
	const node = F.createCallExpression(global(name), undefined, args);
	return range ? ts.setTextRange(node, range) : node;
};

const isFunction = (node) => ts.isFunctionLike(node) && node.kind !== K.IndexSignature;
const isAssignment = (kind) => kind >= K.FirstAssignment && kind <= K.LastAssignment;
const has = (node, kind) => !!node.modifiers && node.modifiers.some((m) => m.kind === kind);

const isAmbient = (node) => has(node, K.DeclareKeyword);

/* job: { sourceFile, main, topAwait, uses, fail(node, message) } */
export function prepare(job) {
	return (context) => (sourceFile) => {
		const resolver = context.getEmitResolver();
		const constants = job.constants;
		let fn = null;		// the function we are in
		let home = null;	// what super would mean: a class or an object literal
		let otherSuper = false;	// where TypeScript has its own way with super.x

		function isConstant(id) {
			if (!constants[id.escapedText])
				return false;
			const found = resolver.getReferencedValueDeclaration(id);
			return !!found && found.kind === K.VariableDeclaration &&
			    found.parent.kind === K.VariableDeclarationList &&
			    (found.parent.flags & 7 /* BlockScoped */) === 2 /* Const */;
		}

		function refuse(id) {
			const name = F.createStringLiteral(ts.idText(id));
			return ts.setTextRange(F.createPropertyAccessExpression(
			    call('__const', [name, id], id), 'v'), id);
		}

		/* The left side of an assignment, patterns included. */
		function target(node) {
			switch (node.kind) {
			case K.Identifier:
				return isConstant(node) ? refuse(node) : node;
			case K.ParenthesizedExpression:
				return F.updateParenthesizedExpression(node, target(node.expression));
			case K.ArrayLiteralExpression:
				return F.updateArrayLiteralExpression(node,
				    node.elements.map(element));
			case K.ObjectLiteralExpression:
				return F.updateObjectLiteralExpression(node,
				    node.properties.map(member));
			case K.NonNullExpression:
			case K.AsExpression:
			case K.SatisfiesExpression:
			case K.TypeAssertionExpression:
				return target(node.expression);
			default:
				reference(node);
				return visit(node);
			}
		}
		/* Only a variable or a property can be assigned to. */
		function reference(node) {
			if ((node.kind !== K.PropertyAccessExpression &&
			    node.kind !== K.ElementAccessExpression) ||
			    node.flags & 64 /* OptionalChain */)
				job.fail(node, 'Invalid left-hand side in assignment');
		}
		function element(node) {
			if (node.kind === K.OmittedExpression)
				return node;
			if (node.kind === K.SpreadElement)
				return F.updateSpreadElement(node, target(node.expression));
			if (node.kind === K.BinaryExpression &&
			    node.operatorToken.kind === K.EqualsToken)
				return F.updateBinaryExpression(node, target(node.left),
				    node.operatorToken, visit(node.right));
			return target(node);
		}
		function member(node) {
			switch (node.kind) {
			case K.PropertyAssignment:
				return F.updatePropertyAssignment(node, visit(node.name),
				    element(node.initializer));
			case K.SpreadAssignment:
				return F.updateSpreadAssignment(node, target(node.expression));
			case K.ShorthandPropertyAssignment: {
				if (!isConstant(node.name))
					return visit(node);
				const value = node.objectAssignmentInitializer;
				const to = refuse(node.name);
				return ts.setTextRange(F.createPropertyAssignment(
				    F.createIdentifier(ts.idText(node.name)), value
					? F.createAssignment(to, visit(value)) : to), node);
			}
			default:
				return visit(node);
			}
		}

		function regexp(node) {
			let r;
			try {
				r = rewriteRegexp(node.text);
			} catch (e) {
				if (!(e instanceof RegexpError))
					throw e;
				job.fail(node, e.message);
				return node;
			}
			if (r === null)
				return node;
			const literal = ts.setTextRange(F.createRegularExpressionLiteral(r.literal), node);
			if (!r.sticky && r.names === '')
				return literal;
			return call('__re', [literal, F.createStringLiteral(r.names),
			    r.sticky ? F.createTrue() : F.createFalse()], node);
		}

		/* A function in a block belongs to the block; the engine would hoist it. */
		function blockFunctions(statements) {
			if (!statements.some((s) => s.kind === K.FunctionDeclaration && s.body && s.name))
				return statements;
			const first = [], rest = [];
			for (const s of statements) {
				if (s.kind !== K.FunctionDeclaration || !s.body || !s.name) {
					rest.push(s);
					continue;
				}
				const f = ts.setTextRange(F.createFunctionExpression(s.modifiers,
				    s.asteriskToken, s.name, undefined, s.parameters, undefined, s.body), s);
				ts.setOriginalNode(f, s);
				const variable = F.createVariableDeclaration(s.name, undefined, undefined,
				    f);
				const list = F.createVariableDeclarationList([variable], 1 /* Let */);
				const statement = ts.setTextRange(F.createVariableStatement(undefined,
				    list), s);
				f.wanted = variable.wanted = list.wanted = statement.wanted = true;
				first.push(statement);
			}
			return ts.setTextRange(F.createNodeArray([...first, ...rest]), statements);
		}

		/* {__proto__: p} */
		function prototypeOf(node) {
			const at = node.properties.findIndex((p) => p.kind === K.PropertyAssignment &&
			    (p.name.kind === K.Identifier ? ts.idText(p.name)
				: p.name.kind === K.StringLiteral && p.name.text) === '__proto__');
			if (at < 0)
				return null;
			const rest = node.properties.filter((_, i) => i !== at);
			const object = ts.setTextRange(F.createObjectLiteralExpression(rest), node);
			return call('__proto', [visit(node.properties[at].initializer),
			    ts.visitEachChild(object, visit, context)], node);
		}

		function used(node) {
			if (node && (node.kind === K.StringLiteral ||
			    node.kind === K.NoSubstitutionTemplateLiteral))
				job.uses[node.text] = true;
		}

		function inside(node, newFn, newHome) {
			const oldFn = fn, oldHome = home, oldSuper = otherSuper;
			fn = newFn;
			home = newHome;
			otherSuper = (otherSuper && node.kind === K.ArrowFunction) ||
			    has(node, K.AsyncKeyword) ||
			    node.kind === K.ClassStaticBlockDeclaration ||
			    (node.kind === K.PropertyDeclaration && has(node, K.StaticKeyword));
			const result = ts.visitEachChild(node, visit, context);
			fn = oldFn;
			home = oldHome;
			otherSuper = oldSuper;
			return result;
		}

		/*
		 * super.x that is no call: TypeScript would read x from the base's prototype as
		 * if it were the object.  Written as a call of a method it takes care of `this`;
		 * mend.mjs puts the helper there.
		 */
		function superProperty(node) {
			const parent = node.parent;
			const written = parent.kind === K.BinaryExpression && parent.left === node &&
			    isAssignment(parent.operatorToken.kind);
			const step = parent.operator === K.PlusPlusToken ||
			    parent.operator === K.MinusMinusToken;
			if (node.expression.kind !== K.SuperKeyword || otherSuper || step ||
			    ((parent.kind === K.CallExpression || parent.kind === K.NewExpression) &&
			    parent.expression === node) || parent.kind === K.DeleteExpression ||
			    parent.kind === K.TaggedTemplateExpression || (written &&
			    parent.operatorToken.kind !== K.EqualsToken))
				return null;
			const key = node.kind === K.PropertyAccessExpression
			    ? F.createStringLiteral(ts.idText(node.name))
			    : visit(node.argumentExpression);
			visit(node.expression);
			const method = (name, args) => ts.setTextRange(F.createCallExpression(
			    F.createPropertyAccessExpression(node.expression, name), undefined,
			    args), node);
			return written ? method('__superSet', [key, visit(parent.right)])
			    : method('__superGet', [key]);
		}

		/* A class without a name takes that of what it is assigned to. */
		function nameClass(node, name) {
			if (!node || node.kind !== K.ClassExpression || node.name ||
			    name.kind !== K.Identifier ||
			    sourceFile.text.slice(node.pos, node.end).indexOf(ts.idText(name)) >= 0)
				return node;
			const made = ts.setOriginalNode(ts.setTextRange(F.createClassExpression(
			    node.modifiers, F.createIdentifier(ts.idText(name)), node.typeParameters,
			    node.heritageClauses, node.members), node), node);
			made.wanted = true;
			return made;
		}

		function awaited(node) {
			if (fn !== null && !has(fn, K.AsyncKeyword))
				job.fail(node, 'await is only valid in async functions');
		}

		function visit(node) {
			if (!node.wanted)
				return node;
			switch (node.kind) {
			case K.RegularExpressionLiteral:
				return regexp(node);
			case K.BigIntLiteral:
				job.fail(node, 'BigInt is not supported');
				return node;
			case K.MetaProperty:
				if (node.keywordToken === K.ImportKeyword)
					job.fail(node, 'import.meta is not supported');
				else if (fn === null)
					job.fail(node, 'new.target is only valid in functions');
				return node;
			case K.SuperKeyword:
				if (home === null)
					job.fail(node, "'super' keyword unexpected here");
				else if (home.kind === K.ObjectLiteralExpression)
					job.fail(node, 'super in an object literal is not supported');
				return node;
			case K.AwaitExpression:
				awaited(node);
				break;
			case K.Identifier:
				return node;
			case K.CallExpression:
				if (node.expression.kind === K.ImportKeyword ||
				    (node.expression.kind === K.Identifier &&
				    node.expression.escapedText === 'require'))
					used(node.arguments[0]);
				break;
			case K.ImportDeclaration:
			case K.ExportDeclaration:
			case K.ExportAssignment:
				if (node.parent.kind !== K.SourceFile && node.parent.kind !== K.ModuleBlock)
					job.fail(node, 'import and export stand at the top of a file');
				if (!node.isTypeOnly && !(node.importClause && node.importClause.isTypeOnly))
					used(node.moduleSpecifier);
				break;
			case K.ExportKeyword:
				if (node.parent.parent.kind !== K.SourceFile &&
				    node.parent.parent.kind !== K.ModuleBlock)
					job.fail(node, 'import and export stand at the top of a file');
				return node;
			case K.ExternalModuleReference:
				used(node.expression);
				break;
			case K.PropertyAccessExpression:
			case K.ElementAccessExpression: {
				const made = superProperty(node);
				if (made !== null)
					return made;
				break;
			}
			case K.BinaryExpression:
				if (node.operatorToken.kind === K.EqualsToken && node.left.expression &&
				    node.left.expression.kind === K.SuperKeyword) {
					const made = superProperty(node.left);
					if (made !== null)
						return made;
				}
				if (isAssignment(node.operatorToken.kind))
					return F.updateBinaryExpression(node, target(node.left),
					    node.operatorToken, visit(nameClass(node.right, node.left)));
				break;
			case K.VariableDeclarationList:
				if ((node.flags & 7) === 2 && node.parent.kind !== K.ForOfStatement &&
				    node.parent.kind !== K.ForInStatement)
					for (const d of node.declarations)
						if (!d.initializer && !isAmbient(node.parent))
							job.fail(d, 'Missing initializer in const declaration');
				break;
			case K.VariableDeclaration:
				if (node.initializer && node.initializer.kind === K.ClassExpression)
					node = F.updateVariableDeclaration(node, node.name,
					    node.exclamationToken, node.type,
					    nameClass(node.initializer, node.name));
				break;
			case K.PrefixUnaryExpression:
			case K.PostfixUnaryExpression: {
				const step = node.operator === K.PlusPlusToken ||
				    node.operator === K.MinusMinusToken;
				if (!step)
					break;
				return node.kind === K.PrefixUnaryExpression
				    ? F.updatePrefixUnaryExpression(node, target(node.operand))
				    : F.updatePostfixUnaryExpression(node, target(node.operand));
			}
			case K.ForOfStatement:
				if (node.awaitModifier)
					awaited(node);
				if (node.initializer.kind !== K.VariableDeclarationList)
					return F.updateForOfStatement(node, node.awaitModifier,
					    target(node.initializer), visit(node.expression),
					    ts.visitNode(node.statement, visit));
				break;
			case K.ForInStatement:
				if (node.initializer.kind !== K.VariableDeclarationList)
					return F.updateForInStatement(node, target(node.initializer),
					    visit(node.expression), ts.visitNode(node.statement, visit));
				break;
			case K.Block:
				if (!isFunction(node.parent)) {
					const statements = blockFunctions(node.statements);
					if (statements !== node.statements)
						node = F.updateBlock(node, statements);
				}
				break;
			case K.CaseClause:
				node = F.updateCaseClause(node, node.expression,
				    blockFunctions(node.statements));
				break;
			case K.DefaultClause:
				node = F.updateDefaultClause(node, blockFunctions(node.statements));
				break;
			case K.ObjectLiteralExpression: {
				const made = prototypeOf(node);
				if (made !== null)
					return made;
				break;
			}
			case K.ClassDeclaration:
			case K.ClassExpression:
				if (node.members.filter((m) => m.kind === K.Constructor && m.body).length > 1)
					job.fail(node, 'A class may only have one constructor');
				return inside(node, fn, node);
			case K.ArrowFunction:
				return inside(node, node, home);
			case K.PropertyDeclaration:
			case K.ClassStaticBlockDeclaration:
				return inside(node, node, home);
			case K.MethodDeclaration:
			case K.GetAccessor:
			case K.SetAccessor:
			case K.Constructor:
				return inside(node, node, node.parent.kind === K.ObjectLiteralExpression
				    ? node.parent : home);
			case K.FunctionDeclaration:
			case K.FunctionExpression:
				return inside(node, node, null);
			}
			return ts.visitEachChild(node, visit, context);
		}

		const statements = [];
		for (const s of sourceFile.statements)
			statements.push(visit(s));
		return bodyOf(job, sourceFile, statements);
	};
}
