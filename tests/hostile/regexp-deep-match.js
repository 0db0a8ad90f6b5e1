// a match as deep as the text is long; ends: error|timeout
/^(?:.|\n)*?x$/.test('a'.repeat(200000));
/^(a|b|ab)*c$/.test('ab'.repeat(200000));
