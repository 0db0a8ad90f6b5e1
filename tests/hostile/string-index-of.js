// searching for a long needle; ends: timeout
var s = 'a'.repeat(2000000);
s.indexOf('a'.repeat(500000) + 'b');
s.lastIndexOf('b' + 'a'.repeat(500000));
