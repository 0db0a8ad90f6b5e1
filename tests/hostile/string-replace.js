// replace of a long needle; ends: timeout
var s = 'a'.repeat(2000000);
s.replace('a'.repeat(500000) + 'b', '');
