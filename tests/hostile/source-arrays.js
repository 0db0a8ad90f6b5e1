// array literals nested as deep as they go; ends: error
eval('['.repeat(100000) + '1');
