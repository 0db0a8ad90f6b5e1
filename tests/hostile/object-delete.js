// keys added and deleted without an end; ends: timeout
var o = {};
for (var i = 0;; i++) {
	o['k' + i % 3000] = i;
	delete o['k' + (i * 7) % 3000];
}
