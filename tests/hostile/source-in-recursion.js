// deep source compiled where the stack is nearly used up; ends: timeout|error
var deep = '('.repeat(900) + '1' + ')'.repeat(900), n = 0;
function f() {
	try {
		eval(deep);
	} catch (e) {
	}
	[1].forEach(f);
}
for (;;) {
	try {
		f();
	} catch (e) {
		n++;
	}
}
