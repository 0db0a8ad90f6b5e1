['abc'.at(-1), 'abc'.at(5), ''.at(0), 'abc'.at(1.7), 'abc'.at()]
['5'.padStart(3, '0'), 'abc'.padStart(2), 'x'.padStart(5, 'ab'), 'x'.padStart(3, ''), 'x'.padStart(4, 12), 'x'.padStart(3, null), 'x'.padStart(), 'x'.padStart(Infinity, '')]
['5'.padEnd(3, '0'), 'x'.padEnd(5, 'ab'), 'x'.padEnd(-1), 'x'.padEnd('3', '-')]
'x'.padStart(Infinity)
'x'.padEnd(1e10)
[' \t\n\u00a0\ufeff\u2003x '.trimStart(), ' x \u3000\u2028'.trimEnd(), '\u180ex'.trimStart().length, ' x '.trim(), '\u200bx'.trim().length]
[String.prototype.trimLeft === String.prototype.trimStart, String.prototype.trimRight.name]
['aXbX'.replaceAll('X', '-'), 'aaa'.replaceAll('aa', 'b'), 'abc'.replaceAll('', '-'), 'a.b.c'.replaceAll('.', '$&$&'), 'x'.replaceAll('x', '$$'), 'abc'.replaceAll('b', "[$`|$'|$&]"), ''.replaceAll('', 'x')]
'abab'.replaceAll('a', function (m, i, s) { return m + i + s; })
'aBc'.replaceAll(/[a-c]/gi, '<$&>')
'abc'.replaceAll(/b/, 'x')
'abc'.replaceAll(undefined, 'x')
'undefined'.replaceAll(undefined, 'x')
'abc'.replaceAll('b')
'abc'.replaceAll('b', undefined)
Array.from('a1b2'.matchAll(/[a-z](\d)/g), function (m) { return [m[0], m[1], m.index, m.input, m.groups]; })
Array.from('aaa'.matchAll(/(?:)/g), function (m) { return m.index; })
Array.from('a.a'.matchAll('.'), function (m) { return m[0] + m.index; })
'a'.matchAll(/a/)
[Object.prototype.toString.call('a'.matchAll(/a/g)), typeof 'a'.matchAll(/a/g).next]
{ var re = /a/g; re.lastIndex = 1; var r = Array.from('aaa'.matchAll(re)).length; return [r, re.lastIndex]; }
String.prototype.matchAll.call(null, /a/g)
['\u0041\u030a'.normalize() === '\u00c5', '\u00c5'.normalize('NFD').length, '\ufb01'.normalize('NFKC'), '\u1e9b\u0323'.normalize('NFKD'), 'abc'.normalize('NFD')]
'a'.normalize('nfc')
String.prototype.normalize.call(undefined)
'\uac00'.normalize('NFD')
['\ud83d\ude00'.normalize('NFC'), '\u212b'.normalize('NFC'), '\u2126'.normalize('NFC')]
['ab'.isWellFormed(), '\ud800'.isWellFormed(), '\ud83d\ude00'.isWellFormed(), '\ude00\ud83d'.isWellFormed(), 'a\udc00'.toWellFormed(), '\ud83d\ude00\ud800x'.toWellFormed(), ''.toWellFormed()]
[String.raw({ raw: ['a', 'b', 'c'] }, 1, 2, 3), String.raw({ raw: 'xyz' }, 0, 1), String.raw({ raw: [] }), String.raw({ raw: ['\\n'] }, 1)]
String.raw()
String.raw({})
String.raw({ raw: { length: 2, 0: 'a', 1: 'b' } }, '-')
Array.from('a\ud83d\ude00\ud800b')
{ var it = 'ab'[Symbol.iterator](); return [it.next(), it.next(), it.next(), Object.prototype.toString.call(it)]; }
String.prototype[Symbol.iterator].call(undefined)
Object.getPrototypeOf(''[Symbol.iterator]()).next.call({})
['abc'.includes('b'), 'abc'.includes('b', 2), 'abc'.startsWith('b', 1), 'abc'.endsWith('b', 2), 'abc'.startsWith(''), 'ab'.repeat(2), 'ab'.repeat(0)]
'a'.includes(/a/)
'a'.startsWith(/a/)
'a'.endsWith(/a/)
'a'.repeat(-1)
'a'.repeat(Infinity)
['\ud83d\ude00'.codePointAt(0), '\ud83d\ude00'.codePointAt(1), 'a'.codePointAt(5), String.fromCodePoint(0x1f600, 97)]
String.fromCodePoint(-1)
String.fromCodePoint(1.5)
['abc'.substr(-2, 1), 'abc'.substring(2, 0), 'abc'.slice(-2), 'abc'.charAt(9), 'abc'.charCodeAt(9), 'abc'[1], 'abc'[5]]
['a-b-c'.split('-'), 'a-b-c'.split('-', 2), 'abc'.split(''), ''.split(','), ''.split(''), 'abc'.split(), 'a1b2'.split(/\d/), 'a1b2c'.split(/(\d)/), 'ab'.split(/(?:)/), 'abc'.split('b', 0), 'abc'.split(undefined, 1)]
['abcabc'.replace('b', 'X'), 'abc'.replace(/(b)(c)?/, '[$1$2$3$0$&]'), 'abc'.replace('b', '$`$\''), 'abc'.replace(/x/, 'y'), 'aaa'.replace(/a/g, function (m, i) { return i; }), 'abc'.replace(/(?:b)/, '$$1')]
'abc'.replace('b', function (m, i, s) { return [m, i, s].join('|'); })
'John Smith'.replace(/(\w+)\s(\w+)/, '$2, $1')
'aBc'.replace(/b/i, function () { return '$&'; })
['abc'.match(/b/), 'abcb'.match(/b/g), 'abc'.match(/x/), 'abc'.match(/x/g), 'abc'.match('b').index, 'a.c'.match('.')[0], 'abc'.match().index]
['abc'.search(/c/), 'abc'.search('x'), 'abc'.search()]
'x'.match(null)
{ var o = {}; o[Symbol.replace] = function (s, r) { return 'R' + s + r; }; o[Symbol.split] = function (s, l) { return 'S' + s + l; }; o[Symbol.search] = function (s) { return 'F' + s; }; o[Symbol.matchAll] = function (s) { return 'A' + s; }; return ['x'.replace(o, 1), 'x'.split(o, 2), 'x'.search(o), 'x'.matchAll(o), 'x'.replaceAll(o, 3)]; }
['a'.localeCompare('b'), 'b'.localeCompare('a'), 'a'.localeCompare('a'), 'a'.localeCompare('B'), 'A'.localeCompare('a'), 'a'.localeCompare('A'), '\u00e9'.localeCompare('f'), '\u00e9'.localeCompare('e'), 'z'.localeCompare('\u00e4'), '10'.localeCompare('9'), ''.localeCompare('a'), 'resume'.localeCompare('r\u00e9sum\u00e9')]
['b', 'a', 'C', '\u00e9', 'e', 'Z', '1', '_', 'A', ' ', '-', 'ab', 'aB', 'Ab'].sort(function (a, b) { return a.localeCompare(b); })
['item10', 'item9', 'Item1', 'item2'].sort(function (a, b) { return a.localeCompare(b, undefined, { numeric: true, sensitivity: 'base' }); })
['a'.localeCompare('A', undefined, { sensitivity: 'base' }), 'a'.localeCompare('\u00e1', 'en', { sensitivity: 'base' }), 'a'.localeCompare('\u00e1', 'en', { sensitivity: 'accent' }), 'a'.localeCompare('A', 'en', { sensitivity: 'accent' }), 'a'.localeCompare('A', 'en', { sensitivity: 'case' })]
['co-op', 'coop', 'CO-OP', 'co op', 'coop1'].sort(function (a, b) { return a.localeCompare(b); })
['\u00df'.toUpperCase(), '\u0130'.toLowerCase().length, '\u03a3'.toLowerCase(), 'I'.toLocaleLowerCase()]
['at', 'padStart', 'padEnd', 'trimStart', 'trimEnd', 'replaceAll', 'matchAll', 'normalize', 'isWellFormed', 'toWellFormed', 'localeCompare', 'replace', 'match', 'search', 'split'].map(function (n) { var f = String.prototype[n]; return [f.name, f.length, flags(String.prototype, n)]; })
String.prototype.at.call(null)
String.prototype.padStart.call(undefined, 1)
String.prototype.trimStart.call(12)
Object.keys(Object('ab'))
[typeof Object('a'), Object('ab').length, 'ab' in { ab: 1 }]
['a' + 1, '5' * '2', '3' - 1, +'', +' 12 ', +'1e3', +'0x1F', +'0b11', +'0o17', +'abc', Number('1_000')]
Object.keys(String.prototype).length
