// an error with a message of megabytes; ends: error|memory
throw new Error('x'.repeat(4000000));
