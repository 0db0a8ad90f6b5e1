// for-in over a long text; ends: memory|timeout
for (var k in new String('x'.repeat(4000000)))
	if (k === 'never')
		break;
