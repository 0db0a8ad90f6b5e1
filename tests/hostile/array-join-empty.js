// join of four thousand million holes with nothing; ends: timeout
new Array(4294967295).join('');
