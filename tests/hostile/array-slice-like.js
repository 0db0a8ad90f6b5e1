// slice of something that claims to be endless; ends: timeout
Array.prototype.slice.call({ length: 2000000000 }, 0);
