// Printing, with a new line wherever the place in the source changes.  The engine reports
// lines alone, so a line of the result stands for one line and column of the author's.
//
// A newline may stand between any two tokens but after return, throw, break and continue
// and before ++ and --; TypeScript writes every semicolon, so none is inserted for us.
// The engine counts a call as happening on the line of its closing parenthesis: that line
// gets the place of what is called.
import * as ts from 'typescript-cut';

const K = ts.SyntaxKind;
const STAYS = { return: true, throw: true, break: true, continue: true, async: true };

const escapeUnit = (c) => '\\u' + ('000' + c.charCodeAt(0).toString(16)).slice(-4);
const LINE_END = /[\u2028\u2029]/;

/* A token in ASCII.  Behind a backslash a character stands for itself. */
function ascii(token) {
	return token.replace(/\\[\s\S]|[^\x00-\x7f]/g, (m) => {
		if (m.length === 1)
			return escapeUnit(m);
		if (m.charCodeAt(1) < 128)
			return m;
		return LINE_END.test(m) ? '' : escapeUnit(m.charAt(1));
	});
}

class Writer {
	constructor() {
		this.parts = [];
		this.last = '';		// the token before
		this.fresh = true;	// at the start of a line
		this.places = [];	// line and column of every line
		this.line = 0;		// of the place that holds now
		this.column = 0;
		this.wanted = false;	// a line should begin at the next token
		this.length = 0;
	}
	place(line, column) {
		if (line === this.line && column === this.column) {
			this.wanted = false;
			return;
		}
		this.nextLine = line;
		this.nextColumn = column;
		this.wanted = true;
	}
	token(s) {
		if (this.wanted && s !== ' ' && s !== '++' && s !== '--' &&
		    !(this.last in STAYS)) {
			if (!this.fresh) {
				this.parts.push('\n');
				this.places.push(this.line, this.column);
				this.fresh = true;
			}
			this.line = this.nextLine;
			this.column = this.nextColumn;
			this.wanted = false;
		}
		this.parts.push(s);
		if (s !== ' ')
			this.last = s;
		this.fresh = false;
		this.length += s.length;
	}
	finish() {
		this.places.push(this.line, this.column);
		let text = this.parts.join('');
		if (/[^\x00-\x7f]/.test(text))
			text = this.parts.map(ascii).join('');
		return { text, places: this.places };
	}
	writeLine() {
		if (this.fresh)
			return;
		this.parts.push('\n');
		this.places.push(this.line, this.column);
		this.fresh = true;
		this.length++;
	}
}

/* What TypeScript's printer calls. */
function textWriter(w) {
	const write = (s) => {
		if (s)
			w.token(s);
	};
	const nothing = () => {};
	return {
		write, rawWrite: write, writeLiteral: write, writeKeyword: write,
		writeOperator: write, writeParameter: write, writeProperty: write,
		writePunctuation: write, writeSpace: write, writeStringLiteral: write,
		writeSymbol: write, writeTrailingSemicolon: write, writeComment: nothing,
		writeLine: () => w.writeLine(),
		increaseIndent: nothing, decreaseIndent: nothing, clear: nothing,
		getIndent: () => 0, getTextPos: () => w.length, getLine: () => 0,
		getColumn: () => 0, getText: () => '', isAtStartOfLine: () => w.fresh,
		hasTrailingComment: () => false,
		hasTrailingWhitespace: () => w.fresh || w.last === ' ',
	};
}

function placer(sourceFile, w) {
	const text = sourceFile.text;
	const starts = ts.computeLineStarts(text);
	let line = 0;
	return (pos) => {
		pos = ts.skipTrivia(text, pos);
		if (pos < starts[line] || (line + 1 < starts.length && pos >= starts[line + 1])) {
			let low = 0, high = starts.length - 1;
			while (low < high) {
				const middle = (low + high + 1) >> 1;
				if (starts[middle] <= pos)
					low = middle;
				else
					high = middle - 1;
			}
			line = low;
		}
		w.place(line + 1, pos - starts[line] + 1);
	};
}

/* Where a stack trace points for a call: the last name of what is called. */
function calledAt(node) {
	if (node.kind === K.NewExpression)
		return ts.getSourceMapRange(node).pos;
	let callee = node.expression;
	while (callee.kind === K.ParenthesizedExpression)
		callee = callee.expression;
	if (callee.kind === K.PropertyAccessExpression && callee.name.pos >= 0)
		return callee.name.pos;
	if (callee.kind === K.PropertyAccessExpression)	// f.call(...) of a lowered call
		callee = callee.expression;
	const from = ts.getSourceMapRange(callee);
	return from.pos >= 0 ? from.pos : ts.getSourceMapRange(node).pos;
}

const isStatement = (kind) => kind >= K.VariableStatement && kind <= K.DebuggerStatement;

export function print(job, transformed) {
	const w = new Writer();
	const place = placer(job.sourceFile, w);
	const calls = [];
	let named = false;	// the next identifier only names what is declared
	const printer = ts.createPrinter({ removeComments: true, newLine: 1, target: 1,
		module: 1, noEmitHelpers: true }, {
		hasGlobalName: job.resolver.hasGlobalName,
		onEmitNode: transformed.emitNodeWithNotification,
		isEmitNotificationEnabled: transformed.isEmitNotificationEnabled,
		substituteNode: transformed.substituteNode,
		onBeforeEmitNode: (node) => {
			const kind = node.kind;
			if (kind === K.CallExpression || kind === K.NewExpression) {
				calls.push(node);
				return;
			}
			if (kind === K.Parameter || kind === K.FunctionDeclaration ||
			    kind === K.FunctionExpression) {
				named = true;
				return;
			}
			const declares = named;
			named = false;
			if (declares && kind === K.Identifier)
				return;
			if (kind !== K.Identifier && kind !== K.ThisKeyword &&
			    kind !== K.BinaryExpression &&
			    kind !== K.RegularExpressionLiteral && !isStatement(kind))
				return;
			const pos = ts.getSourceMapRange(node).pos;
			if (pos >= 0)
				place(pos);
		},
		onAfterEmitNode: (node) => {
			if (calls.length > 0 && calls[calls.length - 1] === node)
				calls.pop();
		},
		onAfterEmitNodeArray: (nodes) => {
			const top = calls[calls.length - 1];
			if (top === undefined || top.arguments !== nodes)
				return;
			const pos = calledAt(top);
			if (pos >= 0)
				place(pos);
		},
	});
	printer.writeFile(transformed.transformed[0], textWriter(w), undefined);
	return w.finish();
}
