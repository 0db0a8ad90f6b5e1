// split at a long needle; ends: timeout
var s = 'a'.repeat(2000000);
s.split('a'.repeat(500000) + 'b');
