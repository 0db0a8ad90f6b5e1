// backtracking inside a lookahead; ends: timeout
/^(?=(a+a+)+b)/.test('a'.repeat(40));
