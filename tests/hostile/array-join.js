// join of a hundred million holes; ends: timeout
new Array(1e8).join('x');
