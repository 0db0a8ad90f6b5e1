// counted quantifiers inside each other; ends: error|timeout|memory
new RegExp('((((a{1,200}){1,200}){1,200}){1,200}){1,200}b').test('a'.repeat(500));
