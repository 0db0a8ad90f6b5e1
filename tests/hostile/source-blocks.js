// blocks and conditions nested as deep as they go; ends: error
eval('if (1) {'.repeat(50000) + '1');
