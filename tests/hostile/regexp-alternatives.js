// alternatives that are the same; ends: timeout
/^(a|a)*$/.test('a'.repeat(40) + 'b');
