[/a/.sticky, /a/.unicode, /a/.dotAll, /a/g.global, /a/.hasIndices, /a/gim.flags, /a/.source, String(/a\/b/g)]
[new RegExp('a', 'y').flags, new RegExp('a', 'gimsuy').flags, new RegExp('a', 'u').unicode, new RegExp('a', 's').dotAll, new RegExp('a', 'y').sticky]
new RegExp('a', 'x')
new RegExp('a', 'gg')
new RegExp('a', 'uv')
new RegExp('[')
new RegExp('(?<n>a)(?<n>b)')
new RegExp('\\k<x>', 'u')
new RegExp('(?<1a>x)')
new RegExp('\\u{110000}', 'u')
new RegExp('\\z', 'u')
{ var re = /a/g; return [RegExp(re) === re, new RegExp(re) === re, new RegExp(re).flags, new RegExp(re, 'i').flags, RegExp(re, '').global]; }
[String(new RegExp('')), String(new RegExp(undefined)), String(new RegExp('/')), new RegExp(null).source]
{ var m = new RegExp('(?<year>\\d{4})-(?<month>\\d\\d)').exec('on 2020-12'); return [m[0], m.index, m.groups.year, m.groups.month, Object.getPrototypeOf(m.groups), Object.keys(m.groups)]; }
'2020-12'.replace(new RegExp('(?<y>\\d+)-(?<m>\\d+)'), '$<m>/$<y>/$1/$<nope>')
'2020-12 2021-01'.replace(new RegExp('(?<y>\\d+)-(?<m>\\d+)', 'g'), function () { var g = arguments[arguments.length - 1]; return g.m + '.' + g.y; })
[new RegExp('(?<a>.)\\k<a>').test('xx'), new RegExp('(?<a>.)\\k<a>').test('xy'), new RegExp('\\k<a>(?<a>.)').exec('x')[0], /\k<a>/.test('k<a>')]
new RegExp('(?<a>x)|(?<b>y)').exec('y').groups.a
[new RegExp('^.$', 's').test('\n'), new RegExp('^.$').test('\n'), new RegExp('a.c', 's').exec('a\u2028c')[0]]
[new RegExp('^.$', 'u').test('\ud83d\ude00'), new RegExp('^.$').test('\ud83d\ude00'), new RegExp('^[^x]$', 'u').test('\ud83d\ude00'), new RegExp('\\u{1F600}', 'u').test('\ud83d\ude00'), new RegExp('^[\\u{1F600}-\\u{1F64F}]+$', 'u').test('\ud83d\ude00\ud83d\ude4f'), new RegExp('^\ud83d\ude00{2}$', 'u').test('\ud83d\ude00\ud83d\ude00')]
[new RegExp('[\ud83d\ude00]', 'u').test('\ud83d'), new RegExp('^[^\ud83d\ude00]$', 'u').test('\ud83d\ude00'), new RegExp('^[a\ud83d\ude00\u00e9]$', 'u').test('\u00e9'), new RegExp('\\ud83d\\ude00', 'u').exec('x\ud83d\ude00').index]
'a\ud83d\ude00b'.match(new RegExp('.', 'gu'))
'\ud83d\ude00'.replace(new RegExp('(?:)', 'gu'), '-')
{ var re = new RegExp('foo', 'y'); re.lastIndex = 3; var r = [re.test('barfoo'), re.lastIndex, re.test('barfoo'), re.lastIndex]; return r; }
{ var re = new RegExp('a', 'y'); return [re.exec('ba'), re.exec('ab')[0], re.lastIndex, re.exec('ab'), re.lastIndex]; }
{ var re = new RegExp('a', 'gy'); return ['aaba'.replace(re, 'x'), 'aaba'.match(re), re.lastIndex]; }
{ var re = new RegExp('a', 'y'); return ['aaba'.replace(re, 'x'), 'ba'.search(re), 'ab'.search(re), 'xaxa'.split(re)]; }
'a1b22'.replace(/(\d)(\d)?/g, '[$1|$2|$3|$10|$01|$$|$]')
'abc'.replace(/(a)(b)(c)/, '$3$2$1$4$0$11')
{ var n = []; 'abc'.replace(/(b)(x)?/, function (m, a, b, i, s) { n.push(m, a, b, i, s, arguments.length); return ''; }); return n; }
{ var re = /a/g; re.lastIndex = 5; return ['aa'.replace(re, 'b'), re.lastIndex, 'aa'.match(re), re.lastIndex]; }
{ var re = /a/g, r = []; while (re.exec('aba')) r.push(re.lastIndex); return r; }
{ var re = /(?:)/g, r = []; re.lastIndex = 0; 'ab'.replace(re, function (m, i) { r.push(i); return ''; }); return r; }
/(a)|(b)/.exec('b').slice()
/(?=a)(b)?/.exec('a').slice()
/(z)((a+)?(b+)?(c))*/.exec('zaacbbbcac').slice()
[/[^]/.test('\n'), /\cA/.test('\x01'), /[\b]/.test('\b'), /\0/.test('\0'), /a{2,3}?/.exec('aaaa')[0], /x*?y/.exec('xxy')[0]]
[/^b/m.test('a\nb'), /a$/m.test('a\nb'), /\bfoo\b/.test('a foo b'), /\Boo/.test('foo')]
['\u212a'.match(/k/i), /\w/i.test('\u017f'), /[a-z]/i.test('K'), /\u00e9/i.test('\u00c9')]
[RegExp.prototype[Symbol.replace].call(/a/g, 'aba', 'x'), RegExp.prototype[Symbol.match].call(/a/g, 'aba'), RegExp.prototype[Symbol.search].call(/b/, 'aba'), RegExp.prototype[Symbol.split].call(/b/, 'aba')]
RegExp.prototype[Symbol.replace].call({ exec: function () { return null; }, flags: '' }, 'abc', 'x')
[RegExp.name, RegExp.length, RegExp.prototype.constructor === RegExp, RegExp[Symbol.species] === RegExp, Object.prototype.toString.call(new RegExp('a', 'y')), new RegExp('a', 'y') instanceof RegExp, /a/ instanceof RegExp]
Object.keys(new RegExp('(?<a>b)', 'y'))
String(new RegExp('(?<a>b)', 'y'))
new RegExp('(?<a>b)', 'y')
Array.from('2020-1 2021-2'.matchAll(new RegExp('(?<y>\\d+)-(?<m>\\d)', 'g')), function (m) { return m.groups.y + m.groups.m; })
['[Symbol.replace]', '[Symbol.match]', '[Symbol.matchAll]', '[Symbol.search]', '[Symbol.split]'].map(function (n) { var f = RegExp.prototype[Symbol[n.slice(8, -1)]]; return [f.name, f.length]; })
new RegExp('[]', 'u').test('a')
[new RegExp('[^]', 'u').exec('\ud83d\ude00')[0].length, new RegExp('\\w\\d\\s', 'u').test('a1 '), new RegExp('[\\w-]', 'u').test('-'), new RegExp('[a\\-z]', 'u').test('-')]
new RegExp('a-z]', 'y').exec('a-z]')[0]
[/\d{3}|[a-z]{4}/.test('2020'), /^(?:\+|-)?\d+$/.test('-12'), /^[\w.+-]+@[\w-]+\.[\w.-]+$/.test('a.b+c@d-e.co.uk')]
/(?:a|b)+?c/.exec('ababc')[0]
[/{/.source, /a{/.test('a{'), /]/.test(']'), /\//.source]
'x'.replace(/x/, '\\$&\\')
'aaa'.lastIndexOf('a', 1)
[/./.test('\ud83d'), '\ud83d\ude00'.match(/./g).length]
