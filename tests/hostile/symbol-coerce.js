// a Symbol where a text is needed; ends: error
'' + Symbol('x');
