// functions nested as deep as they go; ends: error
eval('(function () {'.repeat(20000) + '1');
