// Loops over what can match nothing, as in (a*)*: the language ends such a loop after an
// empty turn, the engine does not and fails.  Here the body is rewritten so that a turn
// takes at least one character.  A turn that took none would have changed nothing, so
// what is left matches the same.
import parser from 'regjsparser';
import generator from 'regjsgen';

const { parse } = parser, { generate } = generator;

const GIVE_UP = {};		// groups would have to be counted twice

const group = (body) => ({ type: 'group', behavior: 'ignore', body: [body] });
const sequence = (body) => ({ type: 'alternative', body: body.flatMap((node) =>
    node.type === 'alternative' ? node.body
    : node.type === 'disjunction' ? [group(node)] : [node]) });
const isLook = (node) => node.type === 'group' && /look/i.test(node.behavior);

const items = (node) => node.type === 'alternative' || node.type === 'group' ||
    node.type === 'disjunction' || node.type === 'quantifier' ? node.body : [];
/* Groups of a negative lookahead are always undefined afterwards. */
const isNegative = (node) => node.type === 'group' && node.behavior === 'negativeLookahead';
const captures = (node) => !isNegative(node) &&
    ((node.type === 'group' && node.behavior === 'normal') || items(node).some(captures));
/* A second copy of a node, without groups that count. */
function copy(node) {
	const made = items(node).length > 0 ? { ...node, body: node.body.map(copy) } : node;
	return made.type === 'group' && made.behavior === 'normal'
	    ? { ...made, behavior: 'ignore' } : made;
}

function nullable(node) {
	switch (node.type) {
	case 'anchor':
		return true;
	case 'reference':
		return false;	// it can be empty, but that is rare and has no remedy here
	case 'disjunction':
		return node.body.some(nullable);
	case 'alternative':
		return node.body.every(nullable);
	case 'group':
		return isLook(node) || node.body.every(nullable);
	case 'quantifier':
		return node.min === 0 || nullable(node.body[0]);
	default:
		return false;
	}
}

/* The node, matching nothing; only its assertions are left. */
function empty(node) {
	switch (node.type) {
	case 'disjunction':
		return { ...node, body: node.body.filter(nullable).map(empty) };
	case 'quantifier':
		return node.min === 0 ? sequence([]) : empty(node.body[0]);
	case 'alternative':
		return sequence(node.body.map(empty));
	case 'group':
		return isLook(node) ? node
		    : { ...node, body: [sequence(node.body.map(empty))] };
	default:
		return node;
	}
}

/* All of a list in which every part can be empty, but not all of them at once. */
function someOf(list) {
	const ways = [];
	if (list.length > 1 && list.some(captures))
		throw GIVE_UP;
	list.forEach((part, i) => {
		const some = nonEmpty(part);
		if (some !== null)
			ways.push(sequence([...list.slice(0, i).map(empty), some,
			    ...list.slice(i + 1)].map(ways.length > 0 ? copy : (n) => n)));
	});
	if (ways.length === 0)
		return null;
	return ways.length === 1 ? ways[0] : group({ type: 'disjunction', body: ways });
}

/* The node, matching at least one character; null if it cannot. */
function nonEmpty(node) {
	if (!nullable(node))
		return node;
	switch (node.type) {
	case 'disjunction': {
		const body = node.body.map(nonEmpty).filter((n) => n !== null);
		return body.length > 0 ? { ...node, body } : null;
	}
	case 'alternative':
		return someOf(node.body);
	case 'group': {
		const some = isLook(node) ? null : someOf(node.body);
		return some && { ...node, body: [some] };
	}
	case 'quantifier': {
		const part = node.body[0];
		if (node.max === 0)
			return null;
		if (!nullable(part))
			return { ...node, min: 1, symbol: undefined };
		if (captures(part))
			throw GIVE_UP;
		const some = nonEmpty(part);
		return some && sequence([some, { ...node, min: Math.max(node.min - 1, 0),
			max: node.max && node.max - 1, symbol: undefined }]);
	}
	default:
		return null;
	}
}

function fix(node) {
	if (items(node).length > 0)
		node = { ...node, body: node.body.map(fix) };
	if (node.type !== 'quantifier' || node.max !== undefined || !nullable(node.body[0]))
		return node;
	const part = node.body[0];
	const some = nonEmpty(part);
	if (some === null)
		return group(node.min === 0 ? sequence([]) : sequence([empty(part)]));
	// of the turns that must be, one takes something or all hold where they stand
	const must = node.min > 0 && !captures(part);
	const loop = { ...node, min: must ? 1 : 0, symbol: undefined,
		body: [some.type === 'group' ? some : group(some)] };
	return must ? group({ type: 'disjunction', body: [loop, empty(part)] }) : loop;
}

/* The pattern, or one that means the same and ends. */
export function endLoops(pattern) {
	if (!/\)(?:[*+]|\{\d+,\})/.test(pattern))
		return pattern;
	if (/\\[1-9]/.test(pattern) && /\(\?!/.test(pattern))
		return pattern;		// a reference could mean a group of a lookahead
	try {
		const tree = parse(pattern, '');
		const fixed = generate(fix(tree));
		return fixed === generate(tree) ? pattern : fixed;
	} catch (e) {
		return pattern;
	}
}
