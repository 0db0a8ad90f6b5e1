/* fazt.app.ds and fazt.tx as scripts see them: values, errors by class and code, spaces. */
#include "tests/unit/script_fixture.h"

#include "base/clock.h"
#include "store/doc.h"

/* t(f) tells what f threw. */
#define DS "function t(f){try{return f()}catch(e){return [e.name,e.code||'-'," \
	"!!e.retryable].join(' ')}} function m(f){try{f();return '-'}catch(e){return e.message}}" \
	" var ds=fazt.app.ds; function ids(l){return l.map(function(d){return d.id}).join()}" \
	" ds.delete('c',{}); "

static const char *
fetched(const char *source)
{
	struct answer a;

	script_eval(&a, source);
	if (a.status != 200)
		fail_msg("%s\n%d %s", source, a.status, a.body);
	return a.body;
}

static void
test_values(void **state)
{
	(void)state;
	script_is(DS "var id = ds.insert('c', {id:'a', n:1, s:'gr\\u00fc\\u00df \\ud83d\\ude00',"
	    "u:undefined, d:new Date(0), f:function(){}}); var d = ds.findOne('c', 'a');"
	    "respond([id, d.n, d.s === 'gr\\u00fc\\u00df \\ud83d\\ude00', 'u' in d, d.d, 'f' in d,"
	    " typeof d._createdAt, d._createdAt === d._updatedAt, Object.keys(d).join()].join(' '))",
	    "a 1 true false 1970-01-01T00:00:00.000Z false number true "
	    "id,n,s,d,_createdAt,_updatedAt");
	script_is(DS "var i = ds.insert('c', {}); respond([typeof i, i.length, "
	    "ds.insert('c', {id:7}), ds.findOne('c', 7).id, ds.findOne('c', '7').id,"
	    " ds.findOne('c', 8)].join(' '))", "string 36 7 7 7 ");
	script_is(DS "ds.insert('c', JSON.parse('{\"__proto__\":{\"x\":1},\"constructor\":2}'));"
	    "var d = ds.find('c')[0]; respond([d.x, Object.getPrototypeOf(d) === Object.prototype,"
	    "d.constructor, JSON.stringify(Object.getOwnPropertyDescriptor(d, '__proto__').value)]"
	    ".join(' '))", " true 2 {\"x\":1}");
	script_is(DS "ds.insert('c', {n:1e20,m:0.1,big:9007199254740993}); "
	    "respond([ds.count('c',{n:1e20}),ds.count('c',{n:{$gt:1e19}}),ds.find('c')[0].m].join())",
	    "1,1,0.1");
	script_is(DS "respond([fazt.storage.ds === fazt.app.ds, ds.insert.name].join())",
	    "true,insert");
}

static void
test_find(void **state)
{
	(void)state;
	script_is(DS "for (var i=0;i<5;i++) ds.insert('c',{id:'d'+i,n:i%2}); respond([ids(ds.find('c')),"
	    "ids(ds.find('c',{n:1})), ids(ds.find('c',{},{limit:2})), ids(ds.find('c',null,"
	    "{order:'asc',offset:3})), ids(ds.find('c',{},{sort:{n:-1,id:1}})),"
	    "ds.count('c'), ds.count('c',{n:0})].join(' '))",
	    "d4,d3,d2,d1,d0 d3,d1 d4,d3 d3,d4 d1,d3,d0,d2,d4 5 3");
	script_is(DS "for (var i=0;i<5;i++) ds.insert('c',{id:'d'+i}); var out=[], o={limit:2}, l;"
	    "do { l = ds.find('c',{},o); out.push(ids(l)); o.after = l.cursor } while (l.cursor);"
	    "var k=[]; for (var p in l) k.push(p); respond(out.join(' ')+' '+k+' '+l.cursor+' '+"
	    "JSON.stringify(l.map(function(d){return d.id}))+' '+Object.keys(l))",
	    "d4,d3 d2,d1 d0 0 null [\"d0\"] 0");
	script_is(DS "ds.insert('c',{id:'a',x:1}); ds.insert('c',{id:'b'}); var none;"
	    "respond([ids(ds.find('c',{x:undefined})), ids(ds.find('c',{x:none&&none.y})),"
	    "ds.delete('c',{owner:undefined,x:1}), ds.count('c')].join(' '))", "b b 1 1");
	script_is(DS "ds.insert('c',{id:'a',x:{y:[1,2]},z:3}); respond(JSON.stringify([ds.find('c',{},"
	    "{fields:['x.y']}), ds.findOne('c','a',{fields:{x:0,_createdAt:0,_updatedAt:0}})]))",
	    "[[{\"id\":\"a\",\"x\":{\"y\":[1,2]}}],{\"id\":\"a\",\"z\":3}]");
	script_is(DS "ds.insert('c',{id:'a'}); respond(JSON.stringify([ds.findOne('c',{id:'b'}),"
	    "ds.find('never'), ds.count('never'), ds.indexes('never')]))", "[null,[],0,[]]");
}

static void
test_write(void **state)
{
	(void)state;
	script_is(DS "ds.insert('c',{id:'a',n:1}); ds.insert('c',{id:'b',n:2}); var r=["
	    "ds.update('c',{},{$inc:{n:10},$set:{'o.p':'x'},gone:undefined}),"
	    "ds.update('c',{id:'z'},{n:0}), JSON.stringify(ds.findOne('c','a',{fields:['n','o','gone']})),"
	    "ds.delete('c',{n:12}), ids(ds.find('c'))]; respond(r.join(' '))",
	    "2 0 {\"id\":\"a\",\"n\":11,\"o\":{\"p\":\"x\"}} 1 a");
	script_is(DS "respond(JSON.stringify([ds.insertMany('c',[{id:1},{id:'x'}]),"
	    "ds.upsert('c',{k:'u'},{$inc:{n:1}}).inserted, ds.upsert('c',{k:'u'},{$inc:{n:1}}).inserted,"
	    "ds.find('c',{k:'u'})[0].n, ds.upsert('c',{id:'q'},{}), ds.deleteOldest('c',1), ids(ds.find('c'))]))",
	    "[[\"1\",\"x\"],true,false,2,{\"id\":\"q\",\"inserted\":true},3,\"q\"]");
	script_is(DS "respond(JSON.stringify([ds.index('c','n'), ds.index('c','n'), ds.index('c',['n','s'],"
	    "{unique:true,name:'ns'}), ds.indexes('c').length, ds.explain('c',{n:1}), ds.explain('c',"
	    "{q:1}).scan, ds.dropIndex('c','ns')===undefined, ds.dropIndex('c','ns')===undefined,"
	    "ds.indexes('c')]))", "[\"n\",\"n\",\"ns\",2,{\"indexes\":[\"n\"],\"scan\":false},true,true,"
	    "true,[{\"name\":\"n\",\"fields\":[\"n\"],\"unique\":false}]]");
	script_is(DS "ds.searchIndex('c',['t']); ds.searchIndex('c','t'); ds.insert('c',{id:'a',t:'Tomato "
	    "<soup>'}); ds.insert('c',{id:'b',t:'salad'}); var r = ds.search('c','soup -salad',{highlight:true});"
	    "respond(JSON.stringify([r.length, r[0].doc.id, r[0].score > 0, r[0].highlight,"
	    "ds.search('c','sa*',{where:{id:'b'},limit:1})[0].doc.t, ds.search('c','')]))",
	    "[1,\"a\",true,{\"t\":\"Tomato &lt;<mark>soup</mark>&gt;\"},\"salad\",[]]");
}

static void
test_errors(void **state)
{
	static const struct {
		const char *call, *want;
	} rows[] = {
		{ "ds.insert()", "TypeError - false" },
		{ "ds.insert('c')", "TypeError - false" },
		{ "ds.insert('c',5)", "TypeError - false" },
		{ "ds.insert('c',[])", "TypeError - false" },
		{ "ds.insert('c',null)", "TypeError - false" },
		{ "ds.insert('c',function(){})", "TypeError - false" },
		{ "ds.insert('c',new Date())", "TypeError - false" },
		{ "ds.insert('',{})", "TypeError - false" },
		{ "ds.insert('a\\u0000b',{})", "TypeError - false" },
		{ "ds.insert('a\\n',{})", "TypeError - false" },
		{ "ds.insert(5,{})", "TypeError - false" },
		{ "var x={};x.x=x;ds.insert('c',x)", "TypeError - false" },
		{ "ds.insert('c',{id:true})", "TypeError - false" },
		{ "ds.insert('c',{id:'a'});ds.insert('c',{id:'a'})",
		    "StorageError DS_DUPLICATE false" },
		{ "var s='x';while(s.length<1048576)s+=s;ds.insert('c',{x:s})",
		    "LimitError LIMIT_EXCEEDED false" },
		{ "ds.find()", "TypeError - false" },
		{ "ds.find('c','x')", "StorageError DS_BAD_QUERY false" },
		{ "ds.find('c',[])", "StorageError DS_BAD_QUERY false" },
		{ "ds.find('c',{a:{$gtt:1}})", "StorageError DS_BAD_QUERY false" },
		{ "ds.find('c',{'a b':1})", "StorageError DS_BAD_QUERY false" },
		{ "ds.find('c',{},{limit:-1})", "StorageError DS_BAD_QUERY false" },
		{ "ds.find('c',{},{lmit:1})", "StorageError DS_BAD_QUERY false" },
		{ "ds.find('c',{},5)", "StorageError DS_BAD_QUERY false" },
		{ "ds.find('c',{},{after:'x'})", "StorageError DS_BAD_QUERY false" },
		{ "ds.find('c',{a:{$in:new Array(202).join(',').split(',')}})",
		    "StorageError DS_BAD_QUERY false" },
		{ "ds.findOne('c')", "TypeError - false" },
		{ "ds.findOne('c',null)", "TypeError - false" },
		{ "ds.findOne('c',[])", "TypeError - false" },
		{ "ds.update('c',{})", "TypeError - false" },
		{ "ds.update('c',null,{})", "TypeError - false" },
		{ "ds.update('c','a',{})", "TypeError - false" },
		{ "ds.update('c',{},{$push:{a:1}})", "StorageError DS_BAD_UPDATE false" },
		{ "ds.insert('c',{a:'s'});ds.update('c',{},{$inc:{a:1}})",
		    "StorageError DS_BAD_UPDATE false" },
		{ "ds.delete('c')", "TypeError - false" },
		{ "ds.delete('c',undefined)", "TypeError - false" },
		{ "ds.delete('c',null)", "TypeError - false" },
		{ "ds.delete('c',[])", "TypeError - false" },
		{ "ds.deleteOldest('c')", "TypeError - false" },
		{ "ds.deleteOldest('c',-1)", "TypeError - false" },
		{ "ds.deleteOldest('c',1.5)", "TypeError - false" },
		{ "ds.deleteOldest('c',NaN)", "TypeError - false" },
		{ "ds.insertMany('c',{})", "TypeError - false" },
		{ "ds.insertMany('c',[1])", "TypeError - false" },
		{ "ds.insertMany('c',[{id:1},{id:1}])", "StorageError DS_DUPLICATE false" },
		{ "var l=[];for(var i=0;i<1001;i++)l.push({});ds.insertMany('c',l)",
		    "LimitError LIMIT_EXCEEDED false" },
		{ "ds.insertMany('c',[{a:1},{a:1}]);ds.upsert('c',{a:1},{})",
		    "StorageError DS_BAD_QUERY false" },
		{ "ds.index('c')", "TypeError - false" },
		{ "ds.index('c',5)", "TypeError - false" },
		{ "ds.index('c','a b')", "StorageError DS_BAD_QUERY false" },
		{ "ds.insertMany('c',[{a:1},{a:1}]);ds.index('c','a',{unique:true})",
		    "StorageError DS_DUPLICATE false" },
		{ "ds.search('never','x')", "StorageError DS_BAD_QUERY false" },
		{ "ds.search('c')", "TypeError - false" },
		{ "fazt.app.user.ds.find('c')", "AuthError LOGIN_REQUIRED false" },
		{ "fazt.app.user.ds.insert('c',{})", "AuthError LOGIN_REQUIRED false" },
		{ "fazt.session.ds.find('c')", "SessionError SESSION_REQUIRED false" },
		{ "fazt.tx()", "TypeError - false" },
		{ "fazt.tx(5)", "TypeError - false" },
	};
	char source[900];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(source, sizeof(source), DS
		    "respond(String(t(function(){%s; return 'no error'})))", rows[i].call);
		script_is(source, rows[i].want);
	}
	script_is(DS "respond(m(function(){ds.insert('c')}))",
	    "ds.insert requires collection and document");
	script_is(DS "respond(m(function(){ds.find('c',{a:{$gtt:1}})}))",
	    "ds.find: unknown operator \"$gtt\"");
	script_is(DS "respond(m(function(){fazt.app.user.ds.find('c')}))",
	    "fazt.app.user.ds.find requires login");
	script_is(DS "ds.index('c','e',{unique:true}); ds.insert('c',{e:1});"
	    "respond(m(function(){ds.insert('c',{e:1})})); ds.dropIndex('c','e')",
	    "ds.insert: index \"e\": another document has this value");
}

static void
test_spaces(void **state)
{
	struct answer a;

	(void)state;
	fetched(DS "ds.insert('c',{id:'shared'}); respond('ok')");
	script_as.user = script_user;
	script_as.role = ROLE_USER;
	script_is("var ds=fazt.app.user.ds; ds.insert('c',{id:'mine'}); respond(ds.find('c').map("
	    "function(d){return d.id}).join()+' '+fazt.app.ds.find('c').map(function(d){return d.id})"
	    ".join())", "mine shared");
	script_as.user = script_user + 1;
	script_is("respond(fazt.app.user.ds.find('c').length+' '+fazt.app.user.ds.delete('c',{})+' '+"
	    "fazt.app.user.ds.count('c',{$or:[{id:'mine'},{}]}))", "0 0 0");
	script_plain();
	script_deploy("api/main.js", "var ds=fazt.session.ds; ds.insert('notes',{session:'x',n:1});"
	    "ds.update('notes',{},{session:'other'}); respond(JSON.stringify([ds.find('notes').map("
	    "function(d){return d.session}), fazt.app.ds.count('notes')]))", NULL);
	script_ask(&a, "GET", "/api/x?s=red-fox-runs", NULL, NULL);
	assert_string_equal(a.body, "[[\"red-fox-runs\"],1]");
	script_ask(&a, "GET", "/api/x?s=blue-fox-runs", NULL, NULL);
	assert_string_equal(a.body, "[[\"blue-fox-runs\"],2]");
	/* Whatever the script does to fazt.session, the name is the URL's. */
	script_deploy("api/main.js", "try{fazt.session.require=function(){return 'red-fox-runs'}}"
	    "catch(e){} respond(String(fazt.session.ds.find('notes')[0].session))", NULL);
	script_ask(&a, "GET", "/api/x?s=blue-fox-runs", NULL, NULL);
	assert_string_equal(a.body, "blue-fox-runs");
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_int_equal(a.status, 400);
	/* Another app. */
	script_site.app = script_make_app("other");
	script_is("respond(String(fazt.app.ds.count('c')+fazt.app.ds.count('notes')))", "0");
	script_plain();
}

static void
test_preview(void **state)
{
	(void)state;
	script_plain();
	fetched("fazt.app.ds.insert('p',{id:'a'}); respond('ok')");
	script_site.data_readonly = true;
	script_is("var t=function(f){try{return f()}catch(e){return e.code}}; var ds=fazt.app.ds;"
	    "respond([ds.count('p'),t(function(){ds.insert('p',{})}),t(function(){ds.delete('p',{})}),"
	    "t(function(){ds.index('p','x')}),t(function(){fazt.tx(function(){})})].join())",
	    "1,READ_ONLY,READ_ONLY,READ_ONLY,READ_ONLY");
	script_site.data_readonly = false;
	script_site.data_none = true;
	script_is("var t=function(f){try{return f()}catch(e){return e.code}}; var ds=fazt.app.ds;"
	    "respond([t(function(){ds.count('p')}),t(function(){ds.insert('p',{})}),"
	    "t(function(){fazt.tx(function(){})})].join())",
	    "NOT_SUPPORTED,NOT_SUPPORTED,NOT_SUPPORTED");
	script_plain();
}

static void
test_quota(void **state)
{
	(void)state;
	script_site.quota.docs = 0;
	script_is(DS "respond(t(function(){ds.insert('c',{})}))",
	    "LimitError QUOTA_EXCEEDED false");
	script_plain();
}

/* --- transactions --- */

#define TX "var ds=fazt.app.ds, kv=fazt.app.kv, tx=fazt.tx; function t(f){try{return f()}catch(e)" \
	"{return e.code||e.message}} "

static void
test_tx(void **state)
{
	(void)state;
	script_is(TX "ds.delete('t',{}); kv.delete('k'); var r = tx(function(){ ds.insert('t',{id:'a',n:1});"
	    "kv.set('k',5); ds.update('t',{id:'a'},{$inc:{n:1}}); return [ds.findOne('t','a').n,"
	    "kv.get('k'), ds.count('t')] }); respond(r.concat([ds.count('t'), kv.get('k')]).join())",
	    "2,5,1,1,5");
	script_is(TX "respond([t(function(){tx(function(){ ds.insert('t',{id:'b'}); kv.set('k',6);"
	    "throw new Error('mine') })}), ds.count('t'), kv.get('k')].join())", "mine,1,5");
	script_is(TX "var o={}; try{tx(function(){throw o})}catch(e){respond(String(e===o))}", "true");
	script_is(TX "respond([t(function(){tx(function(){ ds.insert('t',{id:'b'});"
	    "return tx(function(){}) })}), ds.count('t')].join())", "TX_NESTED,1");
	script_is(TX "respond([t(function(){tx(function(){ ds.insert('t',{id:'b'});"
	    "return Promise.resolve(1) })}), ds.count('t')].join())", "TX_NOT_ALLOWED,1");
	script_is(TX "respond([t(function(){tx(function(){ ds.insert('t',{id:'b'});"
	    "return {get then(){throw new Error('trap')}} })}), ds.count('t'), "
	    "t(function(){return tx(function(){return 'works'})})].join())", "trap,1,works");
	/* A caught error inside leaves the rest, and nothing of the failed call. */
	script_is(TX "ds.index('t','u',{unique:true}); tx(function(){ ds.insert('t',{id:'c',u:1});"
	    "t(function(){ds.insertMany('t',[{id:'d',u:2},{id:'e',u:1}])}); ds.insert('t',{id:'f'}) });"
	    "respond(ds.find('t',{},{sort:'id'}).map(function(d){return d.id}).join())", "a,c,f");
	script_is(TX "respond(String(tx(function(){})))", "undefined");
	script_is(TX "respond(JSON.stringify(tx(function(){return {a:[1]}})))", "{\"a\":[1]}");
	/* The index is asked about what the transaction itself wrote. */
	script_is(TX "tx(function(){ ds.insert('t',{u:77}); respond([ds.count('t',{u:77}),"
	    "ds.explain('t',{u:77}).scan, ds.find('t',{u:77}).length].join()) })", "1,false,1");
	script_is(TX "var r; fazt.tx = null; t(function(){tx(function(){ r = t(function(){"
	    "return fazt.app.user.ds.count('x')}) })}); respond(r)", "LOGIN_REQUIRED");
}

/* The log and the keeper write too, but not for long. */
static bool
writer_free(void)
{
	struct writer *w;

	if (writer_begin(script_node.store, 1000, &w) != FZ_OK)
		return false;
	writer_abort(w);
	return true;
}

/* Time, memory and depth end it: nothing stays, and the next writer comes at once. */
static void
test_tx_ends(void **state)
{
	static const char *const bodies[] = {
		"for(;;){}",
		"try{for(;;){}}catch(e){} ",
		"for(;;) ds.count('t',{n:{$gt:1}})",
		"for(;;) try{ds.insert('t',{x:1})}finally{}",
		"var l=[]; for(;;) l.push(new Array(10000).join('x')+l.length)",
		"(function f(){f()})()",
		"JSON.stringify({toJSON:function(){for(;;){}}})",
		"ds.insert('t',{toJSON:function(){for(;;){}}})",
		"ds.insert('t',{get x(){for(;;){}}})",
		"ds.find('t',{get x(){throw new Error('boo')}})",
		"return {get then(){for(;;){}}}",
		"throw {get message(){for(;;){}}}",
	};
	char source[600];
	struct answer a;
	int64_t start;

	(void)state;
	script_plain();
	fetched("fazt.app.ds.delete('t',{}); fazt.app.ds.insert('t',{id:'keep'}); respond('ok')");
	script_site.quota.wall_ms = 400;
	script_site.quota.cpu_ms = 400;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		(void)snprintf(source, sizeof(source), "var ds=fazt.app.ds; fazt.tx(function(){"
		    "ds.insert('t',{id:'gone'}); %s }); respond('end')", bodies[i]);
		start = clock_mono_ms();
		script_eval(&a, source);
		if (a.status < 500)
			fail_msg("%s: %d %s", bodies[i], a.status, a.body);
		assert_true(clock_mono_ms() - start < 5000);
		assert_true(writer_free());
		script_plain();
		script_is("respond(fazt.app.ds.find('t').map(function(d){return d.id}).join())",
		    "keep");
		script_site.quota.wall_ms = 400;
		script_site.quota.cpu_ms = 400;
	}
	/* The transaction's own second, far below the request's. */
	script_plain();
	script_site.quota.wall_ms = 30000;
	script_site.quota.cpu_ms = 30000;
	start = clock_mono_ms();
	script_eval(&a, "fazt.tx(function(){fazt.app.ds.insert('t',{}); for(;;){}})");
	assert_int_equal(a.status, 504);
	assert_true(clock_mono_ms() - start < 6000);
	assert_true(writer_free());
	/* And then the request has its time again. */
	script_is("fazt.tx(function(){}); var e=Date.now()+1200; while(Date.now()<e){} respond('late')",
	    "late");
	script_plain();
}

/* --- many callers --- */

#define CALLERS 8
#define REQUESTS 25
#define TXS 10			/* of a request; every fifth throws */

static void *
call_often(void *arg)
{
	size_t *answered = arg;

	for (int i = 0; i < REQUESTS; i++) {
		struct arena *a = arena_new();
		struct script_used used = { 0 };
		struct request rq = { .arena = a, .node = &script_node, .method_name = "GET",
			.method = method_parse("GET"), .path = "/api/x", .query = "",
			.ip = "192.0.2.7", .secure = true, .content_type = "",
			.content_length = -1, .caller = script_as };
		struct response rs;

		response_init(&rs, a);
		(void)snprintf(rq.host, sizeof(rq.host), "test.example.com");
		(void)snprintf(rq.id, sizeof(rq.id), "0123456789abcdef");
		script_answer(&script_site, &rq, &rs, &used);
		*answered += rs.status == 200;
		response_fini(&rs);
		arena_free(a);
	}
	return NULL;
}

static void
test_callers(void **state)
{
	pthread_t t[CALLERS];
	size_t answered[CALLERS] = { 0 };
	pthread_attr_t attr;

	(void)state;
	script_plain();
	script_site.quota.wall_ms = 30000;
	script_site.quota.cpu_ms = 30000;
	fetched("fazt.app.ds.delete('n',{}); fazt.app.ds.index('n','k',{unique:true});"
	    "fazt.app.ds.insert('n',{k:'c',n:0}); fazt.app.kv.set('n',0); respond('ok')");
	script_deploy("api/main.js", "var ds=fazt.app.ds, kv=fazt.app.kv; for (var i=0;i<10;i++)"
	    " try { fazt.tx(function(){ var d=ds.findOne('n',{k:'c'}); kv.set('n', kv.get('n')+1);"
	    "ds.update('n',{k:'c'},{n:d.n+1}); if (i%5===4) throw new Error('back') }) }"
	    " catch (e) { if (e.message!=='back') throw e } respond('ok')", NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, GUARD_STACK + MIB);
	for (int i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&t[i], &attr, call_often, &answered[i]), 0);
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(answered[i], REQUESTS);
	}
	pthread_attr_destroy(&attr);
	script_is("respond(fazt.app.ds.find('n')[0].n+' '+fazt.app.kv.get('n'))", "1600 1600");
	script_plain();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_find),
		cmocka_unit_test(test_write), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_spaces), cmocka_unit_test(test_preview),
		cmocka_unit_test(test_quota), cmocka_unit_test(test_tx),
		cmocka_unit_test(test_tx_ends), cmocka_unit_test(test_callers),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
