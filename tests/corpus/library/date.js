['2020-01-02', '2020-01-02T03:04', '2020-01-02T03:04:05.678Z', '2020-01-02T03:04:05+01:00', '2020-01', '2020', '+020200-01-01T00:00:00Z', '2020-01-02T24:00:00', '2020-01-02T03:04:05.1234567+02:00', '2011-10-05T14:48:00.000000Z', '2020-02-30', '0000-01-01', '-000001-01-01T00:00:00Z'].map(function (s) { return Date.parse(s); })
['Thu, 01 Jan 1970 00:00:00 GMT', 'Thu Jan 01 1970 00:00:00 GMT+0100 (CET)', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994', 'Mon, 25 Dec 1995 13:30:00 +0430', 'Tue Mar 01 2022', 'Dec 25, 1995 EST'].map(function (s) { return Date.parse(s); })
['Jan 2, 2020', '2 Jan 2020', '2 January 2020 10:20', '2020/01/02', '01/02/2020', '1/2/20', '2020-1-2', '2020-01-02 10:00:00', '2020-01-02 10:00 PM', '12/25/1995 13:30', 'Dec 25, 1995 1:30 PM', 'Sept 5 2020', '2020 Jan 5', 'Jan 2020', '2000-01-01 00:00:00 UTC'].map(function (s) { return Date.parse(s); })
['', 'foo', '2020-13-01', '2020-01-02T25:00', '10:20', 'Jan 32 2020', '13/01/2020', '20200102x', '2020-01-02T03:60', 'Invalid Date'].map(function (s) { return Date.parse(s); })
[0, 1e12, -1, 951782400000, 8.64e15, -62135596800000].map(function (t) { var d = new Date(t); return [d.toString(), d.toDateString(), d.toTimeString(), d.toUTCString(), d.toGMTString(), d.toISOString(), JSON.stringify(d)]; })
[0, 1e12, 1577923200000, 951825600000].map(function (t) { var d = new Date(t); return [d.toLocaleString(), d.toLocaleDateString(), d.toLocaleTimeString()]; })
{ var d = new Date(NaN); return [String(d), d.toDateString(), d.toUTCString(), d.toLocaleString(), d.toLocaleDateString(), d.toJSON(), d.getTime(), d.getFullYear(), d.getTimezoneOffset()]; }
new Date(NaN).toISOString()
[new Date(2020, 0, 1), new Date(2020, 0), new Date('x'), new Date(new Date(5)), new Date(null), new Date(undefined), new Date(99, 0), new Date(true), new Date('5'), new Date({ valueOf: function () { return 7; } }), new Date(2020, 12, 1), new Date(2019, 1, 29, 24, 60, 60, 1000)].map(Number)
[typeof Date(), Date.UTC(2020), Date.UTC(2020, 1), Date.UTC(99, 0), Date.UTC(), Date.length, Date.name, Date.UTC.length, Date.UTC.name, Date.parse.length, Date.now.length]
new Date(8.64e15 + 1).getTime()
{ var d = new Date(2020, 0, 31); d.setMonth(1); return [d.getDate(), d.getMonth(), d.setDate(0), d.setFullYear(2021), d.setHours(25), d.setTime(0), d.setMinutes(90), d.setSeconds(1, 2)]; }
[new Date(0) + 1, new Date(5) - 1, +new Date(7), new Date(0) < new Date(1)]
new Date(0)[Symbol.toPrimitive]('number')
new Date(0)[Symbol.toPrimitive]('x')
Date.prototype.toString.call({})
Date.prototype.getTime.call({})
[Object.prototype.toString.call(new Date()), new Date() instanceof Date, Date.prototype.constructor === Date, Object.keys(new Date())]
['full', 'long', 'medium', 'short'].map(function (s) { return [new Date(1e12).toLocaleDateString('en-US', { dateStyle: s }), new Date(1e12).toLocaleTimeString('en-US', { timeStyle: s, timeZone: 'UTC' })]; })
new Date(1e12).toLocaleString('en-US', { dateStyle: 'medium', timeStyle: 'short' })
[{ weekday: 'long' }, { month: 'long', year: 'numeric' }, { year: 'numeric', month: '2-digit', day: '2-digit' }, { month: 'short', day: 'numeric' }, { weekday: 'short', month: 'short', day: 'numeric' }, { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }, { hour: '2-digit', minute: '2-digit' }, { timeZone: 'UTC' }].map(function (o) { return new Date(1e12).toLocaleDateString('en-US', o); })
[{ hour: '2-digit', minute: '2-digit' }, { hour: 'numeric', hour12: true }, { hour: '2-digit', minute: '2-digit', hour12: false }, { hour: 'numeric', minute: '2-digit', second: '2-digit' }, { minute: '2-digit', second: '2-digit' }].map(function (o) { return new Date(1e12).toLocaleTimeString('en-US', o); })
new Date(0).toLocaleDateString('en-US', { timeZone: 'Nowhere/Else' })
new Date(0).toLocaleDateString('en-US', { timeStyle: 'short' })
[typeof Date.now(), Math.abs(Date.now() - new Date().getTime()) < 1000, Math.abs(Date.parse(Date()) - Date.now()) < 2000]
{ var d = new Date('2020-01-02T03:04:05.006Z'); return [d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate(), d.getUTCDay(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds(), d.getUTCMilliseconds(), d.getFullYear(), d.getHours(), d.getTimezoneOffset(), d.getYear()]; }
Date.parse({ toString: function () { return '2020-01-01'; } })
['toString', 'toDateString', 'toTimeString', 'toUTCString', 'toLocaleString', 'toLocaleDateString', 'toLocaleTimeString', 'toISOString', 'toJSON'].map(function (n) { return [Date.prototype[n].name, Date.prototype[n].length]; })
Date.prototype.toGMTString === Date.prototype.toUTCString
