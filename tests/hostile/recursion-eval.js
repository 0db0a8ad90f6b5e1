// eval inside eval; ends: error
var src = 'eval(src)';
eval(src);
