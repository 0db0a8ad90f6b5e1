// nested quantifiers that backtrack for ever; ends: timeout
/^(a+)+$/.test('a'.repeat(40) + 'b');
