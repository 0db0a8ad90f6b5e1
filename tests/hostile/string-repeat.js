// repeat of very much; ends: memory|error
'x'.repeat(1e9);
