// text nested deeper than the parser goes; ends: error
JSON.parse('['.repeat(1000000));
