// source nested as deep as it goes; ends: error
eval('('.repeat(100000) + '1');
