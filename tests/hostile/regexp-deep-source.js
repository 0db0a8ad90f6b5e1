// a pattern of fifty thousand groups; ends: error
new RegExp('('.repeat(50000) + 'a');
