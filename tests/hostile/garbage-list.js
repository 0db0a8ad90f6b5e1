// a forward list, the collector at its worst; ends: memory|timeout
var head = {}, t = head;
for (;;) {
	t.next = {};
	t = t.next;
}
