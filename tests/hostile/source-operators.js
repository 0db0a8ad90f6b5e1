// a chain of a hundred thousand operators; ends: error|ok|timeout
eval('!'.repeat(100000) + '1');
