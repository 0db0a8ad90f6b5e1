// apply with ten million arguments; ends: error|memory
Math.max.apply(null, new Array(10000000));
