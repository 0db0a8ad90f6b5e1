// thrown values that are no errors; ends: error
throw Object.create(null);
