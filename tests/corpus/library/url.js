{ var u = new URL('https://user:pa%20ss@sub.example.com:8080/p/a/t/h?query=string&a=b#hash'); return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; }
['http://EXAMPLE.com:80/../a', 'https://x:443', 'http://x', 'HTTP://\tx/ y', 'http:\\\\x\\y', 'http:x', 'file:///a/../b', 'mailto:a@b', 'data:text/plain,hi there#x', 'http://x/?q#', 'javascript:alert(1)'].map(function (s) { return new URL(s).href; })
['http://0x7f.1', 'http://1.2.3', 'http://4294967295', 'http://[::1]', 'http://[1:0:0:0:0:0:0:1]', 'http://[::ffff:1.2.3.4]/', 'http://[2001:db8::1:0:0:1]'].map(function (s) { return new URL(s).hostname; })
['', 'x', '//x', 'http://', 'http://a b', 'http://[::1', 'http://1.2.3.4.5', 'http://256.256.256.256', 'http://x:99999', 'http://x:a', 'http://%00', 'http://a<b', 'https://'].map(function (s) { return attempt(function () { return new URL(s).href; }); })
['../x', './x', '/x', '//y/z', '?q', '#h', '', 'x/../../../y', 'http:z', 'https:z', '\\x'].map(function (s) { return new URL(s, 'http://h/a/b/c?d#e').href; })
['http://m\u00fcnchen.de/', 'http://\u65e5\u672c.jp', 'http://stra\u00dfe.de', 'http://xn--mnchen-3ya.de/', 'http://\uff25xample.com', 'http://ex\u00adample.com', 'http://a\u3002b'].map(function (s) { return new URL(s).host; })
new URL('x')
new URL()
URL('http://x')
{ try { new URL('nope'); } catch (e) { return [e.code, e.input, e instanceof TypeError, e.message]; } }
[URL.canParse('http://x'), URL.canParse('x'), URL.canParse('x', 'http://y'), URL.canParse.length]
[String(URL.parse('http://x/a')), URL.parse('x')]
[JSON.stringify(new URL('http://x')), String(new URL('http://x')), new URL(new URL('http://x/y')).href, new URL('z', new URL('http://x/y/')).href]
{ var u = new URL('http://h/p?a=1'); u.search = '?b=2'; u.searchParams.append('c', '3 4'); u.searchParams.delete('b'); u.hash = 'x y'; u.pathname = '/q r'; u.port = '81'; u.username = 'me'; u.hostname = 'i.j'; u.protocol = 'https'; return u.href; }
{ var u = new URL('http://h/?a=1'), p = u.searchParams; u.href = 'http://i/?z=9'; return [p === u.searchParams, p.get('z'), p.get('a'), u.search]; }
{ var u = new URL('http://h/?a=~%20+b'), s = u.search; u.searchParams.get('a'); var t = u.search; u.searchParams.set('x', '~'); return [s, t, u.search]; }
{ var u = new URL('http://h/?a'); u.searchParams.delete('a'); return [u.href, u.search]; }
{ var u = new URL('http://h/'); u.href = 'bad'; return u.href; }
{ var u = new URL('http://h:8/'); u.port = ''; u.host = 'x:9'; u.port = '70000'; u.port = '12abc'; u.protocol = 'mailto'; return u.href; }
[Object.prototype.toString.call(new URL('a:b')), URL.length, URL.name, URL.prototype.toString.length]
new URL('http://x').origin + new URL('file:///x').origin + new URL('blob:https://a.com/id').origin
// URLSearchParams
['a=1&b=2&a=3', '?x=1', 'a', '=b', 'a=&b', '%61=%62+%63', 'a=b=c', '&&a=1&', '\u00e9=\ud83d\ude00', 'a=%zz%e9'].map(function (s) { return [new URLSearchParams(s).toString(), Array.from(new URLSearchParams(s))]; })
new URLSearchParams({ a: 1, b: 'x y', c: null, d: undefined }).toString()
new URLSearchParams([['a', 1], ['b', '&=']]).toString()
new URLSearchParams(new Map([['k', 'v']])).toString()
new URLSearchParams(new URLSearchParams('a=1')).toString()
[new URLSearchParams().toString(), new URLSearchParams(undefined).toString(), new URLSearchParams('').size, new URLSearchParams(5).toString()]
new URLSearchParams(null).toString()
new URLSearchParams([['a']])
new URLSearchParams([1])
{ var p = new URLSearchParams('a=1&b=2&a=3'); return [p.get('a'), p.getAll('a'), p.get('z'), p.getAll('z'), p.has('a'), p.has('a', '3'), p.has('a', '4'), p.size, p.append('a', 4), p.set('b', 5), p.delete('a', '1'), p.toString()]; }
{ var p = new URLSearchParams('z=1&a=2&z=0&\ud83d\ude00=1&\uffff=2'); p.sort(); return p.toString(); }
{ var p = new URLSearchParams('a=1&b=2'), out = []; p.forEach(function (v, k, self) { out.push(k, v, self === p); }); return [out, Array.from(p.keys()), Array.from(p.values()), Array.from(p.entries())]; }
{ var p = new URLSearchParams('a=1&a=2&b=3'); p.set('a', 9); p.set('new', 'x'); return p.toString(); }
{ var p = new URLSearchParams('a=1&b=2&c=3'), out = []; p.forEach(function (v, k) { out.push(k); if (k === 'a') p.delete('b'); }); return out; }
new URLSearchParams().get()
new URLSearchParams().append('x')
new URLSearchParams().forEach(1)
URLSearchParams()
[URLSearchParams.length, URLSearchParams.prototype[Symbol.iterator] === URLSearchParams.prototype.entries, Object.prototype.toString.call(new URLSearchParams().keys()), Object.prototype.toString.call(new URLSearchParams())]
new URLSearchParams('a b*-._~!\'()=\u00e9&x=%').toString()
JSON.stringify(new URLSearchParams('a=1'))
