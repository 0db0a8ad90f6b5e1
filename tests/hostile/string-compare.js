// comparing long equal texts; ends: timeout
var a = 'x'.repeat(1500000) + '1', b = 'x'.repeat(1500000) + '2';
for (;;)
	a < b || a.localeCompare(b);
