// a buffer of two thousand million bytes; ends: memory|error
new Uint8Array(2000000000);
